"""The interchange's J and K, planned as one: who stands between them, and which of them keeps its green for it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import codes_of, is_green, text_of
from cityloop.control.guard import SignalRules, clearance_of, signal_rules
from cityloop.control.view import Vehicles, View
from cityloop.services.signals import SignalsConfig, SignalsService
from cityloop.services.signals.network import SignalNetwork, signal_network
from cityloop.services.signals.short_links import EMPTYING_MOST_S, EMPTYING_S, ShortLinks
from cityloop.services.signals.stage_keeper import StageKeeper

from .closed_loop import ClosedLoop, inside, movement_of, queued, together
from .interchange import links_between

PAIR = 0  # row of J and K among the planned signals
# J's links, then K's; see interchange.add.xml
EASTWARD = "GGgrrGGG" + "GrrrrrrGGGG"  # in at J, out at K
WESTWARD = "GGGGrrrr" + "rrrGGGgGGGg"  # in at K, out at J
OUTWARD = "GGGrrrrr" + "rrrrrrrGGGG"  # nobody in
SIDES = "rrrGGGrr" + "GGGGrrrrrrr"
QUEUES = {"WJ_0": 3, "WJ_1": 3, "LK_0": 3, "LK_1": 3, "SJ_0": 3, "NK_0": 3}


@pytest.fixture(scope="module")
def rules(interchange: City) -> tuple[SignalRules, ...]:
    return signal_rules(interchange, clearance_of("program"))


@pytest.fixture(scope="module")
def network(interchange: City, rules: tuple[SignalRules, ...]) -> SignalNetwork:
    return signal_network(interchange, rules, SignalsConfig())


@pytest.fixture
def short_links(interchange: City, network: SignalNetwork) -> ShortLinks:
    return ShortLinks(interchange, network.planned)


@pytest.fixture
def keeper(interchange: City, network: SignalNetwork) -> StageKeeper:
    """Return the memory of a street that has shown EASTWARD until now."""
    keeper = StageKeeper(interchange, network)
    keeper.observe(View(0.0, _display(network, EASTWARD), np.zeros(interchange.links.n_rows, np.int64)))
    return keeper


@pytest.fixture
def loop(interchange: City, rules: tuple[SignalRules, ...]) -> ClosedLoop:
    return ClosedLoop(interchange, rules, SignalsService(interchange, rules, SignalsConfig()))


def _stage(network: SignalNetwork, text: str) -> int:
    return [text_of(greens) for greens in network.stages[PAIR]].index(text)


def _display(network: SignalNetwork, text: str) -> NDArray[np.uint8]:
    return np.concatenate([codes_of(text), network.stages[1][0]])


def _observe(short_links: ShortLinks, city: City, vehicles: Vehicles) -> None:
    nothing = np.zeros(city.links.n_rows, np.uint8)  # what is shown does not matter here
    short_links.observe(View(0.0, nothing, nothing.astype(np.int64), vehicles))


def _change(short_links: ShortLinks, network: SignalNetwork, before: str, after: str) -> None:
    short_links.change(PAIR, _stage(network, before), _stage(network, after))


def _kept_at_s(short_links: ShortLinks, city: City, vehicles: Vehicles, occupied_s: set[int]) -> list[int]:
    """Return the seconds after a change at 100 s at which K keeps its greens."""
    kept_at_s = []
    for since_s in range(15):
        _observe(short_links, city, vehicles if since_s in occupied_s else Vehicles())
        kept = short_links.kept(100.0 + since_s, np.array([100.0, 100.0]))
        assert all(flags.tolist() in ([False, True], [False, False]) for flags in kept.values())
        kept_at_s += [since_s for flags in kept.values() if flags.any()]
    return kept_at_s


@pytest.mark.parametrize(
    ("n_veh", "is_taken"),
    [
        ({"JK_0": 1, "KJ_1": 1}, True),
        ({"JK_0": 1, "JK_1": 1}, False),
        ({"KJ_0": 1, "WJ_0": 4}, False),
        ({"WJ_0": 4, "LK_0": 4, "KL_0": 4}, False),
    ],
)
def test_links_are_taken_where_somebody_stands_on_both(
    short_links: ShortLinks, interchange: City, n_veh: dict[str, int], is_taken: bool
) -> None:
    _observe(short_links, interchange, queued(interchange, n_veh))
    assert short_links.is_taken.tolist() == [is_taken, False]
    _observe(short_links, interchange, Vehicles())
    assert not short_links.is_taken.any()


def test_who_moves_or_is_still_inside_does_not_stand_there(short_links: ShortLinks, interchange: City) -> None:
    stands = queued(interchange, {"JK_0": 1})
    moves = queued(interchange, {"KJ_0": 1}, first_ix=1, speed_mps=3.0)
    stuck_inside = inside([(2, movement_of(interchange, "LK_0", "KJ_0"))], speed_mps=0.0)
    _observe(short_links, interchange, together(stands, moves, stuck_inside))
    assert not short_links.is_taken.any()


@pytest.mark.parametrize(
    ("occupied_s", "kept_s"),
    [
        (set(), EMPTYING_S),
        ({0, 1, 2}, EMPTYING_S),
        (set(range(6)), 6),
        (set(range(15)), EMPTYING_MOST_S),
        (set(range(15)) - {4}, 4),  # once empty, it is done with
    ],
)
def test_a_green_is_kept_until_the_link_is_empty(
    short_links: ShortLinks, network: SignalNetwork, interchange: City, occupied_s: set[int], kept_s: float
) -> None:
    _change(short_links, network, EASTWARD, WESTWARD)
    on_link = queued(interchange, {"JK_1": 1}, speed_mps=5.0)
    assert _kept_at_s(short_links, interchange, on_link, occupied_s) == list(range(int(kept_s)))


@pytest.mark.parametrize(
    ("from_lane", "to_lane", "kept_s"),
    [("WJ_0", "JK_0", EMPTYING_MOST_S), ("SJ_0", "JK_0", EMPTYING_MOST_S), ("JK_0", "KL_0", EMPTYING_S)],
)
def test_who_is_about_to_come_onto_a_link_occupies_it(
    short_links: ShortLinks, network: SignalNetwork, interchange: City, from_lane: str, to_lane: str, kept_s: float
) -> None:
    _change(short_links, network, EASTWARD, WESTWARD)
    crossing = inside([(0, movement_of(interchange, from_lane, to_lane))])
    assert _kept_at_s(short_links, interchange, crossing, set(range(15))) == list(range(int(kept_s)))


def test_nothing_is_kept_where_no_stream_was_let_in(short_links: ShortLinks, network: SignalNetwork) -> None:
    for before, after in ((SIDES, EASTWARD), (OUTWARD, SIDES), (EASTWARD, EASTWARD)):
        _change(short_links, network, before, after)
        assert short_links.kept(100.0, np.array([100.0, 100.0])) == {}


def test_keeping_ends_where_it_is_forgotten_or_another_change_follows(
    short_links: ShortLinks, network: SignalNetwork
) -> None:
    switched_s = np.array([100.0, 100.0])
    _change(short_links, network, EASTWARD, SIDES)
    assert list(short_links.kept(100.0, switched_s)) == [PAIR]
    short_links.forget(PAIR)
    assert short_links.kept(100.0, switched_s) == {}
    _change(short_links, network, EASTWARD, SIDES)
    _change(short_links, network, SIDES, OUTWARD)
    assert short_links.kept(100.0, switched_s) == {}


def _ask(
    keeper: StageKeeper, network: SignalNetwork, t_s: float, shown: str, wanted: str, vehicles: Vehicles | None = None
) -> str:
    """Return what J and K are asked to show; the last request was made a tick before."""
    display = _display(network, shown)
    keeper.observe(View(t_s, display, np.zeros(len(display), np.int64), vehicles or Vehicles()))
    nothing_unclear = np.zeros(len(keeper.green_since_s), np.bool_)
    orders = keeper.request(np.array([_stage(network, wanted), 0]), nothing_unclear, t_s)
    assert [order.signal_ix for order in orders.stages] == [0, 1, 2]  # every member gets its own at every tick
    return "".join(text_of(order.greens) for order in orders.stages[:2])


def test_both_members_are_asked_for_their_part_of_a_stage(keeper: StageKeeper, network: SignalNetwork) -> None:
    assert _ask(keeper, network, 1.0, EASTWARD, EASTWARD) == EASTWARD
    assert _ask(keeper, network, 2.0, EASTWARD, OUTWARD)[:8] == OUTWARD[:8]


def test_the_member_that_lets_out_shows_its_greens_until_its_link_is_empty(
    keeper: StageKeeper, network: SignalNetwork, interchange: City
) -> None:
    on_link, shown, asked = queued(interchange, {"JK_1": 1}), EASTWARD, []
    for since_s in range(12):
        shown = _ask(keeper, network, 50.0 + since_s, shown, WESTWARD, on_link if since_s < 5 else None)
        asked.append(shown)
        # what it keeps is what was asked for, not a refusal
        assert (keeper.stage[PAIR], keeper.before[PAIR]) == (_stage(network, WESTWARD), _stage(network, EASTWARD))
        assert keeper.switched_s[PAIR] == 50.0
    assert asked == [WESTWARD[:8] + EASTWARD[8:]] * 5 + [WESTWARD] * 7


def test_a_hold_is_prolonged_while_a_link_is_emptied(
    keeper: StageKeeper, network: SignalNetwork, rules: tuple[SignalRules, ...], interchange: City
) -> None:
    on_link, shown = queued(interchange, {"JK_1": 1}), EASTWARD
    hold_s = network.hold_s(PAIR, _stage(network, EASTWARD), _stage(network, WESTWARD))
    for since_s in range(int(EMPTYING_MOST_S)):
        shown = _ask(keeper, network, 50.0 + since_s, shown, WESTWARD, on_link)
        assert keeper.hold_until_s[PAIR] >= 50.0 + since_s + rules[1].min_green_s.min()
    assert keeper.hold_until_s[PAIR] > 50.0 + hold_s


def test_a_member_that_changed_late_still_gets_its_minimum_green(
    keeper: StageKeeper, network: SignalNetwork, interchange: City
) -> None:
    on_link, shown = queued(interchange, {"JK_1": 1}), EASTWARD
    hold_s = network.hold_s(PAIR, _stage(network, EASTWARD), _stage(network, WESTWARD))
    for since_s in range(int(EMPTYING_MOST_S) + 1):
        shown = _ask(keeper, network, 50.0 + since_s, shown, WESTWARD, on_link)
    assert shown == WESTWARD
    assert keeper.hold_until_s[PAIR] >= 50.0 + hold_s + EMPTYING_MOST_S - EMPTYING_S


def test_a_change_that_was_refused_is_not_emptied_for(keeper: StageKeeper, network: SignalNetwork) -> None:
    _ask(keeper, network, 50.0, EASTWARD, WESTWARD)
    assert _ask(keeper, network, 51.0, EASTWARD, EASTWARD) == EASTWARD  # J still shows all of its old greens
    assert keeper.stage[PAIR] == _stage(network, EASTWARD)
    assert keeper.short_links.kept(51.0, keeper.switched_s) == {}


def test_greens_that_go_on_after_they_were_kept_are_noticed(keeper: StageKeeper, network: SignalNetwork) -> None:
    half = WESTWARD[:8] + EASTWARD[8:]
    shown = [_ask(keeper, network, 50.0 + since_s, half if since_s else EASTWARD, WESTWARD) for since_s in range(4)]
    assert shown == [half] * 3 + [WESTWARD]
    assert _ask(keeper, network, 54.0, half, half) == half  # it is one of the stages itself
    assert keeper.stage[PAIR] == keeper.before[PAIR] == _stage(network, half)


@pytest.mark.parametrize(
    ("queue", "from_road"),
    [
        ({"WJ_0": 3, "WJ_1": 3}, "WJ"),
        ({"LK_0": 3, "LK_1": 3}, "LK"),
        ({"SJ_0": 3}, "SJ"),
        ({"NK_0": 3}, "NK"),
        ({"JK_0": 1, "JK_1": 1}, "JK"),
        ({"KJ_0": 1, "KJ_1": 1}, "KJ"),
    ],
)
def test_the_planner_serves_every_approach(
    loop: ClosedLoop, interchange: City, queue: dict[str, int], from_road: str
) -> None:
    for others in ({"SJ_0": 2, "NK_0": 2}, {"LK_0": 4, "LK_1": 4}):  # from whatever is shown
        loop.run(25, queued(interchange, others))
        loop.run(25, queued(interchange, queue))
        assert is_green(loop.display)[links_between(interchange, from_road=from_road)].all()


def test_nobody_is_let_in_while_vehicles_stand_on_both_links(
    loop: ClosedLoop, network: SignalNetwork, interchange: City
) -> None:
    entries = [link for road in ("JK", "KJ") for link in links_between(interchange, to_road=road)]

    def is_let_in(since: int) -> list[bool]:
        asked = [np.concatenate([order.greens for order in orders.stages]) for orders in loop.asked[since:]]
        return [bool(is_green(greens)[entries].any()) for greens in asked]

    loop.run(30, queued(interchange, QUEUES))
    assert all(is_let_in(20))
    loop.run(70, queued(interchange, {**QUEUES, "JK_1": 1, "KJ_1": 1}))
    longest_hold_s = int(max(network.hold_after_s.max(), EMPTYING_MOST_S))
    assert not any(is_let_in(30 + longest_hold_s))
    loop.run(20, queued(interchange, QUEUES))  # they have left
    assert any(is_let_in(100))


def test_a_stream_does_not_begin_while_somebody_stands_where_it_leads(
    keeper: StageKeeper, network: SignalNetwork, interchange: City
) -> None:
    _ask(keeper, network, 50.0, SIDES, SIDES)
    stream = links_between(interchange, "WJ", "JK")
    on_link = queued(interchange, {"JK_1": 1})
    for t_s, vehicles, is_green_expected in ((60.0, on_link, False), (61.0, Vehicles(), True)):
        asked = codes_of(_ask(keeper, network, t_s, OUTWARD, EASTWARD, vehicles))
        assert (is_green(asked[stream]) == is_green_expected).all()
    # one that runs already goes on: it would not be let out sooner for that
    assert _ask(keeper, network, 70.0, EASTWARD, EASTWARD, on_link) == EASTWARD

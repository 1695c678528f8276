from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import RED, codes_of, is_green
from cityloop.control.guard import SignalRules
from cityloop.control.view import Vehicles, View
from cityloop.services.signals import SignalsConfig, SignalsService
from cityloop.services.signals.network import SignalNetwork
from cityloop.services.signals.policies.actuated import Actuated
from cityloop.services.signals.policies.smart import Smart
from cityloop.services.signals.stage_keeper import StageKeeper

from ..closed_loop import ClosedLoop, lanes_of, movement_of, queued, together

J, K = 0, 1
EAST_WEST, NORTH_SOUTH = 0, 1


def _service(city: City, rules: tuple[SignalRules, ...], **planner: object) -> SignalsService:
    return SignalsService(city, rules, SignalsConfig.model_validate({"policy": "smart", "planner": planner}))


@pytest.fixture
def loop(street: City, rules: tuple[SignalRules, ...]) -> ClosedLoop:
    """Return the street under the planner; it begins with its eastern and western approaches green."""
    return ClosedLoop(street, rules, _service(street, rules))


def _was_green(loop: ClosedLoop, city: City, from_lane: str, to_lane: str) -> list[bool]:
    link = int(city.movements["link_ix"][movement_of(city, from_lane, to_lane)])
    return [bool(is_green(display)[link]) for display in loop.shown]


def test_a_queue_at_red_is_served_when_nobody_else_is_there(loop: ClosedLoop, street: City) -> None:
    loop.run(20, queued(street, {"NJ_1": 3}))
    assert _was_green(loop, street, "NJ_1", "JS_1")[-1]


def test_the_longer_queue_is_served_first(street: City, rules: tuple[SignalRules, ...]) -> None:
    for n_north, n_east, is_north in ((12, 1, True), (1, 12, False)):
        loop = ClosedLoop(street, rules, _service(street, rules))
        loop.run(25, queued(street, {"NJ_1": n_north, "SJ_1": n_north, "KJ_1": n_east, "KJ_2": n_east}))
        assert _was_green(loop, street, "NJ_1", "JS_1")[-1] == is_north


def test_a_platoon_that_is_coming_keeps_its_green(street: City, rules: tuple[SignalRules, ...]) -> None:
    coming = queued(street, {"KJ_1": 12, "KJ_2": 12}, speed_mps=13.0)
    platoon = replace(coming, position_m=coming.position_m - 40.0)
    single = queued(street, {"NJ_1": 1}, first_ix=100)
    with_platoon = ClosedLoop(street, rules, _service(street, rules))
    with_platoon.tick(together(platoon, single))
    assert with_platoon.stages_of(J) == [EAST_WEST]
    without = ClosedLoop(street, rules, _service(street, rules))
    without.tick(single)
    assert without.greens_of(J)[1] != RED  # north, straight on


def test_no_green_into_a_road_that_its_neighbour_keeps_full(street: City, rules: tuple[SignalRules, ...]) -> None:
    # from the west all announce that they go on to K, whose road is full back to J
    lanes = lanes_of(street)
    waiting = queued(street, {"AJ_1": 1, "WA_1": 8})
    bound = replace(
        waiting, movement_ix=np.full(len(waiting.lane_ix), movement_of(street, "AJ_1", "JK_1")), age_s=waiting.age_s
    )
    north = queued(street, {"NJ_1": 2}, first_ix=100)
    toward_south = replace(north, movement_ix=np.full(2, movement_of(street, "NJ_1", "JS_1")))
    full = queued(street, {"JK_1": 25}, first_ix=200)
    assert full.position_m.min() < 7.5
    assert street.lanes["length_m"][lanes["JK_1"]] < 25 * 7.5
    stages = {}
    for name, vehicles in {"free": (bound, toward_south), "full": (bound, toward_south, full)}.items():
        loop = ClosedLoop(street, rules, _service(street, rules, residual_s=10.0))
        loop.tick(together(*vehicles))
        stages[name] = loop.greens_of(J)
    assert stages["free"][1] == RED  # the longer queue keeps its green
    assert stages["full"][1] != RED  # a green into the full road is worth nothing


def test_a_neighbour_is_told_what_will_be_released(street: City, rules: tuple[SignalRules, ...]) -> None:
    # K's east-west green ends for a single vehicle from the north, unless J is about to send a platoon
    def first_change_s(is_told: bool) -> int:
        loop = ClosedLoop(street, rules, _service(street, rules))
        platoon = queued(street, {"AJ_1": 1, "AJ_2": 1, "WA_1": 8, "WA_2": 8})
        east = np.isin(platoon.lane_ix, [lanes_of(street)[lane] for lane in ("AJ_2", "WA_2")])
        to_k = np.where(east, movement_of(street, "AJ_2", "JK_2"), movement_of(street, "AJ_1", "JK_1"))
        platoon = replace(platoon, movement_ix=to_k if is_told else np.full(len(to_k), -2))
        for k in range(40):
            single = queued(street, {"NK_1": 1}, first_ix=1000) if k >= 8 else Vehicles()
            loop.tick(together(platoon, single))
        link = int(street.movements["link_ix"][movement_of(street, "NK_1", "KS_1")])
        asked = [orders.stages[K].greens[link - street.links_of(K).start] != RED for orders in loop.asked]
        return asked.index(True) if True in asked else len(asked)

    assert first_change_s(is_told=False) < first_change_s(is_told=True)


def test_a_side_road_does_not_starve(loop: ClosedLoop, street: City, rules: tuple[SignalRules, ...]) -> None:
    main = queued(street, {"KJ_1": 20, "KJ_2": 20, "AJ_1": 1, "AJ_2": 1})
    for k in range(130):
        side = queued(street, {"NJ_1": 1}, first_ix=500, waiting_s=float(k))
        loop.tick(together(main, side))
    is_green_asked = [orders.stages[J].greens[1] != RED for orders in loop.asked]
    assert is_green_asked.index(True) < rules[J].max_red_s


def test_pedestrians_are_served(loop: ClosedLoop) -> None:
    red = loop.press_at_red(J, n_walkers=3, n_ticks=30)
    assert any(is_green(display)[red] for display in loop.shown)


def test_without_traffic_nothing_changes(loop: ClosedLoop) -> None:
    assert set(loop.run(60).stages_of(J)) == {EAST_WEST}


def test_a_plan_is_made_at_its_time_only(street: City, rules: tuple[SignalRules, ...]) -> None:
    loop = ClosedLoop(street, rules, _service(street, rules, replan_s=5.0))
    loop.tick()
    loop.run(4, queued(street, {"NJ_1": 9}))
    assert set(loop.stages_of(J)) == {EAST_WEST}  # nothing is decided between two plans
    loop.tick(queued(street, {"NJ_1": 9}))
    assert loop.stages_of(J)[-1] != EAST_WEST


@pytest.mark.parametrize("n_samples", [1, 3])
def test_the_same_views_give_the_same_plans(street: City, rules: tuple[SignalRules, ...], n_samples: int) -> None:
    rng = np.random.default_rng(4)
    services = [_service(street, rules, n_samples=n_samples) for _ in range(2)]
    lanes = ("NJ_1", "SJ_1", "AJ_1", "KJ_2", "JK_1", "EK_2", "NK_1")
    for k in range(40):
        vehicles = queued(street, {lane: int(rng.integers(0, 9)) for lane in lanes}, speed_mps=float(rng.random()))
        display = np.zeros(street.links.n_rows, np.uint8)
        view = View(float(k), display, np.zeros(street.links.n_rows, np.int64), vehicles)
        one, other = (service.decide(view) for service in services)
        for a, b in zip(one.stages, other.stages, strict=True):
            np.testing.assert_array_equal(a.greens, b.greens)
    for name, values in services[0].memory.items():
        np.testing.assert_array_equal(values, services[1].memory[name])


def test_the_order_in_which_vehicles_are_listed_changes_nothing(street: City, rules: tuple[SignalRules, ...]) -> None:
    loops = [ClosedLoop(street, rules, _service(street, rules)) for _ in range(2)]
    vehicles = queued(street, {"NJ_1": 4, "SJ_1": 3, "AJ_1": 1, "KJ_1": 5, "KJ_2": 2, "NK_1": 2, "EK_1": 6})
    order = np.random.default_rng(1).permutation(len(vehicles.vehicle_ix))
    shuffled = Vehicles(*(getattr(vehicles, name)[order] for name in Vehicles.__slots__))
    loops[0].run(60, vehicles)
    loops[1].run(60, shuffled)
    for one, other in zip(loops[0].shown, loops[1].shown, strict=True):
        np.testing.assert_array_equal(one, other)


def _busy(street: City, seed: int) -> Vehicles:
    """Return queues of some length before both junctions."""
    rng = np.random.default_rng(seed)
    lanes = ("NJ_1", "SJ_1", "AJ_1", "KJ_1", "KJ_2", "JK_1", "EK_1", "EK_2", "NK_1", "SK_1")
    return queued(street, {lane: int(rng.integers(0, 7)) for lane in lanes}, speed_mps=float(4.0 * rng.random()))


def test_without_any_work_allowed_it_is_gap_out_control(street: City, rules: tuple[SignalRules, ...]) -> None:
    settings = {"actuated": {"max_green_s": 20.0}, "planner": {"n_evaluations_most": 0, "replan_s": 1.0}}
    loops = [
        ClosedLoop(
            street, rules, SignalsService(street, rules, SignalsConfig.model_validate({"policy": p, **settings}))
        )
        for p in ("smart", "actuated")
    ]
    for k in range(150):
        for loop in loops:
            loop.tick(_busy(street, k // 10))
    for signal_ix in (J, K):
        stages = loops[0].stages_of(signal_ix)
        assert len(set(stages)) > 1
        assert stages == loops[1].stages_of(signal_ix)


class Alone:
    """The planner and what it knows of the signals, without the guard: the street shows what it showed."""

    def __init__(self, street: City, network: SignalNetwork, rules: tuple[SignalRules, ...], **planner: object) -> None:
        config = SignalsConfig.model_validate({"planner": planner})
        self.policy = Smart(street, network, rules, config, None)
        self.fallback = Actuated(street, network, config)
        self.keeper = StageKeeper(street, network)
        plans = street.signals["plan_ix"].tolist()
        self._display = codes_of("".join(street.states_of(plan)[0] for plan in plans))

    def view(self, t_s: float, vehicles: Vehicles) -> View:
        return View(t_s, self._display, np.zeros(self._display.shape[0], np.int64), vehicles)

    def choose(self, view: View) -> list[int]:
        self.keeper.observe(view)
        return [int(stage) for stage in self.policy.choose(view, self.keeper)]

    def announced(self, vehicles: Vehicles) -> list[float]:
        """Return when the vehicles are planned to leave."""
        return [float(t_s) for t_s in self.policy.shares.departure_s[vehicles.vehicle_ix]]


def test_a_junction_that_cannot_serve_its_queues_looks_further_ahead(
    street: City, network: SignalNetwork, rules: tuple[SignalRules, ...]
) -> None:
    alone = Alone(street, network, rules, steps_s=(1.0,) * 12)
    few, many = queued(street, {"NJ_1": 2}), queued(street, {"NJ_1": 10, "SJ_1": 10, "KJ_1": 10, "KJ_2": 10})
    lasts_s = []
    for t_s, vehicles in ((0.0, many), (2.0, many), (4.0, few), (6.0, few)):
        alone.choose(alone.view(t_s, vehicles))
        planned_s = np.array(alone.announced(vehicles)) - t_s
        lasts_s.append(planned_s[np.isfinite(planned_s)].max())
    at_once, once_known, still, over = lasts_s
    assert at_once < 12.0 < once_known < 24.0
    assert still == pytest.approx(over)  # two vehicles leave at the same time, however far one looks


def _least_work(make: Callable[[int], Alone], vehicles: Vehicles, named: Vehicles, n_plans: int) -> int:
    """Return the least work with which the vehicles named are announced at the last of some plans."""
    low, high = 0, 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        alone = make(middle)
        for k in range(n_plans):
            alone.choose(alone.view(2.0 * k, vehicles))
        low, high = (low, middle) if np.isfinite(alone.announced(named)).all() else (middle, high)
    return high


@pytest.fixture
def with_work(street: City, network: SignalNetwork, rules: tuple[SignalRules, ...]) -> Callable[[int], Alone]:
    """Return what makes a planner that may do so much work."""
    return lambda work: Alone(street, network, rules, n_evaluations_most=work)


def test_who_is_left_over_is_run_by_gap_out_control_and_planned_in_turn(
    street: City, with_work: Callable[[int], Alone]
) -> None:
    at_j, at_k = queued(street, {"NJ_1": 2}), queued(street, {"NK_1": 2}, first_ix=100)
    both = together(at_j, at_k)
    work = _least_work(with_work, both, at_k, n_plans=1)
    enough, too_little = with_work(work), with_work(work - 1)
    view = enough.view(0.0, both)
    planned, cut_short = enough.choose(view), too_little.choose(view)
    by_gaps = too_little.fallback.choose(view, too_little.keeper).tolist()
    assert cut_short == [planned[J], by_gaps[K]]
    assert by_gaps[K] != EAST_WEST  # it is decided, not just kept
    assert too_little.announced(at_j) == enough.announced(at_j)
    assert not np.isfinite(too_little.announced(at_k)).any()
    turns = []
    for k in range(1, 9):
        too_little.choose(too_little.view(2.0 * k, both))
        turns.append([bool(np.isfinite(too_little.announced(part)).all()) for part in (at_j, at_k)])
    assert turns[0] == [False, True]
    for one, other in pairwise(turns):
        assert np.any([one, other], axis=0).all()  # nobody is left over twice running


def test_a_signal_that_needs_more_than_all_the_work_does_not_keep_others_from_their_turn(
    street: City, with_work: Callable[[int], Alone]
) -> None:
    at_j = queued(street, {"NJ_1": 9, "SJ_1": 9, "AJ_1": 9, "KJ_1": 9, "KJ_2": 9})
    at_k = queued(street, {"NK_1": 1}, first_ix=100)
    both = together(at_j, at_k)
    alone = with_work(_least_work(with_work, both, at_k, n_plans=2))
    is_planned = []
    for k in range(8):
        alone.choose(alone.view(2.0 * k, both))
        is_planned.append([bool(np.isfinite(alone.announced(part)).any()) for part in (at_j, at_k)])
    assert is_planned == [[False, False], [False, True]] * 4


def test_what_a_neighbour_without_a_plan_will_release_is_not_taken_for_nothing(
    street: City, with_work: Callable[[int], Alone]
) -> None:
    # J's vehicle goes on to K, whose road is full, moves on green, and is too much to be planned
    one = queued(street, {"AJ_1": 1})
    to_k = replace(one, movement_ix=np.array([movement_of(street, "AJ_1", "JK_1")]))
    at_k = queued(street, {"JK_1": 25, "JK_2": 25, "EK_1": 9, "NK_1": 9, "SK_1": 9}, first_ix=100)
    both = together(to_k, at_k)
    alone = with_work(_least_work(with_work, both, to_k, n_plans=1) + 100)
    is_planned = []
    for k in range(3):
        alone.choose(alone.view(2.0 * k, both))
        is_planned.append([bool(np.isfinite(alone.announced(part)).any()) for part in (to_k, at_k)])
    assert is_planned == [[True, False], [False, False], [True, False]]


def test_an_ordinary_limit_changes_nothing_and_asks_no_other_policy(
    street: City, rules: tuple[SignalRules, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Actuated, "choose_of")
    loops = [
        ClosedLoop(street, rules, _service(street, rules, **most)) for most in ({}, {"n_evaluations_most": 10**15})
    ]
    for k in range(60):
        for loop in loops:
            loop.tick(_busy(street, k // 10))
    for one, other in zip(loops[0].shown, loops[1].shown, strict=True):
        np.testing.assert_array_equal(one, other)

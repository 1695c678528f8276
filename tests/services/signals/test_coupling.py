"""The interchange: J and K have 14 m between them and inner left turns that yield; L is the next signal eastward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED, codes_of
from cityloop.control.guard import SignalRules, clearance_of, signal_rules, start_delay_s
from cityloop.services.signals import SignalsConfig
from cityloop.services.signals.config import PolicyName
from cityloop.services.signals.coupling import PlannedSignal, planned_signals
from cityloop.services.signals.network import signal_network
from cityloop.services.signals.short_links import EMPTYING_S

from .closed_loop import lanes_of
from .interchange import links_between

J, K, L = 0, 1, 2
SHORT_ROADS = {"KJ": 0, "JK": 1}  # and the member that each ends at
N_STAGES_MOST, COUPLED_BELOW_M = 10, 20.0


@pytest.fixture(scope="module")
def rules(interchange: City) -> tuple[SignalRules, ...]:
    return signal_rules(interchange, clearance_of("program"))


@pytest.fixture(scope="module")
def pair(interchange: City, rules: tuple[SignalRules, ...]) -> PlannedSignal:
    """Return J and K planned as one."""
    return planned_signals(interchange, rules, N_STAGES_MOST, COUPLED_BELOW_M)[0]


def _names(planned: Sequence[PlannedSignal]) -> list[str]:
    return ["".join(rule.signal_id for rule in signal.members) for signal in planned]


def _of_members(pair: PlannedSignal, greens: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return np.split(greens, [pair.members[0].n_links])


def _lights(city: City, pair: PlannedSignal, greens: NDArray[np.uint8]) -> Mapping[int, int]:
    """Return what each link of the city that belongs to a pair shows."""
    links = [link for rule in pair.members for link in np.r_[city.links_of(rule.signal_ix)].tolist()]
    return dict(zip(links, greens.tolist(), strict=True))


def _without_yielding(rule: SignalRules) -> SignalRules:
    return replace(rule, stages=np.where(rule.stages == GREEN_YIELDING, RED, rule.stages).astype(np.uint8))


def _with_stages(rule: SignalRules, texts: Sequence[str]) -> SignalRules:
    return replace(rule, stages=np.stack([codes_of(text) for text in texts]))


def test_two_signals_with_a_short_link_between_them_are_planned_as_one(
    interchange: City, rules: tuple[SignalRules, ...]
) -> None:
    planned = planned_signals(interchange, rules, N_STAGES_MOST, COUPLED_BELOW_M)
    assert _names(planned) == ["JK", "L"]
    lanes = lanes_of(interchange)
    ends = [[lanes["KJ_0"], lanes["KJ_1"]], [lanes["JK_0"], lanes["JK_1"]]]
    assert [sorted(of_member) for of_member in planned[0].short_lanes] == ends
    assert planned[1].short_lanes == ((),)
    assert not planned[1].is_fed.any()
    assert not planned[1].is_entered.any()


def test_a_link_must_be_shorter_than_the_limit(interchange: City, rules: tuple[SignalRules, ...]) -> None:
    length_m = float(interchange.lanes["length_m"][lanes_of(interchange)["JK_0"]])
    assert 12.0 < length_m < 15.0
    assert _names(planned_signals(interchange, rules, N_STAGES_MOST, length_m)) == ["J", "K", "L"]
    assert _names(planned_signals(interchange, rules, N_STAGES_MOST, length_m + 0.01)) == ["JK", "L"]


def test_some_turn_must_have_to_wait_on_the_short_link(interchange: City, rules: tuple[SignalRules, ...]) -> None:
    j, k = _without_yielding(rules[J]), _without_yielding(rules[K])
    assert _names(planned_signals(interchange, (j, k, rules[L]), N_STAGES_MOST, COUPLED_BELOW_M)) == ["J", "K", "L"]
    assert _names(planned_signals(interchange, (rules[J], k, rules[L]), N_STAGES_MOST, COUPLED_BELOW_M)) == ["JK", "L"]


def test_a_signal_is_part_of_the_closest_pair_only(interchange: City, rules: tuple[SignalRules, ...]) -> None:
    assert _names(planned_signals(interchange, rules, N_STAGES_MOST, 500.0)) == ["JK", "L"]
    assert _names(planned_signals(interchange, rules[K:], N_STAGES_MOST, 500.0)) == ["KL"]  # K is free for L


@pytest.mark.parametrize(
    ("j", "k"),
    [
        # K never lets JK out protected: nobody could stream into it
        (("GGgrrGGG", "GGGrrrrr", "rrrGGGrr"), ("rrrGGGgGGGg", "rGGGrrrrrrr")),
        # every stage of J lets somebody into JK: it could never be left to empty
        (("GGgrrGGG", "GGGGrrrr", "rrrGGGrr"), ("rrrGGGgGGGg", "rrrrrrrGGGG", "GGGGrrrrrrr")),
    ],
)
def test_signals_without_the_stages_for_it_stay_alone(
    interchange: City, rules: tuple[SignalRules, ...], j: tuple[str, ...], k: tuple[str, ...]
) -> None:
    def planned_with(*own: SignalRules) -> list[str]:
        return _names(planned_signals(interchange, (*own, rules[L]), 2, COUPLED_BELOW_M))  # none beyond the plan's

    assert planned_with(rules[J], rules[K]) == ["JK", "L"]
    assert planned_with(_with_stages(rules[J], j), _with_stages(rules[K], k)) == ["J", "K", "L"]


@pytest.mark.parametrize("policy", ["actuated", "max-pressure", "webster", "field"])
def test_only_the_planner_couples(interchange: City, rules: tuple[SignalRules, ...], policy: PolicyName) -> None:
    assert _names(signal_network(interchange, rules, SignalsConfig(policy=policy)).planned) == ["J", "K", "L"]
    assert _names(signal_network(interchange, rules, SignalsConfig()).planned) == ["JK", "L"]


def test_what_streams_into_a_short_link_is_let_out_protected(interchange: City, pair: PlannedSignal) -> None:
    is_served = dict.fromkeys(SHORT_ROADS, False)
    for k, greens in enumerate(pair.stages):
        lights = _lights(interchange, pair, greens)
        for road, member in SHORT_ROADS.items():
            is_fed = any(lights[link] != RED for link in links_between(interchange, to_road=road, directions="s"))
            assert pair.is_fed[k, member] == is_fed
            is_served[road] |= is_fed
            if is_fed:
                exits = links_between(interchange, from_road=road)
                assert {lights[link] for link in exits} == {GREEN}
    assert is_served == {"KJ": True, "JK": True}


def test_some_stage_lets_nobody_in(interchange: City, pair: PlannedSignal) -> None:
    entries = [link for road in SHORT_ROADS for link in links_between(interchange, to_road=road)]
    for greens, is_entered in zip(pair.stages, pair.is_entered.tolist(), strict=True):
        lights = _lights(interchange, pair, greens)
        assert is_entered == any(lights[link] != RED for link in entries)
    assert not pair.is_entered.all()


def test_no_stage_shows_less_than_another_that_lets_in_the_same(pair: PlannedSignal) -> None:
    lets_in = [(*fed, entered) for fed, entered in zip(pair.is_fed.tolist(), pair.is_entered.tolist(), strict=True)]
    for k, one in enumerate(pair.stages):
        for j, other in enumerate(pair.stages):
            assert j == k or lets_in[j] != lets_in[k] or not ((one == other) | (one == RED)).all()


def test_every_link_that_is_served_alone_is_served_by_the_pair(
    interchange: City, rules: tuple[SignalRules, ...], pair: PlannedSignal
) -> None:
    alone = planned_signals(interchange, rules, N_STAGES_MOST, 0.0)[:L]
    served_alone = np.concatenate([np.any([greens != RED for greens in signal.stages], axis=0) for signal in alone])
    assert served_alone.all()
    assert np.any([greens != RED for greens in pair.stages], axis=0).tolist() == served_alone.tolist()


def test_every_stage_of_a_pair_may_be_shown_by_both(interchange: City) -> None:
    for clearance in ("program", "street"):
        rules = signal_rules(interchange, clearance_of(clearance))
        pair = planned_signals(interchange, rules, N_STAGES_MOST, COUPLED_BELOW_M)[0]
        for greens in pair.stages:
            for rule, own in zip(pair.members, _of_members(pair, greens), strict=True):
                assert rule.fits(own) is None


def test_a_member_that_is_emptied_first_changes_later(interchange: City) -> None:
    for clearance in ("program", "street"):
        rules = signal_rules(interchange, clearance_of(clearance))
        network = signal_network(interchange, rules, SignalsConfig())
        pair, links = network.planned[0], network.movement_link[network.movements_of(0)]
        n, n_emptied = len(pair.stages), 0
        for a, before in enumerate(pair.stages):
            for b, after in enumerate(pair.stages):
                delay_s, needs_s = [], [0.0]
                for member, rule in enumerate(pair.members):
                    old, new = _of_members(pair, before)[member], _of_members(pair, after)[member]
                    is_emptied = bool(pair.is_fed[a, member]) and not pair.is_fed[b, member]
                    n_emptied += is_emptied
                    late_s = EMPTYING_S if is_emptied else 0.0
                    is_new = (old == RED) & (new != RED)
                    delay_s.append(start_delay_s(rule, old, new) + late_s * is_new)
                    is_lasting = is_new | ((old == GREEN_YIELDING) & (new == GREEN))
                    needs_s += (delay_s[-1] + rule.min_green_s)[is_lasting].tolist()
                    needs_s += (rule.yellow_s + late_s)[(old != RED) & (new == RED)].tolist()
                at = int(network.delay_start[0]) + (a * n + b) * len(links)
                expected_s = np.concatenate(delay_s)[links]
                np.testing.assert_array_equal(network.start_delay_s[at : at + len(links)], expected_s)
                assert network.hold_s(0, a, b) == max(needs_s)
        assert n_emptied > 0

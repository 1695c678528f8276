"""The re-timed plan at the street's first signal, counted from vehicles that the test lets through."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.control.guard import SignalRules, clearance_of, signal_rules, start_delay_s
from cityloop.control.view import Vehicles
from cityloop.services.signals import SignalsConfig, SignalsService
from cityloop.services.signals.config import WebsterConfig

from ..closed_loop import ClosedLoop, inside, movement_of

J = 0
EAST_WEST, NORTH_SOUTH = 0, 1
TICK_S = 1.0
RETIME_S = 400.0
PAST_M = 90.0  # past whatever its way has in common with another: it holds no green back


def _loop(city: City, rules: tuple[SignalRules, ...], **settings: float) -> ClosedLoop:
    config = SignalsConfig.model_validate({"policy": "webster", "webster": settings})
    return ClosedLoop(city, rules, SignalsService(city, rules, config))


def _durations_s(stages: list[int], of_stage: int) -> list[int]:
    """Return how long a stage was asked for each time, without the first and the last time."""
    changes = [k for k in range(1, len(stages)) if stages[k] != stages[k - 1]]
    return [end - begin for begin, end in pairwise(changes) if stages[begin] == of_stage]


def _traffic(street: City, vph: dict[tuple[str, str], float], t_s: int) -> Vehicles:
    """Return who is inside the junction at a time: each vehicle for three seconds."""
    now: list[tuple[int, int]] = []
    for kind, ((from_lane, to_lane), flow_vph) in enumerate(sorted(vph.items())):
        movement_ix = movement_of(street, from_lane, to_lane)
        for back_s in range(3):
            n_before, n_now = (int((t_s - back_s - k) * flow_vph / 3600.0) for k in (1, 0))
            now += [(100000 * kind + number, movement_ix) for number in range(max(n_before, 0), max(n_now, 0))]
    return inside(now, position_m=PAST_M)


def test_before_anything_is_measured_every_stage_has_its_first_green(
    street: City, rules: tuple[SignalRules, ...]
) -> None:
    loop = _loop(street, rules, first_green_s=17.0).run(200)
    stages = loop.stages_of(J)
    for stage, other in ((EAST_WEST, NORTH_SOUTH), (NORTH_SOUTH, EAST_WEST)):
        greens = rules[J].stages
        texts = [int(np.flatnonzero((greens == s).all(axis=1))[0]) for s in _stage_codes(street, rules)]
        lost_s = start_delay_s(rules[J], greens[texts[other]], greens[texts[stage]]).max()
        assert set(_durations_s(stages, stage)) == {17 + int(lost_s)}


def _stage_codes(street: City, rules: tuple[SignalRules, ...]) -> tuple[np.ndarray, ...]:
    config = SignalsConfig(policy="webster")
    return SignalsService(street, rules, config).network.stages[J][:2]


@pytest.mark.parametrize("clearance", ["street", "program"])
def test_the_plan_in_force_is_run_and_nothing_else(street: City, cologne1: City, clearance: str) -> None:
    for city, n_own in ((street, 2), (cologne1, 4)):
        rules = signal_rules(city, clearance_of(clearance))
        stages = _loop(city, rules).run(400).stages_of(0)
        changes = [stage for k, stage in enumerate(stages) if k == 0 or stages[k - 1] != stage]
        assert set(changes) == set(range(n_own))
        assert all(b == (a + 1) % n_own for a, b in pairwise(changes))


@pytest.mark.parametrize(
    "vph",
    [
        {("AJ_1", "JK_1"): 540.0, ("NJ_1", "JS_1"): 180.0},
        {("AJ_1", "JK_1"): 360.0, ("KJ_1", "JA_1"): 600.0, ("SJ_1", "JN_1"): 450.0},
        {("AJ_1", "JK_1"): 900.0, ("NJ_1", "JS_1"): 500.0},
    ],
)
def test_cycle_and_greens_follow_websters_formula(
    street: City, rules: tuple[SignalRules, ...], vph: dict[tuple[str, str], float]
) -> None:
    config = WebsterConfig(retime_s=RETIME_S)
    loop = _loop(street, rules, retime_s=RETIME_S)
    while loop.t_s < RETIME_S + 350.0:
        loop.tick(_traffic(street, vph, int(loop.t_s)))
    stages = loop.stages_of(J)[int(RETIME_S) :]
    one, other = _stage_codes(street, rules)
    intergreen_s = [
        float(start_delay_s(rules[J], other, one).max()),
        float(start_delay_s(rules[J], one, other).max()),
    ]
    lost_s = sum(intergreen_s) + 2 * config.start_loss_s
    ratio = [
        max(flow for (lane, _), flow in vph.items() if lane[0] in approaches) / config.saturation_vph
        for approaches in ("AK", "NS")
    ]
    cycle_s = (1.5 * lost_s + 5.0) / (1.0 - sum(ratio))
    cycle_s = min(max(cycle_s, config.min_cycle_s), config.max_cycle_s)
    for stage in (EAST_WEST, NORTH_SOUTH):
        effective_s = ratio[stage] / sum(ratio) * (cycle_s - lost_s)
        expected_s = intergreen_s[stage] + config.start_loss_s + effective_s
        shown_s = _durations_s(stages, stage)
        assert shown_s
        # volumes are whole vehicles, and a tick is a second
        assert np.array(shown_s) == pytest.approx(expected_s, abs=0.04 * cycle_s + TICK_S), (stage, cycle_s)


def test_the_cycle_has_bounds(street: City, rules: tuple[SignalRules, ...]) -> None:
    for vph, expected_s in ((2.0, 50.0), (1700.0, 70.0)):
        loop = _loop(street, rules, retime_s=RETIME_S, min_cycle_s=50.0, max_cycle_s=70.0)
        flows = {("AJ_1", "JK_1"): vph, ("NJ_1", "JS_1"): vph}
        while loop.t_s < RETIME_S + 250.0:
            loop.tick(_traffic(street, flows, int(loop.t_s)))
        stages = loop.stages_of(J)[int(RETIME_S) + 70 :]
        begins = [k for k in range(1, len(stages)) if stages[k] == EAST_WEST != stages[k - 1]]
        assert [b - a for a, b in pairwise(begins)] == pytest.approx([expected_s] * (len(begins) - 1), abs=2 * TICK_S)
        assert len(begins) > 1


def test_a_vehicle_is_counted_once(street: City, rules: tuple[SignalRules, ...]) -> None:
    # one vehicle that stays inside for ever is one vehicle: the cycle is the shortest
    loop = _loop(street, rules, retime_s=100.0, min_cycle_s=45.0)
    loop.run(400, inside([(5, movement_of(street, "AJ_1", "JK_1"))], position_m=PAST_M))
    stages = loop.stages_of(J)[150:]
    begins = [k for k in range(1, len(stages)) if stages[k] == EAST_WEST != stages[k - 1]]
    assert [b - a for a, b in pairwise(begins)] == pytest.approx([45.0] * (len(begins) - 1), abs=2 * TICK_S)

"""Queues that leave a signal in the twin.

Measured: SUMO 1.28, default passenger cars, by ``benchmarks/twin_calibration.py``, sections 1 and 4.
"""

from __future__ import annotations

import numpy as np
import pytest

from .twin_streets import APPROACHES, LIMIT_MPS, PARAMETERS, SPACING_M, Floats, Streets

RED_S, GREEN_S = 200.0, 300.0
FIRST, LAST = 5, 25
"""Places in the queue between which the headway is that of saturation."""
MEASURED_HEADWAY_S = {"straight": 1.94, "slow": 2.51, "fast": 1.76, "right": 3.06, "left": 2.32}
MEASURED_START_S = (0.48, 3.74, 6.18, 8.36, 10.42, 12.39, 14.32, 16.24, 18.15, 20.07)
"""From the begin of green to the stop line, by place in the queue of the straight street."""


def _discharge_s(streets: Streets, name: str) -> Floats:
    """Return when the vehicles of a standing queue pass the stop line, from the begin of green on."""
    way = f"{name}.in {name}.out"
    day = streets.day({way: 2.5 * np.arange(40)}, RED_S + 120.0, **{name: (("r", RED_S), ("G", GREEN_S))})
    return day.left_s(way) - RED_S


def _headway_s(passed_s: Floats) -> float:
    return float(passed_s[LAST - 1] - passed_s[FIRST - 1]) / (LAST - FIRST)


def _yellow_used_s(limit_mps: float) -> float:
    return limit_mps / (2 * PARAMETERS.yellow_decel_mps2) - PARAMETERS.yellow_reaction_s


def test_a_straight_lane_discharges_1800_to_1950_vehicles_an_hour(streets: Streets) -> None:
    assert 1800 < 3600 / _headway_s(_discharge_s(streets, "straight")) < 1950


@pytest.mark.parametrize("name", APPROACHES)
def test_the_headway_out_of_a_queue_is_a_reaction_and_the_way_of_a_vehicle_at_the_speed_of_the_movement(
    streets: Streets, name: str
) -> None:
    limit_mps, turn = APPROACHES[name]
    speed_mps = turn[0] if turn else limit_mps
    headway_s = _headway_s(_discharge_s(streets, name))
    by_speed_s = PARAMETERS.reaction_s + SPACING_M / (PARAMETERS.speed_frac * speed_mps)
    assert headway_s == pytest.approx(by_speed_s, rel=0.02)
    assert headway_s == pytest.approx(MEASURED_HEADWAY_S[name], rel=0.08)


def test_the_first_ten_of_a_queue_start_as_in_sumo(streets: Streets) -> None:
    passed_s = _discharge_s(streets, "straight")
    np.testing.assert_allclose(passed_s[:10], MEASURED_START_S, atol=0.15)
    start_loss_s = passed_s[FIRST - 1] - FIRST * _headway_s(passed_s)
    assert start_loss_s == pytest.approx(0.71, abs=0.15)


@pytest.mark.parametrize("name", ["straight", "slow", "fast", "left"])
def test_nobody_starts_before_the_start_loss_after_the_begin_of_green(streets: Streets, name: str) -> None:
    assert _discharge_s(streets, name)[0] == pytest.approx(PARAMETERS.start_loss_s, abs=0.001)


@pytest.mark.parametrize("name", ["straight", "slow", "fast"])
def test_who_needs_less_braking_than_drivers_take_stops_at_yellow(streets: Streets, name: str) -> None:
    """The last free vehicle into the yellow has ``v / (2 b)`` less a reaction left to the stop line."""
    used_s = _yellow_used_s(APPROACHES[name][0])
    way = f"{name}.in {name}.out"
    free_s = float(streets.day({way: [0.0]}, 200.0).left_s(way)[0])
    green_s = 100.0
    passed = []
    for late_s in np.arange(-0.5, 3.0, 0.05):
        day = streets.day(
            {way: [green_s - free_s + late_s]}, 130.0, **{name: (("G", green_s), ("y", 3.0), ("r", 60.0))}
        )
        passed.append((late_s, np.isfinite(day.left_s(way)[0])))
    last_s = max(late_s for late_s, has_passed in passed if has_passed)
    assert all(has_passed == (late_s <= last_s) for late_s, has_passed in passed)
    assert last_s == pytest.approx(used_s, abs=0.06)


def test_a_queue_uses_as_much_of_the_yellow_as_a_free_vehicle(streets: Streets) -> None:
    way, used_s = "straight.in straight.out", _yellow_used_s(LIMIT_MPS)
    used = []
    for green_s in np.arange(20.0, 24.0, 0.2):
        plan = (("r", RED_S), ("G", float(green_s)), ("y", 3.0), ("r", 60.0))
        passed_s = streets.day({way: 2.5 * np.arange(40)}, RED_S + 50.0, straight=plan).left_s(way) - RED_S
        used.append(float(np.nanmax(passed_s)) - float(green_s))
    assert max(used) == pytest.approx(used_s, abs=0.2)
    assert max(used) <= used_s + 0.001

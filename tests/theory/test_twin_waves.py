"""Queues that fill a lane and let go of it: the twin against the theory of kinematic waves.

Sources: M. J. Lighthill and G. B. Whitham, "On kinematic waves II", Proceedings of the Royal Society A 229 (1955);
G. F. Newell, "A simplified theory of kinematic waves in highway traffic", Transportation Research B 27 (1993), with a
triangular fundamental diagram: the twin's free speed, the capacity of the bottleneck, and the wave of the twin's
standing queues, in which a vehicle takes ``SPACING_M`` metres.

Measured: SUMO 1.28, default passenger cars, by ``benchmarks/twin_calibration.py``, section 6.
"""

from __future__ import annotations

import numpy as np
import pytest

from .twin_streets import FULL_M, LIMIT_MPS, PARAMETERS, SPACING_M, Day, Streets

SIGNAL, NARROW = "full.feed full.lane full.out", "narrow.feed narrow.lane narrow.out"
FREE_MPS = LIMIT_MPS - PARAMETERS.dawdle_mps
WAVE_MPS = FULL_M / (PARAMETERS.start_wave_s + FULL_M / SPACING_M * PARAMETERS.wave_s)
JAM_VEH_M = 1 / SPACING_M
OPENS_S = 600.0
MEASURED_FIRST_ENTRY_S = 48.69
"""From the begin of green to the first entry at the begin of a full lane of 300 m."""


def _filled(streets: Streets, flow_vph: float) -> Day:
    """A signal that stays red until long after its lane has filled."""
    departures_s = np.arange(0.0, OPENS_S, 3600 / flow_vph)
    return streets.day({SIGNAL: departures_s}, OPENS_S + 300, full=(("r", OPENS_S), ("G", 400.0)))


def _free_s(streets: Streets, way: str) -> float:
    """Return the passage of the end of the first road by a vehicle alone."""
    return float(streets.day({way: [0.0]}, 200.0).left_s(way)[0])


def test_a_standing_queue_takes_a_vehicle_in_every_seven_and_a_half_metres(streets: Streets) -> None:
    entered_s = _filled(streets, 1500.0).left_s(SIGNAL)
    assert np.count_nonzero(entered_s < OPENS_S) == FULL_M // SPACING_M


def test_room_travels_backward_through_a_standing_queue_at_about_six_metres_a_second(streets: Streets) -> None:
    day = _filled(streets, 1500.0)
    entered_s, left_s = (np.sort(day.left_s(SIGNAL, road)) for road in (0, 1))
    entered_s, left_s = entered_s[entered_s > OPENS_S][:15], left_s[left_s > OPENS_S][:15]
    speed_mps = FULL_M / (entered_s - left_s)
    np.testing.assert_allclose(speed_mps, WAVE_MPS, rtol=0.02)
    assert speed_mps.mean() == pytest.approx(6.05, abs=0.1)
    assert entered_s[0] - OPENS_S == pytest.approx(MEASURED_FIRST_ENTRY_S, rel=0.05)


@pytest.mark.parametrize("flow_vph", [600.0, 900.0, 1200.0, 1500.0, 1750.0])
def test_a_closed_signal_holds_back_the_road_before_when_the_shock_arrives_there(
    streets: Streets, flow_vph: float
) -> None:
    """The shock between flow q and the standing queue runs at q / (k_jam - q / v)."""
    day, free_s = _filled(streets, flow_vph), _free_s(streets, SIGNAL)
    due_s = day.depart_s(SIGNAL) + free_s
    is_held = ~(day.left_s(SIGNAL) < due_s + 0.5)
    flow_vps = flow_vph / 3600
    shock_mps = flow_vps / (JAM_VEH_M - flow_vps / FREE_MPS)
    held_s = due_s[is_held][0] - due_s[0]
    assert held_s == pytest.approx(FULL_M / FREE_MPS + FULL_M / shock_mps, rel=0.05)


@pytest.mark.parametrize("flow_vph", [1500.0, 1650.0, 1750.0])
def test_a_narrow_place_holds_back_the_road_before_when_the_shock_arrives_there(
    streets: Streets, flow_vph: float
) -> None:
    """The shock runs between flow q in free traffic and the capacity of the narrow place in its queue."""
    day = streets.day({NARROW: np.arange(0.0, 900.0, 3600 / flow_vph)}, 900.0)
    entered_s, left_s = day.left_s(NARROW), day.left_s(NARROW, 1)
    late_s = entered_s - day.depart_s(NARROW) - _free_s(streets, NARROW)
    # delays grow from the arrival of the shock on, vehicle by vehicle; it is where their line begins
    held = np.flatnonzero(late_s > 0.5)[:15]
    slope, start_s = np.polyfit((entered_s - late_s)[held], late_s[held], 1)
    held_s = -start_s / slope
    passed_s = left_s[np.isfinite(left_s)]
    capacity_vps = 1 / float(np.diff(passed_s)[50:].mean())
    flow_vps = flow_vph / 3600
    queue_veh_m, free_veh_m = JAM_VEH_M - capacity_vps / WAVE_MPS, flow_vps / FREE_MPS
    shock_mps = (flow_vps - capacity_vps) / (queue_veh_m - free_veh_m)
    reaches_line_s = entered_s[0] + FULL_M / FREE_MPS
    assert held_s - reaches_line_s == pytest.approx(FULL_M / shock_mps, rel=0.05)


def test_behind_a_narrow_place_as_many_stand_on_the_lane_as_its_capacity_leaves_room_for(streets: Streets) -> None:
    """The density of the queue is k_jam - c / w."""
    until_s = 900.0
    day = streets.day({NARROW: np.arange(0.0, until_s, 2.0)}, until_s)
    entered_s, left_s = day.left_s(NARROW), day.left_s(NARROW, 1)
    capacity_vps = 1 / float(np.diff(left_s[np.isfinite(left_s)])[50:].mean())
    at_s = np.arange(600.0, until_s)
    on_lane = np.searchsorted(np.sort(entered_s), at_s) - np.searchsorted(np.sort(left_s), at_s)
    assert on_lane.mean() == pytest.approx(FULL_M * (JAM_VEH_M - capacity_vps / WAVE_MPS), rel=0.05)


def test_when_the_signal_opens_the_road_before_discharges_a_wave_later_and_like_the_signal(streets: Streets) -> None:
    day = _filled(streets, 1500.0)
    entered_s, left_s = (np.sort(day.left_s(SIGNAL, road)) - OPENS_S for road in (0, 1))
    entered_s, left_s = entered_s[entered_s > 0], left_s[left_s > 0]
    n = 60
    recovers_s = float(left_s[0]) + FULL_M / WAVE_MPS
    assert entered_s[0] == pytest.approx(recovers_s, rel=0.05)
    np.testing.assert_allclose(entered_s[:n] - left_s[:n], FULL_M / WAVE_MPS, rtol=0.05)
    saturation_vph = 3600 * 20 / (left_s[24] - left_s[4])
    assert 3600 * (n - 10) / (entered_s[n - 1] - entered_s[9]) == pytest.approx(saturation_vph, rel=0.05)


def test_nobody_is_held_back_while_the_narrow_place_carries_the_flow(streets: Streets) -> None:
    day = streets.day({NARROW: np.arange(0.0, 1800.0, 3600 / 1000)}, 2000.0)
    late_s = day.left_s(NARROW) - day.depart_s(NARROW) - _free_s(streets, NARROW)
    assert np.abs(late_s).max() < 0.01

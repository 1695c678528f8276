"""Two out-lanes by hand, and two ways that cross inside the junction.

Out-lane 0 is lane 0 (50 m), then past an unsignalised node 10 m further lane 1 (40 m) to the stop line of planner
lane 0. Out-lane 1 is lane 2, which no signal ends. Lane 3 leads to neither. Movement 0 leads into out-lane 0,
movement 1 into out-lane 1, movement 2 nowhere; in the city's own numbers they are 0, 1 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cityloop.kernels.downstream import free_places, obstructions, uncleared_movements
from cityloop.kernels.point_queue import NEVER_S

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

N_PLACES, PLACE_M, SIGHT_M, WAVE_MPS, EXIT_HEADWAY_S = 12, 7.5, 60.0, 5.0, 2.5
ROW_OF_MOVEMENT = np.array([0, 1, -1, 2])
MOVEMENT_OUT = np.array([0, 1, -1])
PATH_START = np.array([0, 1, 2, 3, 3])
PATH_OUT = np.array([0, 0, 1])
PATH_BASE_M = np.array([0.0, 60.0, 0.0])
OUT_END_LANE = np.array([0, -1])

# movement 0 crosses movement 1 after 8 m of its own way and 6 m of the other's; movement 2 conflicts with nothing
FOE_START = np.array([0, 1, 2, 2, 2])
FOE_ROW = np.array([1, 0])
FOE_CONFLICT_M = np.array([8.0, 6.0])
FOE_ENTRY_S = np.array([2.0, 2.0])


@dataclass(frozen=True)
class Vehicle:
    """One row of a view."""

    lane: int = -1
    movement: int = -1
    position_m: float = 0.0
    speed_mps: float = 0.0
    waiting_s: float = 0.0
    length_m: float = 5.0


def _column(vehicles: tuple[Vehicle, ...], name: str) -> Floats:
    return np.array([getattr(v, name) for v in vehicles], np.float64)


def _where(vehicles: tuple[Vehicle, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.array([v.lane for v in vehicles], np.int64), np.array([v.movement for v in vehicles], np.int64)


def _places(
    *vehicles: Vehicle,
    departure_s: tuple[float, ...] = (),
    elapsed_s: float = 0.0,
    path_m: float = 100.0,
    is_green: bool = True,
) -> tuple[Floats, Bools]:
    lane_ix, movement_ix = _where(vehicles)
    return free_places(
        N_PLACES,
        PLACE_M,
        SIGHT_M,
        WAVE_MPS,
        EXIT_HEADWAY_S,
        lane_ix,
        movement_ix,
        _column(vehicles, "position_m"),
        _column(vehicles, "speed_mps"),
        _column(vehicles, "length_m"),
        ROW_OF_MOVEMENT,
        MOVEMENT_OUT,
        PATH_START,
        PATH_OUT,
        PATH_BASE_M,
        OUT_END_LANE,
        np.array([path_m, 80.0]),
        np.array([is_green, False]),
        np.array([0, len(departure_s)]),
        np.array(departure_s),
        elapsed_s,
    )


def _obstructed_s(*vehicles: Vehicle) -> list[float]:
    lane_ix, movement_ix = _where(vehicles)
    until_s = obstructions(
        lane_ix,
        movement_ix,
        _column(vehicles, "position_m"),
        _column(vehicles, "speed_mps"),
        _column(vehicles, "length_m"),
        _column(vehicles, "waiting_s"),
        FOE_START,
        FOE_ROW,
        FOE_CONFLICT_M,
        3,
        2.0,
        6.0,
    )
    return [float(value) for value in until_s]


def _uncleared(*vehicles: Vehicle, green: tuple[bool, bool, bool] = (False, False, False)) -> list[bool]:
    lane_ix, movement_ix = _where(vehicles)
    unclear = uncleared_movements(
        lane_ix,
        movement_ix,
        _column(vehicles, "position_m"),
        _column(vehicles, "speed_mps"),
        _column(vehicles, "length_m"),
        FOE_START,
        FOE_ROW,
        FOE_CONFLICT_M,
        FOE_ENTRY_S,
        ROW_OF_MOVEMENT,
        np.array(green),
    )
    return [bool(value) for value in unclear]


def test_an_empty_road_takes_any_number() -> None:
    place_s, is_bound = _places()
    assert place_s.shape == (2, N_PLACES)
    assert not is_bound.any()
    assert not place_s.any()


def test_moving_traffic_does_not_bind() -> None:
    _, is_bound = _places(Vehicle(lane=0, position_m=20.0, speed_mps=8.0), Vehicle(movement=0, speed_mps=8.0))
    assert not is_bound.any()


def test_a_short_link_between_two_signals_holds_no_more_than_fit() -> None:
    place_s, is_bound = _places(path_m=16.0, is_green=False)
    assert is_bound.tolist() == [True, False]
    assert place_s[0, :3].tolist() == [0.0, 0.0, NEVER_S]
    place_s, _ = _places(Vehicle(movement=0, speed_mps=8.0), path_m=16.0, is_green=False)
    assert place_s[0, :2].tolist() == [0.0, NEVER_S]


def test_a_short_link_opens_with_the_green_or_the_departures_at_its_end() -> None:
    place_s, _ = _places(path_m=16.0, is_green=True)
    assert (place_s[0, 2:] == 0.0).all()
    place_s, _ = _places(Vehicle(lane=0, position_m=10.0, speed_mps=8.0), path_m=16.0, departure_s=(9.0,))
    assert place_s[0, :3].tolist() == [0.0, 9.0, 9.0]


def test_a_short_link_on_which_somebody_stands_opens_no_further_place() -> None:
    place_s, _ = _places(Vehicle(lane=0, position_m=15.0), path_m=16.0, departure_s=(1.0,))
    assert place_s[0, :2].tolist() == [0.0, NEVER_S]


def test_a_queue_leaves_the_places_before_its_end() -> None:
    place_s, is_bound = _places(Vehicle(lane=0, position_m=35.0))  # its rear stands 30 m in: room for four
    assert is_bound.tolist() == [True, False]
    assert (place_s[0, :4] == 0.0).all()
    assert (place_s[0, 4:] > 0.0).all()


def test_a_queue_further_down_the_way_counts_from_its_distance() -> None:
    # lane 1 begins 60 m down: a rear at 60 m binds, one out of sight does not
    assert _places(Vehicle(lane=1, position_m=5.0))[1].tolist() == [True, False]
    assert _places(Vehicle(lane=1, position_m=5.1))[1].tolist() == [False, False]
    assert (_places(Vehicle(lane=1, position_m=5.0))[0][0] == 0.0).sum() == 8


def test_who_is_on_the_way_there_takes_a_place() -> None:
    queue = Vehicle(lane=0, position_m=35.0)
    coming = (Vehicle(lane=0, position_m=6.0, speed_mps=8.0), Vehicle(movement=0, position_m=9.0, speed_mps=3.0))
    assert (_places(queue, *coming)[0][0] == 0.0).sum() == 2
    ahead = Vehicle(lane=0, position_m=45.0, speed_mps=8.0)  # in front of the queue's end
    elsewhere = (Vehicle(movement=1), Vehicle(movement=2), Vehicle(lane=3, speed_mps=8.0))
    assert (_places(queue, ahead, *elsewhere)[0][0] == 0.0).sum() == 4


def test_a_full_road_opens_with_the_departures_its_signal_plans() -> None:
    full = Vehicle(lane=0, position_m=5.0)  # its rear stands at the begin: no place
    wave_s = 100.0 / WAVE_MPS
    place_s, _ = _places(full, departure_s=(4.0, 6.0, 8.0))
    assert place_s[0, :3].tolist() == pytest.approx([4.0 + wave_s, 6.0 + wave_s, 8.0 + wave_s])
    assert place_s[0, 3:].tolist() == pytest.approx([8.0 + wave_s] * (N_PLACES - 3))
    later, _ = _places(full, departure_s=(4.0, 6.0, 8.0), elapsed_s=5.0)
    assert later[0, :3].tolist() == pytest.approx([wave_s, 1.0 + wave_s, 3.0 + wave_s])


def test_a_road_whose_signal_releases_nobody_stays_full() -> None:
    place_s, _ = _places(Vehicle(lane=0, position_m=5.0), departure_s=(4.0, NEVER_S))
    assert place_s[0, 0] < NEVER_S
    assert (place_s[0, 1:] >= NEVER_S).all()


def test_a_queue_that_no_signal_ends_moves_at_its_own_headway() -> None:
    place_s, is_bound = _places(Vehicle(lane=2, position_m=12.5))  # room for one
    assert is_bound.tolist() == [False, True]
    assert place_s[1].tolist() == pytest.approx([0.0, *(EXIT_HEADWAY_S * k for k in range(1, N_PLACES))])


standing = st.builds(
    Vehicle,
    lane=st.integers(-1, 3),
    movement=st.integers(-1, 3),
    position_m=st.floats(0.0, 50.0),
    speed_mps=st.floats(0.0, 5.0),
    waiting_s=st.floats(0.0, 20.0),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(standing, max_size=12), st.lists(st.floats(0.0, 60.0), max_size=6), st.floats(0.0, 5.0))
def test_places_open_in_order_and_more_traffic_opens_none(
    vehicles: list[Vehicle], departures_s: list[float], elapsed_s: float
) -> None:
    departure_s = tuple(sorted(departures_s))
    place_s, is_bound = _places(*vehicles, departure_s=departure_s, elapsed_s=elapsed_s)
    assert (place_s >= 0.0).all()
    assert (np.diff(place_s, axis=1) >= 0.0).all()
    assert (place_s[~is_bound] == 0.0).all()
    more, is_bound_more = _places(*vehicles, Vehicle(movement=0), departure_s=departure_s, elapsed_s=elapsed_s)
    assert (is_bound_more | ~is_bound).all()
    assert (more[0] >= place_s[0]).all()


def test_an_empty_junction_obstructs_nothing() -> None:
    assert _obstructed_s() == [0.0, 0.0, 0.0]
    assert _obstructed_s(Vehicle(lane=0), Vehicle(), Vehicle(movement=3, position_m=7.0)) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("waiting_s", "hold_s"), [(0.0, 2.0), (2.0, 2.0), (2.1, 6.0), (60.0, 6.0)])
def test_who_stands_on_the_shared_zone_is_in_the_way(waiting_s: float, hold_s: float) -> None:
    assert _obstructed_s(Vehicle(movement=0, position_m=9.0, waiting_s=waiting_s)) == [0.0, hold_s, 0.0]


@pytest.mark.parametrize(
    ("position_m", "speed_mps", "is_in_the_way"),
    [
        (6.9, 0.0, False),  # more than a metre before the zone
        (7.0, 0.0, True),
        (14.0, 0.0, True),  # its rear a metre behind it
        (14.1, 0.0, False),
        (9.0, 1.0, False),  # it moves
    ],
)
def test_only_a_vehicle_that_stands_on_the_zone_is(position_m: float, speed_mps: float, is_in_the_way: bool) -> None:
    obstructed_s = _obstructed_s(Vehicle(movement=0, position_m=position_m, speed_mps=speed_mps))
    assert (obstructed_s[1] > 0.0) == is_in_the_way


def test_the_longer_of_two_obstructions_counts() -> None:
    brief, long = Vehicle(movement=0, position_m=9.0), Vehicle(movement=0, position_m=8.0, waiting_s=9.0)
    assert _obstructed_s(brief, long)[1] == _obstructed_s(long, brief)[1] == 6.0


@pytest.mark.parametrize(
    ("position_m", "speed_mps", "is_unclear"),
    [
        (4.0, 0.0, True),  # before the zone, standing
        (12.9, 0.0, True),  # its rear not yet past the zone
        (13.0, 0.0, False),  # past it
        (4.0, 5.0, False),  # 9 m to go, gone after 1.8 s; a starting vehicle needs 2 s to the zone
        (4.0, 4.0, True),
    ],
)
def test_a_green_waits_for_who_was_left_inside(position_m: float, speed_mps: float, is_unclear: bool) -> None:
    left = Vehicle(movement=0, position_m=position_m, speed_mps=speed_mps)
    assert _uncleared(left) == [False, is_unclear, False]


def test_a_vehicle_of_a_running_green_holds_nothing_back() -> None:
    assert _uncleared(Vehicle(movement=0, position_m=4.0), green=(True, False, False)) == [False, False, False]


def test_vehicles_on_lanes_or_unsignalised_ways_hold_nothing_back() -> None:
    vehicles = (Vehicle(lane=0, movement=0, position_m=4.0), Vehicle(movement=2), Vehicle(movement=3), Vehicle())
    assert _uncleared(*vehicles) == [False, False, False]

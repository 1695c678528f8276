from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cityloop.sensing.approach_path import ApproachPath
from cityloop.sensing.virtual_queue import FIRST_STANDS_M, SPACING_M, VirtualQueue, VirtualVehicle

PATH = ApproachPath(0, (0,), (-1,), (0.0,), (300.0,))


def queue_of(entered_s: list[float], entered_m: float = 80.0) -> VirtualQueue:
    return VirtualQueue([VirtualVehicle(i, t_s, entered_m, PATH, 10.0) for i, t_s in enumerate(entered_s)])


def test_it_drives_up_and_stands() -> None:
    queue = queue_of([0.0, 2.0])
    queue.settle(4.0, 1.0, None)
    assert [vehicle.distance_m for vehicle in queue.vehicles] == [40.0, 60.0]
    assert [vehicle.speed_mps for vehicle in queue.vehicles] == [10.0, 10.0]
    for t_s in range(5, 21):
        queue.settle(float(t_s), 1.0, None)
    assert [vehicle.distance_m for vehicle in queue.vehicles] == [FIRST_STANDS_M, FIRST_STANDS_M + SPACING_M]
    assert [vehicle.speed_mps for vehicle in queue.vehicles] == [0.0, 0.0]
    assert [vehicle.waiting_s for vehicle in queue.vehicles] == [13.0, 11.0]


def test_a_queue_starts_vehicle_by_vehicle() -> None:
    queue = queue_of([0.0] * 4)
    queue.settle(30.0, 1.0, 3.0)
    assert [vehicle.speed_mps > 0 for vehicle in queue.vehicles] == [True, True, False, False]


def test_overdue_vehicles_are_dropped_and_others_stay() -> None:
    queue = queue_of([0.0, 7.0])  # due at 8 s and at 15 s
    queue.drop_overdue(12.5)
    assert [vehicle.number for vehicle in queue.vehicles] == [1]


def test_the_first_leave_first() -> None:
    queue = queue_of([0.0, 1.0, 2.0])
    queue.leave(2)
    assert [vehicle.number for vehicle in queue.vehicles] == [2]
    queue.leave(5)
    assert queue.vehicles == []


@given(
    entered_s=st.lists(st.floats(0.0, 60.0), max_size=12).map(sorted),
    taken_m=st.lists(st.floats(0.0, 150.0), max_size=6).map(sorted),
    t_s=st.floats(60.0, 100.0),
)
def test_nobody_stands_on_another(entered_s: list[float], taken_m: list[float], t_s: float) -> None:
    queue = queue_of(entered_s)
    queue.settle(t_s, 1.0, None, taken_m)
    distances_m = [vehicle.distance_m for vehicle in queue.vehicles]
    assert all(b - a >= SPACING_M - 1e-9 for a, b in itertools.pairwise(distances_m))
    for vehicle in queue.vehicles:
        if vehicle.speed_mps == 0.0:
            assert all(abs(vehicle.distance_m - other_m) >= SPACING_M - 1e-9 for other_m in taken_m)
    assert queue.n_within(1e9) == len(entered_s)

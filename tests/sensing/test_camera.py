from __future__ import annotations

import dataclasses

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Detectors, SensorState, Source, Vehicles
from cityloop.sensing.camera import GHOST_IX, CameraSensor
from cityloop.sensing.camera_config import CameraConfig
from cityloop.sensing.camera_layout import camera_layout
from cityloop.sensing.faults import Faults

CLEAR = CameraConfig(
    missed_frac=0.0, dropped_frac=0.0, ghosts_vph=0.0, confused_frac=0.0, latency_s=0.0, position_sd_m=0.0,
    position_sd_frac=0.0, speed_sd_mps=0.0,
)  # fmt: skip


def test_a_clear_camera_sees_what_is_in_range_and_nothing_announced(street: City, traffic: Vehicles) -> None:
    sensor = CameraSensor(street, 1, CLEAR)
    seen, _ = sensor.observe(0.0, traffic, Detectors())
    assert 0 < len(seen.vehicle_ix) < len(traffic.vehicle_ix)
    rows = np.searchsorted(traffic.vehicle_ix, seen.vehicle_ix)
    np.testing.assert_allclose(seen.position_m, traffic.position_m[rows])
    assert (seen.movement_ix[seen.lane_ix >= 0] == -1).all()
    assert (seen.source == Source.CAMERA).all()
    assert (seen.waiting_s == 0).all()


def test_a_share_is_missed_and_the_same_vehicles_by_the_same_seed(street: City, traffic: Vehicles) -> None:
    clear, _ = CameraSensor(street, 1, CLEAR).observe(0.0, traffic, Detectors())
    config = dataclasses.replace(CLEAR, missed_frac=0.3)
    seen, _ = CameraSensor(street, 1, config).observe(0.0, traffic, Detectors())
    later, _ = CameraSensor(street, 1, config).observe(60.0, traffic, Detectors())
    other, _ = CameraSensor(street, 2, config).observe(0.0, traffic, Detectors())
    # where two cameras look, both have to miss it
    assert 0.05 < 1 - len(seen.vehicle_ix) / len(clear.vehicle_ix) < 0.32
    np.testing.assert_array_equal(seen.vehicle_ix, later.vehicle_ix)
    assert not np.array_equal(seen.vehicle_ix, other.vehicle_ix)


def test_readings_are_as_old_as_the_latency_in_whole_ticks(street: City, traffic: Vehicles) -> None:
    sensor = CameraSensor(street, 1, dataclasses.replace(CLEAR, latency_s=1.5))
    moved = [dataclasses.replace(traffic, speed_mps=np.full(len(traffic.vehicle_ix), float(k))) for k in range(5)]
    assert len(sensor.observe(0.0, moved[0], Detectors())[0].vehicle_ix) == 0
    for t_s in range(1, 5):
        seen, _ = sensor.observe(float(t_s), moved[t_s], Detectors())
    assert (seen.age_s == 2.0).all()
    assert (seen.speed_mps == 2.0).all()


def test_a_bus_hides_the_car_behind_it(street: City) -> None:
    lanes = np.concatenate(camera_layout(street, 150.0).stop_lanes)
    lane_ix = int(lanes[np.argmax(street.lanes["length_m"][lanes])])
    end_m = float(street.lanes["length_m"][lane_ix])
    n = 3
    pair = Vehicles(
        vehicle_ix=np.arange(n),
        lane_ix=np.full(n, lane_ix),
        movement_ix=np.full(n, -1),
        position_m=end_m - np.array([20.0, 34.5, 60.0]),
        speed_mps=np.zeros(n),
        length_m=np.array([12.0, 4.5, 4.5]),
        waiting_s=np.zeros(n),
        n_persons=np.ones(n),
        age_s=np.zeros(n),
    )
    seen, _ = CameraSensor(street, 1, CLEAR).observe(0.0, pair, Detectors())
    assert seen.vehicle_ix.tolist() == [0, 2]
    low = dataclasses.replace(CLEAR, height_m=60.0)
    assert CameraSensor(street, 1, low).observe(0.0, pair, Detectors())[0].vehicle_ix.tolist() == [0, 1, 2]


def test_ghosts_come_at_their_rate_and_stand_still(street: City) -> None:
    sensor = CameraSensor(street, 1, dataclasses.replace(CLEAR, ghosts_vph=60.0))
    numbers: set[int] = set()
    for t_s in range(3600):
        seen, _ = sensor.observe(float(t_s), Vehicles(), Detectors())
        assert (seen.speed_mps == 0).all()
        numbers.update(seen.vehicle_ix.tolist())
    assert min(numbers) >= GHOST_IX
    n_looking = sum(len(lanes) > 0 for lanes in sensor.layout.stop_lanes)
    assert 0.6 < len(numbers) / (60 * n_looking) < 1.3


def test_a_dead_camera_sees_nobody_and_a_stuck_one_the_same_for_ever(street: City, traffic: Vehicles) -> None:
    n = camera_layout(street, 150.0).n
    for state, is_seen in ((SensorState.SILENT, False), (SensorState.STUCK_OFF, False), (SensorState.STUCK_ON, True)):
        faults = Faults(np.full(n, state, np.uint8), np.full(n, 5.0))
        sensor = CameraSensor(street, 1, CLEAR, faults)
        assert len(sensor.observe(4.0, traffic, Detectors())[0].vehicle_ix) > 100
        seen, _ = sensor.observe(6.0, traffic, Detectors())
        assert (len(seen.vehicle_ix) > 0) == is_seen
        assert not set(seen.vehicle_ix.tolist()) & set(traffic.vehicle_ix.tolist())

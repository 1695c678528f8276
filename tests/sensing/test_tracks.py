from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Vehicles
from cityloop.sensing.camera_layout import camera_layout
from cityloop.sensing.coverage import coverage_of
from cityloop.sensing.tracks import Tracks


def _one(lane_ix: int, position_m: float, speed_mps: float, number: int = 7, age_s: float = 0.0) -> Vehicles:
    return Vehicles(
        vehicle_ix=np.array([number]),
        lane_ix=np.array([lane_ix]),
        movement_ix=np.array([-1]),
        position_m=np.array([position_m]),
        speed_mps=np.array([speed_mps]),
        length_m=np.array([4.5]),
        waiting_s=np.zeros(1),
        n_persons=np.ones(1),
        age_s=np.array([age_s]),
    )


def _stop_lane(street: City) -> tuple[int, float]:
    lanes = np.concatenate(camera_layout(street, 150.0).stop_lanes)
    lane_ix = int(lanes[np.argmax(street.lanes["length_m"][lanes])])
    return lane_ix, float(street.lanes["length_m"][lane_ix])


def test_a_moving_vehicle_goes_on_while_it_is_lost_and_is_dropped_in_the_end(street: City) -> None:
    lane_ix, _ = _stop_lane(street)
    green_s = np.full(street.lanes.n_rows, np.nan)
    tracks = Tracks(street, coverage_of(street, 150.0))
    for t_s in range(3):
        now = tracks.follow(float(t_s), _one(lane_ix, 10.0 * t_s, 10.0), green_s)
    assert now.position_m.tolist() == [20.0]
    now = tracks.follow(3.0, Vehicles(), green_s)
    assert now.position_m.tolist() == [30.0]
    assert now.age_s.tolist() == [1.0]
    assert now.confidence_frac[0] < 1.0
    for t_s in range(4, 40):
        now = tracks.follow(float(t_s), Vehicles(), green_s)
    assert len(now.vehicle_ix) == 0


def test_what_stands_for_a_moment_only_is_a_ghost(street: City) -> None:
    lane_ix, end_m = _stop_lane(street)
    green_s = np.full(street.lanes.n_rows, np.nan)
    tracks = Tracks(street, coverage_of(street, 150.0))
    for t_s in range(3):
        assert len(tracks.follow(float(t_s), _one(lane_ix, end_m - 20.0, 0.0), green_s).vehicle_ix) == 0
    assert len(tracks.follow(3.0, Vehicles(), green_s).vehicle_ix) == 0


def test_who_stands_hidden_is_kept_at_red_and_let_go_at_green(street: City) -> None:
    lane_ix, end_m = _stop_lane(street)
    red_s = np.full(street.lanes.n_rows, np.nan)
    tracks = Tracks(street, coverage_of(street, 150.0))
    for t_s in range(8):
        now = tracks.follow(float(t_s), _one(lane_ix, end_m - 20.0, 0.2), red_s)
    assert now.speed_mps.tolist() == [0.0]
    assert now.waiting_s[0] >= 6.0
    for t_s in range(8, 20):
        assert len(tracks.follow(float(t_s), Vehicles(), red_s).vehicle_ix) == 1
    assert len(tracks.follow(20.0, Vehicles(), np.full(street.lanes.n_rows, 10.0)).vehicle_ix) == 0


def test_a_late_picture_is_moved_on(street: City) -> None:
    lane_ix, _ = _stop_lane(street)
    tracks = Tracks(street, coverage_of(street, 150.0))
    green_s = np.full(street.lanes.n_rows, np.nan)
    for t_s in range(5):
        now = tracks.follow(float(t_s), _one(lane_ix, 5.0 * max(t_s - 1, 0), 5.0, age_s=1.0), green_s)
    assert abs(now.position_m[0] - 20.0) < 1.0

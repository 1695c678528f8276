from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import GREEN
from cityloop.control.view import SensorState, Source, Vehicles, View
from cityloop.sensing.camera_config import CameraConfig
from cityloop.sensing.camera_estimator import LONGEST_RED_S, CameraEstimator
from cityloop.sensing.camera_layout import camera_layout


@pytest.fixture
def lane_ix(street: City) -> int:
    lanes = np.concatenate(camera_layout(street, 150.0).stop_lanes)
    return int(lanes[np.argmax(street.lanes["length_m"][lanes])])


def _standing(number: int, lane_ix: int, position_m: list[float]) -> Vehicles:
    n = len(position_m)
    return Vehicles(
        vehicle_ix=number + np.arange(n),
        lane_ix=np.full(n, lane_ix),
        movement_ix=np.full(n, -1),
        position_m=np.array(position_m),
        speed_mps=np.zeros(n),
        length_m=np.full(n, 4.5),
        waiting_s=np.zeros(n),
        n_persons=np.ones(n),
        age_s=np.zeros(n),
        source=np.full(n, Source.CAMERA, np.uint8),
    )


def _view(street: City, t_s: int, vehicles: Vehicles, code: int = 0) -> View:
    n = street.links.n_rows
    return View(float(t_s), np.full(n, code, np.uint8), np.zeros(n, np.int64), vehicles)


def test_a_gap_in_a_standing_queue_holds_a_vehicle(street: City, lane_ix: int) -> None:
    end_m = float(street.lanes["length_m"][lane_ix])
    estimator = CameraEstimator(street)
    for t_s in range(8):
        view = estimator.estimate(_view(street, t_s, _standing(1, lane_ix, [end_m - 1.0, end_m - 16.0])))
    on_lane = view.vehicles.position_m[view.vehicles.lane_ix == lane_ix]
    np.testing.assert_allclose(np.sort(end_m - on_lane), [1.0, 8.0, 16.0], atol=0.6)
    assert (np.sort(view.vehicles.confidence_frac[view.vehicles.lane_ix == lane_ix])[0]) < 0.7


def test_a_line_at_which_nobody_is_seen_is_called_in_the_end(street: City, lane_ix: int) -> None:
    estimator = CameraEstimator(street)
    for t_s in range(int(LONGEST_RED_S) + 2):
        view = estimator.estimate(_view(street, t_s, Vehicles()))
    assert (view.vehicles.lane_ix == lane_ix).sum() == 1
    assert (view.vehicles.source == Source.PROFILE).all()
    for t_s in range(200, 205):
        view = estimator.estimate(_view(street, t_s, Vehicles(), GREEN))
    assert len(view.vehicles.vehicle_ix) == 0


def _crossing(street: City, lane_ix: int, t_s: int) -> Vehicles:
    """Return a vehicle that is seen inside the junction only: a new one every ten seconds."""
    movements = street.movements
    movement_ix = int(np.flatnonzero((movements["from_lane_ix"] == lane_ix) & (movements["signal_ix"] >= 0))[0])
    seen = _standing(100 + t_s // 10, -1, [2.0] if t_s % 10 < 2 else [])
    return Vehicles(
        **{
            **{name: getattr(seen, name) for name in Vehicles.__slots__},
            "movement_ix": np.full(len(seen.vehicle_ix), movement_ix),
        }
    )


def test_a_camera_whose_vehicles_cross_unseen_has_failed_and_a_queue_stands_in(street: City, lane_ix: int) -> None:
    estimator = CameraEstimator(street, CameraConfig())
    found_s = None
    for t_s in range(300):
        code = GREEN if t_s % 60 < 30 else 0
        view = estimator.estimate(_view(street, t_s, _crossing(street, lane_ix, t_s), code))
        if found_s is None and len(view.health.sensor_ix):
            found_s = t_s
            assert view.health.state.tolist() == [SensorState.SILENT]
            assert view.health.stand_in.tolist() == [Source.PROFILE]
    assert found_s is not None
    assert found_s <= 60
    is_stand_in = view.vehicles.source == Source.PROFILE
    assert is_stand_in.any()
    assert (view.vehicles.confidence_frac[is_stand_in] < 1.0).all()


def test_a_memory_goes_on_from_one_day_to_the_next(street: City, lane_ix: int) -> None:
    estimator = CameraEstimator(street)
    for t_s in range(900):
        estimator.estimate(_view(street, t_s, _crossing(street, lane_ix, t_s)))
    CameraEstimator(street, memory=estimator.memory())


def test_a_turned_camera_is_found_by_where_vehicles_cross_and_set_right(street: City, lane_ix: int) -> None:
    end_m = float(street.lanes["length_m"][lane_ix])
    estimator, found_s = CameraEstimator(street), None
    movements = street.movements
    movement_ix = int(np.flatnonzero((movements["from_lane_ix"] == lane_ix) & (movements["signal_ix"] >= 0))[0])
    for t_s in range(600):
        step, number = t_s % 20, t_s // 20
        if step < 16:  # it stands 20 m before the line, as the camera sees it, and then it is inside
            seen = _standing(number, lane_ix, [end_m - 20.0])
        else:
            inside = _standing(number, -1, [2.0])
            seen = Vehicles(
                **{
                    **{name: getattr(inside, name) for name in Vehicles.__slots__},
                    "movement_ix": np.array([movement_ix]),
                }
            )
        view = estimator.estimate(_view(street, t_s, seen, GREEN if step >= 14 else 0))
        if found_s is None and SensorState.DRIFTING in view.health.state:
            found_s = t_s
            assert view.health.stand_in[view.health.state == SensorState.DRIFTING].tolist() == [Source.CAMERA]
    assert found_s is not None
    assert found_s <= 300

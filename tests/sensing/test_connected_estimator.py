from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import RED
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.sensing.connected_estimator import ConnectedEstimator
from cityloop.sensing.loop_layout import loop_places


def view_with(city: City, t_s: float, position_m: list[float], has_loops: bool = True) -> View:
    """Return a view of connected vehicles that stand on lane JK_1 and want over its stop line."""
    places = loop_places(city, is_upstream_wanted=False)
    n_loops, n = len(places.lane_ix), len(position_m)
    lane_ix = city.lanes["lane_id"].tolist().index("JK_1")
    movement_ix = np.flatnonzero((city.movements["from_lane_ix"] == lane_ix) & (city.movements["signal_ix"] >= 0))[0]
    since_s = np.where(places.lane_ix == lane_ix, 0.0, 100.0)
    detectors = Detectors(
        places.lane_ix, places.distance_m, np.zeros(n_loops, np.int64), np.zeros(n_loops), since_s, np.zeros(n_loops)
    )
    vehicles = Vehicles(
        vehicle_ix=np.arange(n),
        lane_ix=np.full(n, lane_ix),
        movement_ix=np.full(n, movement_ix),
        position_m=np.array(position_m, np.float64),
        speed_mps=np.zeros(n),
        length_m=np.full(n, 5.0),
        waiting_s=np.zeros(n),
        n_persons=np.ones(n),
        age_s=np.zeros(n),
    )
    display = np.full(city.links.n_rows, RED, np.uint8)
    n_walkers = np.zeros(city.links.n_rows, np.int64)
    return View(t_s, display, n_walkers, vehicles, detectors if has_loops else Detectors())


def test_the_places_before_a_standing_connected_vehicle_are_filled(street: City) -> None:
    lane_ix = street.lanes["lane_id"].tolist().index("JK_1")
    length_m = float(street.lanes["length_m"][lane_ix])
    standing_m = [length_m - 1.0 - 7.5 * 6, length_m - 1.0 - 7.5 * 2]
    estimator = ConnectedEstimator(street, 0.3)
    seen = estimator.estimate(view_with(street, 1.0, standing_m)).vehicles
    assert seen.vehicle_ix[:2].tolist() == [0, 2]
    assert (seen.vehicle_ix[2:] % 2 == 1).all()
    assert (seen.lane_ix == lane_ix).all()
    assert (seen.movement_ix[2:] == -1).all()
    expected_m = [length_m - 1.0 - 7.5 * place for place in range(7)]
    assert sorted(seen.position_m.tolist(), reverse=True) == pytest.approx(expected_m)
    again = estimator.estimate(view_with(street, 2.0, standing_m)).vehicles
    np.testing.assert_array_equal(again.vehicle_ix, seen.vehicle_ix)


def test_an_occupied_stop_line_without_connected_vehicles_has_one(street: City) -> None:
    seen = ConnectedEstimator(street, 0.3).estimate(view_with(street, 1.0, [])).vehicles
    assert len(seen.vehicle_ix) == 1
    assert seen.speed_mps.tolist() == [0.0]


def test_without_loops_connected_vehicles_still_tell(street: City) -> None:
    seen = ConnectedEstimator(street, 0.3).estimate(view_with(street, 1.0, [100.0], has_loops=False)).vehicles
    assert len(seen.vehicle_ix) > 2

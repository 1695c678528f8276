from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.sensing.connected import ConnectedSensor
from cityloop.sensing.connected_errors import RoughConnected, SteadyConnected


def test_positions_are_wrong_and_messages_get_lost(street: City, traffic: Vehicles) -> None:
    whole, _ = ConnectedSensor(street, 1.0, 1).observe(0.0, traffic, Detectors())
    rough = RoughConnected(ConnectedSensor(street, 1.0, 1), street, 1, 3.0, 0.2)
    told, _ = rough.observe(0.0, traffic, Detectors())
    assert 0.7 < len(told.vehicle_ix) / len(whole.vehicle_ix) < 0.9
    at = np.searchsorted(whole.vehicle_ix, told.vehicle_ix)
    error_m = (told.position_m - whole.position_m[at])[told.lane_ix >= 0]
    assert 1.0 < np.abs(error_m).mean() < 3.5
    road_ix, on_lane = street.lanes["road_ix"], told.lane_ix >= 0
    np.testing.assert_array_equal(road_ix[told.lane_ix[on_lane]], road_ix[whole.lane_ix[at][on_lane]])


def test_who_has_announced_a_movement_is_put_on_its_lane(street: City, traffic: Vehicles) -> None:
    rough = RoughConnected(ConnectedSensor(street, 1.0, 1), street, 1, 5.0, 0.0)
    told, _ = rough.observe(0.0, traffic, Detectors())
    n = street.links.n_rows
    view = View(0.0, np.zeros(n, np.uint8), np.zeros(n, np.int64), told)
    steady = SteadyConnected(street).estimate(view).vehicles
    meant = np.flatnonzero((steady.lane_ix >= 0) & (steady.movement_ix >= 0))
    needed = street.movements["from_lane_ix"][steady.movement_ix[meant]]
    on_its_road = street.lanes["road_ix"][needed] == street.lanes["road_ix"][steady.lane_ix[meant]]
    assert on_its_road.any()
    np.testing.assert_array_equal(steady.lane_ix[meant][on_its_road], needed[on_its_road])

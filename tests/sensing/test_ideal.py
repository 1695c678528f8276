from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Detectors, Vehicles
from cityloop.sensing.coverage import coverage_of
from cityloop.sensing.ideal import IdealSensor


def test_no_route_is_told(street: City, traffic: Vehicles) -> None:
    seen, _ = IdealSensor(street).observe(0.0, traffic, Detectors())
    on_lane = seen.lane_ix >= 0
    assert (seen.movement_ix[on_lane] == -1).all()
    assert (seen.movement_ix[~on_lane] >= 0).all()


def test_all_in_sight_and_no_other(street: City, traffic: Vehicles) -> None:
    seen, _ = IdealSensor(street).observe(0.0, traffic, Detectors())
    rows = np.flatnonzero(coverage_of(street).sees(traffic))
    assert 0 < len(rows) < len(traffic.vehicle_ix)
    np.testing.assert_array_equal(seen.vehicle_ix, traffic.vehicle_ix[rows])
    for name in ("position_m", "speed_mps", "length_m", "waiting_s", "n_persons"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(traffic, name)[rows])


def test_it_needs_no_loops(street: City) -> None:
    assert IdealSensor(street).loops.n_rows == 0

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Detectors, Vehicles
from cityloop.sensing.loop_layout import loop_layout
from cityloop.sensing.loops import LoopSensor


def test_only_loops_tell(street: City, traffic: Vehicles) -> None:
    sensor = LoopSensor(street)
    np.testing.assert_array_equal(sensor.loops["detector_id"], loop_layout(street)["detector_id"])
    n = sensor.loops.n_rows
    readings = Detectors(
        lane_ix=sensor.loops["lane_ix"], distance_m=sensor.loops["distance_m"], n_veh=np.arange(n), age_s=np.zeros(n)
    )
    seen, told = sensor.observe(0.0, traffic, readings)
    assert len(seen.vehicle_ix) == 0
    np.testing.assert_array_equal(told.n_veh, readings.n_veh)
    assert set(np.round(told.distance_m, 6).tolist()) == {2.0, 80.0}

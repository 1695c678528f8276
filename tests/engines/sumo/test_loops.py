from __future__ import annotations

from collections.abc import Callable

import libsumo
import numpy as np

from cityloop.city.city import City
from cityloop.engines.sumo import SumoEngine

OpenEngine = Callable[..., SumoEngine]


def test_entries_are_counted_once_over_steps_and_ticks(open_engine: OpenEngine, street: City) -> None:
    stop_lane = street.lanes["lane_id"].tolist().index("AJ_1")
    passed: set[str] = set()
    counted = 0
    with open_engine("loops") as engine:
        engine.advance(600.0)
        for t_s in range(601, 781):
            for half in (t_s - 0.5, float(t_s)):
                engine.advance(half)
                passed.update(v for v in libsumo.lane.getLastStepVehicleIDs("AJ_1"))
            detectors = engine.sense().detectors
            at = np.flatnonzero((detectors.lane_ix == stop_lane) & (detectors.distance_m < 5))
            assert len(at) == 1
            counted += int(detectors.n_veh[at[0]])
            assert 0.0 <= detectors.occupied_frac.min() <= detectors.occupied_frac.max() <= 1.0
            assert (detectors.since_s >= 0).all()
    # every vehicle that was on the last 11 m entered the loop 2 m before their end, but for those still before it
    assert len(passed) > 15
    assert len(passed) - 2 <= counted <= len(passed) + 1


def test_a_standing_vehicle_occupies_the_stop_line(open_engine: OpenEngine, street: City) -> None:
    with open_engine("loops") as engine:
        covered = 0
        for t_s in range(601, 700):
            engine.advance(float(t_s))
            standing = [
                v
                for v in libsumo.lane.getLastStepVehicleIDs("AJ_1")
                if libsumo.vehicle.getSpeed(v) == 0.0 and libsumo.vehicle.getLanePosition(v) > 9.0
            ]
            detectors = engine.sense().detectors
            stop_lane = street.lanes["lane_id"].tolist().index("AJ_1")
            at = np.flatnonzero((detectors.lane_ix == stop_lane) & (detectors.distance_m < 5))[0]
            if standing:
                covered += 1
                assert detectors.since_s[at] == 0.0
                assert detectors.occupied_frac[at] > 0.0
    assert covered > 10

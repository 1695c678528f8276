from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED
from cityloop.city.sumo import SumoInput
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.sensing import estimator_of, sensor_of
from cityloop.sensing.loop_estimator import LoopEstimator
from cityloop.sensing.loop_layout import loop_places

Reading = Callable[..., View]


@pytest.fixture
def reading(street: City) -> Reading:
    """Return a function that makes a view in which chosen loops, by lane, tell something."""
    places = loop_places(street)
    ids = street.lanes["lane_id"].tolist()

    def at(t_s: float, code: int = RED, age_s: float = 0.0, **told: tuple[int, float, float]) -> View:
        n = len(places.lane_ix)
        n_veh, occupied_frac, since_s = np.zeros(n, np.int64), np.zeros(n), np.full(n, 100.0)
        for lane_id, (n_in, occupied, since) in told.items():
            loop_ix = places.lane_ix.tolist().index(ids.index(lane_id))
            n_veh[loop_ix], occupied_frac[loop_ix], since_s[loop_ix] = n_in, occupied, since
        detectors = Detectors(places.lane_ix, places.stop_line_m, n_veh, occupied_frac, since_s, np.full(n, age_s))
        display = np.full(street.links.n_rows, code, np.uint8)
        return View(t_s, display, np.zeros(street.links.n_rows, np.int64), detectors=detectors)

    return at


def distances_m(city: City, vehicles: Vehicles, lane_id: str) -> list[float]:
    """Return the distances from the stop line of one stop lane, the nearest first."""
    stop_lane_ix = city.lanes["lane_id"].tolist().index(lane_id)
    approaches = approach_lanes(city, 100.0)
    rows = (approaches["stop_lane_ix"] == stop_lane_ix) & (approaches["lane_ix"] >= 0)
    entry_m = dict(zip(approaches["lane_ix"][rows].tolist(), approaches["entry_m"][rows].tolist(), strict=True))
    return sorted(
        entry_m[lane_ix] - position_m
        for lane_ix, position_m in zip(vehicles.lane_ix.tolist(), vehicles.position_m.tolist(), strict=True)
        if lane_ix in entry_m
    )


def test_a_counted_vehicle_drives_up_and_waits(street: City, reading: Reading) -> None:
    estimator = LoopEstimator(street)
    seen = estimator.estimate(reading(1.0, WA_1=(1, 0.2, 0.3))).vehicles
    assert distances_m(street, seen, "AJ_1") == pytest.approx([80.0])
    assert seen.movement_ix.tolist() == [-1]
    seen = estimator.estimate(reading(3.0)).vehicles
    assert distances_m(street, seen, "AJ_1") == pytest.approx([80.0 - 2 * 13.89])
    number = seen.vehicle_ix.tolist()
    for t_s in range(4, 20):
        seen = estimator.estimate(reading(float(t_s), AJ_1=(int(t_s == 7), 1.0, 0.0 if t_s >= 7 else 9.0))).vehicles
    assert distances_m(street, seen, "AJ_1") == pytest.approx([1.0])
    assert seen.speed_mps.tolist() == [0.0]
    assert seen.waiting_s[0] > 9.0
    assert seen.vehicle_ix.tolist() == number


def test_an_empty_stop_line_has_no_queue(street: City, reading: Reading) -> None:
    estimator = LoopEstimator(street)
    estimator.estimate(reading(1.0, WA_1=(2, 0.5, 0.0)))
    assert len(estimator.estimate(reading(8.0)).vehicles.vehicle_ix) == 2
    assert len(estimator.estimate(reading(12.0)).vehicles.vehicle_ix) == 0


def test_an_occupied_stop_line_has_a_vehicle(street: City, reading: Reading) -> None:
    seen = LoopEstimator(street).estimate(reading(1.0, AJ_2=(1, 1.0, 0.0))).vehicles
    assert distances_m(street, seen, "AJ_2") == pytest.approx([1.0])


def test_a_covered_upstream_loop_shows_a_queue_to_there(street: City, reading: Reading) -> None:
    estimator = LoopEstimator(street)
    for t_s in range(1, 8):
        seen = estimator.estimate(reading(float(t_s), WA_2=(0, 1.0, 0.0), AJ_2=(0, 1.0, 0.0))).vehicles
    assert len(distances_m(street, seen, "AJ_2")) == 10
    assert (seen.speed_mps == 0.0).all()


def test_stale_readings_change_nothing(street: City, reading: Reading) -> None:
    estimator = LoopEstimator(street)
    seen = estimator.estimate(reading(1.0, age_s=60.0, WA_1=(3, 1.0, 0.0), AJ_1=(1, 1.0, 0.0))).vehicles
    assert len(seen.vehicle_ix) == 0


def test_those_that_leave_are_taken_out(street: City, reading: Reading) -> None:
    estimator = LoopEstimator(street)
    estimator.estimate(reading(1.0, WA_1=(3, 0.9, 0.0)))
    estimator.estimate(reading(10.0, AJ_1=(1, 1.0, 0.0)))
    seen = estimator.estimate(reading(14.0, GREEN, AJ_1=(1, 0.8, 0.3))).vehicles
    assert len(seen.vehicle_ix) == 1


@pytest.mark.parametrize(("text", "most_off_frac"), [("loops", 0.2), ("connected:0.3", 0.75), ("connected:0.8", 0.75)])
def test_estimates_are_closer_to_the_traffic_than_what_is_seen(
    street: City, street_source: SumoInput, tmp_path: Path, text: str, most_off_frac: float
) -> None:
    reach_m = 80.0 if text == "loops" else 200.0
    approaches = approach_lanes(street, reach_m)
    rows = approaches["lane_ix"] >= 0
    lane_ix, entry_m = approaches["lane_ix"][rows], np.zeros(street.lanes.n_rows)
    signal_ix = np.full(street.lanes.n_rows, -1)
    signal_ix[lane_ix], entry_m[lane_ix] = approaches["signal_ix"][rows], approaches["entry_m"][rows]

    def per_signal(vehicles: Vehicles) -> NDArray[np.int64]:
        lanes = vehicles.lane_ix[vehicles.lane_ix >= 0]
        near = entry_m[lanes] - vehicles.position_m[vehicles.lane_ix >= 0] <= reach_m
        return np.bincount(signal_ix[lanes[near & (signal_ix[lanes] >= 0)]], minlength=street.signals.n_rows)

    class Peeking:
        """A sensor that keeps the truth for the test."""

        def __init__(self) -> None:
            self.inner = sensor_of(text, street, 2)
            self.loops = self.inner.loops
            self.truth = Vehicles()

        def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
            self.truth = truth
            return self.inner.observe(t_s, truth, detectors)

    sensor, estimator = Peeking(), estimator_of(text, street)
    true, seen, estimated = [], [], []
    with SumoEngine(street, street_source, sensor, 600.0, 900.0, 1, SumoOutputs(tmp_path / "out")) as engine:
        for t_s in range(601, 900):
            engine.advance(float(t_s))
            view = engine.sense()
            estimate = estimator.estimate(view).vehicles
            assert len(set(estimate.vehicle_ix.tolist())) == len(estimate.vehicle_ix)
            assert (estimate.position_m >= 0).all()
            if t_s > 660:
                true.append(per_signal(sensor.truth))
                seen.append(per_signal(view.vehicles))
                estimated.append(per_signal(estimate))
    off_veh = np.abs(np.subtract(true, estimated)).mean()
    assert np.mean(true) > 5
    assert off_veh < most_off_frac * np.abs(np.subtract(true, seen)).mean()

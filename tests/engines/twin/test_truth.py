from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.metropolis import gravity_traffic, superblock_city
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.engines.twin import TwinEngine

from ...theory.twin_streets import SPACING_M, Floats, Streets, planned, traffic_of

FULL, STRAIGHT = "full.feed full.lane full.out", "straight.in straight.out"


class All:
    """A sensor that sees everything, with loops where one wants them."""

    def __init__(self, loops: Table | None = None) -> None:
        self.loops = loops or Table("detectors")

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        return truth, detectors


def _views(engine: TwinEngine, until_s: int, every_s: float = 1.0) -> Iterator[View]:
    for t_s in np.arange(every_s, until_s + every_s / 2, every_s):
        engine.advance(float(t_s))
        yield engine.sense()


def _crowd() -> tuple[City, Traffic]:
    """Return four large junctions, where some left turns wait inside, with much traffic of all classes."""
    city = superblock_city(2, 2)
    wait_m = np.where(city.movements["is_minor"] & (city.movements["direction"] == "l"), 6.0, np.nan)
    city = replace(city, movements=Table("movements", {**city.movements, "wait_m": wait_m}))
    return city, gravity_traffic(city, 1500, 0.0, 300.0, 4)


@pytest.fixture(scope="module")
def crowd() -> tuple[TwinEngine, list[View]]:
    city, traffic = _crowd()
    engine = TwinEngine(city, traffic, All(), 0.0, 400.0, 1)
    return engine, list(_views(engine, 300))


def test_every_vehicle_that_has_entered_and_not_arrived_is_seen_once() -> None:
    city, traffic = _crowd()
    engine = TwinEngine(city, traffic, All(), 0.0, 400.0, 1)
    for view in _views(engine, 200):
        state, run = engine.run.state, engine.run
        has_entered = state.vehicles["entered_ms"] >= 0
        has_arrived = state.steps["turn"][run.steps_end - 1] == -1
        np.testing.assert_array_equal(view.vehicles.vehicle_ix, np.flatnonzero(has_entered & ~has_arrived))


def test_everybody_is_on_a_lane_of_its_way_or_on_one_of_its_movements(crowd: tuple[TwinEngine, list[View]]) -> None:
    engine, views = crowd
    city, run = engine.city, engine.run
    ways = [set(run.roads[a:b].tolist()) for a, b in zip(run.steps_start, run.steps_end, strict=True)]
    for view in views[::10]:
        seen = view.vehicles
        on_lane = seen.lane_ix >= 0
        road_ix = np.where(on_lane, city.lanes["road_ix"][seen.lane_ix], -1)
        to_lane = city.movements["to_lane_ix"][np.maximum(seen.movement_ix, 0)]
        road_ix[~on_lane] = city.lanes["road_ix"][to_lane[~on_lane]]
        assert all(road in ways[who] for who, road in zip(seen.vehicle_ix.tolist(), road_ix.tolist(), strict=True))
        length_m = np.where(
            on_lane, city.lanes["length_m"][seen.lane_ix], city.movements["length_m"][np.maximum(seen.movement_ix, 0)]
        )
        assert (seen.position_m >= 0).all()
        assert (seen.position_m <= length_m + 0.01).all()
        assert (seen.speed_mps >= 0).all()
        assert (seen.waiting_s >= 0).all()


def test_positions_never_decrease_while_on_a_lane(crowd: tuple[TwinEngine, list[View]]) -> None:
    _, views = crowd
    n_compared = 0
    for before, after in pairwise(views):
        one, other = before.vehicles, after.vehicles
        _, at_one, at_other = np.intersect1d(one.vehicle_ix, other.vehicle_ix, return_indices=True)
        stays = (one.lane_ix[at_one] == other.lane_ix[at_other]) & (one.lane_ix[at_one] >= 0)
        moved_m = (other.position_m[at_other] - one.position_m[at_one])[stays]
        assert (moved_m >= -0.001).all()
        n_compared += len(moved_m)
    assert n_compared > 10_000


def test_nobody_passes_another_on_a_lane(crowd: tuple[TwinEngine, list[View]]) -> None:
    """Vehicles of a lane are in the order of their entry, front to back, with no two at one place."""
    engine, views = crowd
    for view in views[::5]:
        seen = view.vehicles
        order = np.lexsort((-seen.position_m, seen.lane_ix))
        lane_ix, position_m, length_m = (column[order] for column in (seen.lane_ix, seen.position_m, seen.length_m))
        follows = (lane_ix[1:] == lane_ix[:-1]) & (lane_ix[1:] >= 0) & (position_m[1:] > 0)
        gap_m = position_m[:-1] - length_m[:-1] - position_m[1:]
        assert (gap_m[follows] >= -0.01).all()
    assert engine.run.state.tails.sum() > 1000


def test_a_standing_queue_is_in_order_with_a_vehicle_in_every_spacing(streets: Streets) -> None:
    city = planned(streets.city, full=(("r", 500.0), ("G", 100.0)))
    traffic = traffic_of(city, {FULL: np.arange(0.0, 400.0, 3.0)})
    engine = TwinEngine(city, traffic, All(), 0.0, 600.0, 1, streets.network)
    engine.advance(400.0)
    seen = engine.sense().vehicles
    on_it = city.lanes["lane_id"][np.maximum(seen.lane_ix, 0)] == "full.lane_0"
    position_m, who = seen.position_m[on_it], seen.vehicle_ix[on_it]
    assert len(position_m) == 40
    np.testing.assert_array_equal(who, np.arange(40))
    np.testing.assert_allclose(-np.diff(position_m), SPACING_M, atol=0.001)
    assert position_m[0] == pytest.approx(300.0 - 1.0, abs=0.1)
    assert (seen.speed_mps[on_it] == 0).all()
    assert (np.diff(seen.waiting_s[on_it]) < 0).all()


def test_waiting_grows_second_by_second_while_one_stands(streets: Streets) -> None:
    city = planned(streets.city, straight=(("r", 200.0), ("G", 100.0)))
    engine = TwinEngine(city, traffic_of(city, {STRAIGHT: [0.0]}), All(), 0.0, 300.0, 1, streets.network)
    waited_s = [float(view.vehicles.waiting_s[0]) for view in _views(engine, 195)]
    stands = np.array(waited_s) > 0
    first = int(np.argmax(stands))
    assert 40 < first < 60
    assert stands[first:].all()
    np.testing.assert_allclose(np.diff(waited_s[first:]), 1.0, atol=0.001)


def test_a_free_vehicle_drives_evenly(streets: Streets) -> None:
    engine = TwinEngine(
        streets.city, traffic_of(streets.city, {STRAIGHT: [0.0]}), All(), 0.0, 300.0, 1, streets.network
    )
    road = [float(view.vehicles.position_m[0]) for view in _views(engine, 40)]
    steps_m = np.diff(road)
    assert steps_m.min() == pytest.approx(steps_m.max(), abs=0.01)
    assert steps_m.mean() == pytest.approx(13.2, abs=0.4)


def test_the_movement_that_is_announced_is_the_next_at_a_signal_and_the_one_that_is_made() -> None:
    city, traffic = _crowd()
    engine = TwinEngine(city, traffic, All(), 0.0, 400.0, 1)
    is_signalised = city.movements["signal_ix"] >= 0
    announced: dict[int, int] = {}
    n_made = 0
    for view in _views(engine, 200):
        seen = view.vehicles
        for who, lane_ix, movement_ix in zip(
            seen.vehicle_ix.tolist(), seen.lane_ix.tolist(), seen.movement_ix.tolist(), strict=True
        ):
            if lane_ix >= 0:
                assert movement_ix == -2 or is_signalised[movement_ix]
                if movement_ix >= 0 and city.movements["from_lane_ix"][movement_ix] == lane_ix:
                    announced[who] = movement_ix
                elif movement_ix >= 0:
                    announced.pop(who, None)
            elif is_signalised[movement_ix] and who in announced:
                table, road_ix = city.movements, city.lanes["road_ix"]
                said = announced.pop(who)
                assert table["from_lane_ix"][said] == table["from_lane_ix"][movement_ix]
                assert road_ix[table["to_lane_ix"][said]] == road_ix[table["to_lane_ix"][movement_ix]]
                n_made += 1
    assert n_made > 200


# ---- loops -------------------------------------------------------------------------------------------------------


def _loops(city: City, places: Sequence[tuple[str, float]]) -> Table:
    """Return loops at distances from the ends of lanes."""
    lanes = city.lanes["lane_id"].tolist()
    return Table(
        "detectors",
        {
            "detector_id": [f"{lane}@{distance_m}" for lane, distance_m in places],
            "lane_ix": [lanes.index(lane) for lane, _ in places],
            "distance_m": [distance_m for _, distance_m in places],
        },
    )


LOOPS = (
    ("full.lane_0", 2.0),
    ("full.feed_0", 80.0),
    ("full.lane_0", 150.0),
    ("full.lane_0", 299.0),
    ("full.out_0", 500.0),
)


@pytest.mark.parametrize("every_s", [1.0, 7.0])
@pytest.mark.parametrize("plan", [(("G", 1000.0),), (("r", 40.0), ("G", 20.0), ("y", 3.0))], ids=["free", "queues"])
def test_loops_count_every_vehicle_exactly_once(
    streets: Streets, plan: Sequence[tuple[str, float]], every_s: float
) -> None:
    city = planned(streets.city, full=plan)
    departures_s = np.arange(0.0, 400.0, 3.0)
    sensor = All(_loops(city, LOOPS))
    engine = TwinEngine(city, traffic_of(city, {FULL: departures_s}), sensor, 0.0, 2000.0, 1, streets.network)
    counted = np.sum([view.detectors.n_veh for view in _views(engine, 1995, every_s)], axis=0)
    assert counted.tolist() == [len(departures_s)] * len(LOOPS)


def test_loops_stay_in_the_order_that_was_asked_for(streets: Streets) -> None:
    sensor = All(_loops(streets.city, LOOPS))
    engine = TwinEngine(streets.city, traffic_of(streets.city, {FULL: [0.0]}), sensor, 0.0, 100.0, 1, streets.network)
    engine.advance(10.0)
    detectors = engine.sense().detectors
    np.testing.assert_array_equal(detectors.lane_ix, sensor.loops["lane_ix"])
    np.testing.assert_array_equal(detectors.distance_m, sensor.loops["distance_m"])


def _readings(streets: Streets, plan: Sequence[tuple[str, float]], until_s: int) -> Mapping[str, Floats]:
    city = planned(streets.city, full=plan)
    sensor = All(_loops(city, [("full.lane_0", 2.0)]))
    engine = TwinEngine(city, traffic_of(city, {FULL: [0.0]}), sensor, 0.0, 600.0, 1, streets.network)
    views = list(_views(engine, until_s))
    return {
        name: np.array([getattr(view.detectors, name)[0] for view in views], float)
        for name in ("n_veh", "occupied_frac", "since_s")
    }


def test_a_vehicle_that_waits_at_the_stop_line_occupies_its_loop_until_it_leaves(streets: Streets) -> None:
    reading = _readings(streets, (("r", 150.0), ("G", 100.0)), 200)
    occupied = np.flatnonzero(reading["occupied_frac"] > 0)
    assert occupied[0] < 90
    assert occupied[-1] == pytest.approx(150, abs=1)
    assert (np.diff(occupied) == 1).all()
    assert (reading["since_s"][occupied] == 0).all()
    np.testing.assert_array_equal(np.diff(reading["since_s"][occupied[-1] :]), 1.0)
    assert reading["n_veh"].sum() == 1

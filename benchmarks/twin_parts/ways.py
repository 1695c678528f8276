"""The twin against SUMO micro where trips choose their ways in each of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np

from cityloop.city.city import City
from cityloop.engines.twin import TwinEngine
from cityloop.run.readings import city_of, router_of, traffic_of, twin_network_of
from cityloop.scenarios import Scenario, load_scenario
from cityloop.sensing import sensor_of
from twin_parts.parity import LEAST_R2, MOST_ERROR, n_left_of, r2_of, travel_times_s
from twin_parts.reference import reference_of
from twin_parts.sumo_files import ways_of


@dataclass(frozen=True)
class Ways:
    """A scenario: mean travel time of those that entered, worst agreement of flows, share of trips on SUMO's way."""

    scenario: str
    sumo_s: float
    twin_s: float
    r2: float
    same_frac: float

    @property
    def error(self) -> float:
        """Relative error of the mean."""
        return self.twin_s / self.sumo_s - 1

    @property
    def holds(self) -> bool:
        """Whether both targets are reached."""
        return abs(self.error) <= MOST_ERROR[1.0] and self.r2 >= LEAST_R2[1.0]


def measure_ways(scenarios: Sequence[str], seeds: Sequence[int], tell: Callable[[str], None]) -> list[Ways]:
    """Compare all, two runs of SUMO at a time."""
    found = []
    with ThreadPoolExecutor(2) as pool:
        for name in scenarios:
            scenario = load_scenario(name)
            city = city_of(scenario.source, name)
            rows = list(pool.map(partial(_compare, scenario, city), seeds))
            sumo_s, twin_s, r2, same_frac = zip(*rows, strict=True)
            found.append(Ways(name, fmean(sumo_s), fmean(twin_s), min(r2), fmean(same_frac)))
            tell(f"ways: {name}: {100 * found[-1].error:+.1f} %, R2 {found[-1].r2:.3f}")
    return found


def _compare(scenario: Scenario, city: City, seed: int) -> tuple[float, float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        theirs = reference_of(scenario, city, seed, 1.0, Path(folder))
    source, name = scenario.source, city.name
    traffic = traffic_of(source, name, seed)
    engine = TwinEngine(
        city,
        traffic,
        sensor_of("ideal", city, seed),
        theirs.begin_s,
        theirs.end_s,
        seed,
        twin_network_of(source, name),
        router=router_of(source, name),
    )
    engine.advance(theirs.end_s)
    run = engine.run
    way_of = dict(zip(theirs.traffic.vehicles["vehicle_id"].tolist(), ways_of(theirs.traffic), strict=True))
    ids = traffic.vehicles["vehicle_id"][run.traffic_ix].tolist()
    spans = zip(ids, run.steps_start.tolist(), run.steps_end.tolist(), strict=True)
    return (
        float(np.nanmean(theirs.travel_time_s)),
        float(travel_times_s(run, round(theirs.end_s - theirs.begin_s)).mean()),
        r2_of(theirs.n_left, n_left_of(run, city.roads.n_rows)),
        fmean(run.roads[start:end].tolist() == way_of.get(vehicle) for vehicle, start, end in spans),
    )

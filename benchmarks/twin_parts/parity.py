"""The twin against SUMO micro: the same vehicles on the same ways under the plans in force."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.sumo import read_city
from cityloop.engines.twin.network import network_of
from cityloop.engines.twin.prepare import TwinRun, run_of
from cityloop.engines.twin.simulation import simulate
from cityloop.scenarios import load_scenario
from twin_parts.reference import Reference, reference_of

SCENARIOS = ("cologne1", "cologne3", "cologne8", "ingolstadt1", "ingolstadt7", "ingolstadt21")
SCALES = (1.0, 1.5)
MOST_ERROR = {1.0: 0.08, 1.5: 0.15}
LEAST_R2 = {1.0: 0.97}


@dataclass(frozen=True)
class Pair:
    """One seed on both: mean travel time of those that entered, how many did, and agreement of flows."""

    seed: int
    sumo_s: float
    twin_s: float
    n_sumo: int
    n_twin: int
    r2: float


@dataclass(frozen=True)
class Parity:
    """A scenario at a scale, all seeds."""

    scenario: str
    scale: float
    pairs: tuple[Pair, ...]

    @cached_property
    def sumo_s(self) -> float:
        """Mean travel time in SUMO."""
        return fmean(pair.sumo_s for pair in self.pairs)

    @cached_property
    def twin_s(self) -> float:
        """Mean travel time in the twin."""
        return fmean(pair.twin_s for pair in self.pairs)

    @property
    def error(self) -> float:
        """Relative error of the mean."""
        return self.twin_s / self.sumo_s - 1

    @property
    def seeds_spread(self) -> float:
        """Standard deviation of SUMO's own seeds over their mean; nan with a single one."""
        values = [pair.sumo_s for pair in self.pairs]
        return float(np.std(values, ddof=1) / self.sumo_s) if len(values) > 1 else float("nan")

    @property
    def r2(self) -> float:
        """Of flows, worst seed."""
        return min(pair.r2 for pair in self.pairs)

    @property
    def failing(self) -> list[str]:
        """What does not hold."""
        fails = []
        if abs(self.error) > MOST_ERROR.get(self.scale, np.inf):
            fails.append("time")
        if self.r2 < LEAST_R2.get(self.scale, -np.inf):
            fails.append("flows")
        return fails


def measure_parity(
    scenarios: Sequence[str], scales: Sequence[float], seeds: Sequence[int], tell: Callable[[str], None]
) -> list[Parity]:
    """Compare all, two runs of SUMO at a time."""
    found = []
    with ThreadPoolExecutor(2) as pool:
        for scale in scales:
            for name in scenarios:
                scenario = load_scenario(name)
                city = read_city(scenario.source, name)

                def compare(seed: int, scenario=scenario, city=city, scale=scale) -> Pair:
                    with tempfile.TemporaryDirectory() as folder:
                        return pair_of(city, reference_of(scenario, city, seed, scale, Path(folder)), seed)

                found.append(Parity(name, scale, tuple(pool.map(compare, seeds))))
                tell(f"parity: {name} x {scale:g}: {100 * found[-1].error:+.1f} %, R2 {found[-1].r2:.3f}")
    return found


def pair_of(city: City, reference: Reference, seed: int) -> Pair:
    """Run the twin with the vehicles of a run of SUMO, and compare."""
    network = network_of(city)
    run = run_of(network, city, reference.traffic, reference.begin_s, reference.end_s, seed)
    span_s = round(reference.end_s - reference.begin_s)
    simulate(network, run, 0, span_s)
    travel_time_s = travel_times_s(run, span_s)
    return Pair(
        seed=seed,
        sumo_s=float(np.nanmean(reference.travel_time_s)),
        twin_s=float(travel_time_s.mean()),
        n_sumo=int((~np.isnan(reference.travel_time_s)).sum()),
        n_twin=len(travel_time_s),
        r2=r2_of(reference.n_left, n_left_of(run, city.roads.n_rows)),
    )


def travel_times_s(run: TwinRun, end_s: int) -> NDArray[np.float64]:
    """Return the travel times in the twin of those that entered, of those unfinished until the end."""
    entered_ms = run.state.vehicles["entered_ms"]
    left_ms = run.state.steps["passed_ms"][run.steps_end - 1]
    times_s: NDArray[np.float64] = (np.where(left_ms >= 0, left_ms, end_s * 1000) - entered_ms)[entered_ms >= 0] / 1000
    return times_s


def n_left_of(run: TwinRun, n_roads: int) -> NDArray[np.int64]:
    """Return how many left each road in the twin."""
    is_left = run.state.steps["passed_ms"] >= 0
    return np.bincount(run.roads[is_left], minlength=n_roads)


def r2_of(sumo: NDArray[np.int64], twin: NDArray[np.int64]) -> float:
    """Return the coefficient of determination over the roads that somebody left in either."""
    used = (sumo + twin) > 0
    expected, got = sumo[used].astype(float), twin[used].astype(float)
    return float(1 - ((expected - got) ** 2).sum() / ((expected - expected.mean()) ** 2).sum())

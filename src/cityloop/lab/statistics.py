"""From runs to means, paired differences and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cityloop.measures.comparison import Change, change_of, pair_trips
from cityloop.measures.intervals import Interval, mean_interval, paired_difference, ratio_of_means, verdict
from cityloop.run.folder import read_trips_of, run_folder
from cityloop.run.spec import RunResult, plain

IS_LOWER_BETTER: Mapping[str, bool] = {
    "delay_s": True,
    "delay_p95_s": True,
    "travel_time_s": True,
    "waiting_s": True,
    "stops": True,
    "queue_mean_veh": True,
    "outside_mean_veh": True,
    "throughput_veh": False,
    "n_unfinished": True,
    "n_undeparted": True,
    "teleports": True,
    "co2_g": True,
    "fuel_g": True,
    "person_delay_s": True,
    "max_red_s": True,
    "max_red_wait_s": True,
}
"""Measures that arms are compared by, and whether less of it is better."""

_ALSO_AVERAGED = ("n_vehicles", "n_discarded", "distance_km", "n_faults", "n_refusals")
_TIMES = ("decide_ms_mean", "decide_ms_p99", "wall_s")


def arm_figures(results: Sequence[RunResult]) -> dict[str, Any]:
    """Return the means of an arm on a scenario with their 95 % intervals, and its median and worst delay."""
    delays_s = [result.delay_s for result in results]
    return {
        "scenario": results[0].scenario,
        "arm": results[0].arm,
        "seeds": [result.seed for result in results],
        "delay_median_s": plain(float(np.median(delays_s))),
        "delay_worst_s": plain(float(np.max(delays_s))),
        **{
            name: _json(mean_interval([getattr(result, name) for result in results]))
            for name in (*IS_LOWER_BETTER, *_ALSO_AVERAGED, *_TIMES)
        },
    }


def paired_figures(ours: Sequence[RunResult], base: Sequence[RunResult], out_dir: Path) -> dict[str, Any] | None:
    """Return an arm against another on a scenario, paired by seed; None where no seed is in both.

    ``difference``, ``ratio`` and ``verdict`` are those of the delay; ``measures`` has them for every measure. Shares
    of trips that got worse or better, and the changes of trips, are means over the seeds with their intervals.
    """
    base_of = {result.seed: result for result in base}
    pairs = [(result, base_of[result.seed]) for result in ours if result.seed in base_of]
    if not pairs:
        return None
    measures = {name: _compared(name, pairs) for name in IS_LOWER_BETTER}
    changes = [_change(a, b, out_dir) for a, b in pairs]
    return {
        "scenario": ours[0].scenario,
        "arm": ours[0].arm,
        "base": base[0].arm,
        "seeds": [result.seed for result, _ in pairs],
        **measures["delay_s"],
        **{name: _json(mean_interval([getattr(change, name) for change in changes])) for name in Change.__slots__},
        "measures": measures,
    }


def _compared(name: str, pairs: Sequence[tuple[RunResult, RunResult]]) -> dict[str, Any]:
    a = [float(getattr(ours, name)) for ours, _ in pairs]
    b = [float(getattr(base, name)) for _, base in pairs]
    return {
        "difference": _json(paired_difference(a, b)),
        "ratio": _json(ratio_of_means(a, b)),
        "verdict": str(verdict(a, b, IS_LOWER_BETTER[name])),
    }


def _change(ours: RunResult, base: RunResult, out_dir: Path) -> Change:
    trips = [read_trips_of(run_folder(out_dir, run.scenario, run.arm, run.seed)) for run in (ours, base)]
    return change_of(pair_trips(*trips))


def _json(interval: Interval) -> dict[str, Any]:
    return {name: plain(value) for name, value in asdict(interval).items()}

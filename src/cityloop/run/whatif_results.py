"""What came of a what-if: runs of options, and the options beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cityloop.measures.intervals import Interval, Verdict, mean_interval, paired_difference, ratio_of_means, verdict
from cityloop.run.arms import arm_of
from cityloop.run.gates import GatedHead
from cityloop.run.option import Option
from cityloop.run.setting import Setting
from cityloop.run.spec import RunResult, plain

IS_LOWER_BETTER: Mapping[str, bool] = {
    "delay_s": True,
    "journey_s": True,
    "stops": True,
    "queue_mean_veh": True,
    "throughput_veh": False,
    "n_unfinished": True,
    "n_undeparted": True,
}
"""Measures that options are compared by, and whether less of it is better."""
WITHOUT_WAY_FRAC = 0.01
"""Where more of the vehicles have no way left, means speak of other vehicles, on emptier streets: nobody can tell."""


@dataclass(frozen=True, slots=True)
class OptionResult(RunResult):
    """The figures of a run of an option; what is not measured here is nan.

    Parameters
    ----------
    option : str
    journey_s : float
        Mean time from the planned departure to the arrival, or to the end of the window; detours count.
    n_rerouted : int
        Vehicles that take another way because theirs is closed.
    n_without_way : int
        Vehicles that have no other way and stay out of the run, in no other figure.
    n_kept : int
        Vehicles that were on their way at the closing, have no other way from there, and keep theirs.
    """

    option: str
    journey_s: float
    n_rerouted: int
    n_without_way: int
    n_kept: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure of an option beside that of the first one, with 95 % intervals over the seeds."""

    base: Interval
    ours: Interval
    difference: Interval
    ratio: Interval
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """An option against the first one under the same arm, paired by seed.

    Parameters
    ----------
    option, arm : str
    n_seeds : int
    n_rerouted, n_without_way, n_kept : float
        Means a run (see ``OptionResult``).
    is_gated : bool
        The option has gates and the arm plays the plans that they change; the others know of no gate.
    measures : mapping of str to Compared
        By the names of ``IS_LOWER_BETTER``.
    """

    option: str
    arm: str
    n_seeds: int
    n_rerouted: float
    n_without_way: float
    n_kept: float
    is_gated: bool
    measures: Mapping[str, Compared]


@dataclass(frozen=True)
class WhatIf:
    """What came of a what-if.

    Parameters
    ----------
    scenario : str
    setting : Setting
    options : tuple of Option
    gated_heads : mapping of str to tuple of GatedHead
        By option, what its gates make of the signals.
    results : tuple of OptionResult
        By option, arm and seed.
    comparisons : tuple of Comparison
        Every option but the first, under every arm.
    failures : tuple of str
        Runs that failed, and why.
    wall_s : float
    """

    scenario: str
    setting: Setting
    options: tuple[Option, ...]
    gated_heads: Mapping[str, tuple[GatedHead, ...]]
    results: tuple[OptionResult, ...]
    comparisons: tuple[Comparison, ...]
    failures: tuple[str, ...]
    wall_s: float

    def as_json(self) -> dict[str, Any]:
        """Return it for JSON, ``None`` for nan and infinity."""
        known: dict[str, Any] = _finite(asdict(self))
        return {"schema": 1, **known}


def comparisons_of(
    results: Sequence[OptionResult], options: Sequence[Option], arms: Sequence[str]
) -> tuple[Comparison, ...]:
    """Return every option but the first beside the first one, under every arm, where runs of both are there."""
    of = {(result.option, result.arm, result.seed): result for result in results}
    seeds = sorted({result.seed for result in results})
    comparisons = []
    for option in options[1:]:
        for arm in arms:
            keys = [((option.name, arm, seed), (options[0].name, arm, seed)) for seed in seeds]
            pairs = [(of[ours], of[base]) for ours, base in keys if ours in of and base in of]
            if pairs:
                is_gated = bool(option.gates) and arm_of(arm).policy is None
                comparisons.append(_comparison(option.name, arm, pairs, is_gated))
    return tuple(comparisons)


def _comparison(
    option: str, arm: str, pairs: Sequence[tuple[OptionResult, OptionResult]], is_gated: bool
) -> Comparison:
    counts = ("n_rerouted", "n_without_way", "n_kept")
    means = {name: float(np.mean([getattr(ours, name) for ours, _ in pairs])) for name in counts}
    n_vehicles = float(np.mean([ours.n_vehicles for ours, _ in pairs]))
    is_other_traffic = means["n_without_way"] > WITHOUT_WAY_FRAC * (n_vehicles + means["n_without_way"])
    measures = {}
    for name, is_lower_better in IS_LOWER_BETTER.items():
        a = [float(getattr(ours, name)) for ours, _ in pairs]
        b = [float(getattr(base, name)) for _, base in pairs]
        found = Verdict.CANNOT_TELL if is_other_traffic else verdict(a, b, is_lower_better)
        measures[name] = Compared(
            mean_interval(b), mean_interval(a), paired_difference(a, b), ratio_of_means(a, b), found
        )
    return Comparison(option, arm, len(pairs), **means, is_gated=is_gated, measures=measures)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return str(value) if isinstance(value, Verdict) else plain(value)

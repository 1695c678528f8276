"""Whether the twin ranks ways of operating the signals as SUMO does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from scipy.stats import kendalltau

from cityloop.lab.design import Trial
from cityloop.lab.trial import Progress, run_trial
from cityloop.run.spec import result_of_json

ARMS = ("field", "actuated", "max-pressure", "smart")
ENGINES = ("sumo", "twin")


@dataclass(frozen=True)
class Ranking:
    """Mean delay by engine and arm on a scenario."""

    scenario: str
    delay_s: dict[str, dict[str, float]]

    def order(self, engine: str) -> list[str]:
        """Return the arms, the best one first."""
        return sorted(self.delay_s[engine], key=lambda arm: self.delay_s[engine][arm])

    @property
    def tau(self) -> float:
        """Kendall's rank correlation of the two engines."""
        arms = list(self.delay_s["sumo"])
        return float(kendalltau(*([self.delay_s[engine][arm] for arm in arms] for engine in ENGINES)).statistic)


def measure_ranking(
    scenarios: Sequence[str], arms: Sequence[str], seeds: Sequence[int], folder: Path, tell: Callable[[str], None]
) -> list[Ranking]:
    """Run all arms on both engines; runs that are in ``folder`` already are read instead."""
    delay_s: dict[str, dict[str, dict[str, float]]] = {name: {} for name in scenarios}
    for engine in ENGINES:
        trial = Trial(tuple(scenarios), tuple(arms), tuple(seeds), (folder / engine).absolute(), engine)

        def show(progress: Progress, engine: str = engine) -> None:
            tell(f"arms: {engine}, {progress.n_done} of {progress.n_runs} runs")

        results = run_trial(trial, os.cpu_count() or 1, show)
        runs = [result_of_json(run) for run in results["runs"]]
        for name in scenarios:
            of_arm = {arm: [run.delay_s for run in runs if (run.scenario, run.arm) == (name, arm)] for arm in arms}
            delay_s[name][engine] = {arm: fmean(delays) if delays else float("nan") for arm, delays in of_arm.items()}
    return [Ranking(name, delay_s[name]) for name in scenarios]

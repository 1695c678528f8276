"""Trials: all arms on all seeds, resumable, and what came of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from cityloop import __version__
from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_city, require_signals
from cityloop.control.guard import clearance_of, rule_findings, signal_rules
from cityloop.lab.design import (
    Trial,
    TrialScenario,
    command_of,
    load_scenarios,
    memory_path,
    specs_of_day,
    specs_of_trial,
)
from cityloop.lab.statistics import arm_figures, paired_figures
from cityloop.run import folder
from cityloop.run.once import run_once
from cityloop.run.pool import Outcome, Run, run_all
from cityloop.run.setting import fingerprint
from cityloop.run.spec import RunResult, RunSpec, result_of_json

RESULTS = "results.json"


@dataclass(frozen=True)
class Progress:
    """How far a trial is.

    Parameters
    ----------
    n_done, n_runs : int
        Runs that are finished or failed, of all that the trial takes.
    n_reused : int
        Those that were finished before.
    outcome : Outcome or None
        The run that ended just now.
    """

    n_done: int
    n_runs: int
    n_reused: int
    outcome: Outcome | None = None


def run_trial(
    trial: Trial,
    where: int | str,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    run: Run = run_once,
) -> dict[str, Any]:
    """Run what is not finished yet and write ``results.json``.

    Parameters
    ----------
    trial : Trial
    where : int or str
        Number of processes, or the address of a Ray cluster.
    on_progress : callable, optional
        Told how far the trial is, at the begin and after every run.
    run : callable, optional
        What to do with a specification.

    Returns
    -------
    dict
        The content of ``results.json``. Runs that failed are listed under ``failures``.

    Raises
    ------
    Unusable
        When the design cannot be used, when nothing can be written, or when a run was refused; finished
        runs stay.
    """
    scenarios = load_scenarios(trial)
    findings = {entry.scenario.name: _findings(entry) for entry in scenarios}
    runner = _Runner(trial, scenarios, where, on_progress, run)
    try:
        runner.learn()
        outcomes = runner.run(specs_of_trial(trial, scenarios))
    finally:
        runner.tidy()
    for outcome in outcomes:
        if outcome.unusable is not None:
            raise outcome.unusable
    results = _results(trial, scenarios, findings, outcomes)
    folder.write_text(trial.out_dir / RESULTS, json.dumps(results, indent=1, allow_nan=False) + "\n")
    return results


class _Runner:
    """Runs what is not finished, and counts."""

    def __init__(
        self,
        trial: Trial,
        scenarios: Sequence[TrialScenario],
        where: int | str,
        on_progress: Callable[[Progress], None],
        run: Run,
    ) -> None:
        self._trial, self._scenarios, self._where, self._on_progress = trial, scenarios, where, on_progress
        self._of = {entry.asked: entry for entry in scenarios}
        self._run_one = run
        self._days = [specs_of_day(trial, scenarios, day) for day in range(trial.days_before)]
        self._n_runs = len(specs_of_trial(trial, scenarios)) + sum(map(len, self._days))
        self._n_done = self._n_reused = 0
        self._targets: list[Path] = []

    def learn(self) -> None:
        """Run the days before and put what was learned in place."""
        for specs in self._days:
            for outcome in self.run(specs):
                if outcome.unusable is not None:
                    raise outcome.unusable
                if outcome.result is None:
                    raise Unusable(
                        f"a day before the trial failed: {outcome.failure}", _name(outcome.spec), "run again"
                    )
        if not self._days:
            return
        for spec in self._days[-1]:
            entry = self._of[spec.scenario]
            learned = self._target(spec) / folder.MEMORY
            kept = memory_path(self._trial, entry.scenario.name, spec.arm)
            if kept is not None:
                with folder.written_safely(kept):
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    part = kept.with_name(f".{kept.name}.part")
                    shutil.copyfile(learned, part)
                    part.replace(kept)

    def run(self, specs: Sequence[RunSpec]) -> list[Outcome]:
        """Return the outcome of every specification, from a finished run where there is one."""
        outcomes: dict[int, Outcome] = {}
        for place, spec in enumerate(specs):
            self._targets.append(self._target(spec))
            folder.drop_leftovers(self._target(spec))
            done = self._finished(spec)
            if done is not None:
                outcomes[place] = Outcome(spec, done)
        self._n_done += len(outcomes)
        self._n_reused += len(outcomes)
        self._tell(None)
        left = [place for place in range(len(specs)) if place not in outcomes]
        if left:
            with folder.written_safely(self._trial.out_dir):
                self._trial.out_dir.mkdir(parents=True, exist_ok=True)
        ran = run_all([specs[place] for place in left], self._where, self._count, self._run_one)
        outcomes.update(zip(left, map(self._checked, ran), strict=True))
        return [outcomes[place] for place in range(len(specs))]

    def _checked(self, outcome: Outcome) -> Outcome:
        """Return the outcome, as a failure where something else ran than was planned: the arms would not compare."""
        if outcome.result is None or self._finished(outcome.spec) is not None:
            return outcome
        return Outcome(
            outcome.spec, failure="the scenario's files or this program's code differ from those at the begin"
        )

    def tidy(self) -> None:
        """Remove what killed runs left behind."""
        for target in self._targets:
            folder.drop_leftovers(target)

    def _finished(self, spec: RunSpec) -> RunResult | None:
        entry = self._of[spec.scenario]
        run = folder.read_run(self._target(spec))
        if run is None or run.get("fingerprint") != fingerprint(spec, entry.setting, entry.digest):
            return None
        return result_of_json(run["result"])

    def _target(self, spec: RunSpec) -> Path:
        return folder.run_folder(spec.out_dir, self._of[spec.scenario].scenario.name, spec.arm, spec.seed)

    def _count(self, outcome: Outcome) -> None:
        self._n_done += 1
        self._tell(outcome)

    def _tell(self, outcome: Outcome | None) -> None:
        self._on_progress(Progress(self._n_done, self._n_runs, self._n_reused, outcome))


def _name(spec: RunSpec) -> str:
    return f"{spec.scenario}, {spec.arm}, seed {spec.seed}"


def _findings(entry: TrialScenario) -> tuple[Finding, ...]:
    """Return what the owner of the city should know; refuses a city without signals before anything runs."""
    city = read_city(entry.scenario.source, entry.scenario.name)
    require_signals(city)
    return city.findings + rule_findings(city, signal_rules(city, clearance_of(entry.setting.clearance)))


def _results(
    trial: Trial,
    scenarios: Sequence[TrialScenario],
    findings: dict[str, tuple[Finding, ...]],
    outcomes: Sequence[Outcome],
) -> dict[str, Any]:
    runs = [outcome.result for outcome in outcomes if outcome.result is not None]
    by_arm = {
        (entry.scenario.name, arm): [run for run in runs if (run.scenario, run.arm) == (entry.scenario.name, arm)]
        for entry in scenarios
        for arm in trial.arms
    }
    pairs = [
        paired_figures(ours, by_arm[name, trial.base_arm], trial.out_dir)
        for (name, arm), ours in by_arm.items()
        if arm != trial.base_arm and ours and by_arm[name, trial.base_arm]
    ]
    return {
        "schema": 1,
        "command": command_of(trial),
        "protocol": {
            "engine": trial.engine,
            "sensing": trial.sensing,
            "failed_frac": trial.failed_frac,
            "arms": list(trial.arms),
            "base": trial.base_arm,
            "seeds": list(trial.seeds),
            "days_before": trial.days_before,
            "interval": "95 % t-intervals over seeds, arms paired by seed",
        },
        "versions": {
            "cityloop": __version__,
            **{name: metadata.version(name) for name in ("libsumo", "numpy", "numba", "scipy")},
        },
        "scenarios": [
            {
                "name": entry.scenario.name,
                "asked": entry.asked,
                **asdict(entry.setting),
                "licence": entry.scenario.licence,
                "real": entry.scenario.real,
                "synthetic": entry.scenario.synthetic,
                "findings": [asdict(finding) for finding in findings[entry.scenario.name]],
            }
            for entry in scenarios
        ],
        "runs": [run.as_json() for run in runs],
        "arms": [arm_figures(of_arm) for of_arm in by_arm.values() if of_arm],
        "paired": [pair for pair in pairs if pair is not None],
        "failures": [
            {
                "scenario": outcome.spec.scenario,
                "arm": outcome.spec.arm,
                "seed": outcome.spec.seed,
                "why": outcome.failure,
            }
            for outcome in outcomes
            if outcome.result is None
        ],
    }

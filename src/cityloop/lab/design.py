"""The design of a trial, and the runs that it takes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cityloop.city.errors import Unusable
from cityloop.run.arms import arm_of
from cityloop.run.folder import MEMORY, run_folder
from cityloop.run.setting import Setting, setting_of, source_digest
from cityloop.run.spec import FIRST_DAY_SEED, RunSpec
from cityloop.scenarios import Scenario, load_scenario


@dataclass(frozen=True)
class Trial:
    """Arms paired by seed on one or more scenarios.

    Parameters
    ----------
    scenarios : tuple of str
        Names in the catalogue, ``.sumocfg`` files or scenario TOMLs.
    arms : tuple of str
        The first one is compared with where ``field`` is not among them.
    seeds : tuple of int
    out_dir : Path
    engine, sensing : str
    failed_frac : float
        As in ``RunSpec``; on the days before all sensors work.
    protocol, clearance : str, optional
        As in ``RunSpec``.
    days_before : int
        Days on which an arm that learns runs before the first reported seed, each on a seed of its own.
        All reported runs of the arm start from what it knew then, so that they do not depend on each other.
    window_s : (float, float), optional
        In place of the protocol's.
    data_dir : Path, optional
    has_emissions, keep_raw : bool
        As in ``RunSpec``.

    Raises
    ------
    Unusable
        Without a scenario, arm or seed; for one that is named twice, an unknown arm, or a seed kept for learning.
    """

    scenarios: tuple[str, ...]
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    out_dir: Path
    engine: str = "sumo"
    sensing: str = "ideal"
    failed_frac: float = 0.0
    protocol: str | None = None
    clearance: str | None = None
    days_before: int = 1
    window_s: tuple[float, float] | None = None
    data_dir: Path | None = None
    has_emissions: bool = True
    keep_raw: bool = False

    def __post_init__(self) -> None:
        for values, option, kind in (
            (self.scenarios, "SCENARIO", "scenario"),
            (self.arms, "--arms", "arm"),
            (self.seeds, "--seeds", "seed"),
        ):
            if not values:
                raise Unusable(f"no {kind} is given", option, f"give at least one {kind}")
            if len(set(values)) < len(values):
                raise Unusable(f"a {kind} is named twice", option, "name each once")
        for arm in self.arms:
            arm_of(arm)
        if self.days_before < 0:
            raise Unusable(f"{self.days_before} days before", "days_before", "use 0 or above")
        if not set(self.seeds).isdisjoint(range(FIRST_DAY_SEED, FIRST_DAY_SEED + self.days_before)):
            raise Unusable("a seed is kept for the days before the trial", "--seeds", f"use below {FIRST_DAY_SEED}")

    @property
    def base_arm(self) -> str:
        """The arm that the others are compared with."""
        return "field" if "field" in self.arms else self.arms[0]


def command_of(trial: Trial) -> str:
    """Return what to type to run the trial again; empty where the command line cannot say it."""
    if trial.seeds != tuple(range(1, len(trial.seeds) + 1)) or trial.window_s is not None or trial.days_before != 1:
        return ""
    options = {
        "--arms": ",".join(trial.arms),
        "--seeds": str(len(trial.seeds)),
        "--sensing": trial.sensing,
        "--failed": f"{trial.failed_frac:g}" if trial.failed_frac else None,
        "--protocol": trial.protocol,
        "--clearance": trial.clearance,
    }
    given = [word for option, value in options.items() if value is not None for word in (option, value)]
    return shlex.join(["cityloop", "trial", *trial.scenarios, *given])


@dataclass(frozen=True)
class TrialScenario:
    """A scenario of a trial, loaded and settled.

    Parameters
    ----------
    asked : str
        As the trial names it.
    scenario : Scenario
    setting : Setting
    digest : str
        Of its files and of this project's code.
    """

    asked: str
    scenario: Scenario
    setting: Setting
    digest: str


def load_scenarios(trial: Trial) -> tuple[TrialScenario, ...]:
    """Load the scenarios of a trial.

    Raises
    ------
    Unusable
        When one cannot be used, or two have the same name.
    """
    loaded: dict[str, TrialScenario] = {}
    for asked in trial.scenarios:
        scenario = load_scenario(asked, trial.data_dir)
        if scenario.name in loaded:
            raise Unusable(f"two scenarios are called {scenario.name}", asked, "name one in a scenario TOML")
        setting = setting_of(_spec(trial, asked, trial.arms[0], trial.seeds[0]), scenario)
        loaded[scenario.name] = TrialScenario(asked, scenario, setting, source_digest(scenario))
    return tuple(loaded.values())


def memory_path(trial: Trial, scenario_name: str, arm: str) -> Path | None:
    """Return where an arm keeps what it learned on the days before; None for one that does not."""
    if trial.days_before == 0 or not arm_of(arm).learns:
        return None
    return trial.out_dir / "memory" / scenario_name / f"{arm}.npz"


def specs_of_day(trial: Trial, scenarios: Sequence[TrialScenario], day: int) -> list[RunSpec]:
    """Return the runs of one of the days before the trial, counted from 0; they go to ``<out>/memory/runs``."""
    specs = []
    for entry in scenarios:
        for arm in trial.arms:
            if not arm_of(arm).learns:
                continue
            seed, out_dir = FIRST_DAY_SEED + day, trial.out_dir / "memory"
            before = run_folder(out_dir, entry.scenario.name, arm, seed - 1) / MEMORY if day > 0 else None
            specs.append(_spec(trial, entry.asked, arm, seed, out_dir=out_dir, memory_path=before, is_reported=False))
    return specs


def specs_of_trial(trial: Trial, scenarios: Sequence[TrialScenario]) -> list[RunSpec]:
    """Return the reported runs, seed by seed, so that a trial that is cut short has whole pairs."""
    return [
        _spec(trial, entry.asked, arm, seed, memory_path=memory_path(trial, entry.scenario.name, arm))
        for seed in trial.seeds
        for entry in scenarios
        for arm in trial.arms
    ]


def _spec(
    trial: Trial,
    asked: str,
    arm: str,
    seed: int,
    *,
    out_dir: Path | None = None,
    memory_path: Path | None = None,
    is_reported: bool = True,
) -> RunSpec:
    return RunSpec(
        scenario=asked,
        arm=arm,
        seed=seed,
        out_dir=out_dir or trial.out_dir,
        engine=trial.engine,
        sensing=trial.sensing,
        failed_frac=trial.failed_frac if is_reported else 0.0,
        protocol=trial.protocol,
        clearance=trial.clearance,
        window_s=trial.window_s,
        data_dir=trial.data_dir,
        memory_path=memory_path,
        has_emissions=trial.has_emissions and is_reported,
        keep_raw=trial.keep_raw and is_reported,
        keep_tracks=is_reported and seed == trial.seeds[0],
    )

"""How long a first run takes, with nothing compiled yet and with all of it, and a trial of many seeds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from twin_parts.process import BIN, run_process

SCENARIO = "cologne8"
TARGET_COLD_S, TARGET_WARM_S, TARGET_TRIAL_S = 10.0, 1.5, 60.0
N_WARM = 3
N_SEEDS, N_WORKERS = 100, 2


@dataclass(frozen=True)
class Start:
    """Wall time from the start of the process to its end."""

    arm: str
    cold_s: float
    warm_s: float


def measure_start(arm: str, tell: Callable[[str], None]) -> Start:
    """Run a scenario with an empty cache of compiled kernels, then again with what that run left there."""
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as out:
        command = [BIN / "cityloop", "run", SCENARIO, "--engine", "twin", "--arm", arm, "--out", out, "--json"]
        times_s = [run_process(command, {"NUMBA_CACHE_DIR": cache}).wall_s for _ in range(1 + N_WARM)]
    start = Start(arm, times_s[0], median(times_s[1:]))
    tell(f"start: {SCENARIO}, {arm}: cold {start.cold_s:.1f} s, warm {start.warm_s:.2f} s")
    return start


@dataclass(frozen=True)
class TrialTime:
    """Wall time of a trial."""

    arms: str
    wall_s: float


def measure_trial(arms: str, tell: Callable[[str], None]) -> TrialTime:
    """Run a trial of many seeds on two cores, report included."""
    with tempfile.TemporaryDirectory() as out:
        options = ["--arms", arms, "--seeds", str(N_SEEDS), "--workers", str(N_WORKERS), "--out", Path(out) / "trial"]
        command = [BIN / "cityloop", "trial", SCENARIO, "--engine", "twin", *options, "--json"]
        trial = TrialTime(arms, run_process(command).wall_s)
    tell(f"trial: {N_SEEDS} seeds of {SCENARIO}, {arms}: {trial.wall_s:.0f} s")
    return trial

"""Time the smart arm against SUMO alone: the same scenario, window, seed and outputs, run by turns.

Every run is a process of its own and is timed from its start to its end, loading included. The smart arm runs what
``cityloop run`` runs; SUMO alone runs the plans in force. Emissions, which cost both sides the same, are off.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import sumo

from cityloop.city.sumo import read_city
from cityloop.engines.sumo.additional import without_outputs
from cityloop.engines.sumo.command import sumo_command
from cityloop.engines.sumo.outputs import SumoOutputs, output_elements, output_options
from cityloop.run.players import ROAD_PERIOD_S
from cityloop.run.pool import run_all
from cityloop.run.setting import setting_of
from cityloop.run.spec import RunSpec
from cityloop.scenarios import load_scenario

TARGET = 2.5
"""Wall time of the smart arm over that of SUMO alone, at most."""
WARM_UP_S = 60.0


@dataclass(frozen=True)
class Time:
    """Wall time and processor time of a process, in seconds."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class WallTimes:
    """What was timed, one entry a repetition."""

    scenario: str
    seed: int
    bare: tuple[Time, ...]
    smart: tuple[Time, ...]

    @property
    def ratio(self) -> float:
        """Wall time of the smart arm over that of SUMO alone, medians."""
        return median(t.wall_s for t in self.smart) / median(t.wall_s for t in self.bare)

    @property
    def cpu_ratio(self) -> float:
        """Processor time of the smart arm over that of SUMO alone, medians: what a busy machine does not change."""
        return median(t.cpu_s for t in self.smart) / median(t.cpu_s for t in self.bare)


def time_walls(scenario: str, seed: int, n_times: int, on_time: Callable[[str], None]) -> WallTimes:
    """Time both by turns, after a short run that fills the cache of compiled kernels.

    Parameters
    ----------
    scenario : str
    seed : int
    n_times : int
        Repetitions of each.
    on_time : callable
        Told a line after every run.
    """
    loaded = load_scenario(scenario)
    with tempfile.TemporaryDirectory(prefix="cityloop-wall-") as name:
        out_dir = Path(name)
        spec = RunSpec(scenario, "smart", seed, out_dir, has_emissions=False)
        setting = setting_of(spec, loaded)
        warm_up = replace(spec, window_s=(setting.begin_s, setting.begin_s + WARM_UP_S))
        _run(warm_up)
        bare, smart = [], []
        command = bare_command(spec, out_dir)
        for k in range(n_times):
            with timed() as watch:
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            bare.append(watch[0])
            with timed() as watch:
                _run(spec)
            smart.append(watch[0])
            on_time(f"wall time {k + 1}/{n_times}: SUMO {bare[-1].wall_s:.1f} s, smart {smart[-1].wall_s:.1f} s")
    return WallTimes(scenario, seed, tuple(bare), tuple(smart))


def bare_command(spec: RunSpec, folder: Path) -> list[str]:
    """Return the command that runs SUMO alone with the outputs that a run of this project asks it for."""
    scenario = load_scenario(spec.scenario)
    setting = setting_of(spec, scenario)
    city = read_city(scenario.source, scenario.name)
    outputs = SumoOutputs(folder, has_emissions=spec.has_emissions, road_period_s=ROAD_PERIOD_S)
    own_path = folder / "bare.add.xml"
    elements = output_elements(outputs, folder, [str(signal_id) for signal_id in city.signals["signal_id"]])
    own_path.write_text("<additional>\n" + "\n".join(elements) + "\n</additional>\n", "utf-8")
    _, *options = sumo_command(
        scenario.source,
        (*without_outputs(scenario.source.additional_paths, folder), own_path),
        setting.begin_s,
        setting.end_s,
        spec.seed,
        setting.is_teleporting,
        output_options(outputs, folder),
    )
    return [str(Path(sumo.SUMO_HOME) / "bin" / ("sumo.exe" if sys.platform == "win32" else "sumo")), *options]


def _run(spec: RunSpec) -> None:
    outcome = run_all([spec], 1)[0]
    if outcome.unusable is not None:
        raise outcome.unusable
    if outcome.result is None:
        raise RuntimeError(f"{spec.scenario}, {spec.arm}: {outcome.failure}")


@contextmanager
def timed() -> Iterator[list[Time]]:
    """Give a list that holds, after the block, the time of the processes that started and ended in it."""
    watch: list[Time] = []
    begin_s, cpu_before_s = perf_counter(), _children_cpu_s()
    yield watch
    watch.append(Time(perf_counter() - begin_s, _children_cpu_s() - cpu_before_s))


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

"""Measure how many junctions a core plans in a second, and whether the time grows in line with their number.

Cologne's and Ingolstadt's real networks (``cologne8``, ``ingolstadt21``) run for some minutes under ``smart``; what
its service saw in the last of them is recorded. Cities of 1,000 and 10,000 junctions are made of copies of the two,
each copy a little further in the recording than the one before, so that copies do not do the same at the same time.
What the service learned is copied along. The service's own ``decide`` then runs on the recorded views: from vehicles
as sensed to the orders, everything included. Only ticks on which it plans count; the first ones are left out.

    decide.py --json out/decide.json
    decide.py --junctions 1000 --decisions 5

``junction plans a second`` are junctions over processor time of one decision, median; one thread does it all. Growth is
time a junction against that of the smallest city of copies: 1.0 is linear.

Exit status: 0 the targets hold, 1 they do not, 2 unusable input.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from time import perf_counter, process_time
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
from city_copies import joined_city, joined_rules, joined_view
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.control.drive import drive
from cityloop.control.guard import SignalRules
from cityloop.control.ports import Estimator
from cityloop.control.view import View
from cityloop.run import folder
from cityloop.run.assemble import TICK_S, assemble
from cityloop.run.setting import setting_of
from cityloop.run.spec import RunSpec
from cityloop.scenarios import load_scenario
from cityloop.services.signals import SignalsConfig, SignalsService, service, turning_shares
from cityloop.services.signals.policies import smart

COPIED = ("cologne8", "ingolstadt21")
ALONE = "ingolstadt21"
TARGET_PER_S = 4000.0
GROWTH_MOST = 1.2
"""Growth that still counts as linear: room for what no longer fits into the processor's caches."""
N_SHIFTS, SHIFT_S = 15, 2
N_DECISIONS_LEFT_OUT = 3


@dataclass(frozen=True)
class Recording:
    """A city, what its service saw second by second, what it had learned, and how much it plans."""

    city: City
    rules: tuple[SignalRules, ...]
    views: tuple[View, ...]
    memory: dict[str, NDArray[Any]]
    n_junctions: int
    n_movements: int


@dataclass(frozen=True)
class Speed:
    """What was measured on a city.

    Parameters
    ----------
    made_of : str
    n_junctions, n_vehicles : int
        Junctions that are planned; vehicles seen, mean.
    build_s : float
        Processor time to set the service up.
    cpu_s, wall_s : tuple of float
        Processor and wall time of every decision with a plan.
    tick_cpu_s : float
        Processor time of a tick between two plans, median.
    parts_frac : dict of str to float
        Shares of the processor time of decisions with a plan, by kernel; ``rest`` is NumPy and Python.
    """

    made_of: str
    n_junctions: int
    n_vehicles: float
    build_s: float
    cpu_s: tuple[float, ...]
    wall_s: tuple[float, ...]
    tick_cpu_s: float
    parts_frac: dict[str, float]

    @property
    def plans_per_s(self) -> float:
        """Junction plans a second of processor time."""
        return self.n_junctions / median(self.cpu_s)


class Recorder:
    """Keeps the views that pass from some time on."""

    def __init__(self, estimator: Estimator, from_s: float) -> None:
        self._estimator, self._from_s = estimator, from_s
        self.views: list[View] = []

    def estimate(self, view: View) -> View:
        """Return the estimator's view."""
        seen = self._estimator.estimate(view)
        if seen.t_s >= self._from_s:
            self.views.append(seen)
        return seen


def record(name: str, arguments: argparse.Namespace, n_ticks: int) -> Recording:
    """Run a scenario under ``smart`` and keep the last views, enough for so many ticks of every copy."""
    scenario = load_scenario(name)
    n_views = n_ticks + (N_SHIFTS - 1) * SHIFT_S
    from_s = scenario.begin_s + arguments.after
    spec = RunSpec(
        scenario=name,
        arm="smart",
        seed=arguments.seed,
        out_dir=Path(),  # nothing is written there
        sensing=arguments.sensing,
        protocol="resco",
        window_s=(scenario.begin_s, from_s + (n_views - 1) * TICK_S),
        has_emissions=False,
    )
    with tempfile.TemporaryDirectory(prefix="cityloop-decide-") as work:
        assembly = assemble(spec, scenario, setting_of(spec, scenario), Path(work))
        recorder = Recorder(assembly.estimator, from_s)
        with assembly.player.engine as engine:
            drive(engine, recorder, assembly.timed, assembly.guard, assembly.log, assembly.clock)
    if assembly.service is None or assembly.log.faults:
        raise RuntimeError(f"{name}: the service failed: {assembly.log.faults[:1]}")
    network = assembly.service.network
    return Recording(
        city=assembly.city,
        rules=assembly.rules,
        views=tuple(recorder.views),
        memory=assembly.service.memory,
        n_junctions=network.n_signals,
        n_movements=len(network.movement_ix),
    )


@contextmanager
def timed_kernels(spent_s: dict[str, float]) -> Iterator[None]:
    """Add the processor time that the service's kernels take to ``spent_s``, while the block runs."""
    modules: Sequence[ModuleType] = (service, smart, turning_shares)
    with ExitStack() as stack:
        for module in modules:
            for name, value in list(vars(module).items()):
                if hasattr(value, "py_func"):  # what numba compiled
                    stack.enter_context(mock.patch.object(module, name, _timed(name, value, spent_s)))
        yield


def _timed(name: str, kernel: Callable[..., Any], spent_s: dict[str, float]) -> Callable[..., Any]:
    @functools.wraps(kernel)
    def run(*arguments: Any) -> Any:
        begin_s = process_time()
        try:
            return kernel(*arguments)
        finally:
            spent_s[name] += process_time() - begin_s

    return run


def measure(made_of: str, parts: Sequence[Recording], n_decisions: int) -> Speed:
    """Decide on the recorded views of a city made of parts.

    Parameters
    ----------
    made_of : str
    parts : sequence of Recording
        One a part of the city; the k-th is ``k % N_SHIFTS`` shifts further than the first.
    n_decisions : int
        Decisions with a plan that count.
    """
    cities = [part.city for part in parts]
    city, rules = joined_city(cities), joined_rules([part.rules for part in parts])
    begin_s = process_time()
    planner = SignalsService(city, rules, SignalsConfig(), joined_memory(parts))
    build_s = process_time() - begin_s
    plan_cpu_s: list[float] = []
    plan_wall_s: list[float] = []
    tick_cpu_s: list[float] = []
    n_vehicles: list[int] = []
    spent_s: dict[str, float] = defaultdict(float)
    counted_s: dict[str, float] = defaultdict(float)
    n_left_out, tick = N_DECISIONS_LEFT_OUT, 0
    with timed_kernels(spent_s):
        while len(plan_cpu_s) < n_decisions:
            views = [part.views[tick + k % N_SHIFTS * SHIFT_S] for k, part in enumerate(parts)]
            view = joined_view(parts[0].views[tick].t_s, cities, views)
            tick += 1
            spent_s.clear()
            wall_s, cpu_s = perf_counter(), process_time()
            planner.decide(view)
            wall_s, cpu_s = perf_counter() - wall_s, process_time() - cpu_s
            if "plan_signals" not in spent_s:
                tick_cpu_s.append(cpu_s)
            elif n_left_out > 0:
                n_left_out -= 1
            else:
                plan_cpu_s.append(cpu_s)
                plan_wall_s.append(wall_s)
                n_vehicles.append(len(view.vehicles.vehicle_ix))
                for name, of_kernel_s in spent_s.items():
                    counted_s[name] += of_kernel_s
    parts_frac = {name: of_kernel_s / sum(plan_cpu_s) for name, of_kernel_s in counted_s.items()}
    return Speed(
        made_of=made_of,
        n_junctions=planner.network.n_signals,
        n_vehicles=fmean(n_vehicles),
        build_s=build_s,
        cpu_s=tuple(plan_cpu_s),
        wall_s=tuple(plan_wall_s),
        tick_cpu_s=median(tick_cpu_s) if tick_cpu_s else 0.0,
        parts_frac={**parts_frac, "rest": 1.0 - sum(parts_frac.values())},
    )


def joined_memory(parts: Sequence[Recording]) -> dict[str, NDArray[Any]]:
    """Return what the parts have learned as the memory of the city made of them.

    The service itself refuses it where its movements are not those of the city.
    """
    first = np.cumsum([0, *(part.n_movements for part in parts)])
    moved = [part.memory["candidate_movement"] + start for part, start in zip(parts, first, strict=False)]
    return {
        "candidate_movement": np.concatenate(moved),
        "share_count": np.concatenate([part.memory["share_count"] for part in parts]),
    }


def copies(recordings: Sequence[Recording], n_junctions: int) -> list[Recording]:
    """Return the recordings, all of them as often as it takes to have so many junctions."""
    n_each = sum(recording.n_junctions for recording in recordings)
    return [*recordings] * max(1, -(-n_junctions // n_each))


def print_speeds(speeds: Sequence[Speed], growth: Sequence[float | None]) -> None:
    """Print one line a city, and where the time goes."""
    print(f"{'junctions':>9}  {'vehicles':>8}  {'ms a decision':>13}  {'plans/s':>8}  {'wall':>8}  growth  made of")
    for speed, of_speed in zip(speeds, growth, strict=True):
        wall_per_s = speed.n_junctions / median(speed.wall_s)
        print(
            f"{speed.n_junctions:>9}  {speed.n_vehicles:>8.0f}  {1000 * median(speed.cpu_s):>13.2f}"
            f"  {speed.plans_per_s:>8.0f}  {wall_per_s:>8.0f}  {'-' if of_speed is None else f'{of_speed:.2f}':>6}"
            f"  {speed.made_of}"
        )
    for speed in speeds:
        shares = sorted(speed.parts_frac.items(), key=lambda part: -part[1])
        text = ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares)
        print(f"{speed.n_junctions} junctions: {text}; a tick without a plan {1000 * speed.tick_cpu_s:.2f} ms")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--junctions", type=_numbers, default=[1000, 10000], help="sizes of the cities of copies, by commas"
    )
    parser.add_argument("--decisions", type=int, default=10, help="decisions with a plan to time on each city")
    parser.add_argument("--after", type=float, default=600.0, help="seconds into the scenario that recording begins at")
    parser.add_argument("--sensing", default="ideal", help="what the service sees")
    parser.add_argument("--seed", type=int, default=1, help="of the recorded runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything to a file")
    return parser.parse_args(argv)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number.strip()]


def main(argv: list[str] | None = None) -> int:
    """Record, copy, measure, print and write."""
    arguments = parse(argv)
    try:
        return run_benchmark(arguments)
    except (Unusable, OSError, ValueError) as error:
        print(f"decide: {error}", file=sys.stderr)
        return 2


def run_benchmark(arguments: argparse.Namespace) -> int:
    """Measure every city and return the exit status."""
    n_decisions = arguments.decisions
    n_ticks = math.ceil((n_decisions + N_DECISIONS_LEFT_OUT) * SignalsConfig().planner.replan_s / TICK_S)
    recorded = {name: record(name, arguments, n_ticks) for name in COPIED}
    both = [recorded[name] for name in COPIED]
    cities = [(ALONE, [recorded[ALONE]])]
    for n_junctions in sorted({1, *arguments.junctions}):
        parts = copies(both, n_junctions)
        cities.append((f"{len(parts) // len(both)} x ({' + '.join(COPIED)})", parts))
    speeds = []
    for made_of, parts in cities:
        speeds.append(measure(made_of, parts, n_decisions))
        print(f"{made_of}: {speeds[-1].plans_per_s:.0f} junction plans a second", file=sys.stderr, flush=True)
    of_copies = 1  # the city that others are copies of
    growth = [
        None if k < of_copies else speeds[of_copies].plans_per_s / speed.plans_per_s for k, speed in enumerate(speeds)
    ]
    print(f"the whole decide step, {n_decisions} decisions after {arguments.after:g} s, sensing {arguments.sensing};")
    print("ms and plans a second by processor time of one thread (wall: by wall time), medians; growth 1: linear")
    print_speeds(speeds, growth)
    large = [k for k, speed in enumerate(speeds) if speed.n_junctions >= min(arguments.junctions, default=0)]
    slowest = min(speeds[k].plans_per_s for k in large)
    most = max(growth[k] or 0.0 for k in large)
    holds = slowest >= TARGET_PER_S and most <= GROWTH_MOST
    print(
        f"plans a second {slowest:.0f}, at least {TARGET_PER_S:g}; growth {most:.2f}, at most {GROWTH_MOST}: ", end=""
    )
    print("holds" if holds else "does not hold")
    if arguments.json:
        written = {
            "target_per_s": TARGET_PER_S,
            "growth_most": GROWTH_MOST,
            "holds": holds,
            "cities": [
                {**asdict(speed), "plans_per_s": speed.plans_per_s, "growth": of_speed}
                for speed, of_speed in zip(speeds, growth, strict=True)
            ],
        }
        folder.write_text(arguments.json, json.dumps(written, indent=1) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())

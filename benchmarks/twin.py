"""Compare the twin with its peers: speed, growth, parity with SUMO micro, ranking of arms, and how soon it starts.

=======  ==============================================================================================================
part     what is measured
=======  ==============================================================================================================
speed    vehicle-seconds (vehicles in the network times simulated seconds) a second of processor time, on one core, of
         the twin, SUMO micro, SUMO meso with signals and UXsim's C++ engine (extra ``bench``), by turns; loading is
         left out of all. ``ingolstadt21`` for an hour, with the ways that SUMO micro gave its vehicles; a grid of
         30 x 30 signals 300 m apart with 19,000 and with 48,000 vehicles under way. A hop is a vehicle that leaves a
         lane
growth   grids of 1,000, 10,000 and 100,000 signals with the same traffic a signal; the last holds a million vehicles
parity   mean travel time of those that entered, and vehicles that left each road, against SUMO micro with SUMO's ways
ways     the same where trips choose their ways in each of both
start    a first run of ``cologne8`` with nothing compiled yet, and with all of it
trial    100 seeds of ``cologne8`` on two cores, by the command line
arms     ``field`` and others on both engines: whether they rank alike
=======  ==============================================================================================================

Without ``--parts`` speed, growth, parity and start run. A shared machine is noisy: times are processor times (``start``
and ``trial``: wall times), medians, with fastest over slowest beside them.

    twin.py --json out/twin.json
    twin.py --quick --json out/quick.json
    twin.py --parts parity --seeds 1-3 --scenarios cologne8
    twin.py --parts arms --arms field,smart --out out/arms

Exit status: 0 all targets hold, 1 some do not, 2 unusable input.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from option_lists import names, seeds
from twin_parts import growth, parity, ranking, speed, start, ways
from twin_parts.cases import Case, grid, ingolstadt21
from twin_parts.clocked import Bound, Sizes, bound_of, sizes_of
from twin_parts.uxsim_peer import has_uxsim

from cityloop.city.errors import Unusable
from cityloop.run import folder

PARTS = ("speed", "growth", "parity", "ways", "start", "trial", "arms")
USUAL_PARTS = ("speed", "growth", "parity", "start")
TRIALS = ("field", "field,smart")
GRID_WINDOW_S = (40, 340)


class Report:
    """Prints lines, and remembers whether every target holds."""

    def __init__(self) -> None:
        self.holds = True
        self.written: dict[str, Any] = {}

    def line(self, name: str, value: str, target: str = "", holds: bool | None = None) -> None:
        """Print one figure, with its target where it has one."""
        verdict = "" if holds is None else "holds" if holds else "FALLS SHORT"
        self.holds &= holds is not False
        print(f"  {name:<52} {value:>14}  {target:<16} {verdict}".rstrip(), flush=True)

    def title(self, text: str) -> None:
        """Print a heading."""
        print(f"\n{text}", flush=True)


def tell(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def run_speed(arguments: argparse.Namespace, report: Report, scratch: Path) -> None:
    """Measure the speed of all on the cases, and print it."""
    n_fast = arguments.repeats or (1 if arguments.quick else 5)
    makers: list[tuple[Callable[[], Case], int]] = [
        (lambda: ingolstadt21(scratch, 1800 if arguments.quick else 3600), min(n_fast, 3)),
        (lambda: grid(30, 19_000, *GRID_WINDOW_S, 30 if arguments.quick else 100, scratch), min(n_fast, 3)),
    ]
    if not arguments.quick:
        makers.append((lambda: grid(30, 48_000, *GRID_WINDOW_S, 60, scratch), 1))
    if not has_uxsim() and not arguments.quick:
        tell("UXsim with its C++ engine is not installed and left out: pip install 'cityloop[bench]'")
    bound = bound_of()
    ratios: dict[str, dict[str, float]] = {}
    speeds: dict[str, dict[str, float]] = {}
    for make, n_micro in makers:
        case = make()
        measured = speed.measure_speed(case, n_fast, n_micro, with_uxsim=not arguments.quick, tell=tell)
        print_speed(report, measured, sizes_of(case), bound)
        ratios[case.name] = {name: measured.ratio(name) for name in measured.runs if name != speed.TWIN}
        speeds[case.name] = {name: measured.speed(name) for name in measured.runs}
        if case.name == "grid30":
            report.written["ns_per_hop"] = measured.ns_per_hop
    report.written |= {"ratios": ratios, "veh_s_per_s": speeds}


def print_speed(report: Report, measured: speed.Speed, sizes: Sizes, bound: Bound) -> None:
    """Print a case: every simulator, the ratios, the costs of a hop."""
    report.title(f"{measured.case}, {measured.window_s} s, one core")
    for name, runs in measured.runs.items():
        target = speed.TARGET_SPEED.get(measured.case) if name == speed.TWIN else None
        text = f"{speed.NAMES[name]}: {measured.n_vehicles(name):.0f} veh, {len(runs)} runs"
        text += f" within {100 * measured.spread(name):.0f} %" if len(runs) > 1 else ""
        figure = measured.speed(name)
        limit = f"at least {target / 1e6:.0f}" if target else ""
        report.line(text, f"{figure / 1e6:.2f} Mveh-s/s", limit, figure >= target if target else None)
    for name in measured.runs:
        if name != speed.TWIN:
            least = speed.TARGET_RATIOS.get(measured.case, {}).get(name)
            ratio = measured.ratio(name)
            limit = f"at least {least:.0f}" if least else ""
            report.line(f"twin over {speed.NAMES[name]}", f"{ratio:.1f} x", limit, ratio >= least if least else None)
    report.line("a hop of the twin", f"{measured.ns_per_hop:.0f} ns")
    text = f"bound: {bound.hop_lines} B in lines ({bound.hop_bytes} B) at {bound.bytes_per_s / 1e9:.1f} GB/s"
    report.line(text, f"{bound.hop_ns:.0f} ns")
    report.line("bytes a lane, a vehicle", f"{sizes.per_lane:.0f}, {sizes.per_vehicle:.0f} B")


def run_growth(_: argparse.Namespace, report: Report, __: Path) -> None:
    """Measure growing grids, and print them."""
    found = growth.measure_growth(growth.SIDES, tell)
    report.title("growth, the same traffic a junction, one core")
    first = found[0]
    for size in found:
        text = f"{size.n_junctions} junctions, {size.n_vehicles:.0f} vehicles"
        ratios = (size.ns_per_hop / first.ns_per_hop, size.ns_per_lane_s / first.ns_per_lane_s)
        most, limit = growth.TARGET_GROWTH, f"at most {growth.TARGET_GROWTH:g}"
        report.line(f"{text}: a hop", f"{size.ns_per_hop:.0f} ns")
        report.line("    a lane-second", f"{size.ns_per_lane_s:.1f} ns")
        if size is not first:
            report.line("    hop, over that of the smallest", f"{ratios[0]:.2f}", limit, ratios[0] <= most)
            report.line("    lane-second, over that of the smallest", f"{ratios[1]:.2f}", limit, ratios[1] <= most)
    last = found[-1]
    fast = last.s_per_s >= growth.TARGET_S_PER_S
    report.line("simulated seconds a second, largest", f"{last.s_per_s:.1f}", "at least 100", fast)
    peak = last.peak_bytes
    report.line(
        "peak memory, city and traffic included", f"{peak / 1e9:.2f} GB", "at most 4", peak < growth.TARGET_BYTES
    )
    report.line("    of which the twin's arrays", f"{last.array_bytes / 1e9:.2f} GB")
    report.written["growth"] = [asdict(size) for size in found]


def run_parity(arguments: argparse.Namespace, report: Report, _: Path) -> None:
    """Compare with SUMO micro, and print it."""
    found = parity.measure_parity(arguments.scenarios, arguments.scales, arguments.seeds, tell)
    report.title(f"parity with SUMO micro, field, SUMO's ways, seeds {', '.join(map(str, arguments.seeds))}")
    print(
        f"  {'':<20} {'SUMO s':>8} {'twin s':>8} {'error':>8} {'seeds':>7} {'R2':>7}   (seeds: deviation of SUMO's own)"
    )
    for row in found:
        verdict = f"FALLS SHORT: {', '.join(row.failing)}" if row.failing else "holds"
        report.holds &= not row.failing
        print(
            f"  {row.scenario + f' x {row.scale:g}':<20} {row.sumo_s:8.1f} {row.twin_s:8.1f} {100 * row.error:+7.1f}% "
            f"{100 * row.seeds_spread:6.1f}% {row.r2:7.3f}   {verdict}"
        )
    report.line("error at most 8 % and R2 at least 0.97 at 1; 15 % at 1.5", "")
    report.written["parity"] = [{**asdict(row), "error": row.error, "r2": row.r2} for row in found]


def run_ways(arguments: argparse.Namespace, report: Report, _: Path) -> None:
    """Compare with SUMO micro where trips choose their ways, and print it."""
    found = ways.measure_ways(arguments.scenarios, arguments.seeds, tell)
    report.title(f"ways chosen in the twin and in SUMO micro, field, seeds {', '.join(map(str, arguments.seeds))}")
    print(f"  {'':<14} {'SUMO s':>8} {'twin s':>8} {'error':>8} {'R2':>7} {'same way':>9}")
    for row in found:
        verdict = "holds" if row.holds else "FALLS SHORT"
        report.holds &= row.holds
        print(
            f"  {row.scenario:<14} {row.sumo_s:8.1f} {row.twin_s:8.1f} {100 * row.error:+7.1f}% {row.r2:7.3f} "
            f"{100 * row.same_frac:8.1f}%   {verdict}"
        )
    report.written["ways"] = [{**asdict(row), "error": row.error} for row in found]


def run_start(_: argparse.Namespace, report: Report, __: Path) -> None:
    """Time first runs, and print them."""
    found = [start.measure_start(arm, tell) for arm in ("field", "smart")]
    report.title(f"start: cityloop run {start.SCENARIO} --engine twin, wall time")
    for row in found:
        cold, warm = row.cold_s <= start.TARGET_COLD_S, row.warm_s <= start.TARGET_WARM_S
        is_asked = row.arm == "field"
        report.line(f"{row.arm}: nothing compiled yet", f"{row.cold_s:.1f} s", "at most 10", cold if is_asked else None)
        report.line(f"{row.arm}: again", f"{row.warm_s:.2f} s", "at most 1.5", warm if is_asked else None)
    report.written["start"] = [asdict(row) for row in found]


def run_trial(_: argparse.Namespace, report: Report, __: Path) -> None:
    """Time trials, and print them."""
    found = [start.measure_trial(arms, tell) for arms in TRIALS]
    report.title(f"trial: {start.N_SEEDS} seeds of {start.SCENARIO} on {start.N_WORKERS} cores, wall time")
    for row in found:
        holds = row.wall_s <= start.TARGET_TRIAL_S if row.arms == "field" else None
        report.line(row.arms, f"{row.wall_s:.0f} s", "at most 60", holds)
    report.written["trial"] = [asdict(row) for row in found]


def run_arms(arguments: argparse.Namespace, report: Report, scratch: Path) -> None:
    """Rank arms on both engines, and print it."""
    out = arguments.out or scratch
    found = ranking.measure_ranking(arguments.scenarios, arguments.arms, arguments.seeds, out / "arms", tell)
    report.title(f"delay of arms, s/veh, seeds {', '.join(map(str, arguments.seeds))}")
    for row in found:
        for engine in ranking.ENGINES:
            delays = ", ".join(f"{arm} {row.delay_s[engine][arm]:.1f}" for arm in row.order(engine))
            print(f"  {row.scenario:<14} {engine:<5} {delays}")
        report.line(f"{row.scenario}: rank correlation", f"{row.tau:.2f}", "1", math.isclose(row.tau, 1.0))
    report.written["arms"] = [asdict(row) for row in found]


RUN = {
    "speed": run_speed,
    "growth": run_growth,
    "parity": run_parity,
    "ways": run_ways,
    "start": run_start,
    "trial": run_trial,
    "arms": run_arms,
}


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments, checked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=names, help=f"of {', '.join(PARTS)}; by default {', '.join(USUAL_PARTS)}")
    parser.add_argument("--quick", action="store_true", help="only speed, each peer once, without UXsim: within 60 s")
    parser.add_argument("--repeats", type=int, help="runs of each peer in the part speed, by default 5")
    parser.add_argument("--scenarios", type=names, default=list(parity.SCENARIOS), help="of parity, ways, arms")
    parser.add_argument("--seeds", type=seeds, default=[1, 2, 3], help="of parity, ways, arms, as in 1,2 or 1-3")
    parser.add_argument("--scales", type=lambda text: [float(part) for part in names(text)], default=parity.SCALES)
    parser.add_argument("--arms", type=names, default=list(ranking.ARMS), help="of the part arms")
    parser.add_argument("--out", type=Path, help="where the runs of the part arms are kept, so that none is repeated")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args(argv)
    arguments.parts = arguments.parts or (["speed"] if arguments.quick else list(USUAL_PARTS))
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"--parts {','.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for, print them and write them."""
    arguments, report = parse(argv), Report()
    try:
        with tempfile.TemporaryDirectory(prefix="cityloop-twin-") as scratch:
            for part in arguments.parts:
                RUN[part](arguments, report, Path(scratch))
        if arguments.json:
            folder.write_text(arguments.json, json.dumps(report.written, indent=1) + "\n")
    except (Unusable, OSError, ValueError, RuntimeError) as error:
        print(f"twin: {error}", file=sys.stderr)
        return 2
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())

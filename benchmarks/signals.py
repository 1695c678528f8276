"""Compare the signals service with its peers and with published results; check what its signals showed.

Every arm runs on the same seeds under the protocol ``resco``: 3,600 s, no teleporting. Delay is time loss plus the time
spent waiting to enter, seconds a vehicle, vehicles unfinished or never inserted included. The arm ``smart`` runs in up
to three rows, each with targets of its own:

====  ============================================================================================================
row   setting
====  ============================================================================================================
A     sensing ``ideal``, the clearance of published benchmarks: 3 s of yellow, no all-red, 5 s of minimum green
B     the same with ``connected:1.0``: every vehicle tells its next movement
C     sensing ``ideal``, a real street's clearance: yellow by speed, 2 s and more of all-red, 7 s of minimum green
====  ============================================================================================================

The peers run once, under A's setting. ``smart`` learns turning shares on one day before, on a seed that is not
reported. The signals' own log of every run of ``smart`` (SUMO's ``tls_states.xml``) is judged by ``check_states.py``,
which knows nothing of this project. Given the same ``--out``, finished runs are not repeated.

    signals.py --out out/benchmark --json out/benchmark.json
    signals.py --scenarios cologne1 --seeds 1,2 --rows A
    signals.py --rows "" --wall

Exit status: 0 every line holds, 1 some line does not, 2 unusable input.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

import check_states
import wall_time
from option_lists import names, seeds

from cityloop.city.errors import Unusable
from cityloop.lab.design import Trial
from cityloop.lab.trial import Progress, run_trial
from cityloop.measures.comparison import change_of, pair_trips
from cityloop.run import folder
from cityloop.run.once import RAW_FILES, run_once
from cityloop.run.spec import RunResult, RunSpec, plain, result_of_json
from cityloop.scenarios import load_scenario

PUBLISHED_S = {
    "cologne1": 26.1,
    "cologne3": 24.0,
    "cologne8": 21.6,
    "ingolstadt1": 20.9,
    "ingolstadt7": 31.2,
    "ingolstadt21": 59.6,
}
"""Best published delay of each scenario: learning controllers, best episode."""
PEERS = ("field", "webster", "actuated", "max-pressure", "sumo-actuated")
WALL_SCENARIO = "ingolstadt21"
MAX_RED_S = 120.0
TICK_S = 1.0
CHECK = "check.json"


@dataclass(frozen=True)
class Row:
    """A setting of the arm ``smart``.

    Parameters
    ----------
    name, text : str
    sensing : str
    clearance : str or None
        None: what the protocol says.
    rules : tuple of str
        What ``check_states.py`` is told to demand.
    targets_s : dict of str to float
        Highest mean delay by scenario.
    """

    name: str
    text: str
    sensing: str
    clearance: str | None
    rules: tuple[str, ...]
    targets_s: dict[str, float]


WALKING = ("--min-walk", "7", "--walking", "1.0")
PUBLISHED_RULES = ("--yellow", "3", "--all-red", "0", "--min-green", "5", *WALKING)
STREET_RULES = ("--yellow", "speed", "--all-red", "2", "--min-green", "7", *WALKING)


def _targets(*delay_s: float) -> dict[str, float]:
    return dict(zip(PUBLISHED_S, delay_s, strict=True))


ROWS = (
    Row("A", "ideal, program", "ideal", None, PUBLISHED_RULES, _targets(16, 18, 17, 11.5, 20, 50)),
    Row("B", "connected:1.0, program", "connected:1.0", None, PUBLISHED_RULES, _targets(12, 15, 14, 11.5, 16.5, 38)),
    Row("C", "ideal, street", "ideal", "street", STREET_RULES, _targets(20, 20, 19, 13, 24, 60)),
)


@dataclass(frozen=True)
class Line:
    """What one row reached on one scenario; None where it cannot be told."""

    scenario: str
    row: str
    n_seeds: int
    n_failed: int
    delay_s: float | None
    target_s: float | None
    published_s: float | None
    field_delay_s: float | None
    worst_over_median: float | None
    teleports: int | None
    p95_s: float | None
    field_p95_s: float | None
    worse_frac: float | None
    max_red_wait_s: float | None
    longest_red_s: float | None
    n_violations: int | None
    violations: dict[str, int]
    n_faults: int | None
    decide_ms_mean: float | None

    @property
    def failing(self) -> list[str]:
        """What does not hold, or cannot be told."""
        demands = {
            "every run ends": at_most(self.n_failed, 0),
            "delay": at_most(self.delay_s, self.target_s),
            "worst seed": at_most(self.worst_over_median, 2.0),
            "teleports": at_most(self.teleports, 0),
            "p95": at_most(self.p95_s, self.field_p95_s),
            "max red": at_most(self.max_red_wait_s, MAX_RED_S + TICK_S),
            "violations": at_most(self.n_violations, 0),
        }
        return [name + ("?" if is_kept is None else "") for name, is_kept in demands.items() if not is_kept]


def at_most(value: float | None, limit: float | None) -> bool | None:
    """Return whether a value keeps its limit; None where that cannot be told."""
    return None if value is None or limit is None else value <= limit


def run_and_check(spec: RunSpec, drops_raw: bool) -> RunResult:
    """Run; where SUMO's own outputs are kept, judge what the signals showed. The pool calls it in its processes."""
    result = run_once(spec)
    if spec.keep_raw:
        row = next(row for row in ROWS if row.clearance == spec.clearance)
        check_run(spec.out_dir, result, load_scenario(spec.scenario).source.net_path, row.rules, drops_raw)
    return result


def check_run(
    out_dir: Path, run: RunResult, net_path: Path, rules: tuple[str, ...], drops_raw: bool
) -> dict[str, Any] | None:
    """Return what the checker says of a run; None where the signals' log is not there any more.

    The answer is kept beside the log and read again where it was given by the same checker under the same rules.
    """
    raw_dir = folder.run_folder(out_dir, run.scenario, run.arm, run.seed, "raw")
    checker = hashlib.sha256(Path(check_states.__file__).read_bytes()).hexdigest()
    asked = {"rules": list(rules), "checker": checker}
    path, states_path = raw_dir / CHECK, raw_dir / "tls_states.xml"
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if kept["asked"] == asked:
            return kept
    if not states_path.exists():
        return None
    arguments = check_states.parse([str(net_path), str(states_path), "--program-id", "online", *rules])
    said = check_states.report(arguments)
    answer = {"asked": asked, **said, "longest_red_s": longest_red_s(net_path, said)}
    folder.write_text(path, json.dumps(answer) + "\n")
    if drops_raw:
        for name in RAW_FILES:
            (raw_dir / name).unlink(missing_ok=True)
    return answer


def longest_red_s(net_path: Path, said: dict[str, Any]) -> dict[str, dict[int, float]]:
    """Return the checker's longest red by signal and link, of links that some program of the network gives green."""
    signals, _ = check_states.read_network(net_path)
    greens = {
        signal_id: {i for program in signal.programs for _, state in program for i, c in enumerate(state) if c in "gG"}
        for signal_id, signal in signals.items()
    }
    return {
        signal_id: {link: red_s for link, red_s in by_link.items() if link in greens[signal_id]}
        for signal_id, by_link in said["longest_red_s"].items()
    }


@dataclass(frozen=True)
class Runs:
    """The runs of one trial of the benchmark, and where they are."""

    out_dir: Path
    results: dict[str, Any]

    def of(self, scenario: str, arm: str) -> list[RunResult]:
        """Return the runs of an arm on a scenario."""
        runs = [result_of_json(run) for run in self.results["runs"]]
        return [run for run in runs if (run.scenario, run.arm) == (scenario, arm)]


def run_arms(arguments: argparse.Namespace, name: str, arms: Sequence[str], row: Row, *, keep_raw: bool) -> Runs:
    """Run arms under the setting of a row; finished runs are read instead."""
    trial = Trial(
        scenarios=tuple(arguments.scenarios),
        arms=tuple(arms),
        seeds=tuple(arguments.seeds),
        out_dir=(arguments.out / name).absolute(),
        sensing=row.sensing,
        protocol="resco",
        clearance=row.clearance,
        has_emissions=False,
        keep_raw=keep_raw,
    )

    def tell(progress: Progress) -> None:
        text = f"{name}: {progress.n_done} of {progress.n_runs} runs"
        if progress.outcome is not None:
            spec, result = progress.outcome.spec, progress.outcome.result
            said = progress.outcome.failure or "refused" if result is None else f"{result.delay_s:.2f} s"
            text += f"; {spec.scenario}, {spec.arm}, seed {spec.seed}: {said}"
        print(text, file=sys.stderr, flush=True)

    results = run_trial(trial, arguments.workers, tell, partial(run_and_check, drops_raw=arguments.drop_raw))
    return Runs(trial.out_dir, results)


def line_of(scenario: str, row: Row, smart: Runs, peers: Runs | None, *, drops_raw: bool) -> Line:
    """Return what a row reached on a scenario."""
    runs = smart.of(scenario, "smart")
    base = peers.of(scenario, "field") if peers is not None else []
    base_of = {run.seed: run for run in base}
    net_path = load_scenario(scenario).source.net_path
    checks = [check_run(smart.out_dir, run, net_path, row.rules, drops_raw) for run in runs]
    done = [check for check in checks if check is not None]
    is_checked = bool(runs) and len(done) == len(runs)
    kinds = Counter[str]()
    for check in done:
        kinds.update(check["n_violations"])
    reds_s = [red_s for check in done for by_link in check["longest_red_s"].values() for red_s in by_link.values()]
    delays_s = [run.delay_s for run in runs]
    worse = [
        change_of(pair_trips(_trips(smart, run), _trips(peers, base_of[run.seed]))).worse_frac
        for run in runs
        if peers is not None and run.seed in base_of
    ]
    return Line(
        scenario=scenario,
        row=row.name,
        n_seeds=len(runs),
        n_failed=sum(failure["scenario"] == scenario for failure in smart.results["failures"]),
        delay_s=_mean(delays_s),
        target_s=row.targets_s.get(scenario),
        published_s=PUBLISHED_S.get(scenario),
        field_delay_s=_mean([run.delay_s for run in base]),
        worst_over_median=max(delays_s) / median(delays_s) if runs else None,
        teleports=sum(run.teleports for run in runs) if runs else None,
        p95_s=_mean([run.delay_p95_s for run in runs]),
        field_p95_s=_mean([run.delay_p95_s for run in base]),
        worse_frac=_mean(worse),
        max_red_wait_s=max((run.max_red_wait_s for run in runs), default=None),
        longest_red_s=max(reds_s, default=None),
        n_violations=sum(kinds.values()) if is_checked else None,
        violations=dict(kinds),
        n_faults=sum(run.n_faults for run in runs) if runs else None,
        decide_ms_mean=_mean([run.decide_ms_mean for run in runs]),
    )


def _trips(runs: Runs, run: RunResult) -> Any:
    return folder.read_trips_of(folder.run_folder(runs.out_dir, run.scenario, run.arm, run.seed))


def _mean(values: Sequence[float]) -> float | None:
    return plain(fmean(values)) if values else None


def print_table(scenarios: Sequence[str], peers: Runs | None, rows: Sequence[Row], lines: Sequence[Line]) -> None:
    """Print one column a scenario: published, peers, and for every row what it reached and whether it holds."""
    line_at = {(line.row, line.scenario): line for line in lines}
    table: list[tuple[str, list[str]]] = [("", list(scenarios))]
    table.append(("published best", [_text(PUBLISHED_S.get(name)) for name in scenarios]))
    if peers is not None:
        for arm in peers.results["protocol"]["arms"]:
            means = [_mean([run.delay_s for run in peers.of(name, arm)]) for name in scenarios]
            table.append((arm, [_text(mean) for mean in means]))
    for row in rows:
        of_row = [line_at[row.name, name] for name in scenarios]
        table += [
            ("", []),
            (f"{row.name}  smart, {row.text}", [_text(line.delay_s) for line in of_row]),
            ("   at most", [_text(line.target_s) for line in of_row]),
            ("   over published best", [_text(_ratio(line.delay_s, line.published_s), 2) for line in of_row]),
            ("   over field", [_text(_ratio(line.delay_s, line.field_delay_s), 2) for line in of_row]),
            ("   worst seed over median", [_text(line.worst_over_median, 2) for line in of_row]),
            ("   teleports", [_text(line.teleports, 0) for line in of_row]),
            ("   p95 / p95 of field", [f"{_text(line.p95_s, 0)} / {_text(line.field_p95_s, 0)}" for line in of_row]),
            ("   trips worse than field", [_percent(line.worse_frac) for line in of_row]),
            ("   longest wait at red", [_text(line.max_red_wait_s, 0) for line in of_row]),
            ("   longest red (checker)", [_text(line.longest_red_s, 0) for line in of_row]),
            ("   violations (checker)", [_text(line.n_violations, 0) for line in of_row]),
            ("   ms a decision", [_text(line.decide_ms_mean, 2) for line in of_row]),
            ("   holds", [_verdict(line) for line in of_row]),
        ]
    widths = [max(len(name) for name, _ in table), *(max(12, len(name)) for name in scenarios)]
    for name, cells in table:
        row_text = [name.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=False))]
        print("  ".join(row_text).rstrip())
    print()
    for line in lines:
        if line.failing:
            print(f"{line.row} {line.scenario} does not hold: {', '.join(line.failing)} (?: cannot be told)")
        if line.violations:
            print(f"{line.row} {line.scenario} violates: {line.violations}")
        if line.n_faults:
            print(f"{line.row} {line.scenario}: the service failed in {line.n_faults} ticks")


def _verdict(line: Line) -> str:
    if all(name.endswith("?") for name in line.failing):
        return "?" if line.failing else "yes"
    return "no"


def _text(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _ratio(a: float | None, b: float | None) -> float | None:
    return None if a is None or not b else a / b


def print_failures(runs: Runs) -> None:
    """Say which runs have no figures, and why."""
    for failure in runs.results["failures"]:
        print(f"no figures of {failure['scenario']}, {failure['arm']}, seed {failure['seed']}: {failure['why']}")


def print_wall(wall: wall_time.WallTimes) -> None:
    """Print how long the smart arm takes against SUMO alone."""
    times = {"SUMO alone": wall.bare, "smart": wall.smart}
    print(
        f"wall time on {wall.scenario}, seed {wall.seed}, processes from start to end, {len(wall.bare)} times by turns"
    )
    for name, runs in times.items():
        walls, cpus = [run.wall_s for run in runs], [run.cpu_s for run in runs]
        print(f"  {name:<11} {median(walls):7.1f} s  (processor {median(cpus):.1f} s)")
    holds = "holds" if wall.ratio <= wall_time.TARGET else "does not hold"
    print(f"  smart over SUMO alone: {wall.ratio:.2f}, at most {wall_time.TARGET}: {holds}")
    print(f"  the same in processor time: {wall.cpu_ratio:.2f}")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--scenarios", type=names, default=list(PUBLISHED_S), help="names, by commas; all six by default"
    )
    parser.add_argument("--seeds", type=seeds, default=list(range(1, 11)), help="by commas or as 1-10, the default")
    parser.add_argument("--rows", type=names, default=[row.name for row in ROWS], help="of A,B,C; all by default")
    parser.add_argument("--peers", type=names, default=list(PEERS), help="peers by commas; all by default")
    parser.add_argument("--out", type=Path, default=Path("out/benchmark"), help="folder of the runs")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes; by default one a core")
    parser.add_argument(
        "--drop-raw",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="drop SUMO's own outputs of a run once its signals are judged",
    )
    parser.add_argument("--wall", action="store_true", help=f"also time {WALL_SCENARIO} against SUMO alone")
    parser.add_argument("--wall-scenario", default=WALL_SCENARIO, help="another scenario for --wall")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything to a file")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.rows) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"--rows {','.join(sorted(unknown))}: there are A, B and C")
    if set(arguments.peers) - set(PEERS):
        parser.error(f"--peers: there are {', '.join(PEERS)}")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Run what is asked for, print it and write it."""
    arguments = parse(argv)
    try:
        return run_benchmark(arguments)
    except (Unusable, OSError, ValueError) as error:
        print(f"signals: {error}", file=sys.stderr)
        return 2


def run_benchmark(arguments: argparse.Namespace) -> int:
    """Run the rows, the peers and the wall time, and return the exit status."""
    rows = [row for row in ROWS if row.name in arguments.rows]
    peers, lines = None, []
    written: dict[str, Any] = {"protocol": "resco", "seeds": arguments.seeds, "published_s": PUBLISHED_S}
    if rows:
        if arguments.peers:
            peers = run_arms(arguments, "peers", arguments.peers, ROWS[0], keep_raw=False)
            print_failures(peers)
            written["peers"] = peers.results
        for row in rows:
            smart = run_arms(arguments, row.name, ["smart"], row, keep_raw=True)
            written[row.name] = smart.results
            print_failures(smart)
            of_row = [line_of(name, row, smart, peers, drops_raw=arguments.drop_raw) for name in arguments.scenarios]
            lines += of_row
        seeds = f"{len(arguments.seeds)} seeds ({', '.join(map(str, arguments.seeds))})"
        print(f"delay, s/veh, mean of {seeds}, protocol resco: 3,600 s, no teleporting; a day of learning before")
        print_table(arguments.scenarios, peers, rows, lines)
        written["lines"] = [{**asdict(line), "failing": line.failing} for line in lines]
    holds = not any(line.failing for line in lines)
    if arguments.wall:
        wall = wall_time.time_walls(
            arguments.wall_scenario, arguments.seeds[0], 3, lambda text: print(text, file=sys.stderr, flush=True)
        )
        print_wall(wall)
        written["wall"] = {**asdict(wall), "ratio": wall.ratio, "cpu_ratio": wall.cpu_ratio}
        holds &= wall.ratio <= wall_time.TARGET
    if arguments.json:
        folder.write_text(arguments.json, json.dumps(written, indent=1) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())

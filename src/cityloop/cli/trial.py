"""``cityloop trial``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cityloop.cli.options import Data, Engine, Failed, Json, Sensing
from cityloop.cli.screen import apart, change, figure, percent, plus_minus, progress_bar
from cityloop.run.arms import ARMS

if TYPE_CHECKING:
    from cityloop.lab.trial import Progress

_ARMS_TEXT = ", ".join(arm.name for arm in ARMS)


def trial(
    scenario: Annotated[
        list[str],
        typer.Argument(help="Names from cityloop scenarios, .sumocfg files or scenario TOMLs."),
    ],
    arms: Annotated[
        str,
        typer.Option("--arms", metavar="ARM,ARM...", help=f"Ways of operating the signals to compare: {_ARMS_TEXT}."),
    ] = "field,smart",
    seeds: Annotated[int, typer.Option("--seeds", min=1, metavar="N", help="Run every arm on seeds 1 to N.")] = 10,
    engine: Engine = "sumo",
    sensing: Sensing = "ideal",
    failed: Failed = 0.0,
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            metavar="resco|scenario",
            help="resco: 3,600 s from the scenario's begin, no teleporting, as in published benchmarks. scenario: its "
            "own window and options. By default what its catalogue entry says.",
        ),
    ] = None,
    clearance: Annotated[
        str | None,
        typer.Option(
            "--clearance",
            metavar="street|program",
            help="street: yellow by speed, all-red by geometry, minimum greens of a real street. program: the yellow "
            "of the program in force and no added all-red. By default program under resco, else street.",
        ),
    ] = None,
    pool: Annotated[
        str, typer.Option("--pool", metavar="local|ray://...", help="Where to run: this machine, or a Ray cluster.")
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, metavar="N", help="Processes on this machine; by default one a core."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where results.json, report.html and the runs are written.")
    ] = Path("out/trial"),
    keep_raw: Annotated[
        bool,
        typer.Option(
            "--keep-raw", help="Also keep SUMO's own tripinfo.xml and tls_states.xml of every run, in DIR/raw."
        ),
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Compare ways of operating signals; write a report.

    Every arm runs on the same seeds. Differences are given with 95 % intervals and a verdict, which may be that the
    runs cannot tell. A trial that was cut short goes on where it stopped when the same command is given again: finished
    runs are not repeated.
    """
    from cityloop.lab.design import Trial

    design = Trial(
        scenarios=tuple(scenario),
        arms=tuple(arm.strip() for arm in arms.split(",") if arm.strip()),
        seeds=tuple(range(1, seeds + 1)),
        out_dir=out.absolute(),
        engine=engine,
        sensing=sensing,
        failed_frac=failed,
        protocol=protocol,
        clearance=clearance,
        data_dir=data,
        keep_raw=keep_raw,
    )
    where = _where(pool, workers)
    with apart() as screen, progress_bar(screen, is_shown=not as_json) as bar:
        from cityloop.lab.report import write_report
        from cityloop.lab.trial import run_trial

        task = bar.add_task("runs", total=None, note="")

        def show(progress: Progress) -> None:
            note = f"{progress.n_done} of {progress.n_runs}"
            if progress.outcome is not None:
                spec = progress.outcome.spec
                note += f", last {Path(spec.scenario).stem} {spec.arm} seed {spec.seed}"
            n_left = progress.n_runs - progress.n_reused  # the time left is that of the runs of today
            bar.update(task, completed=progress.n_done - progress.n_reused, total=n_left, note=note)

        results = run_trial(design, where, show)
        bar.update(task, description="report", note="")
        report_path = write_report(results, design.out_dir)
    if as_json:
        sys.stdout.write(json.dumps(results, indent=1) + "\n")
    else:
        _print(results, report_path)
    if results["failures"]:
        first = results["failures"][0]
        sys.stderr.write(
            f"cityloop: {len(results['failures'])} runs failed, the first ({first['scenario']}, {first['arm']}, "
            f"seed {first['seed']}): {first['why']}; the same command tries them again\n"
        )
        raise typer.Exit(1)


def _where(pool: str, workers: int | None) -> int | str:
    from cityloop.city.errors import Unusable

    if pool.startswith("ray://"):
        return pool
    if pool != "local":
        raise Unusable(f"unknown pool {pool!r}", "--pool", "use local or ray://host:port")
    return workers or os.cpu_count() or 1


def _print(results: dict[str, Any], report_path: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    pairs = {(pair["scenario"], pair["arm"]): pair for pair in results["paired"]}
    console = Console(markup=False, highlight=False)
    for scenario in results["scenarios"]:
        arms = [arm for arm in results["arms"] if arm["scenario"] == scenario["name"]]
        table = Table(box=None, padding=(0, 1, 0, 0))
        table.add_column("arm", no_wrap=True)
        table.add_column("delay s/veh", justify="right", no_wrap=True)
        table.add_column(f"vs {results['protocol']['base']}", justify="right", no_wrap=True)
        table.add_column("verdict")
        for title in ("p95 s", "stops", "worse"):
            table.add_column(title, justify="right", no_wrap=True)
        for arm in arms:
            pair = pairs.get((arm["scenario"], arm["arm"]))
            compared = (
                ("", "", "") if pair is None else (change(pair["ratio"]), pair["verdict"], percent(pair["worse_frac"]))
            )
            table.add_row(
                arm["arm"],
                plus_minus(arm["delay_s"]),
                compared[0],
                compared[1],
                figure(arm["delay_p95_s"]["mean"], 0),
                figure(arm["stops"]["mean"], 2),
                compared[2],
            )
        console.print(f"{scenario['name']}: {max((len(arm['seeds']) for arm in arms), default=0)} seeds", style="bold")
        console.print(table)
        for arm in arms:
            if arm["n_faults"]["mean"]:
                console.print(
                    f"{arm['arm']}: its service failed in {arm['n_faults']['mean']:.0f} ticks a run (see run.json)"
                )
        console.print()
    console.print("Means with 95 % intervals over the seeds; worse: share of trips whose delay grew.")
    console.print(f"report: {report_path}", soft_wrap=True)

"""``cityloop whatif``."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cityloop.cli.options import Data, Json, Sensing
from cityloop.cli.screen import apart, figure, plus_minus, progress_bar
from cityloop.run.arms import ARMS

if TYPE_CHECKING:
    from cityloop.measures.intervals import Interval
    from cityloop.run.gates import GatedHead
    from cityloop.run.option import Option
    from cityloop.run.whatif_results import Comparison, WhatIf

_ARMS_TEXT = ", ".join(arm.name for arm in ARMS if arm.name != "sumo-actuated")
_SHOWN = (("delay_s", "delay s/veh", 1), ("journey_s", "journey s/veh", 1), ("n_unfinished", "not arrived", 0))


def whatif(
    scenario: Annotated[str, typer.Argument(help="A name from cityloop scenarios, a .sumocfg or a scenario TOML.")],
    close: Annotated[
        str,
        typer.Option("--close", metavar="EDGE[,EDGE]", help="Close roads. Whoever would use one takes another way."),
    ] = "",
    close_lane: Annotated[
        str,
        typer.Option(
            "--close-lane",
            metavar="LANE[,LANE]",
            help="Close single lanes. Vehicles use another lane, or another way where no lane makes their turn.",
        ),
    ] = "",
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="When they are closed, 07:15 or seconds; by default all the time."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="When they are open again, 07:45 or seconds.")
    ] = None,
    demand: Annotated[
        float, typer.Option("--demand", metavar="SHARE", help="So much traffic: 1.2 is 20 % more than today.")
    ] = 1.0,
    offset: Annotated[
        list[str] | None,
        typer.Option(
            "--offset", metavar="SIGNAL=SECONDS", help="Another offset for the plans of a signal; may be given again."
        ),
    ] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(
            "--gate",
            metavar="EDGE[,EDGE]=SHARE",
            help="Let less traffic onto roads that begin at a signal: in the plans in force, signal heads onto them "
            "keep this share of their green, 0.5 is half, and at least their minimum green. The other heads and the "
            "cycle stay as they are. Arms that decide their greens themselves know of no gate. May be given again.",
        ),
    ] = None,
    arms: Annotated[
        str,
        typer.Option("--arms", metavar="ARM,ARM...", help=f"Ways of operating the signals: {_ARMS_TEXT}."),
    ] = "field,smart",
    seeds: Annotated[int, typer.Option("--seeds", min=1, metavar="N", help="Play everything on seeds 1 to N.")] = 5,
    sensing: Sensing = "ideal",
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, metavar="N", help="Processes on this machine; by default one a core."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where whatif.json is written.")] = Path(
        "out/whatif"
    ),
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ask what would change: a closed road or lane, other traffic, another offset, a gate.

    Plays the same days as things are and with the change on the twin, seed by seed, and gives the difference with its
    95 % interval and a verdict, which may be that the runs cannot tell. Vehicles whose way is closed take the fastest
    other one; those that have none stay out and are counted. Services are not told what is changed.
    """
    asked = _option(close, close_lane, begin, until, demand, offset or [], gate or [])
    chosen = [arm.strip() for arm in arms.split(",") if arm.strip()]
    with apart() as screen, progress_bar(screen, is_shown=not as_json) as bar:
        from cityloop.run.folder import write_text
        from cityloop.run.option import Option
        from cityloop.run.whatif import whatif as ask

        task = bar.add_task("runs", total=None, note="")
        found = ask(
            scenario,
            (Option("as things are"), asked),
            chosen,
            range(1, seeds + 1),
            sensing=sensing,
            data_dir=data,
            n_workers=workers or os.cpu_count() or 1,
            on_progress=lambda n_done, n_runs: bar.update(
                task, completed=n_done, total=n_runs, note=f"{n_done} of {n_runs}"
            ),
        )
        text = json.dumps(found.as_json(), indent=1, allow_nan=False) + "\n"
        path = out.absolute() / "whatif.json"
        write_text(path, text)
    if as_json:
        sys.stdout.write(text)
    else:
        _print(found, path)
    if found.failures:
        sys.stderr.write(f"cityloop: {len(found.failures)} runs failed, the first ({found.failures[0]})\n")
        raise typer.Exit(1)


def _option(
    close: str,
    close_lane: str,
    begin: str | None,
    until: str | None,
    demand: float,
    offsets: list[str],
    gates: list[str],
) -> Option:
    from cityloop.city.errors import Unusable
    from cityloop.run.option import Option

    roads, lanes = (tuple(name.strip() for name in text.split(",") if name.strip()) for text in (close, close_lane))
    if not (roads or lanes or offsets or gates or demand != 1):
        raise Unusable("nothing is changed", "whatif", "give --close, --close-lane, --demand, --offset or --gate")
    if not (roads or lanes) and (begin or until):
        raise Unusable("nothing is closed then", "--from, --until", "give --close or --close-lane")
    names = [
        f"closed: {', '.join((*roads, *lanes))}" if roads or lanes else "",
        f"from {begin}" if begin else "",
        f"until {until}" if until else "",
        f"demand x {demand:g}" if demand != 1 else "",
        f"offset {', '.join(offsets)}" if offsets else "",
        f"gate {', '.join(gates)}" if gates else "",
    ]
    return Option(
        name=" ".join(name for name in names if name),
        closed_roads=roads,
        closed_lanes=lanes,
        from_s=-math.inf if begin is None else _time_s(begin, "--from"),
        until_s=math.inf if until is None else _time_s(until, "--until"),
        demand_frac=demand,
        offsets_s=dict(_named_number(text, "--offset", "SIGNAL=SECONDS") for text in offsets),
        gates=dict(gate for text in gates for gate in _gates(text)),
    )


def _gates(text: str) -> list[tuple[str, float]]:
    names, share = _named_number(text, "--gate", "EDGE[,EDGE]=SHARE")
    return [(name.strip(), share) for name in names.split(",") if name.strip()]


def _named_number(text: str, option: str, form: str) -> tuple[str, float]:
    from cityloop.city.errors import Unusable

    name, _, number = text.rpartition("=")
    try:
        if name.strip(" ,"):
            return name, float(number)
    except ValueError:
        pass
    raise Unusable(f"{text!r} cannot be read", option, f"give it as {form}")


def _time_s(text: str, where: str) -> float:
    """Return the seconds of ``07:15``, ``07:15:30`` or ``26100``."""
    from cityloop.city.errors import Unusable

    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3 or not all(0 <= part < math.inf for part in parts):
        raise Unusable(f"no time: {text!r}", where, "give it as 07:15 or in seconds")
    if len(parts) == 1:
        return parts[0]
    return sum(part * unit_s for part, unit_s in zip(parts, (3600, 60, 1), strict=False))


def _print(found: WhatIf, path: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False)
    for option in found.options[1:]:
        console.print(f"{found.scenario}: {option.name}", style="bold")
        compared = [comparison for comparison in found.comparisons if comparison.option == option.name]
        table = Table(box=None, padding=(0, 1, 0, 0))
        table.add_column("arm", no_wrap=True)
        table.add_column("")
        for title in ("as things are", "with it", "difference"):
            table.add_column(title, justify="right")
        table.add_column("verdict")
        for comparison in compared:
            for name, title, digits in _SHOWN:
                measure = comparison.measures[name]
                table.add_row(
                    comparison.arm if name == _SHOWN[0][0] else "",
                    title,
                    _mean(measure.base, digits),
                    _mean(measure.ours, digits),
                    _difference(measure.difference, digits),
                    str(measure.verdict),
                )
        console.print(table)
        for comparison in compared if option.is_closing else ():
            console.print(_counts(comparison))
        for line in _gate_lines(found.gated_heads[option.name]):
            console.print(line)
        for comparison in compared if option.gates else ():
            if not comparison.is_gated:
                console.print(f"{comparison.arm}: decides its greens itself and knows of no gate")
        console.print()
    n_seeds = len({result.seed for result in found.results})
    window_s = found.setting.end_s - found.setting.begin_s
    n_faults = sum(result.n_faults for result in found.results)
    if n_faults:
        console.print(f"services failed in {n_faults} ticks in all; the signals were run by their local plan then")
    console.print("Means with 95 % intervals over the seeds; journey: until the arrival or the end, detours included.")
    console.print(
        f"{len(found.results)} runs of {window_s:g} s on the twin, {n_seeds} seeds, in {found.wall_s:.1f} s; {path}",
        soft_wrap=True,
    )


def _mean(interval: Interval, digits: int) -> str:
    if math.isnan(interval.mean):
        return figure(None)
    low = None if math.isnan(interval.low) else interval.low
    return plus_minus({"mean": interval.mean, "low": low, "high": interval.high}, digits)


def _difference(interval: Interval, digits: int) -> str:
    if math.isnan(interval.mean):
        return figure(None)
    text = f"{interval.mean:+.{digits}f}"
    return text if math.isnan(interval.low) else f"{text} [{interval.low:+.{digits}f}, {interval.high:+.{digits}f}]"


def _counts(comparison: Comparison) -> str:
    return (
        f"{comparison.arm}: vehicles a run on another way {comparison.n_rerouted:.0f}, without a way and left out "
        f"{comparison.n_without_way:.1f}, on their way without another {comparison.n_kept:.1f}"
    )


def _gate_lines(heads: Sequence[GatedHead]) -> list[str]:
    """Return what is left of the green onto each gated road, head by head."""
    left: dict[tuple[str, str, str, float], list[str]] = {}
    for head in heads:
        text = f"{head.green_before_s:g} to {head.green_s:g} s"
        if head.green_s == head.green_before_s:
            text = f"{head.green_s:g} s as before"
        key = (head.road, head.signal, head.plan, head.cycle_s)
        left.setdefault(key, []).append(f"{text} ({head.limit})" if head.limit else text)
    return [
        f"gate {road}: signal {signal}, plan {plan}, green in a cycle of {cycle_s:g} s by head {', '.join(texts)}"
        for (road, signal, plan, cycle_s), texts in left.items()
    ]

"""``cityloop run``."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cityloop.cli.options import Data, Engine, Failed, Json, Sensing
from cityloop.cli.screen import apart, figure, progress_bar
from cityloop.run.arms import ARMS

if TYPE_CHECKING:
    from cityloop.run.spec import RunResult

_ARMS_TEXT = " ".join(f"{arm.name}: {arm.text}." for arm in ARMS)


def run(
    scenario: Annotated[str, typer.Argument(help="A name from cityloop scenarios, a .sumocfg or a scenario TOML.")],
    engine: Engine = "sumo",
    arm: Annotated[
        str, typer.Option("--arm", metavar="ARM", help=f"How the signals are operated. {_ARMS_TEXT}")
    ] = "smart",
    sensing: Sensing = "ideal",
    failed: Failed = 0.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the simulation's random numbers.")] = 1,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where runs/<scenario>/<arm>/<seed>/ is written.")
    ] = Path("out/run"),
    replay: Annotated[
        bool, typer.Option("--replay", help="Also write replay.html: the run as a moving map, in one file.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Run a scenario once and measure it.

    The scenario's own window, demand and options are used, or the published protocol where its catalogue entry says so.
    An arm that learns from day to day starts without yesterday here; cityloop trial gives it one.
    """
    from cityloop.run.folder import run_folder
    from cityloop.run.setting import setting_of
    from cityloop.run.spec import RunSpec
    from cityloop.scenarios import load_scenario

    spec = RunSpec(
        scenario,
        arm,
        seed,
        out.absolute(),
        engine,
        sensing,
        failed_frac=failed,
        data_dir=data,
        keep_replay=replay,
    )
    loaded = load_scenario(scenario, data)
    setting = setting_of(spec, loaded)
    with apart() as screen, progress_bar(screen, is_shown=not as_json) as bar, _uncollected():
        from cityloop.run.once import run_once

        task = bar.add_task(f"{loaded.name}, {arm}", total=setting.end_s - setting.begin_s, note="")
        on_tick = None if bar.disable else lambda t_s: bar.update(task, completed=t_s - setting.begin_s)
        result = run_once(spec, on_tick)
        run_dir = run_folder(out, loaded.name, arm, seed)
        if replay:
            from cityloop.lab.replay import write_replay

            write_replay(run_dir, loaded)
    if as_json:
        sys.stdout.write(json.dumps(result.as_json(), indent=1) + "\n")
    else:
        _print(result, run_dir)
        if replay:
            sys.stdout.write(f"replay: {run_dir / 'replay.html'}\n")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let garbage lie for one run, which makes little: a first run, which compiles, would look for it for a second."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _print(result: RunResult, run_dir: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    values = result.as_json()
    rows = (
        ("delay, mean", figure(values["delay_s"]), "s/veh"),
        ("delay, 95th percentile", figure(values["delay_p95_s"]), "s/veh"),
        ("travel time", figure(values["travel_time_s"]), "s/veh"),
        ("stops", figure(values["stops"], 2), "per veh"),
        ("queue, mean", figure(values["queue_mean_veh"]), "veh"),
        ("vehicles", str(values["n_vehicles"]), f"of which {values['throughput_veh']} arrived"),
        ("never entered", str(values["n_undeparted"]), "veh"),
        ("CO2", figure(None if values["co2_g"] is None else values["co2_g"] / 1000), "kg"),
        ("longest wait at red", figure(values["max_red_wait_s"], 0), "s"),
        ("decision, 99th percentile", figure(values["decide_ms_p99"], 2), "ms"),
        ("ticks without the service", str(values["n_faults"]), ""),
        ("wall time", figure(values["wall_s"]), "s"),
    )
    table = Table(box=None, show_header=False, title=f"{result.scenario}, {result.arm}, seed {result.seed}")
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False)
    console.print(table)
    console.print(str(run_dir), highlight=False, soft_wrap=True)

"""One run, from its specification to its folder."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from cityloop import __version__
from cityloop.city.errors import Unusable
from cityloop.city.table import Table
from cityloop.control.drive import drive
from cityloop.control.ports import Clock
from cityloop.measures.queues import Queues, by_period, mean_over
from cityloop.measures.roads import RoadPeriods
from cityloop.measures.signals import Displays, can_be_green, longest_red_s
from cityloop.measures.trips import trip_figures
from cityloop.run import folder
from cityloop.run.assemble import Assembly, assemble
from cityloop.run.setting import Setting, fingerprint, setting_of, source_digest
from cityloop.run.spec import RunResult, RunSpec
from cityloop.run.watch import ToldClock
from cityloop.scenarios import load_scenario
from cityloop.sensing import memory_of

QUEUE_PERIOD_S = 10.0
_PLACES = ("out_dir", "data_dir", "memory_path")
RAW_FILES = ("tripinfo.xml", "tls_states.xml")


def run_once(spec: RunSpec, on_tick: Callable[[float], None] | None = None) -> RunResult:
    """Run and write the run's folder (see ``cityloop.run.folder``), replacing one that is there.

    Only one run at a time in a process, for the simulator is one a process.

    Parameters
    ----------
    spec : RunSpec
    on_tick : callable, optional
        Told the scenario's time at every tick.

    Raises
    ------
    Unusable
        When the scenario or an option cannot be used, or the folder cannot be written. Nothing is left then.
    """
    begin = perf_counter()
    scenario = load_scenario(spec.scenario, spec.data_dir)
    setting = setting_of(spec, scenario)
    mark = fingerprint(spec, setting, source_digest(scenario))
    target = folder.run_folder(spec.out_dir, scenario.name, spec.arm, spec.seed)
    with folder.writing(target) as work:
        assembly = assemble(spec, scenario, setting, work)
        clock: Clock = assembly.clock if on_tick is None else ToldClock(assembly.clock, on_tick)
        ready = perf_counter()
        with assembly.player.engine as engine:
            drive(engine, assembly.estimator, assembly.timed, assembly.guard, assembly.log, clock)
        end = perf_counter()
        sumo_dir = work / "sumo"
        with _whole_outputs(sumo_dir, target):
            figures = _measure(work, assembly, setting)
        result = RunResult(
            scenario=scenario.name,
            arm=spec.arm,
            seed=spec.seed,
            **figures,
            n_faults=len(assembly.log.faults),
            n_refusals=assembly.log.refusals.total(),
            **_decide_ms(assembly),
            setup_s=round(ready - begin, 3),
            wall_s=round(end - ready, 3),
        )
        if spec.keep_raw:
            _keep_raw(sumo_dir, folder.run_folder(spec.out_dir, scenario.name, spec.arm, spec.seed, "raw"))
        shutil.rmtree(sumo_dir, ignore_errors=True)
        run = _run_json(spec, setting, mark, assembly, result)
        (work / folder.RUN).write_text(json.dumps(run, indent=1, allow_nan=False), "utf-8")
    return result


@contextmanager
def _whole_outputs(sumo_dir: Path, target: Path) -> Iterator[None]:
    """Say what it means when an output of SUMO is cut short: it does not notice a full disk itself."""
    try:
        yield
    except Unusable as error:
        if not error.where.startswith(str(sumo_dir)):
            raise
        mend = "free space on the disk and give the same command again: what is finished is kept"
        raise Unusable(f"an output of the simulator is cut short ({error.what})", str(target), mend) from error


def _measure(work: Path, assembly: Assembly, setting: Setting) -> dict[str, Any]:
    """Return the figures that come from the engine's records and the log, and write what they are made from."""
    displays = assembly.log.displays(setting.end_s)
    records = assembly.player.records()
    queues = records.queues
    figures = {
        **_trips(work, records.trips, assembly, setting),
        "n_discarded": queues.n_discarded,
        "queue_mean_veh": mean_over(queues.t_s, queues.queue_veh, setting.begin_s, setting.end_s),
        "outside_mean_veh": mean_over(queues.t_s, queues.outside_veh, setting.begin_s, setting.end_s),
        "teleports": queues.n_teleports,
        **_longest_reds_s(assembly, displays),
    }
    _write_arrays(work, assembly, displays, queues, records.roads)
    return figures


def _trips(work: Path, trips: Table, assembly: Assembly, setting: Setting) -> dict[str, Any]:
    if trips.n_rows == 0:
        raise Unusable(
            f"no vehicle departs between {setting.begin_s:g} and {setting.end_s:g} s",
            str(assembly.city.name),
            "check the scenario's begin, end and route files",
        )
    folder.write_arrays(work / folder.TRIPS, trips)
    return asdict(trip_figures(trips))


def _longest_reds_s(assembly: Assembly, displays: Displays) -> dict[str, Any]:
    counts = can_be_green(assembly.city) & assembly.city.links["is_used"]
    if not counts.any():
        return {"max_red_s": math.nan, "max_red_wait_s": math.nan}
    wait_s = assembly.reds.longest_s[counts]
    return {"max_red_s": float(longest_red_s(displays)[counts].max()), "max_red_wait_s": float(wait_s.max())}


def _decide_ms(assembly: Assembly) -> dict[str, Any]:
    decide_ms = np.array([ms for timed in assembly.timed for ms in timed.decide_ms[1:]])
    if decide_ms.size == 0:
        return {"decide_ms_mean": math.nan, "decide_ms_p99": math.nan}
    return {"decide_ms_mean": float(decide_ms.mean()), "decide_ms_p99": float(np.percentile(decide_ms, 99))}


def _write_arrays(work: Path, assembly: Assembly, displays: Displays, queues: Queues, roads: RoadPeriods) -> None:
    folder.write_arrays(work / folder.ROADS, asdict(roads))
    folder.write_arrays(work / folder.DISPLAYS, asdict(displays))
    folder.write_arrays(work / folder.RED_WAITS, {"longest_s": assembly.reds.longest_s})
    t_s, queue_veh = by_period(queues.t_s, queues.queue_veh, QUEUE_PERIOD_S)
    folder.write_arrays(
        work / folder.QUEUES,
        {
            "t_s": t_s,
            "queue_veh": queue_veh,
            "outside_veh": by_period(queues.t_s, queues.outside_veh, QUEUE_PERIOD_S)[1],
            "running_veh": by_period(queues.t_s, queues.running_veh, QUEUE_PERIOD_S)[1],
        },
    )
    if assembly.tracks is not None:
        folder.write_arrays(work / folder.TRACKS, assembly.tracks.columns())
    if assembly.standing is not None:
        folder.write_arrays(work / folder.STANDING, assembly.standing.columns())
    if assembly.keeps_memory and assembly.service is not None:
        folder.write_arrays(work / folder.MEMORY, {**assembly.service.memory, **memory_of(assembly.estimator)})


def _keep_raw(sumo_dir: Path, target: Path) -> None:
    with folder.writing(target) as work:
        for name in RAW_FILES:
            shutil.move(sumo_dir / name, work / name)


def _run_json(spec: RunSpec, setting: Setting, mark: str, assembly: Assembly, result: RunResult) -> dict[str, Any]:
    signal_ids = assembly.city.signals["signal_id"]
    return {
        "schema": 1,
        "fingerprint": mark,
        "spec": {name: value for name, value in asdict(spec).items() if name not in _PLACES},
        "setting": asdict(setting),
        "versions": {"cityloop": __version__, **{name: metadata.version(name) for name in ("libsumo", "numpy")}},
        "result": result.as_json(),
        "faults": [asdict(fault) for fault in assembly.log.faults],
        "refusals": [
            {"signal": str(signal_ids[signal_ix]), "service": service, "reason": reason, "n": n}
            for (signal_ix, service, reason), n in sorted(assembly.log.refusals.items())
        ],
    }

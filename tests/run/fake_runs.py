"""Stand-ins for a run, in a module of its own so that other processes can import them."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from cityloop.city.errors import Unusable
from cityloop.city.table import Table
from cityloop.run import folder
from cityloop.run.arms import arm_of
from cityloop.run.setting import fingerprint, setting_of, source_digest
from cityloop.run.spec import RunResult, RunSpec
from cityloop.scenarios import load_scenario

_DELAY_S = {"field": 40.0, "smart": 20.0, "actuated": 41.0}


def result_of(spec: RunSpec, name: str = "crossing") -> RunResult:
    """Return a made-up result that depends on the arm and a little on the seed."""
    delay_s = _DELAY_S[spec.arm] * (1 + 0.02 * ((spec.seed * 7 + ord(spec.arm[0])) % 5))
    return RunResult(
        scenario=name, arm=spec.arm, seed=spec.seed, delay_s=delay_s, delay_p95_s=3 * delay_s,
        travel_time_s=60 + delay_s, waiting_s=delay_s / 2,
        stops=1.0, throughput_veh=100, n_vehicles=101, n_unfinished=1, n_undeparted=0,
        n_discarded=0, queue_mean_veh=5.0, outside_mean_veh=0.0, teleports=0, distance_km=60.0, co2_g=float("nan"),
        fuel_g=float("nan"), person_delay_s=float("nan"), max_red_s=60.0, max_red_wait_s=50.0, n_faults=0, n_refusals=0,
        decide_ms_mean=1.0, decide_ms_p99=2.0, setup_s=0.1, wall_s=1.0,
    )  # fmt: skip


def write(spec: RunSpec) -> RunResult:
    """Write a folder as a run does, without a simulation, and note that it ran."""
    scenario = load_scenario(spec.scenario, spec.data_dir)
    result = result_of(spec, scenario.name)
    with folder.writing(folder.run_folder(spec.out_dir, scenario.name, spec.arm, spec.seed)) as work:
        n = result.n_vehicles
        trips = {
            "vehicle_id": [f"v{i}" for i in range(n)],
            "is_departed": [True] * n,
            "is_finished": [True] * n,
            "delay_s": np.linspace(0, 2 * result.delay_s, n),
            **dict.fromkeys(
                ("depart_s", "depart_delay_s", "travel_time_s", "time_loss_s", "waiting_s", "stops", "length_m"),
                np.zeros(n),
            ),
        }
        folder.write_arrays(work / folder.TRIPS, Table("trips", trips))
        if arm_of(spec.arm).learns:
            seen = folder.read_arrays(spec.memory_path)["days"] if spec.memory_path else np.zeros(1)
            folder.write_arrays(work / folder.MEMORY, {"days": seen + 1})
        mark = fingerprint(spec, setting_of(spec, scenario), source_digest(scenario))
        (work / folder.RUN).write_text(json.dumps({"fingerprint": mark, "result": result.as_json()}))
    with (Path(os.environ["RAN"]) / "ran").open("a") as ran:
        ran.write(f"{scenario.name} {spec.arm} {spec.seed} memory={spec.memory_path is not None}\n")
    return result


def plain(spec: RunSpec) -> RunResult:
    """Return a result at once."""
    sys.stdout.write("words that nobody should see\n")
    return result_of(spec)


def slow(spec: RunSpec) -> RunResult:
    """Take long."""
    write(spec)
    if spec.seed > 1:
        time.sleep(60)
    return result_of(spec)


def notes_its_process(spec: RunSpec) -> RunResult:
    """Note the process that it runs in."""
    (spec.out_dir / f"process-{spec.seed}").write_text(str(os.getpid()))
    return dies_once(spec)


def dies_once(spec: RunSpec) -> RunResult:
    """Die on seed 2 the first time."""
    tried = spec.out_dir / f"tried-{spec.seed}"
    if spec.seed == 2 and not tried.exists():
        tried.touch()
        os._exit(7)
    return result_of(spec)


def dies_always(spec: RunSpec) -> RunResult:
    """Die on seed 2."""
    if spec.seed == 2:
        os.write(2, b"Segmentation of something\n")
        os.kill(os.getpid(), signal.SIGKILL)
    return result_of(spec)


def write_or_die(spec: RunSpec) -> RunResult:
    """Write, but die on seed 2 as long as the file ``deadly`` is there."""
    if spec.seed == 2 and (Path(os.environ["RAN"]) / "deadly").exists():
        os._exit(9)
    return write(spec)


def fails(spec: RunSpec) -> RunResult:
    """Raise on seed 2, refuse seed 3."""
    if spec.seed == 2:
        raise KeyError("something inside")
    if spec.seed == 3:
        raise Unusable("it cannot be used", "the scenario", "mend it")
    return result_of(spec)

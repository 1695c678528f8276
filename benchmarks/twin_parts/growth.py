"""How the twin grows with the city: a grid in a process of its own, whose memory is its own too."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from cityloop.engines.twin.network import network_of
from cityloop.engines.twin.prepare import run_of
from twin_parts.cases import grid
from twin_parts.clocked import clock_windows, sizes_of_run
from twin_parts.process import run_process

SIDES = (32, 100, 316)
VEHICLES_PER_JUNCTION = 10.2
"""One million on the largest grid."""
WARM_S, CYCLE_S, N_CYCLES = 40, 100, 3
TARGET_GROWTH, TARGET_S_PER_S, TARGET_BYTES = 1.2, 100.0, 4e9


@dataclass(frozen=True)
class Growth:
    """What a grid of one size took; times are medians over cycles of the signals.

    Parameters
    ----------
    n_junctions, n_lanes : int
    n_vehicles : float
        In the network, mean.
    ns_per_hop, ns_per_lane_s : float
    s_per_s : float
        Simulated seconds a second of processor time.
    array_bytes : int
        Of the twin's arrays.
    peak_bytes : int
        Of the whole process, making the city and its traffic included.
    """

    n_junctions: int
    n_lanes: int
    n_vehicles: float
    ns_per_hop: float
    ns_per_lane_s: float
    s_per_s: float
    array_bytes: int
    peak_bytes: int = 0


def grow(side: int) -> Growth:
    """Measure a grid in this process."""
    end_s = WARM_S + N_CYCLES * CYCLE_S
    case = grid(side, round(VEHICLES_PER_JUNCTION * side * side), WARM_S, end_s, 0)
    network = network_of(case.city)
    run = run_of(network, case.city, case.traffic, case.begin_s, case.begin_s + case.end_s, 1)
    array_bytes = sizes_of_run(network, run).total
    cycles = list(clock_windows(case, network, CYCLE_S, run))
    cpu_s = median(cycle.cpu_s for cycle in cycles)
    return Growth(
        n_junctions=side * side,
        n_lanes=len(network.lanes),
        n_vehicles=median(cycle.vehicle_s for cycle in cycles) / CYCLE_S,
        ns_per_hop=median(cycle.ns_per_hop for cycle in cycles),
        ns_per_lane_s=cpu_s / (len(network.lanes) * CYCLE_S) * 1e9,
        s_per_s=CYCLE_S / cpu_s,
        array_bytes=array_bytes,
    )


def measure_growth(sides: Sequence[int], tell: Callable[[str], None]) -> list[Growth]:
    """Measure grids of growing size, each in a process of its own."""
    found = []
    path = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    for side in sides:
        command = [sys.executable, "-m", "twin_parts.growth", str(side)]
        process = run_process(command, {"PYTHONPATH": os.pathsep.join(path)})
        figures = json.loads(process.text)
        found.append(Growth(**{**figures, "peak_bytes": process.peak_bytes}))
        tell(f"growth: {side * side} junctions, {found[-1].ns_per_hop:.0f} ns a hop; {process.wall_s:.0f} s in all")
    return found


if __name__ == "__main__":
    json.dump(asdict(grow(int(sys.argv[1]))), sys.stdout)

"""The twin on a case: processor time, vehicle-seconds, hops, and the size of its arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time

import numpy as np

from cityloop.engines.twin.network import TwinNetwork, network_of
from cityloop.engines.twin.prepare import TwinRun, run_of
from cityloop.engines.twin.simulation import simulate
from cityloop.kernels import lane_records as lr
from twin_parts.cases import Case

OF_VEHICLES = ("vehicles", "steps", "queues", "sources", "dwells")
"""Arrays whose length grows with the traffic."""
LINE = 64
"""Bytes of a cache line."""


@dataclass(frozen=True)
class Clocked:
    """What one simulator took for what is measured of a case.

    Parameters
    ----------
    cpu_s : float
        Processor time.
    vehicle_s : float
        Vehicles in the network times simulated seconds.
    n_hops : int
        Vehicles that left a lane; 0 where it is not known.
    """

    cpu_s: float
    vehicle_s: float
    n_hops: int = 0

    @property
    def speed(self) -> float:
        """Vehicle-seconds a second."""
        return self.vehicle_s / self.cpu_s

    @property
    def ns_per_hop(self) -> float:
        """Processor time of a hop."""
        return self.cpu_s / self.n_hops * 1e9


def clock_twin(case: Case, network: TwinNetwork | None = None) -> Clocked:
    """Run the twin once."""
    network = network or network_of(case.city)
    run = run_of(network, case.city, case.traffic, case.begin_s, case.begin_s + case.end_s, 1)
    *_, clocked = clock_windows(case, network, case.window_s, run)
    return clocked


def clock_windows(case: Case, network: TwinNetwork, step_s: int, run: TwinRun) -> Iterator[Clocked]:
    """Play a run from its begin and yield each stretch of ``step_s`` of what is measured."""
    simulate(network, run, 0, case.warm_s)
    for begin_s in range(case.warm_s, case.end_s, step_s):
        end_s = min(begin_s + step_s, case.end_s)
        n_hops = count_hops(run)
        begin = process_time()
        simulate(network, run, begin_s, end_s)
        cpu_s = process_time() - begin
        yield Clocked(cpu_s, vehicle_seconds(run, begin_s, end_s), count_hops(run) - n_hops)


def count_hops(run: TwinRun) -> int:
    """Return how many vehicles have left a lane until now; bays inside junctions count as lanes."""
    return int(run.state.heads.sum(dtype=np.int64))


def vehicle_seconds(run: TwinRun, begin_s: float, end_s: float) -> float:
    """Return the time that all vehicles together were in the network within a window that ends now."""
    entered_s = run.state.vehicles["entered_ms"] / 1000
    left_ms = run.state.steps["passed_ms"][run.steps_end - 1]
    left_s = np.where(left_ms >= 0, left_ms / 1000, end_s)
    inside_s = np.minimum(left_s, end_s) - np.maximum(entered_s, begin_s)
    return float(np.maximum(inside_s, 0.0)[entered_s >= 0].sum())


@dataclass(frozen=True)
class Sizes:
    """Bytes of the twin's arrays: a lane with its movements, foes, signals and ring; a vehicle with its way; all."""

    per_lane: float
    per_vehicle: float
    total: int


def sizes_of(case: Case) -> Sizes:
    """Return the sizes of a case."""
    network = network_of(case.city)
    run = run_of(network, case.city, case.traffic, case.begin_s, case.begin_s + case.end_s, 1)
    return sizes_of_run(network, run)


def sizes_of_run(network: TwinNetwork, run: TwinRun) -> Sizes:
    """Return the sizes of a run."""
    arrays = {**run.built._asdict(), **run.state._asdict()}
    arrays.pop("known")  # on one core these are the tails
    of_vehicles = sum(arrays[name].nbytes for name in OF_VEHICLES)
    total = sum(array.nbytes for array in arrays.values())
    return Sizes((total - of_vehicles) / len(network.lanes), of_vehicles / len(run.traffic_ix), total)


@dataclass(frozen=True)
class Bound:
    """What the bandwidth of the memory allows.

    Parameters
    ----------
    bytes_per_s : float
        Read and written by a copy of a large array.
    hop_bytes, hop_lines : int
        Bytes that a hop must read or write at least, and the bytes of the cache lines that hold them.
    """

    bytes_per_s: float
    hop_bytes: int
    hop_lines: int

    @property
    def hop_ns(self) -> float:
        """Shortest time of a hop if every line comes from memory."""
        return self.hop_lines / self.bytes_per_s * 1e9


def bound_of(n_bytes: int = 1 << 28, n_times: int = 7) -> Bound:
    """Measure the bandwidth and count the bytes of a hop from the columns of the kernel."""
    source = np.ones(n_bytes // 8)
    target = np.zeros_like(source)
    times_s = []
    for _ in range(n_times):
        begin = process_time()
        np.copyto(target, source)
        times_s.append(process_time() - begin)
    rows = hop_rows()
    lines = sum(n * -(-4 * width // LINE) * LINE for n, width in rows)
    return Bound(2 * n_bytes / float(np.median(times_s)), sum(n * 4 * width for n, width in rows), lines)


def hop_rows() -> list[tuple[int, int]]:
    """Return the rows that a hop at a green signal onto a free lane must touch: how many, and words of each."""

    def words(kind: np.dtype[np.void]) -> int:
        return kind.itemsize // 4

    return [
        (3, words(lr.PLACE)),  # the one that leaves, the place that it takes, the one whose room is booked
        (2, words(lr.VEHICLE)),  # who hops, and whose room is booked
        (1, 2 * words(lr.STEP)),
        *((1, words(kind)) for kind in (lr.EXIT, lr.ENTRY, lr.LANE, lr.LANE, lr.MOVE, lr.SHOWN, lr.TURN, lr.WAY)),
        (5, 1),  # heads of both lanes, tails of both, due
    ]

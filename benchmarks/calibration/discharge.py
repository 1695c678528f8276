"""Queues at signals: discharge by position, what follows the stop line, yellow, jam spacing and waves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.simulation import (
    ALONE_S,
    Edge,
    Network,
    Row,
    Run,
    VehicleType,
    loop,
    matrix,
    signal_program,
    simulate,
    vehicle,
)

QUEUE = 26
APPROACH_M = 400.0
DOWNSTREAM_M = (100, 200, 500)
SPEEDS_MPS = (8.33, 13.89, 19.44)
TURNS = (("right", 5.0, 9.0), ("right", 6.5, 9.0), ("left", 6.5, 15.0), ("left", 8.0, 15.0), ("left", 10.0, 15.0))
"""Direction, limit and length of the lane inside the junction."""
CYCLES = 60
SEEDS = (1, 2, 3, 4)
YELLOW_S = 3


@dataclass(frozen=True)
class Approach:
    """A single-lane approach of 400 m to a signal and 700 m beyond it."""

    limit_mps: float
    direction: str = "straight"
    inside_mps: float = 0.0
    inside_m: float = 0.0

    @property
    def name(self) -> str:
        """Return the words of the table."""
        inside = f" {self.inside_mps:g} m/s" if self.inside_mps else ""
        return f"limit {self.limit_mps:g}, {self.direction}{inside}"

    def network(self, folder: Path, node: str = "traffic_light") -> Network:
        """Return the network, built."""
        far = {"straight": (1100.0, 0.0), "right": (400.0, -700.0), "left": (400.0, 700.0)}[self.direction]
        nodes = {"a": (0.0, 0.0, "priority"), "b": (APPROACH_M, 0.0, node), "c": (*far, "priority")}
        edges = [Edge("in", "a", "b", self.limit_mps), Edge("out", "b", "c", self.limit_mps)]
        inside = f' speed="{self.inside_mps}" length="{self.inside_m}"' if self.inside_mps else ""
        connection = f'<connection from="in" to="out" fromLane="0" toLane="0"{inside}/>'
        return Network(nodes, edges, [connection]).build(folder)

    def loops(self) -> list[str]:
        """Return loops 200 and 100 m before the stop line, at it, and downstream."""
        before = [loop(f"before{m}", "in_0", -m) for m in (250, 150)]
        return [*before, loop("line", "in_0", -0.1), *(loop(f"after{m}", "out_0", m) for m in DOWNSTREAM_M)]

    @property
    def red_s(self) -> int:
        """Return a red in which the whole queue comes to stand."""
        return int(QUEUE * 2.5 + APPROACH_M / self.limit_mps + 25)


APPROACHES = (*map(Approach, SPEEDS_MPS), *(Approach(13.89, *turn) for turn in TURNS))


def queues(cycle_s: float, cycles: int = CYCLES) -> Iterator[str]:
    """Yield vehicles that reach the signal, cycle by cycle, with 2.5 s between them."""
    for cycle in range(cycles):
        for place in range(QUEUE):
            name = f"{cycle}.{place}"
            yield vehicle(name, cycle * cycle_s + 2.5 * place, "in out", departSpeed="max", departLane="0")


def crossing_times(run: Run, name: str, cycle_s: float, green_s: float, cycles: int = CYCLES) -> NDArray[np.float64]:
    """Return the times after the start of green at which the vehicles passed a loop, by cycle and place."""
    times = run.times(name)
    rows = [[times[f"{c}.{k}"] - c * cycle_s - green_s for k in range(QUEUE)] for c in range(cycles)]
    return matrix(rows)


def discharge(folder: Path, approach: Approach, vehicle_type: VehicleType) -> dict[str, NDArray[np.float64]]:
    """Return times after the start of green by loop, as (queue, place)."""
    network = approach.network(folder)
    green_s = 100
    cycle_s = approach.red_s + green_s + YELLOW_S
    program = signal_program("b", [(approach.red_s, "r"), (green_s, "G"), (YELLOW_S, "y")])
    found: dict[str, list[NDArray[np.float64]]] = {}
    for seed in SEEDS:
        run = simulate(
            network, vehicle_type, queues(cycle_s), [program, *approach.loops()], CYCLES * cycle_s + 200, seed
        )
        for name in ("line", *(f"after{m}" for m in DOWNSTREAM_M)):
            found.setdefault(name, []).append(crossing_times(run, name, cycle_s, approach.red_s))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def free_passages(folder: Path, approach: Approach, vehicle_type: VehicleType, count: int = 2400) -> Run:
    """Return a run of vehicles alone on the road under a signal that stays green."""
    network = approach.network(folder)
    cars = (vehicle(str(i), ALONE_S * i, "in out", departSpeed="max") for i in range(count))
    program = signal_program("b", [(1000, "G")])
    return simulate(network, vehicle_type, cars, [program, *approach.loops()], ALONE_S * count + 300)


def discharge_rows(folder: Path, approach: Approach, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield sections 1 and 2a: discharge by place, and what the vehicles lose after the stop line."""
    found = discharge(folder, approach, vehicle_type)
    line = found["line"]
    label = (vehicle_type.name, approach.name)
    yield Row.series("1", *label, "start of green to stop line, places 1-25", line[:, :25], "s")
    yield Row.series("1", *label, "headway of places 2-10", np.diff(line[:, :10]), "s")
    ends = ((5, 15), (15, 25), (5, 25))
    means = [(line[:, last - 1] - line[:, first - 1]) / (last - first) for first, last in ends]
    yield Row.series("1", *label, "mean headway, places 5-15, 15-25, 5-25", np.stack(means, axis=1), "s")
    yield Row.of("1", *label, "start loss: time of place 5 less 5 headways (5-25)", line[:, 4] - 5 * means[2], "s")
    free = free_passages(folder / "free", approach, vehicle_type)
    passed = free.times("line")
    for metres in DOWNSTREAM_M:
        after = free.times(f"after{metres}")
        free_s = [after[v] - passed[v] for v in after]
        lost = found[f"after{metres}"] - line - np.mean(free_s)
        yield Row.of("2a", *label, f"free time, stop line to {metres} m", free_s, "s")
        yield Row.series("2a", *label, f"extra, stop line to {metres} m, places 1-15", lost[:, :15], "s")


def queue_yellow_rows(folder: Path, approach: Approach, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 4a: crossings in each second of a yellow that cuts a discharging queue."""
    network = approach.network(folder)
    cycles, red_s, flush_s = 120, approach.red_s, 80
    greens = [25 + cycle % 8 for cycle in range(cycles)]
    phases, starts, clock = [], [], 0.0
    for green_s in greens:
        starts.append(clock)
        phases += [(red_s, "r"), (green_s, "G"), (YELLOW_S, "y"), (8, "r"), (flush_s, "G"), (YELLOW_S, "y")]
        clock += red_s + green_s + 2 * YELLOW_S + 8 + flush_s
    cars = [
        vehicle(f"{cycle}.{place}", start + 2.5 * place, "in out", departSpeed="max")
        for cycle, start in enumerate(starts)
        for place in range(QUEUE)
    ]
    seconds: list[list[float]] = []
    headways = []
    for seed in SEEDS[:3]:
        run = simulate(network, vehicle_type, cars, [signal_program("b", phases), *approach.loops()], clock, seed)
        times = np.array(sorted(run.times("line").values()))
        for start, green_s in zip(starts, greens, strict=True):
            yellow = start + red_s + green_s
            seconds.append([float(np.sum((times >= yellow + i) & (times < yellow + i + 1))) for i in range(5)])
            in_green = times[(times >= yellow - green_s) & (times < yellow)]
            headways.append(np.mean(np.diff(in_green[4:])))
    counts = matrix(seconds)
    label = (vehicle_type.name, approach.name)
    yield Row.series("4a", *label, "queue: crossings in seconds 1-4 from yellow", counts[:, :4], "veh")
    gain = counts.sum(axis=1) * np.mean(headways)
    yield Row.of("4a", *label, "queue: effective gain into yellow (crossings x headway)", gain, "s")


def free_yellow_rows(folder: Path, approach: Approach, vehicle_type: VehicleType, count: int = 5000) -> Iterator[Row]:
    """Yield section 4b: who crosses among free vehicles by when they would have reached the stop line.

    When a vehicle would have reached it is told from its mean speed between 250 and 150 m before the line.
    """
    network = approach.network(folder)
    cycle_s, yellow_s = 60, 40
    random = np.random.default_rng(1)
    cars = []
    for i in range(count):
        depart = i * cycle_s + yellow_s + random.uniform(-5, 7) - 350 / approach.limit_mps
        position = f"{50 - (depart - np.floor(depart)) * approach.limit_mps:.2f}"
        depart = np.floor(depart) + cycle_s
        cars.append(vehicle(str(i), depart, "in out", departSpeed="max", departPos=position))
    rest_s = cycle_s - yellow_s - YELLOW_S - 8
    program = signal_program("b", [(yellow_s, "G"), (YELLOW_S, "y"), (8, "r"), (rest_s, "G")])
    run = simulate(network, vehicle_type, cars, [program, *approach.loops()], (count + 3) * cycle_s)
    first, second, line = (run.times(name) for name in ("before250", "before150", "line"))
    would, delay = [], []
    for name, time in line.items():
        expected = second[name] + 1.5 * (second[name] - first[name])  # from 150 m before to 0
        would.append(expected - (int(name) + 1) * cycle_s - yellow_s)
        delay.append(time - expected)
    expected_s, crossed = np.array(would), np.array(delay) < 1.5
    label = (vehicle_type.name, approach.name)
    inside = [crossed[(expected_s >= i) & (expected_s < i + 1)] for i in range(5)]
    fractions = [float(part.mean()) for part in inside]
    count = min(map(len, inside))
    yield Row("4b", *label, "free: fraction crossing, due in seconds 1-5 from yellow", fractions, [], count, "-")
    yield Row("4b", *label, "free: effective gain into yellow", [sum(fractions)])


def all_discharge_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield sections 1 and 2a for straight approaches and turns."""
    for i, approach in enumerate(APPROACHES):
        yield from discharge_rows(folder / str(i), approach, vehicle_type)


def yellow_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 4."""
    for i, approach in enumerate(APPROACHES):
        if approach.direction != "right":
            yield from queue_yellow_rows(folder / f"queue{i}", approach, vehicle_type)
        if approach.direction == "straight":
            yield from free_yellow_rows(folder / f"free{i}", approach, vehicle_type)

"""Roads without signals: free speed, insertion, speed changes and turns, capacity of one lane, merging."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from calibration.discharge import SPEEDS_MPS, Approach
from calibration.simulation import (
    ALONE_S,
    STEP_S,
    Edge,
    Network,
    Row,
    VehicleType,
    flow,
    loop,
    signal_program,
    simulate,
    vehicle,
)

SEEDS = (1, 2, 3)
COUNT = 2000
TURNS = ((5.0, 9.0), (6.5, 9.0), (8.0, 15.0), (10.0, 15.0))


def straight(folder: Path, limits: tuple[float, ...], length_m: float = 1000.0, lanes: tuple[int, ...] = ()) -> Network:
    """Return roads in a row, named 0, 1 and so on, each with its limit and number of lanes."""
    count = lanes or (1,) * len(limits)
    nodes = {str(i): (i * length_m, 0.0, "priority") for i in range(len(limits) + 1)}
    edges = [Edge(str(i), str(i), str(i + 1), limit, count[i]) for i, limit in enumerate(limits)]
    return Network(nodes, edges).build(folder)


def free_rows(folder: Path, limit_mps: float, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 3: free speed over 500 m, and the time lost by entering, at ``departPos="base"``.

    The time lost is from the first time on the road to passing 250 m, less the free time of the way between. SUMO's
    default speed at departure is "avg", the mean of those on the lane: on an empty lane the vehicle's full speed.
    """
    network = straight(folder, (limit_mps,))
    loops = [loop(name, "0_0", float(name)) for name in ("250", "750")]
    label = (vehicle_type.name, f"limit {limit_mps:g}")
    for options in ({}, {"departSpeed": "0"}):
        cars = [vehicle(str(i), ALONE_S * i, "0", **options) for i in range(COUNT)]
        run = simulate(network, vehicle_type, cars, loops, ALONE_S * COUNT + 400)
        at_250, at_750 = (run.times(name) for name in ("250", "750"))
        pace = {v: (at_750[v] - at_250[v]) / 500 for v in at_750}
        if not options:
            speeds = [1 / p / limit_mps for p in pace.values()]
            yield Row.of("3", *label, "mean over vehicles of speed / limit", speeds, "-")
            stretched = [p * limit_mps for p in pace.values()]
            yield Row.of("3", *label, "mean over vehicles of free time / (length / limit)", stretched, "-")
        way_m = 250 - vehicle_type.length_m - 0.1
        lost = [at_250[v] - int(v) * ALONE_S - STEP_S - p * way_m for v, p in pace.items()]
        name = options.get("departSpeed", "default")
        yield Row.of("3", *label, f"loss by entering, departSpeed {name}, from first time on the road", lost, "s")


def turn_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 2b: what a free vehicle loses by a slow lane inside a junction.

    From 250 m before the stop line to 200 m behind the junction, less the same vehicle's time when it goes straight on
    and less the lane's length over its limit, stretched as the free time of that vehicle is.
    """
    green = signal_program("b", [(1000, "G")])
    pace: dict[str, float] = {}
    for inside_mps, inside_m in ((0.0, 0.0), *TURNS):
        approach = Approach(13.89, "left" if inside_mps else "straight", inside_mps, inside_m)
        network = approach.network(folder / f"{inside_mps}")
        cars = [vehicle(str(i), ALONE_S * i, "in out", departSpeed="max") for i in range(COUNT)]
        run = simulate(network, vehicle_type, cars, [green, *approach.loops()], ALONE_S * COUNT + 400)
        before, line, after = (run.times(name) for name in ("before250", "line", "after200"))
        if not inside_mps:
            pace = {v: (after[v] - before[v]) / 450 for v in after}
            continue
        equivalent_m = 450 + inside_m / inside_mps * 13.89
        lost = [after[v] - before[v] - equivalent_m * pace[v] for v in after]
        early = [line[v] - before[v] - 250 * pace[v] for v in after]
        label = (vehicle_type.name, f"13.89 - {inside_mps:g} ({inside_m:g} m) - 13.89")
        yield Row.of("2b", *label, "loss of a free vehicle", lost, "s")
        yield Row.of("2b", *label, "of it before the stop line", early, "s")


def change_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 2c: what a change of the limit costs from 300 m before to 300 m behind it, by each one's paces."""
    pace: dict[float, dict[str, float]] = {}
    for first, second in ((8.33, 8.33), (13.89, 13.89), (8.33, 13.89), (13.89, 8.33)):
        network = straight(folder / f"{first}-{second}", (first, second), 400)
        loops = [loop("before", "0_0", -300), loop("after", "1_0", 300)]
        cars = [vehicle(str(i), ALONE_S * i, "0 1", departSpeed="max") for i in range(COUNT)]
        run = simulate(network, vehicle_type, cars, loops, ALONE_S * COUNT + 400)
        before, after = run.times("before"), run.times("after")
        if first == second:
            pace[first] = {v: (after[v] - before[v]) / 600 for v in after}
            continue
        lost = [after[v] - before[v] - 300 * (pace[first][v] + pace[second][v]) for v in after]
        yield Row.of("2c", vehicle_type.name, f"limit {first} to {second}", "loss of a free vehicle", lost, "s")


def capacity_rows(folder: Path, limit_mps: float, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 5: flow at 500 m of a one-lane road behind two lanes, and of cars put on the road at full speed."""
    label = (vehicle_type.name, f"limit {limit_mps:g}")
    network = straight(folder / "merge", (limit_mps, limit_mps), lanes=(2, 1))
    demand = [flow("f", 3600, "0 1", departLane="free", departSpeed="max")]
    runs = [simulate(network, vehicle_type, demand, [loop("x", "1_0", 500)], 1800, s, drop_late=True) for s in SEEDS]
    yield Row.of("5", *label, "2 lanes into 1", (run.flow_vph("x", 600, 1800) for run in runs), "veh/h")
    network = straight(folder / "moving", (limit_mps, limit_mps))
    demand = [flow("f", 3600, "0 1", departSpeed="max")]
    loops = [loop("x", "0_0", 500), loop("y", "1_0", 900)]
    runs = [simulate(network, vehicle_type, demand, loops, 1800, s, drop_late=True) for s in SEEDS]
    yield Row.of("5", *label, 'put on at departSpeed="max"', (run.flow_vph("x", 600, 1800) for run in runs), "veh/h")
    headways = []
    for run in runs:
        times = sorted(run.times("y").values())
        headways += [b - a for a, b in pairwise(times) if b - a < 3]
    yield Row.of("5", *label, "mean headway below 3 s at 1900 m, same", headways, "s")


def insertion_rows(folder: Path, limit_mps: float, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 10: the largest flow put on an empty road, by number of lanes and speed and lane at departure."""
    choices: dict[str, dict[str, str]] = {
        "default (avg, best_prob)": {},
        "departSpeed 0": {"departSpeed": "0"},
        "departSpeed max": {"departSpeed": "max"},
        "departLane first": {"departLane": "first"},
        "departLane best": {"departLane": "best"},
    }
    for lanes in (1, 2):
        network = straight(folder / str(lanes), (limit_mps,), 600.0, (lanes,))
        loops = [loop(f"x{i}", f"0_{i}", 500) for i in range(lanes)]
        for choice, options in choices.items():
            if lanes == 1 and "departLane" in options:
                continue
            demand = [flow(f"f{i}", 3000, "0", **options) for i in range(lanes)]
            flows = []
            for seed in SEEDS:
                run = simulate(network, vehicle_type, demand, loops, 1200, seed, drop_late=True)
                flows.append(sum(run.flow_vph(f"x{i}", 300, 1200) for i in range(lanes)))
            place = f"limit {limit_mps:g}, {lanes} lane{'s' if lanes > 1 else ''}"
            yield Row.of("10", vehicle_type.name, place, f"inserted, {choice}", flows, "veh/h")


def roads_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield sections 2b, 2c and 3."""
    yield from turn_rows(folder / "turn", vehicle_type)
    yield from change_rows(folder / "change", vehicle_type)
    for limit in SPEEDS_MPS:
        yield from free_rows(folder / f"free{limit}", limit, vehicle_type)


def flows_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 5."""
    for limit in SPEEDS_MPS:
        yield from capacity_rows(folder / f"{limit}", limit, vehicle_type)


def insertions_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 10."""
    for limit in SPEEDS_MPS:
        yield from insertion_rows(folder / f"{limit}", limit, vehicle_type)

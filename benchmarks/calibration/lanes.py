"""How vehicles use two lanes: even queues on a straight approach, and a pocket for left turns that fills up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from calibration.simulation import Edge, Network, Row, Run, VehicleType, flow, loop, matrix, signal_program, simulate

LIMIT_MPS = 13.89
RED_S, GREEN_S, YELLOW_S = 60, 60, 3
CYCLES = 30
POCKET_M = 60.0
CHOICES = ({}, {"departLane": "first"}, {"departLane": "random"})


def _two_lanes(folder: Path) -> Network:
    """Return a straight road of two lanes through a signal."""
    nodes = {"a": (0.0, 0.0, "priority"), "b": (500.0, 0.0, "traffic_light"), "c": (1000.0, 0.0, "priority")}
    return Network(nodes, [Edge("in", "a", "b", LIMIT_MPS, 2), Edge("out", "b", "c", LIMIT_MPS, 2)]).build(folder)


def _use_of_lanes(run: Run) -> tuple[list[list[float]], list[list[float]]]:
    """Return, by cycle, (crossings in green of both lanes) and (headway of places 5 to 15, both lanes)."""
    counts, headways = [], []
    for cycle in range(1, CYCLES):
        green = cycle * (RED_S + GREEN_S + YELLOW_S) + RED_S
        lanes = [[t for t, _ in run.passages[f"lane{i}"] if green <= t < green + GREEN_S] for i in range(2)]
        counts.append([float(len(times)) for times in lanes])
        if min(map(len, lanes)) >= 15:
            headways.append([(times[14] - times[4]) / 10 for times in lanes])
    return counts, headways


def even_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 9a: crossings by lane in each green, with too much demand and with little."""
    network = _two_lanes(folder)
    program = signal_program("b", [(RED_S, "rr"), (GREEN_S, "GG"), (YELLOW_S, "yy")])
    loops = [loop(f"lane{i}", f"in_{i}", -0.1) for i in range(2)]
    end = CYCLES * (RED_S + GREEN_S + YELLOW_S)
    for words, rate in (("saturated", 3600), ("900 veh/h", 900)):
        for options in CHOICES:
            demand = [flow("f", rate, "in out", **options)]
            run = simulate(network, vehicle_type, demand, [program, *loops], end, drop_late=True)
            counts, headways = _use_of_lanes(run)
            label = (vehicle_type.name, f"2 lanes, {words}, departLane {options.get('departLane', 'default')}")
            values = matrix(counts)
            yield Row.series("9a", *label, "crossings a green (60 s), lanes 0 and 1", values, "veh")
            uneven = np.abs(values[:, 0] - values[:, 1])
            yield Row.of("9a", *label, "difference between the lanes, absolute", uneven, "veh")
            if len(headways) > CYCLES / 2:
                yield Row.series("9a", *label, "headway of places 5-15, lanes 0 and 1", matrix(headways), "s")


def pocket_rows(folder: Path, vehicle_type: VehicleType, runs: int = 8) -> Iterator[Row]:
    """Yield section 9b: vehicles on the held lane when the other lane's stream has dried up.

    One lane widens to two, lane 1 for left turns, over the last 60 m; half of the vehicles turn left. One direction has
    red for ever, the other green; vehicles of the other direction still in the road behind the pocket are blocked.
    """
    nodes = {"a": (0.0, 0.0, "priority"), "w": (400.0, 0.0, "priority"), "b": (400 + POCKET_M, 0.0, "traffic_light")}
    nodes |= {"c": (1000.0, 0.0, "priority"), "n": (400 + POCKET_M, 300.0, "priority")}
    edges = [Edge("road", "a", "w"), Edge("pocket", "w", "b", lanes=2), Edge("on", "b", "c"), Edge("left", "b", "n")]
    ways = [("road", "pocket", 0, 0), ("road", "pocket", 0, 1), ("pocket", "on", 0, 0), ("pocket", "left", 1, 0)]
    connections = [f'<connection from="{a}" to="{b}" fromLane="{i}" toLane="{j}"/>' for a, b, i, j in ways]
    network = Network(nodes, edges, connections).build(folder)
    for held, free, lane in (("left", "on", "pocket_1"), ("on", "left", "pocket_0")):
        link = network.link_of("pocket", free)
        program = signal_program("b", [(1000, "".join("G" if i == link else "r" for i in range(2)))])
        demand = [flow(way, 600, f"road pocket {way}") for way in (held, free)]
        stored, back = [], []
        for seed in range(runs):
            run = simulate(network, vehicle_type, demand, [program], 300, seed, states=True, drop_late=True)
            last = max(state[0] for state in run.states)
            end = [state for state in run.states if state[0] == last]
            stored.append(sum(state[4] == lane for state in end))
            back.append(network.lane_length_m("road_0") - max((s[3] for s in end if s[4] == "road_0"), default=np.nan))
        label = (vehicle_type.name, f"pocket of {network.lane_length_m(lane):.0f} m, {held} held")
        yield Row.of("9b", *label, "vehicles on the held lane when it blocks", stored, "veh")
        yield Row.of("9b", *label, "first blocked front to the start of the pocket", back, "m")


def lanes_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 9."""
    yield from even_rows(folder / "even", vehicle_type)
    yield from pocket_rows(folder / "pocket", vehicle_type)

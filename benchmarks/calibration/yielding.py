"""Streams that yield: permissive left turns, minor roads, stop signs, equal roads and roundabouts.

The stream that yields always has a queue. The stream it yields to arrives at random (exponential headways, one lane,
full speed); its flow is measured where it enters the junction, both over half an hour after ten minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.simulation import Edge, Network, Row, VehicleType, flow, loop, signal_program, simulate

FLOWS_VPH = (0, 200, 400, 600, 800, 1000, 1200)
SEEDS = (1, 2, 3)
MINOR_SEEDS = (1, 2)
EQUAL_SEEDS = (1, 2, 3, 4, 5)
START_S, END_S = 600.0, 2400.0
ARMS = {"w": (-300.0, 0.0), "s": (0.0, -150.0), "e": (300.0, 0.0), "n": (0.0, 150.0)}
"""Ends of the arms [m]."""
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
Capacity = Callable[[NDArray[np.float64], float, float], NDArray[np.float64]]


def siegloch(flow_vph: NDArray[np.float64], critical_s: float, follow_s: float) -> NDArray[np.float64]:
    """Return 3600 / tf exp(-q (tc - tf / 2))."""
    return 3600 / follow_s * np.exp(-flow_vph / 3600 * (critical_s - follow_s / 2))


def harders(flow_vph: NDArray[np.float64], critical_s: float, follow_s: float) -> NDArray[np.float64]:
    """Return q exp(-q tc) / (1 - exp(-q tf))."""
    rate = np.maximum(flow_vph, 1e-3) / 3600
    return 3600 * rate * np.exp(-rate * critical_s) / -np.expm1(-rate * follow_s)


def fitted(curve: Curve, capacity: Capacity) -> list[float]:
    """Return critical gap, follow-up headway and the root mean square residual in veh/h."""
    flows, measured = curve
    fit = least_squares(lambda x: capacity(flows, x[0], x[1]) - measured, (5.0, 2.5), bounds=((0, 0.5), (20, 10)))
    return [*map(float, fit.x), float(math.sqrt(np.mean(fit.fun**2)))]


def crossroads(folder: Path, node: str, major: int = 2, limit_mps: float = 13.89, pocket: bool = False) -> Network:
    """Return four arms of one lane; west and east have the given priority. ``pocket``: two lanes from the west."""
    nodes = {"c": (0.0, 0.0, node)} | {a: (x, y, "priority") for a, (x, y) in ARMS.items()}
    edges, connections = [], []
    for arm in ARMS:
        priority = major if arm in "we" else 1
        lanes = 2 if pocket and arm == "w" else 1
        edges.append(Edge(f"{arm}i", arm, "c", limit_mps, lanes, priority))
        edges.append(Edge(f"{arm}o", "c", arm, limit_mps, 1, priority))
    if pocket:
        ways = ((0, "s"), (0, "e"), (1, "n"))
        connections = [f'<connection from="wi" to="{to}o" fromLane="{lane}" toLane="0"/>' for lane, to in ways]
    return Network(nodes, edges, connections).build(folder)


def measured_curve(
    network: Network,
    vehicle_type: VehicleType,
    yielding: tuple[str, str],
    streams: Sequence[tuple[str, float]],
    program: str = "",
    seeds: Sequence[int] = SEEDS,
) -> Curve:
    """Return conflicting flow and capacity, by flow and seed.

    Parameters
    ----------
    network : Network
    vehicle_type : VehicleType
    yielding : tuple of str
        Way and first lane of the stream with a queue.
    streams : sequence of tuples
        Way of each conflicting stream, and its share of the conflicting flow.
    program : str
        A signal's program, if there is one.
    seeds : sequence of int
    """
    way, lane = yielding
    lane_index = lane.rsplit("_", 1)[1]
    loops = [loop("yielding", lane, -0.1)]
    loops += [loop(f"stream{i}", f"{edges.split()[0]}_0", -0.1) for i, (edges, _) in enumerate(streams)]
    flows, capacities = [], []
    for rate in FLOWS_VPH:
        demand = [flow("yielding", 2200, way, departLane=lane_index, arrivalLane="current")]
        demand += [flow(f"f{i}", rate * share, edges, departSpeed="max") for i, (edges, share) in enumerate(streams)]
        for seed in seeds:
            run = simulate(network, vehicle_type, demand, [program, *loops], END_S, seed, drop_late=True)
            capacities.append(run.flow_vph("yielding", START_S, END_S))
            flows.append(sum(run.flow_vph(f"stream{i}", START_S, END_S) for i in range(len(streams))))
    return np.array(flows), np.array(capacities)


def curve_rows(section: str, vehicle_type: VehicleType, place: str, curve: Curve) -> Iterator[Row]:
    """Yield the capacities by flow, and the fits."""
    flows, capacities = (part.reshape(len(FLOWS_VPH), -1).T for part in curve)
    label = (section, vehicle_type.name, place)
    yield Row.series(*label, "measured conflicting flow", flows, "veh/h")
    yield Row.series(*label, "capacity at these flows", capacities, "veh/h")
    for name, capacity in (("Siegloch", siegloch), ("Harders", harders)):
        yield Row(*label, f"fit {name}: tc [s], tf [s], rms residual [veh/h]", fitted(curve, capacity), unit="")


def permissive_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 7: a left turn from its own lane through the opposing straight stream of one lane."""
    streams = [("ei wo", 1.0)]
    way = ("wi no", "wi_1")
    for node in ("traffic_light", "priority"):
        network = crossroads(folder / node, node, pocket=True)
        program = ""
        if node == "traffic_light":
            links = {network.link_of("wi", "no"): "g", network.link_of("ei", "wo"): "G"}
            program = signal_program("c", [(1000, "".join(links.get(i, "r") for i in range(network.n_links)))])
        place = "left, signal g" if program else "left, major road without signal"
        curve = measured_curve(network, vehicle_type, way, streams, program)
        yield from curve_rows("7", vehicle_type, place, curve)


def roundabout(folder: Path, radius_m: float = 16.0, limit_mps: float = 13.89, ring_mps: float = 8.33) -> Network:
    """Return a ring of one lane with four arms of one lane."""
    nodes: dict[str, tuple[float, float, str]] = {}
    edges = []
    around = "wsen"
    for i, arm in enumerate(around):
        x, y = ARMS[arm]
        reach = math.hypot(x, y)
        nodes[arm] = (x, y, "priority")
        nodes[f"r{arm}"] = (x / reach * radius_m, y / reach * radius_m, "priority")
        edges += [Edge(f"{arm}i", arm, f"r{arm}", limit_mps), Edge(f"{arm}o", f"r{arm}", arm, limit_mps)]
        angle = math.pi + i * math.pi / 2
        points = [angle + part * math.pi / 16 for part in range(9)]
        shape = " ".join(f"{radius_m * math.cos(a):.2f},{radius_m * math.sin(a):.2f}" for a in points)
        following = around[(i + 1) % 4]
        edges.append(Edge(f"ring{arm}", f"r{arm}", f"r{following}", ring_mps, priority=3, shape=shape))
    return Network(nodes, edges).build(folder)


def entering_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 8a: right, straight and left from a minor road, with give way and stop signs, and a roundabout."""
    turns = {
        "right": ("si eo", [("wi eo", 1.0)]),
        "crossing": ("si no", [("wi eo", 0.5), ("ei wo", 0.5)]),
        "left": ("si wo", [("wi eo", 0.5), ("ei wo", 0.5)]),
    }
    for node in ("priority", "priority_stop"):
        network = crossroads(folder / node, node)
        for turn, (way, streams) in turns.items():
            curve = measured_curve(network, vehicle_type, (way, "si_0"), streams, seeds=MINOR_SEEDS)
            sign = "stop sign" if node == "priority_stop" else "give way"
            yield from curve_rows("8a", vehicle_type, f"minor road, {sign}, {turn}", curve)
    network = roundabout(folder / "roundabout")
    way, circulating = "si rings ringe no", "wi ringw rings eo"
    curve = measured_curve(network, vehicle_type, (way, "si_0"), [(circulating, 1.0)], seeds=MINOR_SEEDS)
    yield from curve_rows("8a", vehicle_type, "roundabout, one lane, straight on", curve)


def equal_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 8b: total capacity with queues on all four arms."""
    turns = {"straight": (0, 1, 0), "20/60/20": (0.2, 0.6, 0.2)}
    around = "wsen"
    for node in ("allway_stop", "right_before_left"):
        network = crossroads(folder / node, node, major=1)
        loops = [loop(arm, f"{arm}i_0", -0.1) for arm in ARMS]
        for mix, shares in turns.items():
            demand = [
                flow(f"{arm}{step}", 1800 * share, f"{arm}i {around[(i + step) % 4]}o")
                for i, arm in enumerate(around)
                for step, share in zip((1, 2, 3), shares, strict=True)
            ]
            by_arm = []
            for seed in EQUAL_SEEDS:
                run = simulate(network, vehicle_type, demand, loops, END_S, seed, drop_late=True)
                by_arm.append([run.flow_vph(arm, START_S, END_S) for arm in ARMS])
            flows = np.array(by_arm)
            label = ("8b", vehicle_type.name, f"{node}, {mix}")
            yield Row.of(*label, "total of four arms", flows.sum(axis=1), "veh/h")
            yield Row.series(*label, "arms w, s, e, n", flows, "veh/h")
        demand = [flow("alone", 1800, "wi eo")]
        alone = [
            simulate(network, vehicle_type, demand, loops, END_S, s, drop_late=True).flow_vph("w", START_S, END_S)
            for s in SEEDS
        ]
        yield Row.of("8b", vehicle_type.name, f"{node}, straight", "one arm alone", alone, "veh/h")


def minor_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 8."""
    yield from entering_rows(folder, vehicle_type)
    yield from equal_rows(folder, vehicle_type)

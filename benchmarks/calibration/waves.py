"""Standing queues: spacing, the start wave, and how long a full lane takes to let one in after one has left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from calibration.discharge import QUEUE, Approach, queues
from calibration.simulation import Edge, Network, Row, VehicleType, flow, loop, matrix, signal_program, simulate

LANE_M = 300.0
MOVING_MPS = 0.5


def jam_rows(folder: Path, approach: Approach, vehicle_type: VehicleType, cycles: int = 40) -> Iterator[Row]:
    """Yield section 6a: spacing of a standing queue and the times at which its vehicles start."""
    network = approach.network(folder)
    green_s = 100
    cycle_s = approach.red_s + green_s
    program = signal_program("b", [(approach.red_s, "r"), (green_s, "G")])
    run = simulate(network, vehicle_type, queues(cycle_s, cycles), [program], cycles * cycle_s, states=True)
    standing: dict[str, float] = {}
    started: dict[str, float] = {}
    for time, name, speed, position, lane in run.states:
        since_green = time - int(name.split(".")[0]) * cycle_s - approach.red_s
        if since_green == 0:
            standing[name] = position
        elif since_green > 0 and speed > MOVING_MPS and name not in started and lane.startswith("in"):
            started[name] = since_green - 1  # the start of the step in which it moved
        elif since_green > 0 and name not in started and not lane.startswith("in"):
            started[name] = since_green - 1
    length = network.lane_length_m("in_0")
    back = matrix([[length - standing[f"{c}.{k}"] for k in range(QUEUE - 1)] for c in range(cycles)])
    start = matrix([[started[f"{c}.{k}"] for k in range(QUEUE - 1)] for c in range(cycles)])
    label = (vehicle_type.name, approach.name)
    yield Row.of("6a", *label, "front of place 1 to stop line", back[:, 0], "m")
    yield Row.of("6a", *label, "jam spacing, front to front", (back[:, -1] - back[:, 0]) / (QUEUE - 2), "m")
    yield Row.series("6a", *label, f"start of motion (> {MOVING_MPS} m/s), places 1-25", start, "s")
    speed = (back[:, -1] - back[:, 4]) / (start[:, -1] - start[:, 4])
    yield Row.of("6a", *label, "start wave speed, places 5-25", speed, "m/s")


def _full_lane(folder: Path, length_m: float, crossing: bool) -> Network:
    """Return a lane between a place to wait (a signal that stays green, with a crossing road or not) and a signal."""
    nodes = {"a": (0, 0, "priority"), "u": (400, 0, "traffic_light" if crossing else "priority")}
    nodes |= {"b": (400 + length_m, 0, "traffic_light"), "c": (1000 + length_m, 0, "priority")}
    edges = [Edge("feed", "a", "u"), Edge("full", "u", "b"), Edge("out", "b", "c")]
    connections = ['<connection from="feed" to="full"/>', '<connection from="full" to="out"/>']
    if crossing:
        nodes |= {"s": (400, -200, "priority"), "n": (400, 200, "priority")}
        edges += [Edge("south", "s", "u"), Edge("north", "u", "n")]
        connections.append('<connection from="south" to="north"/>')
    return Network(nodes, edges, connections).build(folder)


def space_rows(
    folder: Path, vehicle_type: VehicleType, length_m: float = LANE_M, crossing: bool = True, cycles: int = 30
) -> Iterator[Row]:
    """Yield section 6b: from the k-th exit of a full lane to the k-th entry after it.

    Exit and entry are passages of the front over the lane's last and first 0.1 m.
    """
    network = _full_lane(folder, length_m, crossing)
    red_s, green_s = 200, 60
    programs = [signal_program("b", [(red_s, "r"), (green_s, "G"), (3, "y")])]
    if crossing:
        state = "".join("G" if i == network.link_of("feed", "full") else "r" for i in range(2))
        programs.append(signal_program("u", [(1000, state)]))
    length = network.lane_length_m("full_0")
    loops = [loop("exit", "full_0", -0.1), loop("entry", "full_0", 0.1)]
    cycle_s = red_s + green_s + 3
    demand = [flow("f", 1200, "feed full out", departSpeed="max")]
    run = simulate(network, vehicle_type, demand, [*programs, *loops], cycles * cycle_s + 100, drop_late=True)
    delays, stored, recovered = [], [], []
    for cycle in range(1, cycles):
        green = cycle * cycle_s + red_s
        exits = [t for t, _ in run.passages["exit"] if green <= t < green + green_s]
        entries = [t for t, _ in run.passages["entry"] if green <= t < green + green_s + 60]
        delays.append([entries[k] - exits[k] for k in range(15)])
        recovered.append(entries[0] - green)
        entered, left = (sum(t < green for t, _ in run.passages[name]) for name in ("entry", "exit"))
        stored.append(entered - left)
    label = (vehicle_type.name, f"lane of {length:.0f} m, {'crossing road' if crossing else 'no crossing road'}")
    values = matrix(delays)
    yield Row.of("6b", *label, "vehicles stored", stored, "veh")
    yield Row.of("6b", *label, "start of green to first entry", recovered, "s")
    yield Row.series("6b", *label, "k-th exit to k-th entry, k = 1-15", values, "s")
    yield Row.of("6b", *label, "space wave speed, length over delay, k = 1", length / values[:, 0], "m/s")
    yield Row.of("6b", *label, "space wave speed, length over delay, k = 10", length / values[:, 9], "m/s")


def waves_rows(folder: Path, vehicle_type: VehicleType) -> Iterator[Row]:
    """Yield section 6."""
    yield from jam_rows(folder / "jam", Approach(13.89), vehicle_type)
    for crossing in (True, False):
        for length_m in (LANE_M, LANE_M / 2):
            yield from space_rows(folder / f"space{crossing}{length_m}", vehicle_type, length_m, crossing)

"""UXsim's C++ engine on a case (the extra ``bench``)."""

from __future__ import annotations

import importlib.util
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from cityloop.city.city import City
from twin_parts.cases import Case
from twin_parts.clocked import Clocked
from twin_parts.sumo_files import ways_of

if TYPE_CHECKING:
    from uxsim import World

N_STRETCHES = 5
"""The window is run in so many parts, between which vehicles are counted."""


def has_uxsim() -> bool:
    """Whether UXsim with its C++ engine is installed."""
    return importlib.util.find_spec("uxsim") is not None and importlib.util.find_spec("uxsim.uxsim_cpp") is not None


def clock_uxsim(case: Case, platoon: int) -> Clocked:
    """Run UXsim once: a link a road, vehicles with their ways, every signal with its plan, nothing recorded.

    A link is green while any movement of its road is: UXsim has no signals by lane. In platoons every fifth vehicle
    stands for five.

    Parameters
    ----------
    case : Case
    platoon : int
        Vehicles that are moved as one; the step of the simulation is as many seconds.
    """
    from uxsim import World

    world = World(
        name="",
        deltan=platoon,
        reaction_time=1,
        duo_update_time=10 * case.end_s,
        print_mode=0,
        save_mode=0,
        show_mode=0,
        random_seed=1,
        tmax=case.end_s,
        vehicle_logging_timestep_interval=-1,
        cpp=True,
    )
    _add_nodes(world, case.city)
    _add_links(world, case.city)
    _add_vehicles(world, case, platoon)
    world.exec_simulation(until_t=max(case.warm_s - platoon, 0))
    cpu_s, running = 0.0, [_n_running(world)]
    for until_s in np.linspace(case.warm_s, case.end_s, N_STRETCHES + 1)[1:]:
        begin = process_time()
        world.exec_simulation(until_t=float(until_s) - platoon)
        cpu_s += process_time() - begin
        running.append(_n_running(world))
    mean = (sum(running) - (running[0] + running[-1]) / 2) / N_STRETCHES
    return Clocked(cpu_s, mean * platoon * case.window_s)


def _n_running(world: World) -> int:
    return len(world.VEHICLES_RUNNING)


def _add_vehicles(world: World, case: Case, platoon: int) -> None:
    roads, nodes = case.city.roads, case.city.nodes["node_id"]
    depart_s = case.traffic.vehicles["depart_s"].tolist()
    for row, way in list(enumerate(ways_of(case.traffic)))[::platoon]:
        orig, dest = nodes[roads["from_node_ix"][way[0]]], nodes[roads["to_node_ix"][way[-1]]]
        vehicle = world.addVehicle(orig, dest, depart_s[row] - case.begin_s)
        vehicle.enforce_route([str(road) for road in way])


def _add_nodes(world: World, city: City) -> None:
    signal_of_node = dict(zip(city.movements["node_ix"].tolist(), city.movements["signal_ix"].tolist(), strict=True))
    nodes = city.nodes
    for node, name in enumerate(nodes["node_id"]):
        durations_s, offset_s = [0.0], 0.0
        signal = signal_of_node.get(node, -1)
        if signal >= 0:
            plan = int(city.signals["plan_ix"][signal])
            rows = slice(int(city.plans["stages_start"][plan]), int(city.plans["stages_end"][plan]))
            durations_s, offset_s = city.stages["duration_s"][rows].tolist(), float(city.plans["offset_s"][plan])
        world.addNode(name, nodes["x_m"][node], nodes["y_m"][node], signal=durations_s, signal_offset=offset_s)


def _add_links(world: World, city: City) -> None:
    roads, names, greens = city.roads, city.nodes["node_id"], _greens(city)
    for road in range(roads.n_rows):
        world.addLink(
            str(road),
            names[roads["from_node_ix"][road]],
            names[roads["to_node_ix"][road]],
            roads["length_m"][road],
            free_flow_speed=roads["speed_mps"][road],
            jam_density_per_lane=1 / 7.5,
            number_of_lanes=int(roads["n_lanes"][road]),
            signal_group=sorted(greens.get(road, {0})),
        )


def _greens(city: City) -> dict[int, set[int]]:
    """Return the stages in which some movement of a road is green; nothing for roads without a signal."""
    greens: dict[int, set[int]] = {}
    table, road_of, index = city.movements, city.lanes["road_ix"], city.links["index"]
    for begin, signal, link in zip(table["from_lane_ix"], table["signal_ix"], table["link_ix"], strict=True):
        if begin < 0 or signal < 0:
            continue
        states = city.states_of(int(city.signals["plan_ix"][signal]))
        shown = {stage for stage, state in enumerate(states) if state[index[link]] in "Gg"}
        greens.setdefault(int(road_of[begin]), set()).update(shown)
    return greens

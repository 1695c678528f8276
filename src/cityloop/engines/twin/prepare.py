"""A run of the twin: its state, and what of the city depends on its traffic and its plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cityloop.city.city import City, Finding
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import BICYCLES, BUSES, CARS, SMALLEST_SPACE_M, TwinNetwork
from cityloop.engines.twin.signals import Plans, enter_ranges, plans_of, put_plan
from cityloop.kernels import lane_records as lr
from cityloop.kernels.chance import uniforms
from cityloop.kernels.lane_records import Ints32, Records

Ints = NDArray[np.int64]
_LANES_OF = {
    "bicycle": BICYCLES,
    "emergency": CARS | BUSES,
    **dict.fromkeys(("bus", "coach", "tram", "trolleybus"), BUSES),
}
_LONG_AGO_MS = -lr.NEVER // 2
_LANE_BITS = 24
"""Room for the lanes of a road in the key of a source."""


@dataclass
class TwinRun:
    """A run of the twin at one moment.

    Where trips choose their ways on departure, ``departures`` puts other ways in place of the first ones.

    Parameters
    ----------
    built : Built
        What the kernel knows of the city, its plans and its traffic.
    state : State
        What the kernel changes.
    plans : Plans
        The signals' plans.
    traffic_ix : int64, shape (n_vehicles,)
        Row of each vehicle in the traffic.
    steps_start, steps_end : int64, shape (n_vehicles,)
        First step of each vehicle's way and the one after its last.
    roads : int64, shape (n_steps,)
        Row of each step's road in the city.
    source_keys : int64, shape (n_sources,)
        Road and lanes of each source (see ``source_keys``); increasing.
    findings : tuple of Finding
        Vehicles that the twin left out.
    """

    built: lr.Built
    state: lr.State
    plans: Plans
    traffic_ix: Ints
    steps_start: Ints
    steps_end: Ints
    roads: Ints
    source_keys: Ints
    findings: tuple[Finding, ...]

    def steps_in_order(self) -> tuple[Ints, Ints]:
        """Return the vehicle and the row of every step, in order of vehicle and way."""
        counts = self.steps_end - self.steps_start
        return np.repeat(np.arange(len(counts)), counts), ranges(self.steps_start, counts)


def run_of(network: TwinNetwork, city: City, traffic: Traffic, begin_s: float, end_s: float, seed: int) -> TwinRun:
    """Return a run at its begin.

    Parameters
    ----------
    network : TwinNetwork
    city : City
        The one that the network was made from.
    traffic : Traffic
    begin_s, end_s : float
        Vehicles that depart within are taken.
    seed : int
        Of how fast drivers drive.
    """
    clusters = network.clusters.copy()
    traffic_ix, counts, roads, turns, findings = _ways(network, city, traffic, begin_s, end_s)
    steps_start = np.concatenate([[0], np.cumsum(counts)])
    steps = np.zeros(len(roads), lr.STEP)
    steps["passed_ms"] = -1
    steps["turn"] = turns
    dwells = _dwells(traffic, traffic_ix, steps_start, steps, begin_s)
    vehicles = _vehicles(city, traffic, traffic_ix, steps_start, roads, begin_s, seed)
    keys = source_keys(network, city, roads[steps_start[:-1]], steps["turn"][steps_start[:-1]] & lr.ENDS)
    spare = _spare_keys(network, city, roads[steps_start[:-1]][is_trip(traffic)[traffic_ix]])
    sources, queues, of_source = _sources(network, city, vehicles, keys, spare, clusters)
    plans = plans_of(network, city, clusters)
    n_lanes = len(network.lanes)
    exits = np.zeros(n_lanes, lr.EXIT)
    exits["last_exit_ms"] = _LONG_AGO_MS
    exits["yielded_ms"] = exits["held_ms"] = -1
    entries = np.zeros(n_lanes, lr.ENTRY)
    entries["last_entry_ms"] = _LONG_AGO_MS
    shown = np.zeros(len(network.moves), lr.SHOWN)
    for name in ("green_ms", "usable_ms", "crossed_ms"):
        shown[name] = _LONG_AGO_MS
    shown["go"] = network.rules
    is_ruled = np.zeros(len(shown), np.bool_)
    is_ruled[plans.parts["move"]] = True
    shown["go"][is_ruled] = lr.STOP
    tails = np.zeros(n_lanes, np.int32)
    rings = np.zeros(network.n_records, lr.PLACE)
    rings["time_ms"] = -1
    built = lr.Built(
        numbers=network.numbers,
        clusters=clusters,
        lanes=network.lanes,
        moves=network.moves,
        foes=network.foes,
        turns=network.turns,
        ways=network.ways,
        stages=plans.stages,
        parts=plans.parts,
        states=plans.states,
        queues=queues,
        dwells=dwells,
    )
    state = lr.State(
        faces=plans.faces.copy(),
        sources=sources,
        exits=exits,
        heads=np.zeros(n_lanes, np.int32),
        due=np.full(n_lanes, lr.EMPTY, np.int32),
        entries=entries,
        tails=tails,
        known=tails,  # on one core the clusters know all
        rings=rings,
        shown=shown,
        vehicles=vehicles,
        steps=steps,
    )
    for signal_ix, plan_ix in enumerate(city.signals["plan_ix"].tolist()):
        put_plan(plans, state, city, signal_ix, plan_ix, begin_s, 0.0)
    return TwinRun(
        built, state, plans, traffic_ix, steps_start[:-1].copy(), steps_start[1:].copy(), roads, of_source, findings
    )


def _ways(
    network: TwinNetwork, city: City, traffic: Traffic, begin_s: float, end_s: float
) -> tuple[Ints, Ints, Ints, Ints, tuple[Finding, ...]]:
    """Return the vehicles that can drive, the steps of each, and road and turn of every step."""
    table = traffic.vehicles
    rows = np.flatnonzero((table["depart_s"] >= begin_s) & (table["depart_s"] < end_s))
    counts = (table["routes_end"] - table["routes_start"])[rows]
    roads = traffic.routes["road_ix"][ranges(table["routes_start"][rows], counts)]
    is_last = np.zeros(len(roads), np.bool_)
    is_last[np.cumsum(counts) - 1] = True
    keys = roads * city.roads.n_rows + np.append(roads[1:], 0)
    turns = np.minimum(np.searchsorted(network.turn_keys, keys), max(len(network.turn_keys) - 1, 0))
    is_known = is_last | (network.turn_keys[turns] == keys if len(network.turn_keys) else is_last)
    owner = np.repeat(np.arange(len(rows)), counts)
    turns = np.where(is_last, lr.ENDS, turns)
    may_drive = (_classes_on(network, city, roads, turns) & _classes_of_all(table["class"][rows])[owner]) != 0
    is_whole = np.bincount(owner, ~(is_known & may_drive), minlength=len(rows)) == 0
    findings: tuple[Finding, ...] = ()
    if not is_whole.all():
        text = (
            f"{(~is_whole).sum()} vehicles are left out: no lane of the net that they may use leads all along their way"
        )
        findings = (Finding("not represented", "traffic", text),)
    keeps = is_whole[owner]
    return rows[is_whole], counts[is_whole], roads[keeps], turns[keeps], findings


def classes_of(name: str) -> int:
    """Return the classes of lanes that vehicles of a class use; emergency vehicles use those of buses as well."""
    return _LANES_OF.get(name, CARS)


def _classes_of_all(names: NDArray[np.object_]) -> Ints:
    return np.array([classes_of(name) for name in names.tolist()], int)


def _classes_on(network: TwinNetwork, city: City, roads: Ints, turns: Ints) -> Ints:
    """Return who may use at least one lane of each road that makes the turn at its end, or where it ends there any."""
    lanes = network.lanes["classes"]
    is_road = network.lane_ix >= 0
    of_road = np.zeros(city.roads.n_rows, np.int64)
    np.bitwise_or.at(of_road, city.lanes["road_ix"][network.lane_ix[is_road]], lanes[is_road])
    ends = turns == lr.ENDS
    of_turn = _over_ways(network, lanes[network.ways["lane"]])
    return np.where(ends, of_road[roads], of_turn[np.where(ends, 0, turns)] if len(of_turn) else 0)


def _over_ways(network: TwinNetwork, values: Ints32 | Ints) -> Ints:
    """Return for each turn the bits of all its ways."""
    if not len(network.turns):
        return np.zeros(0, np.int64)
    return np.bitwise_or.reduceat(values.astype(np.int64), network.turns["first_way"])


def is_trip(traffic: Traffic) -> NDArray[np.bool_]:
    """Return which vehicles of the traffic may choose a part of their way."""
    table = traffic.vehicles
    n_chosen = np.concatenate([[0], np.cumsum(traffic.routes["is_chosen"])])
    is_any: NDArray[np.bool_] = n_chosen[table["routes_end"]] > n_chosen[table["routes_start"]]
    return is_any


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Return ``starts[i], starts[i] + 1, ...`` so many as ``counts[i]``, one after the other."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)


def _dwells(traffic: Traffic, traffic_ix: Ints, steps_start: Ints, steps: Records, begin_s: float) -> Records:
    """Return the scheduled stops, and mark their steps."""
    starts = traffic.vehicles["routes_start"][traffic_ix]
    rows = ranges(starts, np.diff(steps_start))
    stop_s, until_s = traffic.routes["stop_s"][rows], traffic.routes["stop_until_s"][rows]
    at = np.flatnonzero((stop_s > 0) | ~np.isnan(until_s))
    steps["turn"][at] |= lr.DWELLS
    dwells = np.zeros(len(at), lr.DWELL)
    dwells["step"] = at
    dwells["stay_ms"] = np.round(stop_s[at] * 1000)
    dwells["until_ms"] = np.round(np.nan_to_num(until_s[at] - begin_s, nan=0.0) * 1000)
    return dwells


def _vehicles(
    city: City, traffic: Traffic, traffic_ix: Ints, steps_start: Ints, roads: Ints, begin_s: float, seed: int
) -> Records:
    table = {name: traffic.vehicles[name][traffic_ix] for name in traffic.vehicles}
    vehicles = np.zeros(len(traffic_ix), lr.VEHICLE)
    chance = np.clip(uniforms(traffic_ix + 1, seed), 1e-9, 1 - 1e-9)
    factor = np.clip(table["speed_factor"] + table["speed_dev"] * ndtri(chance), 0.2, 2.0)
    vehicles["at"] = steps_start[:-1]
    space_m = np.maximum(table["length_m"] + table["min_gap_m"], SMALLEST_SPACE_M)
    vehicles["space_mm"] = np.round(space_m * 1000)
    vehicles["slow"] = np.round(1024 / factor)
    vehicles["own_pace"] = np.round(65536 / table["max_speed_mps"])
    vehicles["depart_ms"] = np.round((table["depart_s"] - begin_s) * 1000)
    vehicles["entered_ms"] = -1
    length_m = city.roads["length_m"]
    first_m, last_m = length_m[roads[steps_start[:-1]]], length_m[roads[steps_start[1:] - 1]]
    ends_m = np.where(np.isnan(table["arrival_m"]), last_m, table["arrival_m"])
    before, after = np.clip(table["depart_m"] / first_m, 0, 1), np.clip(ends_m / last_m, 0, 1)
    is_single = np.diff(steps_start) == 1
    first = np.where(is_single, np.maximum(after - before, 0), 1 - before)
    last = np.where(is_single, 1.0, after)
    vehicles["parts"] = np.round(first * 1024).astype(np.int32) | (np.round(last * 1024).astype(np.int32) << 16)
    vehicles["of_class"] = _classes_of_all(table["class"])
    return vehicles


def source_keys(network: TwinNetwork, city: City, roads: Ints, turns: Ints) -> Ints:
    """Return at which source vehicles wait that begin on some roads with some turns at their ends.

    Those who can use the same lanes of a road wait for each other.

    Returns
    -------
    int64
        Cluster, road and lanes of the source in one number, in this order.
    """
    begins = network.turn_keys // max(city.roads.n_rows, 1)
    way_lane = network.ways["lane"].astype(np.int64)
    n_ways = network.turns["last_way"] - network.turns["first_way"]
    places = way_lane - network.road_lanes[np.repeat(begins, n_ways), 0]
    masks = np.append(_over_ways(network, np.int64(1) << places), -1)
    mask = masks[np.where(turns == lr.ENDS, -1, turns)]
    cluster = network.cluster_of_node[city.roads["from_node_ix"][roads]]
    keys: Ints = ((cluster * city.roads.n_rows + roads) << _LANE_BITS) + mask + 1
    return keys


def _spare_keys(network: TwinNetwork, city: City, roads: Ints) -> Ints:
    """Return the sources at which vehicles may come to wait that choose their way from some roads."""
    begins = network.turn_keys // max(city.roads.n_rows, 1)
    turns = np.flatnonzero(np.isin(begins, roads))
    return source_keys(network, city, begins[turns], turns)


def _sources(
    network: TwinNetwork, city: City, vehicles: Records, keys: Ints, spare: Ints, clusters: Records
) -> tuple[Records, Ints32, Ints]:
    """Return the queues of those who want to enter and the keys of all sources; enter their ranges in clusters."""
    queue = np.lexsort((np.arange(len(keys)), vehicles["depart_ms"], keys))
    of_source = np.unique(np.append(keys, spare))
    cluster, road = np.divmod(of_source >> _LANE_BITS, max(city.roads.n_rows, 1))
    sources = np.zeros(len(of_source), lr.SOURCE)
    sources["next"] = np.searchsorted(keys[queue], of_source)
    sources["end"] = np.searchsorted(keys[queue], of_source, side="right")
    sources["first_lane"], sources["last_lane"] = network.road_lanes[road].T
    enter_ranges(clusters, cluster, "first_source", "last_source")
    return sources, queue.astype(np.int32), of_source

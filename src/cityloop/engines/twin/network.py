"""A city as the twin's arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cityloop.city.city import City
from cityloop.engines.twin.parameters import TwinParameters
from cityloop.kernels import lane_records as lr
from cityloop.kernels.lane_records import Ints32, Records

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CARS, BUSES, BICYCLES = 1, 2, 4
WINDOWS_S = (20, 17, 14, 12, 10, 8, 6, 5, 4, 3, 2, 1)
_SHORT_S, _N_TOGETHER = 6, 64
_FASTEST = 1.3
"""Vehicles are at most so much faster than the limit, where it matters for how long clusters may run alone."""
_GAP_M = 2.5
"""Who waits inside a junction needs no gap behind it."""
_BEHIND_M = 1.0
"""The last vehicle of a full lane stands so far behind its begin with the gap that it keeps."""
SMALLEST_SPACE_M = 5.0
"""No vehicle takes less of a lane in a standing queue; rings are long enough for it."""


@dataclass(frozen=True)
class TwinNetwork:
    """The city as the kernel takes it, and how its rows relate to the city's.

    Parameters
    ----------
    numbers, clusters, lanes, moves, foes, turns, ways : int32
        See ``cityloop.kernels.lane_queues``; the columns of ``clusters`` that depend on traffic and signals are filled
        in by the simulation.
    window_s : int
        Seconds that clusters may run side by side.
    n_records : int
        Places of all rings.
    lane_ix : int64, shape (n_lanes,)
        Row of each lane in the city, -1 for a bay: a place inside a junction where a turn waits for a gap.
    lane_of : int64, shape (city.lanes.n_rows,)
        Its inverse, -1 for lanes without vehicles.
    movement_ix : int64, shape (n_moves,)
        Row of each movement in the city; those out of bays come last and stand there a second time.
    move_of : int64, shape (city.movements.n_rows,)
        Its inverse; of parallel movements from a lane to the same road the one that stands for them, -1 for crossings.
    movement_of_bay : int64, shape (n_lanes,)
        Row in the city of the movement that waits in a bay, -1 for other lanes.
    rules : int32, shape (n_moves,)
        What each movement may do without a signal.
    turn_keys : int64, shape (n_turns,)
        Row of the road before times the number of roads, plus row of the road after; increasing.
    road_lanes : int64, shape (city.roads.n_rows, 2)
        First lane of each road and the one after its last; equal where it has none.
    cluster_of_node : int64, shape (city.nodes.n_rows,)
    """

    numbers: Ints32
    clusters: Records
    lanes: Records
    moves: Records
    foes: Records
    turns: Records
    ways: Records
    window_s: int
    n_records: int
    lane_ix: Ints
    lane_of: Ints
    movement_ix: Ints
    move_of: Ints
    movement_of_bay: Ints
    rules: Ints32
    turn_keys: Ints
    road_lanes: Ints
    cluster_of_node: Ints


def network_of(
    city: City, parameters: TwinParameters | None = None, windows_s: Sequence[int] = WINDOWS_S
) -> TwinNetwork:
    """Return the arrays of a city.

    Junctions between which news can travel faster than within a window become one cluster, whose lanes are always run
    in the same order; the window is the longest of ``windows_s`` that leaves no cluster with more than a twentieth of
    the junctions, or the shortest. A short window costs more time than a large cluster: rather than one below 6 s, up
    to 64 junctions are taken together.

    Parameters
    ----------
    city : City
    parameters : TwinParameters, optional
    windows_s : sequence of int, optional
        Candidates in falling order.
    """
    parameters = parameters or TwinParameters()
    free_s, back_s = _times_s(city, parameters)
    cluster_of_node, window_s = _clusters(
        city, np.minimum(free_s / _FASTEST, back_s - lr.LONGEST_CROSSING_MS / 1000), windows_s
    )
    bays = _bays(city)
    lane_ix, lane_of, bay_of, road_lanes, lane_ends = _order(city, cluster_of_node, bays)
    lanes, n_records = _lanes(city, lane_ix, cluster_of_node, bays, bay_of, free_s, back_s)
    movement_ix, move_of = _kept(city, lane_of)
    turns, ways, turn_keys = _turns(city, movement_ix, lane_of, road_lanes)
    moves, foes = _moves(city, movement_ix, move_of, lane_of, bay_of, parameters)
    movement_of_bay = np.full(len(lanes), -1, np.int64)
    movement_of_bay[bay_of[bays]] = bays
    narrow = bays[city.movements["wait_m"][bays] < parameters.bay_m]
    lanes["bay"] = -1
    lanes["bay"][lane_of[city.movements["from_lane_ix"][narrow]]] = bay_of[narrow]
    clusters = np.zeros(len(lane_ends), lr.CLUSTER)
    clusters["first_lane"][1:] = lane_ends[:-1]
    clusters["last_lane"] = lane_ends
    return TwinNetwork(
        numbers=_numbers(parameters, window_s),
        clusters=clusters,
        lanes=lanes,
        moves=moves,
        foes=foes,
        turns=turns,
        ways=ways,
        window_s=window_s,
        n_records=n_records,
        lane_ix=lane_ix,
        lane_of=lane_of,
        movement_ix=np.append(movement_ix, movement_ix[moves["bay_move"][: len(movement_ix)] >= 0]),
        move_of=move_of,
        movement_of_bay=movement_of_bay,
        rules=_rules(city, movement_ix, moves),
        turn_keys=turn_keys,
        road_lanes=road_lanes,
        cluster_of_node=cluster_of_node,
    )


def _numbers(parameters: TwinParameters, window_s: int) -> Ints32:
    numbers = np.zeros(lr.N_NUMBERS, np.int32)
    for place, value in (
        (lr.TAU_MS, parameters.reaction_s),
        (lr.MOVING_TAU_MS, parameters.moving_reaction_s),
        (lr.ENTRY_MS, parameters.entry_s),
        (lr.INSERT_MS, parameters.insert_s),
        (lr.INSERT_LOSS_MS, parameters.insert_loss_s),
        (lr.ACCEL_MMPS2, parameters.accel_mps2),
        (lr.SEEN_MS, window_s),
        (lr.STOOD_MS, parameters.stood_s),
        (lr.WAVE_MS, parameters.wave_s),
        (lr.START_WAVE_MS, parameters.start_wave_s),
        (lr.RESTART_MS, parameters.restart_s),
        (lr.PATIENCE_MS, parameters.patience_s),
        (lr.CHANGE, parameters.change_m2),
        (lr.LOOK_MM, parameters.look_m),
        (lr.CHANGING_SHARE, parameters.changing_frac * 1.024),
        (lr.STOP_MS, parameters.stop_s),
        (lr.STOP_HEADWAY_MS, parameters.stop_headway_s),
        (lr.YIELD_PACE, 65.536 / (parameters.yield_mps * parameters.speed_frac)),
    ):
        numbers[place] = round(value * 1000)
    for first, values, factor in (
        (lr.START_MMPS, parameters.start_mps, 1000),
        (lr.START_MS, parameters.start_headway_s, 1000),
        (lr.START_PACE, parameters.start_pace_s_m, 65536),
    ):
        numbers[first : first + lr.N_STARTS] = np.round(np.array(values) * factor)
    return numbers


def _times_s(city: City, parameters: TwinParameters) -> tuple[Floats, Floats]:
    """Return free-flow and backward-wave time of every lane of the city."""
    length_m, speed_mps = city.lanes["length_m"], city.lanes["speed_mps"]
    return length_m / np.maximum(speed_mps - parameters.dawdle_mps, 0.5), length_m / parameters.fastest_wave_mps


def _clusters(city: City, time_s: Floats, windows_s: Sequence[int]) -> tuple[Ints, int]:
    """Return the cluster of each node, and the window."""
    n_nodes = city.nodes.n_rows
    road_time_s = np.full(city.roads.n_rows, np.inf)
    np.minimum.at(road_time_s, city.lanes["road_ix"], time_s)
    begins, ends = city.roads["from_node_ix"], city.roads["to_node_ix"]
    for window_s in windows_s:
        is_short = road_time_s < window_s + 1
        ones = np.ones(int(is_short.sum()), np.int8)
        joined = coo_array((ones, (begins[is_short], ends[is_short])), shape=(n_nodes, n_nodes))
        n_clusters, cluster = connected_components(joined, directed=False)
        n_most = n_nodes / 20 if window_s > _SHORT_S else max(n_nodes / 20, _N_TOGETHER)
        if np.bincount(cluster, minlength=n_clusters).max() <= n_most:
            break
    return cluster.astype(np.int64), window_s


def _bays(city: City) -> Ints:
    """Return the movements that wait inside the junction: those that yield there, but not at the stop line.

    At a signal that is every turn with a place to wait; elsewhere a turn from a road that has the right of way.
    """
    table = city.movements
    may_wait = ~np.isnan(table["wait_m"]) & ~table["is_crossing"] & table["is_minor"]
    from_road = city.lanes["road_ix"][np.maximum(table["from_lane_ix"], 0)]
    has_way = np.zeros(city.roads.n_rows, np.bool_)
    has_way[from_road[~table["is_minor"] & ~table["is_crossing"]]] = True
    is_stop = np.isin(city.nodes["kind"][table["node_ix"]], ("allway_stop", "priority_stop"))
    return np.flatnonzero(may_wait & ((table["link_ix"] >= 0) | (has_way[from_road] & ~is_stop)))


def _order(city: City, cluster_of_node: Ints, bays: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return the lanes in the kernel's order and what relates them to the city.

    Returns
    -------
    lane_ix, lane_of : int64
        See ``TwinNetwork``.
    bay_of : int64, shape (city.movements.n_rows,)
        Row of the bay of each movement, -1 without.
    road_lanes : int64
        See ``TwinNetwork``.
    lane_ends : int64, shape (n_clusters,)
        End of each cluster's lanes.
    """
    lanes, roads, movements = city.lanes, city.roads, city.movements
    drives = lanes["allows_cars"] | lanes["allows_buses"] | lanes["allows_bicycles"]
    kept = np.flatnonzero(drives)
    no_lane = np.full(len(bays), -1)
    road = np.concatenate([lanes["road_ix"][kept], no_lane])
    node = np.concatenate([roads["to_node_ix"][lanes["road_ix"][kept]], movements["node_ix"][bays]])
    index = np.concatenate([lanes["index"][kept], bays])
    order = np.lexsort((index, np.where(road < 0, roads.n_rows, road), node, cluster_of_node[node]))
    lane_ix = np.concatenate([kept, no_lane])[order].astype(np.int64)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    lane_of = np.full(lanes.n_rows, -1, np.int64)
    lane_of[kept] = place[: len(kept)]
    bay_of = np.full(movements.n_rows, -1, np.int64)
    bay_of[bays] = place[len(kept) :]
    road_lanes = np.zeros((roads.n_rows, 2), np.int64)
    by_road = lane_of[kept]
    road_lanes[:, 0] = len(order)
    np.minimum.at(road_lanes[:, 0], lanes["road_ix"][kept], by_road)
    np.maximum.at(road_lanes[:, 1], lanes["road_ix"][kept], by_road + 1)
    road_lanes[road_lanes[:, 1] == 0] = 0
    ends = np.searchsorted(cluster_of_node[node[order]], np.arange(cluster_of_node.max() + 1), side="right")
    return lane_ix, lane_of, bay_of, road_lanes, ends


def _lanes(
    city: City, lane_ix: Ints, cluster_of_node: Ints, bays: Ints, bay_of: Ints, free_s: Floats, back_s: Floats
) -> tuple[Records, int]:
    table = city.lanes
    is_bay = lane_ix < 0
    length_m = table["length_m"][lane_ix]
    length_m[bay_of[bays]] = city.movements["wait_m"][bays]
    inside_m = np.zeros(city.lanes.n_rows)
    ways = np.flatnonzero(city.movements["to_lane_ix"] >= 0)
    np.maximum.at(inside_m, city.movements["to_lane_ix"][ways], city.movements["length_m"][ways])
    need = np.ceil((length_m + inside_m[lane_ix]) / SMALLEST_SPACE_M).astype(np.int64) + 3
    sizes = np.int64(1) << np.ceil(np.log2(need)).astype(np.int64)
    lanes = np.zeros(len(lane_ix), lr.LANE)
    lanes["ring"] = np.cumsum(sizes) - sizes
    lanes["mask"] = sizes - 1
    lanes["length_mm"] = np.round(length_m * 1000)
    lanes["room_mm"] = np.round((length_m + np.where(is_bay, _GAP_M, _BEHIND_M)) * 1000)
    lanes["room_mm"][~is_bay] += np.round(_inside_m(city)[lane_ix[~is_bay]] * 1000).astype(np.int32)
    roads = city.roads
    begins, ends = cluster_of_node[roads["from_node_ix"]], cluster_of_node[roads["to_node_ix"]]
    lanes["is_inner"] = (begins == ends)[table["road_ix"][lane_ix]] | is_bay
    lanes["free_ms"] = np.where(is_bay, 0, np.round(free_s[lane_ix] * 1000))
    lanes["back_ms"] = np.where(is_bay, 0, np.round(back_s[lane_ix] * 1000))
    for name, bit in (("allows_cars", CARS), ("allows_buses", BUSES), ("allows_bicycles", BICYCLES)):
        lanes["classes"] |= np.where(is_bay | table[name][lane_ix], bit, 0).astype(np.int32)
    return lanes, int(sizes.sum())


def _inside_m(city: City) -> Floats:
    """Return for every lane the way inside the junction before it on which vehicles may stand, as nobody crosses it."""
    table, conflicts = city.movements, city.conflicts
    stays = ~table["is_crossing"] & (table["to_lane_ix"] >= 0)
    meets = np.zeros(table.n_rows, np.bool_)
    meets[conflicts["movement_ix"]] = True
    stays &= ~meets | ~city.nodes["keeps_clear"][table["node_ix"]]
    inside_m = np.zeros(city.lanes.n_rows)
    np.maximum.at(inside_m, table["to_lane_ix"][stays], table["length_m"][stays])
    return inside_m


def _kept(city: City, lane_of: Ints) -> tuple[Ints, Ints]:
    """Return the movements that are used, and for each of the city's the one that stands for it."""
    movements, road_ix = city.movements, city.lanes["road_ix"]
    from_ix, to_ix = movements["from_lane_ix"], movements["to_lane_ix"]
    rows = np.flatnonzero(~movements["is_crossing"] & (from_ix >= 0) & (to_ix >= 0))
    rows = rows[(lane_of[from_ix[rows]] >= 0) & (lane_of[to_ix[rows]] >= 0)]
    lane, next_road = lane_of[from_ix[rows]], road_ix[to_ix[rows]]
    order = np.lexsort((rows, next_road, lane))
    rows, lane, next_road = rows[order], lane[order], next_road[order]
    is_first = (np.diff(lane, prepend=-1) != 0) | (np.diff(next_road, prepend=-1) != 0)
    move_of = np.full(movements.n_rows, -1, np.int64)
    move_of[rows] = np.cumsum(is_first) - 1
    return rows[is_first].astype(np.int64), move_of


def _turns(city: City, movement_ix: Ints, lane_of: Ints, road_lanes: Ints) -> tuple[Records, Records, Ints]:
    road_ix = city.lanes["road_ix"]
    begin = road_ix[city.movements["from_lane_ix"][movement_ix]]
    end = road_ix[city.movements["to_lane_ix"][movement_ix]]
    order = np.lexsort((np.arange(len(movement_ix)), end, begin))
    begin, end = begin[order], end[order]
    firsts = np.flatnonzero((np.diff(begin, prepend=-1) != 0) | (np.diff(end, prepend=-1) != 0))
    ways = np.zeros(len(order), lr.WAY)
    ways["lane"] = lane_of[city.movements["from_lane_ix"][movement_ix[order]]]
    ways["move"] = order
    turns = np.zeros(len(firsts), lr.TURN)
    turns["first_way"] = firsts
    turns["last_way"] = np.append(firsts[1:], len(order))
    turns["next_lane"] = road_lanes[end[firsts], 0]
    turns["last_next_lane"] = road_lanes[end[firsts], 1]
    return turns, ways, begin[firsts] * city.roads.n_rows + end[firsts]


def _moves(
    city: City,
    movement_ix: Ints,
    move_of: Ints,
    lane_of: Ints,
    bay_of: Ints,
    parameters: TwinParameters,
) -> tuple[Records, Records]:
    """Return movements, those out of bays behind the others, and their foes."""
    table, lanes = city.movements, city.lanes
    from_ix, to_ix = table["from_lane_ix"][movement_ix], table["to_lane_ix"][movement_ix]
    moves = np.zeros(len(movement_ix), lr.MOVE)
    moves["from_lane"], moves["to_lane"] = lane_of[from_ix], lane_of[to_ix]
    speed_mps = np.minimum(table["speed_mps"][movement_ix], lanes["speed_mps"][from_ix])
    yields = (table["link_ix"][movement_ix] < 0) & table["is_minor"][movement_ix]
    speed_mps = np.where(yields, np.minimum(speed_mps, parameters.yield_mps), speed_mps)
    before, after = lanes["speed_mps"][from_ix], lanes["speed_mps"][to_ix]
    pace_s_m = 1 / np.maximum(speed_mps - parameters.dawdle_mps, 0.5)
    slowed = np.maximum(before - speed_mps, 0.0) ** 2 / (2 * parameters.decel_mps2 * (before - parameters.dawdle_mps))
    gained = np.maximum(after - speed_mps, 0.0) ** 2 / (2 * parameters.accel_mps2 * (after - parameters.dawdle_mps))
    yellow_s = speed_mps / (2 * parameters.yellow_decel_mps2) - parameters.yellow_reaction_s
    moves["slowed_ms"] = np.round(slowed * 1000)
    moves["cross_ms"] = np.round((table["length_m"][movement_ix] * pace_s_m + gained) * 1000)
    moves["pace"] = np.round(65536 / (speed_mps * parameters.speed_frac))
    moves["moving_pace"] = np.round(65536 / (speed_mps * parameters.moving_speed_frac))
    moves["yellow_ms"] = np.round(np.maximum(yellow_s, 0.0) * 1000)
    moves["mmps"] = np.round(speed_mps * 1000)
    moves["inside_mm"] = np.round(table["length_m"][movement_ix] * 1000)
    is_signalised = table["link_ix"][movement_ix] >= 0
    moves["lost_ms"] = np.where(is_signalised, round(parameters.start_loss_s * 1000), 0)
    moves["bay_move"] = -1
    into = np.flatnonzero(bay_of[movement_ix] >= 0)
    out_of = moves[into]
    out_of["from_lane"] = moves["to_lane"][into] = bay_of[movement_ix[into]]
    moves["bay_move"][into] = len(moves) + np.arange(len(into))
    moves["cross_ms"][into] = np.round(table["wait_m"][movement_ix[into]] * pace_s_m[into] * 1000)
    out_of["cross_ms"] -= moves["cross_ms"][into]
    out_of["slowed_ms"] = out_of["lost_ms"] = 0
    out_of["is_from_bay"] = 1
    out_of["inside_mm"] -= np.round(table["wait_m"][movement_ix[into]] * 1000).astype(np.int32)
    moves = np.concatenate([moves, out_of])
    way_m = table["length_m"][np.append(movement_ix, movement_ix[into])]
    yielding, foes = _foes(city, move_of, way_m, moves, parameters)
    moves["first_foe"] = np.searchsorted(yielding, np.arange(len(moves)))
    moves["last_foe"] = np.searchsorted(yielding, np.arange(len(moves)), side="right")
    return moves, foes


def _foes(city: City, move_of: Ints, way_m: Floats, moves: Records, parameters: TwinParameters) -> tuple[Ints, Records]:
    """Return movements that yield, in order, and a foe of each."""
    conflicts = city.conflicts
    mine, foe = move_of[conflicts["movement_ix"]], move_of[conflicts["foe_ix"]]
    counts = conflicts["must_yield"] & (mine >= 0) & (foe >= 0)
    mine, foe = mine[counts], foe[counts]
    differs = moves["from_lane"][mine] != moves["from_lane"][foe]
    last = np.where(moves["bay_move"] >= 0, moves["bay_move"], np.arange(len(moves)))
    pairs = np.unique(np.stack([last[mine[differs]], last[foe[differs]]], axis=1), axis=0)
    is_merge = moves["to_lane"][pairs[:, 0]] == moves["to_lane"][pairs[:, 1]]
    is_from_bay = moves["is_from_bay"][pairs[:, 0]] == 1
    merge_gap_s = parameters.merge_gap_s + parameters.merge_gap_s2_m * moves["mmps"][pairs[:, 1]] / 1000
    gap_s = parameters.gap_s + parameters.gap_s_m * way_m[pairs[:, 0]] + parameters.bay_gap_s * is_from_bay
    gap_s = np.where(is_merge, merge_gap_s, gap_s)
    foes = np.zeros(len(pairs), lr.FOE)
    foes["move"], foes["lane"] = pairs[:, 1], moves["from_lane"][pairs[:, 1]]
    foes["gap_ms"], foes["clear_ms"] = np.round(gap_s * 1000), round(parameters.clear_s * 1000)
    foes["is_merge"] = is_merge
    return pairs[:, 0], foes


def _rules(city: City, movement_ix: Ints, moves: Records) -> Ints32:
    """Return what movements may do where no signal rules them: into a bay without yielding, on from it with."""
    table = city.movements
    kind = city.nodes["kind"][table["node_ix"][movement_ix]]
    is_minor = table["is_minor"][movement_ix]
    rules = np.where(is_minor, lr.YIELDING, lr.PROTECTED)
    rules = np.where(is_minor & (kind == "priority_stop"), lr.STOP_THEN_YIELD, rules)
    rules = np.where(kind == "allway_stop", lr.ALL_WAY, rules)
    into = np.flatnonzero(moves["bay_move"][: len(rules)] >= 0)
    rules[into] = lr.PROTECTED
    return np.append(rules, np.full(len(into), lr.YIELDING)).astype(np.int32)

"""The fastest way through a city by the travel times of the moment (Dijkstra)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloop.kernels import lane_queues as lq
from cityloop.kernels.lane_records import Ints32
from cityloop.kernels.travel_times import N_PAST, Stretches

Floats = NDArray[np.float64]


class Graph(NamedTuple):
    """Roads and the turns between them, for the vehicles of one kind.

    Parameters
    ----------
    first : int32, shape (n_roads + 1,)
        First turn at the end of each road, and behind them their number.
    from_road, to_road : int32, shape (n_turns,)
        Roads before and behind each turn.
    through_s : float64, shape (n_turns,)
        Least travel time of each turn.
    bay : int32, shape (n_turns,)
        Stretch inside the junction on which it waits for a gap, -1 without.
    beside_bay_s : float64, shape (n_turns,)
        Travel time of the rest of the turn, at the limit.
    own_s : float64, shape (n_roads,)
        Travel time of each road with nobody in the way.
    length_mm : float64, shape (n_stretches,)
        Of the roads and, behind them, of the bays.
    """

    first: Ints32
    from_road: Ints32
    to_road: Ints32
    through_s: Floats
    bay: Ints32
    beside_bay_s: Floats
    own_s: Floats
    length_mm: Floats


class Search(NamedTuple):
    """Room for a search.

    Parameters
    ----------
    reached_s : float64, shape (n_roads,)
    by : int32, shape (n_roads,)
        Turn by which each road is reached.
    is_settled : bool, shape (n_roads,)
    heap_s : float64, shape (2 * n_turns,)
    heap_road : int32, shape (2 * n_turns,)
    """

    reached_s: Floats
    by: Ints32
    is_settled: NDArray[np.bool_]
    heap_s: Floats
    heap_road: Ints32


@lq.inlined
def travel_s(stretch: int, graph: Graph, stretches: Stretches) -> float:
    """Return how long a stretch takes at the speed at which it is driven at the moment."""
    time_s: float = graph.length_mm[stretch] * N_PAST / max(stretches.total_mmps[stretch], N_PAST)
    return time_s


@lq.inlined
def push(n: int, time_s: float, road: int, search: Search) -> None:
    """Put a road into a heap of ``n``, the earliest first, of equally early ones that with the lower number."""
    heap_s, heap_road, at = search.heap_s, search.heap_road, n
    while at > 0:
        above = (at - 1) >> 1
        if heap_s[above] < time_s or (heap_s[above] == time_s and heap_road[above] <= road):
            break
        heap_s[at], heap_road[at] = heap_s[above], heap_road[above]
        at = above
    heap_s[at], heap_road[at] = time_s, road


@lq.inlined
def pop(n: int, search: Search) -> None:
    """Take the first out of a heap of ``n``."""
    heap_s, heap_road, at = search.heap_s, search.heap_road, 0
    time_s, road = heap_s[n - 1], heap_road[n - 1]
    while 2 * at + 1 < n - 1:
        below = 2 * at + 1
        if below + 1 < n - 1 and (
            heap_s[below + 1] < heap_s[below]
            or (heap_s[below + 1] == heap_s[below] and heap_road[below + 1] < heap_road[below])
        ):
            below += 1
        if time_s < heap_s[below] or (time_s == heap_s[below] and road <= heap_road[below]):
            break
        heap_s[at], heap_road[at] = heap_s[below], heap_road[below]
        at = below
    heap_s[at], heap_road[at] = time_s, road


@lq.compiled
def fastest_way(origin: int, target: int, graph: Graph, stretches: Stretches, search: Search, way: Ints32) -> int:
    """Write the turns of the fastest way from one road to another, and return their number.

    Among equally fast ways it is the one of ``city.sumo.routing``, which is SUMO's.

    Parameters
    ----------
    origin, target : int
        Rows of roads; where they are the same, the way leads around and back.
    graph : Graph
    stretches : Stretches
    search : Search
        Overwritten.
    way : int32, shape (n_roads,)
        Written.

    Returns
    -------
    int
        0 where there is no way.
    """
    reached_s, by, is_settled = search.reached_s, search.by, search.is_settled
    for road in range(reached_s.shape[0]):
        reached_s[road], by[road], is_settled[road] = np.inf, -1, False
    n_heap, road, time_s = 0, origin, 0.0
    while road >= 0 and not is_settled[target]:
        time_s += max(travel_s(road, graph, stretches), graph.own_s[road])
        for turn in range(graph.first[road], graph.first[road + 1]):
            through_s, bay = graph.through_s[turn], graph.bay[turn]
            if bay >= 0:
                through_s = max(through_s, travel_s(bay, graph, stretches) + graph.beside_bay_s[turn])
            follower, follower_s = graph.to_road[turn], time_s + through_s
            if follower_s < reached_s[follower]:
                reached_s[follower], by[follower] = follower_s, turn
                push(n_heap, follower_s, follower, search)
                n_heap += 1
        road = -1
        while road < 0 and n_heap > 0:
            first = search.heap_road[0]
            time_s = search.heap_s[0]
            pop(n_heap, search)
            n_heap -= 1
            if not is_settled[first]:
                is_settled[first] = True
                road = first
    n = 0
    if is_settled[target]:
        road = target
        while n == 0 or road != origin:
            way[n] = by[road]
            road = graph.from_road[way[n]]
            n += 1
        for place in range(n // 2):
            way[place], way[n - 1 - place] = way[n - 1 - place], way[place]
    return n

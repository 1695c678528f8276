"""Destinations by gravity and the shortest ways to them, tree by tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from cityloop.city.errors import Unusable
from cityloop.city.metropolis.road_graph import RoadGraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TREE_ENTRIES_AT_ONCE = 2**24  # distances held at one time: bounds the memory whatever the size of the city


@dataclass(frozen=True, eq=False)
class Journeys:
    """Ways one after the other, and the rows that each trip takes of them.

    Parameters
    ----------
    road_ix : int32[w]
    start, end : int64[n]
        Rows of each trip; trips to the same destination share them.
    """

    road_ix: NDArray[np.int32]
    start: Ints
    end: Ints


def journeys_of(
    graph: RoadGraph, root: Ints, n_trips: Ints, chance: Floats, *, decay_s: float, limit_s: float
) -> Journeys:
    """Return a way for every trip from the roots.

    A road ``r`` is the destination with a chance in proportion to ``lane_m[r] * exp(-t / decay_s)``, ``t`` being the
    free-flow time to its begin: the gravity model, constrained by origin, with Wilson's exponential deterrence
    (A. G. Wilson, "A statistical theory of spatial distribution models", Transportation Research 1, 1967).

    Parameters
    ----------
    graph : RoadGraph
    root : int64[c]
        Road that the trips of a tree begin on.
    n_trips : int64[c]
        Trips of each tree; their sum is ``n``.
    chance : float64[n]
        A number in [0, 1) for each trip, tree after tree.
    decay_s : float
        Time over which the chance falls to 1/e.
    limit_s : float
        Longest time to a destination.

    Raises
    ------
    Unusable
        Where nothing can be reached within the limit.
    """
    n_at_once = max(1, _TREE_ENTRIES_AT_ONCE // max(len(graph.lane_m), 1))
    trip_start = np.concatenate(([0], np.cumsum(n_trips)))
    parts: list[NDArray[np.int32]] = []
    start, end = np.empty(len(chance), np.int64), np.empty(len(chance), np.int64)
    n_rows = 0
    for first in range(0, len(root), n_at_once):
        trees = slice(first, min(first + n_at_once, len(root)))
        trips = slice(int(trip_start[trees.start]), int(trip_start[trees.stop]))
        time_s, before = dijkstra(graph.seconds, indices=root[trees], limit=limit_s, return_predecessors=True)
        tree = np.repeat(np.arange(trees.stop - trees.start), n_trips[trees])
        target = np.empty(len(tree), np.int64)
        for k in range(trees.stop - trees.start):
            own = slice(*(trip_start[trees.start + k : trees.start + k + 2] - trips.start))
            target[own] = _targets(time_s[k], int(root[trees][k]), graph.lane_m, chance[trips][own], decay_s)
        del time_s
        key, which = np.unique(tree * len(graph.lane_m) + target, return_inverse=True)
        way_tree, way_target = np.divmod(key, len(graph.lane_m))
        roads, way_end = _ways(before, way_tree, way_target)
        way_start = np.concatenate(([0], way_end[:-1]))
        start[trips], end[trips] = n_rows + way_start[which], n_rows + way_end[which]
        parts.append(roads)
        n_rows += len(roads)
    return Journeys(np.concatenate(parts), start, end)


def _targets(time_s: Floats, root: int, lane_m: Floats, chance: Floats, decay_s: float) -> Ints:
    """Return a destination for each trip of a tree."""
    time_s[root] = np.inf  # a trip leaves its road
    reached = np.flatnonzero(time_s < np.inf)
    pull = np.cumsum(lane_m[reached] * np.exp(-time_s[reached] / decay_s))
    if not len(pull) or pull[-1] <= 0.0:
        raise Unusable("no other road is reached in time", f"gravity_traffic road {root}", "give a larger limit_s")
    drawn = np.searchsorted(pull, chance * pull[-1], side="right")
    return np.asarray(reached[np.minimum(drawn, len(pull) - 1)])


def _ways(before: NDArray[np.int32], tree: Ints, target: Ints) -> tuple[NDArray[np.int32], Ints]:
    """Return the roads of many ways one after the other and the row after the last of each.

    All ways are walked backward at once, a step at a time, from their destinations to the roots.

    Parameters
    ----------
    before : int32[t, r]
        Road before each road in each tree, negative at the root.
    tree, target : int64[w]
    """
    steps: list[tuple[Ints, NDArray[np.int32]]] = []
    n_roads = np.zeros(len(tree), np.int64)
    way, road = np.arange(len(tree)), target.astype(np.int32)
    while len(way):
        steps.append((way, road))
        n_roads[way] += 1
        road = before[tree[way], road]
        way, road = way[road >= 0], road[road >= 0]
    end = np.cumsum(n_roads)
    roads = np.empty(int(end[-1]), np.int32)
    for step, (way, road) in enumerate(steps):
        roads[end[way] - 1 - step] = road
    return roads, end

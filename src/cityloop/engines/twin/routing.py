"""The streets of the twin as those see them who choose a way."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.sumo.routing import RoadGraph
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.prepare import classes_of
from cityloop.kernels.fastest_way import Graph, Search
from cityloop.kernels.travel_times import N_PAST, Stretches

Ints32 = NDArray[np.int32]
Kind = tuple[str, float, float]
"""Class of vehicles, their highest speed and the factor on the speed limit that they choose."""


@dataclass(frozen=True)
class Closure:
    """A while in which some streets are closed; whoever departs then avoids them.

    Parameters
    ----------
    graph_of : callable
        Returns what is open of them to a kind of vehicles.
    from_s, until_s : float
        Scenario time.
    """

    graph_of: Callable[[Kind], RoadGraph]
    from_s: float = -math.inf
    until_s: float = math.inf


@dataclass(frozen=True)
class Choices:
    """Turns that a kind of vehicles can make: the graph, and the row of each of its turns in the network."""

    graph: Graph
    turns: Ints32


class Router:
    """Where trips may drive, and what is known in advance of the travel times there.

    Stretches of street are the roads and, behind them, the bays: places inside junctions where a turn waits for a gap.

    Parameters
    ----------
    network : TwinNetwork
    city : City
        The one that the network was made from.
    graph_of : callable
        Returns the roads and free travel times for a kind of vehicles.
    """

    def __init__(
        self,
        network: TwinNetwork,
        city: City,
        graph_of: Callable[[Kind], RoadGraph],
    ) -> None:
        self._network, self._city, self._graph_of = network, city, graph_of
        self._closure: Closure | None = None
        self._open: dict[Kind, Choices] = {}
        self._closed: dict[Kind, Choices] = {}
        self._bays = np.flatnonzero(network.lane_ix < 0)
        movements = city.movements
        waits = network.movement_of_bay[self._bays]
        self._length_mm = np.round(np.append(city.roads["length_m"], movements["wait_m"][waits]) * 1000)
        self._bay_mps = movements["speed_mps"][waits]
        self._beside_bay_m = movements["length_m"][waits] - movements["wait_m"][waits]
        self._bay_of_turn = self._bays_of_turns()

    def with_closure(self, closure: Closure) -> Router:
        """Return a router for the same streets of which some are closed for a while."""
        router = copy(self)
        router._closure, router._closed = closure, {}
        return router

    def choices(self, kind: Kind, depart_s: float) -> Choices:
        """Return the turns among which a vehicle may choose that departs at some time of the scenario."""
        known, graph_of = self._open, self._graph_of
        if self._closure is not None and self._closure.from_s <= depart_s < self._closure.until_s:
            known, graph_of = self._closed, self._closure.graph_of
        choices = known.get(kind)
        if choices is None:
            choices = known[kind] = self._choices(kind, graph_of(kind))
        return choices

    def stretches(self) -> Stretches:
        """Return the stretches as they are while nobody has been there."""
        lanes, network = self._city.lanes, self._network
        is_bay = network.lane_ix < 0
        n_roads, n_bays = self._city.roads.n_rows, len(self._bays)
        of_lane = np.zeros(len(network.lanes), np.int32)
        limit_mmps = np.zeros(len(network.lanes), np.int32)
        of_lane[~is_bay] = lanes["road_ix"][network.lane_ix[~is_bay]]
        limit_mmps[~is_bay] = np.round(lanes["speed_mps"][network.lane_ix[~is_bay]] * 1000)
        of_lane[is_bay] = n_roads + np.arange(n_bays)
        limit_mmps[is_bay] = np.round(self._bay_mps * 1000)
        road_mmps = np.bincount(lanes["road_ix"], np.round(lanes["speed_mps"] * 1000), n_roads).astype(np.int64)
        limits_mmps = np.append(road_mmps, limit_mmps[is_bay]).astype(np.int64)
        n_lanes = np.append(np.bincount(lanes["road_ix"], minlength=n_roads), np.ones(n_bays)).astype(np.int32)
        mean_mmps = limits_mmps // np.maximum(n_lanes, 1)
        return Stretches(
            of_lane=of_lane,
            limit_mmps=limit_mmps,
            n_lanes=n_lanes,
            limits_mmps=limits_mmps,
            is_used=np.zeros(len(n_lanes), np.bool_),
            past_mmps=np.repeat(mean_mmps.astype(np.int32)[:, None], N_PAST, axis=1),
            total_mmps=mean_mmps * N_PAST,
            now_mmps=np.zeros(len(n_lanes), np.int64),
            n_now=np.zeros(len(n_lanes), np.int64),
        )

    def search(self) -> Search:
        """Return room for a search."""
        n_roads, n_heap = self._city.roads.n_rows, 2 * len(self._network.turns) + 1
        return Search(
            reached_s=np.zeros(n_roads),
            by=np.zeros(n_roads, np.int32),
            is_settled=np.zeros(n_roads, np.bool_),
            heap_s=np.zeros(n_heap),
            heap_road=np.zeros(n_heap, np.int32),
        )

    def _bays_of_turns(self) -> Ints32:
        """Return the place among the bays of the one where each turn waits, -1 without."""
        network = self._network
        turn = np.repeat(np.arange(len(network.turns)), network.turns["last_way"] - network.turns["first_way"])
        move = network.ways["move"]
        waits = np.flatnonzero(network.moves["bay_move"][move] >= 0)[::-1]  # of several bays of a turn the first
        bay_of_turn = np.full(len(network.turns), -1, np.int32)
        bay_of_turn[turn[waits]] = np.searchsorted(self._bays, network.moves["to_lane"][move[waits]])
        return bay_of_turn

    def _choices(self, kind: Kind, roads: RoadGraph) -> Choices:
        network, n_roads = self._network, self._city.roads.n_rows
        counts = [len(followers) for followers in roads.following]
        begins = np.repeat(np.arange(n_roads), counts)
        pairs = [pair for followers in roads.following for pair in followers]
        ends = np.array([follower for follower, _ in pairs], np.int64)
        through_s = np.array([time_s for _, time_s in pairs], np.float64)
        keys = begins * n_roads + ends
        turns = np.minimum(np.searchsorted(network.turn_keys, keys), max(len(network.turn_keys) - 1, 0))
        opens = network.lanes["classes"][network.ways["lane"]] & classes_of(kind[0])
        is_known = np.zeros(len(keys), np.bool_)
        if len(network.turns):
            is_open = np.bitwise_or.reduceat(opens, network.turns["first_way"]) != 0
            is_known = (network.turn_keys[turns] == keys) & is_open[turns]
        begins, ends, turns = begins[is_known], ends[is_known], turns[is_known].astype(np.int32)
        bay = self._bay_of_turn[turns]
        beside_bay_s = np.append(self._beside_bay_m / np.maximum(self._bay_mps, 1e-3), 0.0)[bay]
        graph = Graph(
            first=np.searchsorted(begins, np.arange(n_roads + 1)).astype(np.int32),
            from_road=begins.astype(np.int32),
            to_road=ends.astype(np.int32),
            through_s=through_s[is_known],
            bay=np.where(bay >= 0, n_roads + bay, -1).astype(np.int32),
            beside_bay_s=beside_bay_s,
            own_s=np.array(roads.own_s, np.float64),
            length_mm=self._length_mm,
        )
        return Choices(graph, turns)

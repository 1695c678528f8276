"""The ways that trips take: chosen on departure, by the travel times that the twin has at that moment.

So does SUMO by default: a trip is routed when it is due, and again when it enters after having waited for more than
60 s (``MSDevice_Routing``). Here whoever waits is routed again every 60 s.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.prepare import TwinRun, is_trip, source_keys
from cityloop.engines.twin.routing import Choices, Kind, Router
from cityloop.engines.twin.truth import TruthReader
from cityloop.kernels import lane_records as lr
from cityloop.kernels.fastest_way import fastest_way
from cityloop.kernels.travel_times import EVERY_S, watch

Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]
_COLUMNS = ("class", "max_speed_mps", "speed_factor", "routes_start", "routes_end")
AGAIN_S = 60
"""Whoever still waits to enter chooses again after so long."""


class Departures:
    """Lets the trips of a run choose their ways.

    A trip keeps its first and last road and those that it has to pass. Where no way leads over them, it keeps the one
    that it has.

    Parameters
    ----------
    router : Router
    network : TwinNetwork
    city : City
    traffic : Traffic
    run : TwinRun
        At its begin; its ways are changed in place.
    begin_s : float
        Of the run, in scenario time.
    """

    def __init__(
        self, router: Router, network: TwinNetwork, city: City, traffic: Traffic, run: TwinRun, begin_s: float
    ) -> None:
        self._router, self._run, self._begin_s = router, run, begin_s
        self._routes, self._stretches, self._search = traffic.routes, router.stretches(), router.search()
        trips = np.flatnonzero(is_trip(traffic)[run.traffic_ix])
        depart_ms = run.state.vehicles["depart_ms"][trips]
        order = np.argsort(depart_ms, kind="stable")
        self._coming: list[int] = trips[order][::-1].tolist()
        self._waiting: list[list[int]] = [[] for _ in range(AGAIN_S)]
        table = {name: traffic.vehicles[name][run.traffic_ix] for name in _COLUMNS}
        kinds = zip(*(table[name][trips].tolist() for name in _COLUMNS[:3]), strict=True)
        self._kinds: dict[int, Kind] = dict(zip(trips.tolist(), kinds, strict=True))
        self._spans = list(zip(table["routes_start"].tolist(), table["routes_end"].tolist(), strict=True))
        self._passed: dict[tuple[int, int], list[int]] = {}
        self._way = np.zeros(city.roads.n_rows, np.int32)
        begins = network.turn_keys // max(city.roads.n_rows, 1)
        self._key_of_turn = source_keys(network, city, begins, np.arange(len(begins)))
        self._n_steps = len(run.roads)

    def watch(self, second: int, truth: TruthReader) -> None:
        """Take in how fast everybody drives at a second, where it is time for it."""
        if second % EVERY_S == 0:
            watch(*truth.places(float(second)), second // EVERY_S, self._stretches)

    def choose(self, second: int) -> None:
        """Let those choose who are due in a second, and those who have waited for a whole number of ``AGAIN_S``."""
        vehicles = self._run.state.vehicles
        due = [who for who in self._waiting[second % AGAIN_S] if vehicles["entered_ms"][who] < 0]
        while self._coming and vehicles["depart_ms"][self._coming[-1]] < (second + 1) * 1000:
            due.append(self._coming.pop())
        self._waiting[second % AGAIN_S] = due
        for who in due:
            self._choose(who, self._begin_s + second)

    def _choose(self, who: int, now_s: float) -> None:
        """Let a vehicle choose."""
        choices, run = self._router.choices(self._kinds[who], now_s), self._run
        passed = self._passed_by(self._spans[who])
        found = [self._leg(origin, target, choices) for origin, target in pairwise(passed)]
        if not all(map(len, found)):
            return
        way = found[0] if len(found) == 1 else np.concatenate(found)
        turns = choices.turns[way]
        start, end = run.steps_start[who], run.steps_end[who]
        before = run.state.steps["turn"][start : end - 1].tolist()
        if before != turns.tolist():
            source, other = self._key_of_turn[before[0]], self._key_of_turn[turns[0]]
            self._take(who, np.append(passed[0], choices.graph.to_road[way]), turns)
            if other != source:
                self._wait_elsewhere(who, *np.searchsorted(run.source_keys, (source, other)).tolist())

    def _passed_by(self, span: tuple[int, int]) -> list[int]:
        """Return the roads that a way has to pass, by its rows in the traffic."""
        passed = self._passed.get(span)
        if passed is None:
            rows = slice(*span)
            passed = self._passed[span] = self._routes["road_ix"][rows][~self._routes["is_chosen"][rows]].tolist()
        return passed

    def _leg(self, origin: int, target: int, choices: Choices) -> Ints32:
        n = fastest_way(origin, target, choices.graph, self._stretches, self._search, self._way)
        return self._way[:n].copy()

    def _take(self, who: int, roads: Ints, turns: Ints32) -> None:
        """Put another way in place of that of a vehicle: where that was, or behind all others if it is longer."""
        run, n = self._run, len(roads)
        start = int(run.steps_start[who])
        if n > run.steps_end[who] - start:
            start = self._n_steps
            self._n_steps += n
            self._make_room()
        rows = slice(start, start + n)
        run.steps_start[who], run.steps_end[who] = start, start + n
        run.roads[rows] = roads
        run.state.steps[rows] = -1
        run.state.steps["turn"][rows] = np.append(turns, lr.ENDS)
        run.state.vehicles["at"][who] = start

    def _make_room(self) -> None:
        """Make the arrays of steps longer where they are full."""
        run = self._run
        n_more = self._n_steps - len(run.roads)
        if n_more > 0:
            n_more += len(run.roads) // 2
            run.roads = np.append(run.roads, np.full(n_more, -1))
            more = np.zeros(n_more, lr.STEP)
            more["turn"] = more["passed_ms"] = -1
            run.state = run.state._replace(steps=np.concatenate([run.state.steps, more]))

    def _wait_elsewhere(self, who: int, source: int, other: int) -> None:
        """Move a vehicle from the queue of a source to that of another one of its road, by its time of departure.

        The queues of a road follow each other, so that all that lies between the two places moves on by one.
        """
        queues, sources, vehicles = self._run.built.queues, self._run.state.sources, self._run.state.vehicles
        first = int(sources["next"][source])
        place = first + int(np.flatnonzero(queues[first : sources["end"][source]] == who)[0])
        begin = int(sources["next"][other])
        there = queues[begin : sources["end"][other]]
        depart_ms, mine_ms = vehicles["depart_ms"][there], vehicles["depart_ms"][who]
        to = begin + int(((depart_ms < mine_ms) | ((depart_ms == mine_ms) & (there < who))).sum())
        if other > source:
            queues[place : to - 1] = queues[place + 1 : to].copy()
            queues[to - 1] = who
            sources["end"][source] -= 1
            for name in ("next", "end"):
                sources[name][source + 1 : other] -= 1
            sources["next"][other] -= 1
        else:
            queues[to + 1 : place + 1] = queues[to:place].copy()
            queues[to] = who
            sources["end"][other] += 1
            for name in ("next", "end"):
                sources[name][other + 1 : source] += 1
            sources["next"][source] += 1
        sources["due_ms"][other] = 0

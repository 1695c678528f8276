"""Ways around what is closed, for the vehicles that would use it while it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput
from cityloop.city.sumo.halts import Halt, WayRow, rows_of
from cityloop.city.sumo.journeys import Journey, Ways, chosen_part
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.routing import RoadGraph, penalties_of
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.prepare import TwinRun, is_trip, ranges
from cityloop.engines.twin.routing import Closure

Ints = NDArray[np.int64]
NOT_IN = -1
"""In place of a place on its way: the vehicle has not entered yet."""


@dataclass(frozen=True)
class Detoured:
    """Traffic of which some vehicles take other ways.

    Parameters
    ----------
    traffic : Traffic
    rerouted, stuck : tuple of int
        Rows of the vehicles that take another way, and of those that have none.
    """

    traffic: Traffic
    rerouted: tuple[int, ...] = ()
    stuck: tuple[int, ...] = ()


class Detours:
    """Finds the fastest ways over free streets without closed roads and lanes.

    A turn is closed where all lanes that make it are; then it is avoided like a closed road.

    Parameters
    ----------
    source : SumoInput
    city : City
        Read from the source.
    roads, lanes : sequence of int
        Rows of what is closed.
    from_s, until_s : float
        When it is closed, in scenario time.
    """

    def __init__(
        self,
        source: SumoInput,
        city: City,
        roads: Sequence[int],
        lanes: Sequence[int],
        from_s: float = -math.inf,
        until_s: float = math.inf,
    ) -> None:
        self._details, self._penalties = NetDetails(city), penalties_of(source)
        self._from_s, self._until_s = from_s, until_s
        self._is_closed = np.isin(city.lanes["road_ix"], list(roads))
        self._is_closed[list(lanes)] = True
        self._graphs: dict[tuple[str, float, float], _ClosedGraph] = {}

    def at_departure(self, traffic: Traffic, begin_s: float, end_s: float) -> Detoured:
        """Send those who depart while it is closed another way, if they could come to it before it opens.

        Parameters
        ----------
        traffic : Traffic
        begin_s, end_s : float
            Window; who departs outside of it is left as it is.

        Returns
        -------
        Detoured
            Those who have no other way depart never. What a trip may choose of its way it may still choose.
        """
        depart_s = traffic.vehicles["depart_s"]
        first_s, last_s = max(begin_s, self._from_s), min(end_s, self._until_s)
        rows = np.flatnonzero((depart_s >= first_s) & (depart_s < last_s)).tolist()
        wanted = ((row, NOT_IN, float(depart_s[row])) for row in rows)
        detoured = self._detour(traffic, wanted, is_trip(traffic))
        columns = dict(detoured.traffic.vehicles)
        columns["depart_s"] = columns["depart_s"].copy()
        columns["depart_s"][list(detoured.stuck)] = np.inf
        return replace(detoured, traffic=replace(detoured.traffic, vehicles=Table("vehicles", columns)))

    def on_the_way(self, traffic: Traffic, run: TwinRun, begin_s: float) -> Detoured:
        """Send those who are on their way when it closes another way from where they are then.

        Parameters
        ----------
        traffic : Traffic
        run : TwinRun
            A run of this traffic that has come further than the closing.
        begin_s : float
            Of the run.

        Returns
        -------
        Detoured
            Those who have no other way keep theirs; nobody who was due by then chooses again.
        """
        traffic = as_taken(traffic, run, self._from_s)
        closing_ms = (self._from_s - begin_s) * 1000
        counts, (owner, steps) = run.steps_end - run.steps_start, run.steps_in_order()
        passed_ms, entered_ms = run.state.steps["passed_ms"][steps], run.state.vehicles["entered_ms"]
        n_passed = np.bincount(owner, (passed_ms >= 0) & (passed_ms <= closing_ms), len(counts)).astype(np.int64)
        is_in = (entered_ms >= 0) & (entered_ms <= closing_ms)
        is_due = traffic.vehicles["depart_s"][run.traffic_ix] < self._from_s
        places = np.where(is_in, n_passed, NOT_IN)
        late = np.flatnonzero(is_due & (places < counts))
        rows, at = run.traffic_ix[late].tolist(), places[late].tolist()
        wanted = ((row, place, self._from_s) for row, place in zip(rows, at, strict=True))
        return self._detour(traffic, wanted, np.zeros(traffic.vehicles.n_rows, np.bool_))

    def closure(self) -> Closure:
        """Return what is closed, for those who choose their ways in the twin."""
        return Closure(lambda kind: self._graph(*kind).graph, self._from_s, self._until_s)

    def _detour(
        self, traffic: Traffic, wanted: Iterable[tuple[int, int, float]], may_choose: NDArray[np.bool_]
    ) -> Detoured:
        """Return traffic with other ways for those of the given rows who need one at their place and time."""
        table, book = traffic.vehicles, _WayBook(traffic)
        starts, ends = table["routes_start"].copy(), table["routes_end"].copy()
        stuck = []
        rerouted = []
        for row, place, now_s in wanted:
            graph = self._graph(
                str(table["class"][row]), float(table["max_speed_mps"][row]), float(table["speed_factor"][row])
            )
            span = (int(starts[row]), int(ends[row]))
            gap = graph.gap_ahead(book.roads(span), place)
            if gap is None or now_s + graph.free_s(book.roads(span)[place + 1 : gap]) >= self._until_s:
                continue
            found = book.span_of(span, max(place, 0), graph, bool(may_choose[row]))
            if found is None:
                stuck.append(row)
            else:
                rerouted.append(row)
                starts[row], ends[row] = found
        vehicles = Table("vehicles", {**table, "routes_start": starts, "routes_end": ends})
        return Detoured(Traffic(vehicles, book.table(), traffic.findings), tuple(rerouted), tuple(stuck))

    def _graph(self, vehicle_class: str, max_speed_mps: float, speed_factor: float) -> _ClosedGraph:
        key = (vehicle_class, max_speed_mps, speed_factor)
        graph = self._graphs.get(key)
        if graph is None:
            plain = RoadGraph(self._details, *key, self._penalties)
            is_open = np.array(self._details.open_lanes(vehicle_class)) & ~self._is_closed
            graph = self._graphs[key] = _ClosedGraph(plain, self._details.city, is_open)
        return graph


def as_taken(traffic: Traffic, run: TwinRun, before_s: float) -> Traffic:
    """Return traffic in which trips that were due before a time keep the ways that they chose in a run."""
    table, routes = traffic.vehicles, traffic.routes
    is_fixed = is_trip(traffic) & (table["depart_s"] < before_s)
    mine = np.flatnonzero(is_fixed[run.traffic_ix])
    if not len(mine):
        return traffic
    counts = (run.steps_end - run.steps_start)[mine]
    added = Table("routes", {"road_ix": run.roads[ranges(run.steps_start[mine], counts)]})
    starts, ends = table["routes_start"].copy(), table["routes_end"].copy()
    rows = run.traffic_ix[mine]
    ends[rows] = routes.n_rows + np.cumsum(counts)
    starts[rows] = ends[rows] - counts
    return replace(
        traffic,
        vehicles=Table("vehicles", {**table, "routes_start": starts, "routes_end": ends}),
        routes=Table("routes", {name: np.concatenate([routes[name], added[name]]) for name in routes}),
    )


class _ClosedGraph:
    """The streets of one kind of vehicles without what is closed."""

    def __init__(self, graph: RoadGraph, city: City, is_open: NDArray[np.bool_]) -> None:
        """Take lanes out of a graph, and with them the roads and turns that have no other."""
        road_of = city.lanes["road_ix"]
        is_road_open = np.zeros(city.roads.n_rows, np.bool_)
        is_road_open[road_of[is_open]] = True
        from_ix, to_ix = city.movements["from_lane_ix"], city.movements["to_lane_ix"]
        rows = np.flatnonzero((from_ix >= 0) & (to_ix >= 0))
        rows = rows[is_open[from_ix[rows]]]
        turns = set(zip(road_of[from_ix[rows]].tolist(), road_of[to_ix[rows]].tolist(), strict=True))
        graph.is_open = is_road_open.tolist()
        graph.following = [
            [(follower, s) for follower, s in followers if is_road_open[follower] and (road, follower) in turns]
            for road, followers in enumerate(graph.following)
        ]
        self.graph, self.ways = graph, Ways(graph)
        self._next = [{follower for follower, _ in followers} for followers in graph.following]
        self._gaps: dict[tuple[int, ...], list[int]] = {}

    def gap_ahead(self, way: tuple[int, ...], place: int) -> int | None:
        """Return the first place behind a given one that cannot be reached along a way."""
        gaps = self._gaps.get(way)
        if gaps is None:
            gaps = self._gaps[way] = [
                at
                for at, road in enumerate(way)
                if not self.graph.is_open[road] or (at > 0 and road not in self._next[way[at - 1]])
            ]
        return next((gap for gap in gaps if gap > place), None)

    def free_s(self, roads: Sequence[int]) -> float:
        """Return the least time on some roads."""
        return sum(self.graph.road_s[road] for road in roads)


class _WayBook:
    """The ways of some traffic, to which others are added."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._roads: dict[tuple[int, int], tuple[int, ...]] = {}
        self._added: list[WayRow] = []
        self._found: dict[tuple[tuple[int, int], int, int, bool], tuple[int, int] | None] = {}

    def roads(self, span: tuple[int, int]) -> tuple[int, ...]:
        """Return the roads of a way by its rows."""
        roads = self._roads.get(span)
        if roads is None:
            roads = self._roads[span] = tuple(self._traffic.routes["road_ix"][slice(*span)].tolist())
        return roads

    def span_of(
        self, span: tuple[int, int], place: int, graph: _ClosedGraph, may_choose: bool
    ) -> tuple[int, int] | None:
        """Return the rows of a way that leaves another at a place, with its stops; None where there is none.

        Where the vehicle may choose, only the ends are given.
        """
        key = (span, place, id(graph), may_choose)
        if key not in self._found:
            self._found[key] = self._search(span, place, graph, may_choose)
        return self._found[key]

    def table(self) -> Table:
        """Return all ways."""
        names = WayRow.__dataclass_fields__
        old = self._traffic.routes
        added = {name: np.array([getattr(row, name) for row in self._added], old[name].dtype) for name in names}
        return Table("routes", {name: np.concatenate([old[name], added[name]]) for name in names})

    def _search(
        self, span: tuple[int, int], place: int, graph: _ClosedGraph, may_choose: bool
    ) -> tuple[int, int] | None:
        old, way = self._traffic.routes, self.roads(span)
        columns = ("road_ix", "stop_m", "stop_s", "stop_until_s")
        rows = list(zip(*(old[name][slice(*span)].tolist() for name in columns), strict=True))
        halts = [(at, Halt(*row)) for at, row in enumerate(rows) if not math.isnan(row[1])]
        ahead = tuple(halt for at, halt in halts if at >= place)
        found = graph.ways.of_trip(Journey(origins=(way[place],), halts=ahead, targets=way[-1:]), False)
        if found is None:
            return None
        start = len(self._traffic.routes["road_ix"]) + len(self._added)
        rows_found = rows_of((*way[:place], *found), [halt for _, halt in halts])[0]
        if may_choose:
            is_chosen = chosen_part(found, ())
            rows_found = tuple(replace(row, is_chosen=c) for row, c in zip(rows_found, is_chosen, strict=True))
        self._added.extend(rows_found)
        return start, len(self._traffic.routes["road_ix"]) + len(self._added)

"""Where a vehicle, trip or flow goes: a given route, or ends between which the fastest way is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from lxml import etree

from cityloop.city.city import City
from cityloop.city.sumo.halts import Halt, HaltReader
from cityloop.city.sumo.named_routes import NamedRoutes, Route
from cityloop.city.sumo.routing import RoadGraph
from cityloop.city.sumo.xml_file import required


@dataclass(frozen=True, slots=True)
class Journey:
    """The wish of a vehicle: routes to choose from, or the roads it starts on, passes and ends on.

    A start or end at a junction or in a zone has several roads; ``reason`` says why there is no way at all.
    """

    choices: tuple[list[Route], list[float]] | None = None
    origins: tuple[int, ...] = ()
    vias: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()
    halts: tuple[Halt, ...] = ()
    reason: str = ""


class JourneyReader:
    """Reads the journeys of vehicles, trips and flows.

    Parameters
    ----------
    city : City
    routes : NamedRoutes
    halts : HaltReader
    """

    def __init__(self, city: City, routes: NamedRoutes, halts: HaltReader) -> None:
        self._city, self._routes, self._halts = city, routes, halts
        self._zones: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}

    def add_zone(self, element: etree._Element, path: Path) -> None:
        """Take a ``<taz>``: the roads on which trips from and to it may start and end.

        Raises
        ------
        Unusable
            When it has no name, or a road of it is not in the net.
        """
        both = element.get("edges", "").split()
        sources = [required(inner, "id", path) for inner in element.iterchildren("tazSource")]
        sinks = [required(inner, "id", path) for inner in element.iterchildren("tazSink")]
        self._zones[required(element, "id", path)] = (
            tuple(self._routes.road(edge, element, path) for edge in both + sources),
            tuple(self._routes.road(edge, element, path) for edge in both + sinks),
        )

    def journey_of(self, element: etree._Element, path: Path) -> Journey:
        """Return the journey of a ``<vehicle>``, ``<trip>`` or ``<flow>``.

        Raises
        ------
        Unusable
            When it names a road, route or stop that does not exist.
        """
        halts = self._halts.halts_of(element, path) if len(element) else ()
        choices = self._routes.choices(element, path) if element.tag != "trip" or not element.get("from") else None
        if choices is not None:
            return Journey(choices=choices, halts=halts)
        if element.get("viaJunctions"):
            return Journey(reason="pass given junctions")
        # a trip without ends starts and ends at its stops
        origins = self._end(element, path, "from", 0) or tuple(halt.road_ix for halt in halts[:1])
        targets = self._end(element, path, "to", 1) or tuple(halt.road_ix for halt in halts[-1:])
        if not origins or not targets:
            return Journey(reason="start or end at a place that is not known")
        vias = tuple(self._routes.road(edge, element, path) for edge in element.get("via", "").split())
        return Journey(origins=origins, vias=vias, targets=targets, halts=halts)

    def _end(self, element: etree._Element, path: Path, side: str, place: int) -> tuple[int, ...]:
        """Return the roads of one end of a trip, none where it is not known; side is "from" or "to"."""
        edge = element.get(side)
        if edge is not None:
            return (self._routes.road(edge, element, path),)
        zone = element.get(f"{side}Taz")
        if zone is not None:
            return self._zones.get(zone, ((), ()))[place]
        junction = element.get(f"{side}Junction")
        if junction is not None:
            node_of = self._city.roads[f"{side}_node_ix"].tolist()
            node_ids = self._city.nodes["node_id"].tolist()
            return tuple(road for road, node in enumerate(node_of) if node_ids[node] == junction)
        return ()


def chosen_part(way: Sequence[int], passed: Sequence[int]) -> list[bool]:
    """Return which roads of a way are chosen: all but its ends and those that it has to pass, in their order."""
    is_chosen = [True] * len(way)
    is_chosen[0] = is_chosen[-1] = False
    at = 0
    for road in passed:
        at = next((place for place in range(at, len(way)) if way[place] == road), at)
        is_chosen[at] = False
    return is_chosen


class Ways:
    """Finds the ways of journeys and remembers them.

    Parameters
    ----------
    graph : RoadGraph
    """

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        self._found: dict[tuple[object, ...], tuple[int, ...] | None] = {}
        self._is_whole: dict[tuple[int, ...], bool] = {}

    def is_whole(self, roads: tuple[int, ...]) -> bool:
        """Whether every road of a given route is open and leads to the next."""
        is_whole = self._is_whole.get(roads)
        if is_whole is None:
            is_whole = self._is_whole[roads] = self._graph.gap(roads) is None
        return is_whole

    def of_trip(self, journey: Journey, has_to_turn_back: bool) -> tuple[int, ...] | None:
        """Return the fastest way of a trip past its vias, or past its stops where it has none; None without a way.

        Parameters
        ----------
        journey : Journey
        has_to_turn_back : bool
            It ends on the road where it starts, at a place behind its start.
        """
        passed = journey.vias or tuple(road for road, _ in groupby(halt.road_ix for halt in journey.halts))
        key = (journey.origins, passed, journey.targets, has_to_turn_back)
        if key not in self._found:
            self._found[key] = self._search(journey.origins, passed, journey.targets, has_to_turn_back)
        return self._found[key]

    def _search(
        self, origins: tuple[int, ...], passed: tuple[int, ...], targets: tuple[int, ...], has_to_turn_back: bool
    ) -> tuple[int, ...] | None:
        if passed and origins == passed[:1]:
            passed = passed[1:]
        if passed and targets == passed[-1:]:
            passed = passed[:-1]
        if not passed and has_to_turn_back and origins == targets:
            # without a way back SUMO lets it end where it starts
            return self._graph.loop(origins[0]) or origins
        way: tuple[int, ...] = ()
        for road in passed:
            part = self._graph.loop(road) if origins == (road,) else self._graph.way(origins, (road,))
            if part is None:
                return None
            way, origins = (*way, *part[:-1]), (road,)
        last = self._graph.way(origins, targets)
        return None if last is None else (*way, *last)


def with_departure(halts: tuple[Halt, ...], since_s: float) -> tuple[Halt, ...]:
    """Return stops with their timetable moved by some seconds."""
    return tuple(replace(halt, until_s=halt.until_s + since_s) for halt in halts) if since_s and halts else halts


def road_rows(city: City) -> Mapping[str, int]:
    """Return the row of each road by its name."""
    return {road_id: row for row, road_id in enumerate(city.roads["road_id"].tolist())}

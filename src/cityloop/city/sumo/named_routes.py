"""Routes with a name, and distributions of routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.departures import Due
from cityloop.city.sumo.draws import Draws, Purpose
from cityloop.city.sumo.halts import Halt, HaltReader
from cityloop.city.sumo.xml_file import number, required, seconds, where, whole_number


@dataclass(frozen=True, slots=True)
class Route:
    """Rows of roads in order of travel, and the stops on them; their timetable counts from the departure."""

    roads: tuple[int, ...]
    halts: tuple[Halt, ...] = ()


class NamedRoutes:
    """Collects ``<route>`` and ``<routeDistribution>``.

    Parameters
    ----------
    road_ix : mapping of str to int
        Row of each road.
    halts : HaltReader
    draws : Draws
    """

    def __init__(self, road_ix: Mapping[str, int], halts: HaltReader, draws: Draws) -> None:
        self._road_ix, self._halts, self._draws = road_ix, halts, draws
        self._choices: dict[str, tuple[list[Route], list[float]]] = {}

    def add(self, element: etree._Element, path: Path) -> None:
        """Take a named route or a distribution.

        Raises
        ------
        Unusable
            When it has no edges, or names a road or route that does not exist.
        """
        name = required(element, "id", path)
        if element.tag == "route":
            self._choices[name] = ([self.route_of(element, path)], [number(element, "probability", path, 1.0)])
        else:
            self._choices[name] = self.choices_of(element, path)

    def choices_of(self, element: etree._Element, path: Path) -> tuple[list[Route], list[float]]:
        """Return the routes of a ``<routeDistribution>`` and their shares.

        Raises
        ------
        Unusable
            When it is empty, or names a road or route that does not exist.
        """
        routes: list[Route] = []
        shares: list[float] = []
        texts = element.get("probabilities", "").split()
        for place, name in enumerate(element.get("routes", "").split()):
            known, known_shares = self._known(name, element, path)
            routes.append(known[0])
            try:
                shares.append(float(texts[place]) if place < len(texts) else known_shares[0])
            except ValueError as error:
                raise Unusable(f"no probability: {texts[place]!r}", where(element, path), "give numbers") from error
        for inner in element.iterchildren("route"):
            name = inner.get("refId", "")
            route = self._known(name, inner, path)[0][0] if name else self.route_of(inner, path)
            routes.append(route)
            shares.append(number(inner, "probability", path, 1.0))
            if inner.get("id"):
                self._choices[str(inner.get("id"))] = ([route], [shares[-1]])
        if not routes or min(shares) < 0 or sum(shares) <= 0:
            raise Unusable("the distribution has no usable routes", where(element, path), "give routes with shares")
        return routes, shares

    def route_of(self, element: etree._Element, path: Path) -> Route:
        """Return an element with ``edges`` as a route.

        Raises
        ------
        Unusable
            When it has no edges, or names one that is not in the net.
        """
        edges = required(element, "edges", path).split()
        if not edges:
            raise Unusable("the route has no edges", where(element, path), "give its edges")
        roads = tuple(self.road(edge, element, path) for edge in edges)
        halts = self._halts.halts_of(element, path) if element.tag == "route" else ()
        n_rounds = whole_number(element, "repeat", path, 1)
        if n_rounds <= 1:
            return Route(roads, halts)
        round_s = seconds(element, "cycleTime", path, 0.0)
        later = tuple(replace(halt, until_s=halt.until_s + k * round_s) for k in range(n_rounds) for halt in halts)
        return Route(roads * n_rounds, later)

    def road(self, edge: str, element: etree._Element, path: Path) -> int:
        """Return the row of a road.

        Raises
        ------
        Unusable
            When it is not in the net.
        """
        if edge not in self._road_ix:
            raise Unusable(
                f"edge {edge} is not in the net",
                where(element, path),
                "correct the demand or use the net it was made for",
            )
        return self._road_ix[edge]

    def choices(self, user: etree._Element, path: Path) -> tuple[list[Route], list[float]] | None:
        """Return the routes that a vehicle, trip or flow may take and their shares; None where it has no route.

        Raises
        ------
        Unusable
            When its route does not exist, or a road of it.
        """
        for inner in user.iterchildren("route", "routeDistribution"):
            if inner.tag == "routeDistribution":
                return self.choices_of(inner, path)
            if inner.get("edges") is not None:
                return [self.route_of(inner, path)], [1.0]
        name = user.get("route")
        if name is not None:
            return self._known(name, user, path)
        if user.get("edges") is not None:
            return [self.route_of(user, path)], [1.0]
        return None

    def draw(self, choices: tuple[list[Route], list[float]], due: Due) -> Route:
        """Return one of the routes for a vehicle."""
        routes, shares = choices
        return routes[self._draws.choice(shares, Purpose.ROUTE, due.name, due.index)]

    def _known(self, name: str, user: etree._Element, path: Path) -> tuple[list[Route], list[float]]:
        if name not in self._choices:
            raise Unusable(f"route {name} is not defined before it is used", where(user, path), "define it first")
        return self._choices[name]

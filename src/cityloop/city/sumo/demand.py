"""Demand: vehicles, trips, flows and persons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.config import SumoInput
from cityloop.city.sumo.flows import Flow, flow_of
from cityloop.city.sumo.vehicle_types import VehicleTypes
from cityloop.city.sumo.xml_file import required, seconds, where
from cityloop.city.table import Table, table_of_rows

DEMAND_TAGS = frozenset(
    {"vType", "vTypeDistribution", "route", "routeDistribution", "vehicle", "trip", "flow", "person", "personFlow"}
)


@dataclass(frozen=True, slots=True)
class _Ends:
    """First and last edge of a way; None where it starts or ends in a zone, at a junction or a stop."""

    first: str | None
    last: str | None


@dataclass
class Demand:
    """Collects the demand of a scenario, element by element, in the order in which SUMO loads it.

    Parameters
    ----------
    source : SumoInput
    road_ix : mapping of str to int, optional
        Row of each road; without it roads are neither looked up nor checked.
    """

    source: SumoInput
    road_ix: Mapping[str, int] | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    _types: VehicleTypes = field(default_factory=VehicleTypes)
    _routes: dict[str, _Ends] = field(default_factory=dict)

    def add(self, element: etree._Element, path: Path) -> None:
        """Take an element with one of ``DEMAND_TAGS``.

        Raises
        ------
        Unusable
            When it lacks what it must have, or names a road that the net does not have (SUMO refuses this
            even with ``ignore-route-errors``).
        """
        match element.tag:
            case "vType" | "vTypeDistribution":
                self._types.add(element, path)
            case "route" | "routeDistribution":
                self._add_route(element, path)
            case "vehicle" | "trip":
                self._add_single(element, path)
            case "flow":
                self._add_flow(element, path)
            case _:
                self._add_person(element, path)

    def table(self) -> Table:
        """Return what was taken as a table of schema ``demand``."""
        return table_of_rows("demand", self.rows)

    def findings(self) -> list[Finding]:
        """Return what cannot be represented."""
        return self._types.findings

    def last_departure_s(self) -> float:
        """Return the last departure.

        Raises
        ------
        Unusable
            When nothing departs, or a flow never ends.
        """
        times_s = [row["until_s"] for row in self.rows if not math.isnan(row["until_s"])]
        if not times_s or math.isinf(max(times_s)):
            what = "a flow has no end" if times_s else "nothing departs"
            place = self.source.config_path or self.source.net_path
            raise Unusable(f"{what}, so that the end of the scenario is open", str(place), "set <end> in the scenario")
        return float(max(times_s))

    def _add_route(self, element: etree._Element, path: Path) -> None:
        if element.tag == "route":
            ends = self._ends_of_edges(element, path)
        else:
            choices = [
                self._ends_of_edges(route, path) for route in element.iterchildren("route") if route.get("edges")
            ]
            names = element.get("routes", "").split() + [
                name for route in element.iterchildren("route") if (name := route.get("refId"))
            ]
            choices += [self._routes[name] for name in names if name in self._routes]
            firsts, lasts = {ends.first for ends in choices}, {ends.last for ends in choices}
            ends = _Ends(firsts.pop() if len(firsts) == 1 else None, lasts.pop() if len(lasts) == 1 else None)
        for inner in element.iterchildren("route"):
            if inner.get("id") and inner.get("edges"):
                self._routes[str(inner.get("id"))] = self._ends_of_edges(inner, path)
        if element.get("id"):
            self._routes[str(element.get("id"))] = ends

    def _add_single(self, element: etree._Element, path: Path) -> None:
        depart_s = self._depart_s(element, path)
        ends = self._ends(element, path)
        self._add(element, path, str(element.tag), ends, Flow(depart_s, depart_s, 1.0))

    def _add_flow(self, element: etree._Element, path: Path) -> None:
        flow = self._flow(element, path)
        ends = self._ends(element, path)
        self._add(element, path, "flow", ends, flow)

    def _add_person(self, element: etree._Element, path: Path) -> None:
        if element.tag == "person":
            depart_s = self._depart_s(element, path)
            flow = Flow(depart_s, depart_s, 1.0)
        else:
            flow = self._flow(element, path)
        legs = [leg for leg in element if leg.tag in ("walk", "ride", "personTrip", "stop", "transport")]
        ways = [self._ends(leg, path) for leg in legs]
        ends = _Ends(ways[0].first if ways else None, ways[-1].last if ways else None)
        self._add(element, path, "person", ends, flow)

    def _add(self, element: etree._Element, path: Path, kind: str, ends: _Ends, flow: Flow) -> None:
        roads = self.road_ix or {}
        default = "DEFAULT_PEDTYPE" if kind == "person" else "DEFAULT_VEHTYPE"
        self.rows.append(
            {
                "demand_id": required(element, "id", path),
                "kind": kind,
                "class": self._types.class_of(element.get("type", default)),
                "depart_s": flow.begin_s,
                "until_s": flow.until_s,
                "n_veh": flow.n,
                "from_road_ix": roads.get(ends.first or "", -1),
                "to_road_ix": roads.get(ends.last or "", -1),
            }
        )

    def _depart_s(self, element: etree._Element, path: Path) -> float:
        """Return the departure; nan where it waits for a person or container."""
        text = required(element, "depart", path)
        if text in ("triggered", "containerTriggered", "split"):
            return math.nan
        if text in ("begin", "now"):
            return self.source.begin_s
        return seconds(element, "depart", path)

    def _flow(self, element: etree._Element, path: Path) -> Flow:
        end_s = math.inf if self.source.end_s is None else self.source.end_s
        return flow_of(element, path, self.source.begin_s, end_s)

    def _ends(self, element: etree._Element, path: Path) -> _Ends:
        inner = element.find("route")
        if inner is not None and inner.get("edges") is not None:
            return self._ends_of_edges(inner, path, element)
        name = element.get("route")
        if name is not None:
            if name not in self._routes:
                raise Unusable(
                    f"route {name} is not defined before it is used", where(element, path), "define it first"
                )
            return self._routes[name]
        if element.get("edges") is not None:
            return self._ends_of_edges(element, path)
        edges = [element.get("from"), *element.get("via", "").split(), element.get("to")]
        lane = element.get("lane")  # of a person's stop
        edge = element.get("edge") or (lane.rpartition("_")[0] if lane else None)
        for name in [*edges, edge]:
            self._check(name, element, path)
        return _Ends(edges[0] or edge, edges[-1] or edge)

    def _ends_of_edges(self, element: etree._Element, path: Path, user: etree._Element | None = None) -> _Ends:
        edges = required(element, "edges", path).split()
        if not edges:
            raise Unusable("the route has no edges", where(element, path), "give its edges")
        for edge in edges:
            self._check(edge, element if user is None else user, path)
        return _Ends(edges[0], edges[-1])

    def _check(self, edge: str | None, element: etree._Element, path: Path) -> None:
        if edge is not None and self.road_ix is not None and edge not in self.road_ix:
            raise Unusable(
                f"edge {edge} is not in the net",
                where(element, path),
                "correct the demand or use the net it was made for",
            )

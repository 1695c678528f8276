"""The demand of a SUMO scenario as single vehicles, each with its way through the city."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from cityloop.city.city import City, Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.config import SumoInput
from cityloop.city.sumo.departures import Due, departures_of
from cityloop.city.sumo.draws import Draws
from cityloop.city.sumo.halts import Halt, HaltReader, WayRow, rows_of
from cityloop.city.sumo.journeys import Journey, JourneyReader, Ways, chosen_part, road_rows, with_departure
from cityloop.city.sumo.named_routes import NamedRoutes
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.positions import Positions
from cityloop.city.sumo.read import extra_elements
from cityloop.city.sumo.routing import RoadGraph, penalties_of
from cityloop.city.sumo.vehicle_profiles import Profile, Profiles
from cityloop.city.sumo.xml_file import required, seconds, where
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic

# vehicles that wait for a person, a container or another vehicle, which only a simulation knows
_WAITING = frozenset({"triggered", "containerTriggered", "split"})


def read_traffic(source: SumoInput, city: City, seed: int = 0) -> Traffic:
    """Read every vehicle of a SUMO scenario with its way, as SUMO would load it.

    Vehicles due before the begin or from the end of the scenario on are left out, as are those that SUMO ignores for
    their order in the file. Flows are expanded; what is random in SUMO is drawn by hash, so that the same scenario and
    seed give the same vehicles, and a change to one flow leaves the others as they were. Trips are given the fastest
    way over free streets (see ``routing``); the part of it that they may choose again on departure is marked. Those
    with stops keep it.

    Parameters
    ----------
    source : SumoInput
    city : City
        The city that ``read_city`` made of the same scenario.
    seed : int
        For random departures, and the choice from distributions of types and routes.

    Returns
    -------
    Traffic
        Vehicles that have no way, or that cannot be represented, are counted in ``findings``.

    Raises
    ------
    Unusable
        When a file is missing or damaged, or a vehicle lacks what it must have or names a road, route, type or stop
        that does not exist.
    """
    reader = _Reader(source, city, seed)
    for element, path in extra_elements(source):
        reader.take(element, path)
    return reader.traffic()


@dataclass(frozen=True, slots=True)
class _Vehicle:
    """A row of schema ``vehicles`` to be."""

    depart_s: float
    is_of_flow: bool
    vehicle_id: str
    profile: Profile
    way_start: int
    way_end: int
    depart_m: float
    arrival_m: float


@dataclass
class _Omissions:
    """Counts what is left out, with the first vehicle of each kind."""

    n: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, text: str, vehicle_id: str, n: int = 1) -> None:
        if n:
            self.n[text] += n
            self.first.setdefault(text, vehicle_id)

    def findings(self, kind: str) -> list[Finding]:
        return [Finding(kind, f"vehicle {self.first[text]}", f"{n} {text}") for text, n in self.n.items()]


class _Reader:
    def __init__(self, source: SumoInput, city: City, seed: int) -> None:
        self.source, self.city = source, city
        self.draws = Draws(seed)
        road_ix = road_rows(city)
        self.halts = HaltReader(city, road_ix)
        self.routes = NamedRoutes(road_ix, self.halts, self.draws)
        self.journeys = JourneyReader(city, self.routes, self.halts)
        self.profiles = Profiles(_default_speed_dev(source))
        self.positions = Positions(city.roads["length_m"].tolist(), self.draws)
        self.penalties = penalties_of(source)
        self.net_details = NetDetails(city)
        self.end_s = math.inf if source.end_s is None else source.end_s
        self.vehicles: list[_Vehicle] = []
        self.names: set[str] = set()
        self.left_out, self.simplified = _Omissions(), _Omissions()
        self.persons: Counter[str] = Counter()
        self.rows: list[WayRow] = []
        self._spans: dict[tuple[object, ...], tuple[int, int]] = {}
        self._ways: dict[tuple[str, float, float], Ways] = {}
        self._last_s: dict[Path, float] = {}
        self._sorted_paths = frozenset(source.route_paths)

    def take(self, element: etree._Element, path: Path) -> None:
        match element.tag:
            case "trip" | "vehicle":
                self._take_single(element, path)
            case "flow":
                self._take_flow(element, path)
            case "vType" | "vTypeDistribution":
                self.profiles.add(element, path)
            case "route" | "routeDistribution":
                self.routes.add(element, path)
            case "taz":
                self.journeys.add_zone(element, path)
            case "person" | "personFlow":
                self._take_person(element, path)

    def traffic(self) -> Traffic:
        # at the same time SUMO inserts what files give before what flows send
        vehicles = sorted(self.vehicles, key=lambda vehicle: (vehicle.depart_s, vehicle.is_of_flow))
        profiles = [vehicle.profile for vehicle in vehicles]
        columns: dict[str, list[Any]] = {
            "vehicle_id": [vehicle.vehicle_id for vehicle in vehicles],
            "class": [profile.vehicle_class for profile in profiles],
            "depart_s": [vehicle.depart_s for vehicle in vehicles],
            "routes_start": [vehicle.way_start for vehicle in vehicles],
            "routes_end": [vehicle.way_end for vehicle in vehicles],
            "depart_m": [vehicle.depart_m for vehicle in vehicles],
            "arrival_m": [vehicle.arrival_m for vehicle in vehicles],
            **{
                name: [getattr(profile, name) for profile in profiles]
                for name in Profile.__dataclass_fields__
                if name != "vehicle_class"
            },
        }
        names = WayRow.__dataclass_fields__
        ways = {name: [getattr(row, name) for row in self.rows] for name in names}
        return Traffic(Table("vehicles", columns), Table("routes", ways), tuple(self._findings()), self.draws.is_used)

    def _findings(self) -> list[Finding]:
        findings = self.left_out.findings("vehicles left out") + self.simplified.findings("not represented")
        if self.persons:
            text = " and ".join(f"{n} <{tag}>" for tag, n in self.persons.items())
            findings.append(Finding("not represented", "persons", f"{text} are no vehicles and are left out"))
        scale = dict(self.source.options).get("scale", "1")
        if scale not in ("1", "1.0"):
            findings.append(Finding("not represented", "option scale", f"every vehicle runs once, not {scale} times"))
        return findings

    def _take_single(self, element: etree._Element, path: Path) -> None:
        name, text = required(element, "id", path), required(element, "depart", path)
        if text in _WAITING:
            self.left_out.add(f"with depart={text!r} wait for others", name)
            return
        depart_s = self.source.begin_s if text in ("begin", "now") else seconds(element, "depart", path)
        if depart_s < self.source.begin_s or not self._is_in_order(element, path, depart_s, name):
            return
        if depart_s < self.end_s:
            self._add(Due(element, path, name, 0, depart_s, 0.0), self.journeys.journey_of(element, path))

    def _take_flow(self, element: etree._Element, path: Path) -> None:
        name = required(element, "id", path)
        begin_s, departures_s = departures_of(element, path, self.source, self.draws)
        if not self._is_in_order(element, path, begin_s, name):
            return
        journey = self.journeys.journey_of(element, path)
        for index, depart_s in enumerate(departures_s):
            self._add(Due(element, path, name, index, depart_s, depart_s - begin_s), journey)

    def _take_person(self, element: etree._Element, path: Path) -> None:
        self.persons[str(element.tag)] += 1
        attribute = "depart" if element.tag == "person" else "begin"
        if element.get(attribute, "begin") not in (*_WAITING, "begin", "now"):
            depart_s = seconds(element, attribute, path)
            if depart_s >= self.source.begin_s:
                self._last_s[path] = max(self._last_s.get(path, -math.inf), depart_s)

    def _is_in_order(self, element: etree._Element, path: Path, depart_s: float, name: str) -> bool:
        """Whether SUMO takes it: in a route file it ignores what is due before the one above it."""
        if path not in self._sorted_paths:
            return True
        if depart_s < self._last_s.get(path, -math.inf):
            self.left_out.add("are due before the one above them in the route file; SUMO ignores them", name)
            return False
        if element.get("line") is None:  # lines of public transport may stand anywhere
            self._last_s[path] = depart_s
        return True

    def _add(self, due: Due, journey: Journey) -> None:
        vehicle_id = due.vehicle_id
        if vehicle_id in self.names:
            raise Unusable(f"there are two vehicles {vehicle_id}", where(due.element, due.path), "rename one")
        self.names.add(vehicle_id)
        profile = self.profiles.choose(due, self.draws)
        found = self._way(due, journey, self._ways_of(profile))
        if isinstance(found, str):
            self.left_out.add(found, vehicle_id)
            return
        roads, halts = found
        start, end = self._span(roads, halts, None if journey.choices else journey.vias, vehicle_id)
        depart_m = self.positions.depart_m(due, roads[0], profile.length_m, self.rows[start].stop_m)
        arrival_m = self.positions.arrival_m(due, roads[-1])
        self.vehicles.append(
            _Vehicle(due.depart_s, due.is_of_flow, vehicle_id, profile, start, end, depart_m, arrival_m)
        )

    def _way(self, due: Due, journey: Journey, ways: Ways) -> tuple[tuple[int, ...], tuple[Halt, ...]] | str:
        """Return the roads and stops of a vehicle, or why it has none."""
        halts = with_departure(journey.halts, due.since_s)
        if journey.choices is not None:
            route = self.routes.draw(journey.choices, due)
            roads = self.positions.cut(due, route.roads)
            if not ways.is_whole(roads):
                return "have a route with a gap or a road closed to their class"
            return roads, (*with_departure(route.halts, due.depart_s), *halts)
        if journey.reason:
            return journey.reason
        way = ways.of_trip(journey, self.positions.has_to_turn_back(due))
        return "have no way from their start to their end" if way is None else (way, halts)

    def _span(
        self, roads: tuple[int, ...], halts: tuple[Halt, ...], vias: tuple[int, ...] | None, vehicle_id: str
    ) -> tuple[int, int]:
        """Return first and last row (exclusive) of a way; equal ways share theirs.

        With ``vias`` it is the way of a trip that has to pass these roads.
        """
        key: tuple[object, ...] = (roads, vias)
        rows: tuple[WayRow, ...] = ()
        if halts:
            rows, n_without = rows_of(roads, halts)
            self.simplified.add("stops share a road with another or lie off the way", vehicle_id, n_without)
            key = rows
        span = self._spans.get(key)
        if span is None:
            if not halts:
                is_chosen = [False] * len(roads) if vias is None else chosen_part(roads, vias)
                rows = tuple(WayRow(road, is_chosen=chosen) for road, chosen in zip(roads, is_chosen, strict=True))
            span = self._spans[key] = (len(self.rows), len(self.rows) + len(rows))
            self.rows.extend(rows)
        return span

    def _ways_of(self, profile: Profile) -> Ways:
        key = (profile.vehicle_class, profile.max_speed_mps, profile.speed_factor)
        ways = self._ways.get(key)
        if ways is None:
            ways = self._ways[key] = Ways(RoadGraph(self.net_details, *key, self.penalties))
        return ways


def _default_speed_dev(source: SumoInput) -> float | None:
    text = dict(source.options).get("default.speeddev")
    try:
        return None if text is None else float(text)
    except ValueError as error:
        place = f"{source.config_path or source.net_path} <default.speeddev>"
        raise Unusable(f"no number: {text!r}", place, "give a number") from error

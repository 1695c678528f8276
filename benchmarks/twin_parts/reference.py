"""SUMO micro on a scenario: the vehicles with the ways that it gave them, how long they took, and flows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.sumo import read_traffic
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.sumo.command import sumo_command
from cityloop.run.spec import RESCO_WINDOW_S
from cityloop.scenarios import Scenario
from twin_parts.process import BIN, run_process


@dataclass(frozen=True, eq=False)
class Reference:
    """A run of SUMO micro under the plans in force, without teleporting.

    Parameters
    ----------
    traffic : Traffic
        Its vehicles, with the ways that they took there; those that never entered with the way that they were given.
    travel_time_s : float64, shape (n_vehicles,)
        Of those unfinished until the end; nan for those that never entered.
    n_left : int64, shape (n_roads,)
        Vehicles that left each road.
    begin_s, end_s : float
    """

    traffic: Traffic
    travel_time_s: NDArray[np.float64]
    n_left: NDArray[np.int64]
    begin_s: float
    end_s: float


def reference_of(scenario: Scenario, city: City, seed: int, scale: float, folder: Path) -> Reference:
    """Run SUMO and read what it wrote.

    Parameters
    ----------
    scenario : Scenario
    city : City
        Read from it.
    seed : int
    scale : float
        Every vehicle runs so many times, as SUMO's ``--scale``.
    folder : Path
        For SUMO's outputs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trips_path, ways_path = folder / "tripinfo.xml", folder / "vehroute.xml"
    begin_s, end_s = scenario.begin_s, scenario.begin_s + RESCO_WINDOW_S
    outputs = [
        ("scale", f"{scale:g}"),
        ("tripinfo-output", str(trips_path)),
        ("tripinfo-output.write-unfinished", "true"),
        ("tripinfo-output.write-undeparted", "true"),
        ("vehroute-output", str(ways_path)),
        ("vehroute-output.write-unfinished", "true"),
        ("vehroute-output.exit-times", "true"),
    ]
    source = scenario.source
    _, *options = sumo_command(source, source.additional_paths, begin_s, end_s, seed, False, outputs)
    run_process([BIN / "sumo", *options])
    return _read(trips_path, ways_path, city, read_traffic(source, city, seed), (begin_s, end_s))


def _read(trips_path: Path, ways_path: Path, city: City, given: Traffic, window_s: tuple[float, float]) -> Reference:
    begin_s, end_s = window_s
    way_of, n_left = _ways(ways_path, city)
    row_of = {vehicle: row for row, vehicle in enumerate(given.vehicles["vehicle_id"].tolist())}
    vehicles: list[tuple[float, str, float, int, list[int]]] = []
    for _, trip in etree.iterparse(trips_path, tag="tripinfo"):
        name, depart_s, delay_s = str(trip.get("id")), _number(trip, "depart"), _number(trip, "departDelay")
        row = row_of.get(name, row_of.get(name.rsplit(".", 1)[0], -1))
        if row < 0:
            raise ValueError(f"{trips_path}: the scenario has no vehicle {name}")
        has_departed = depart_s >= 0
        way = way_of.get(name)
        if way is None:
            first, last = given.vehicles["routes_start"][row], given.vehicles["routes_end"][row]
            way = given.routes["road_ix"][first:last].tolist()
        planned_s = (depart_s if has_departed else end_s) - delay_s
        vehicles.append((planned_s, name, _number(trip, "duration") if has_departed else np.nan, row, way))
        trip.clear()
    vehicles.sort(key=lambda vehicle: vehicle[:2])
    return Reference(
        traffic=_traffic(given, vehicles),
        travel_time_s=np.array([vehicle[2] for vehicle in vehicles]),
        n_left=n_left,
        begin_s=begin_s,
        end_s=end_s,
    )


def _number(element: Any, name: str) -> float:
    return float(element.get(name))


def _ways(path: Path, city: City) -> tuple[dict[str, list[int]], NDArray[np.int64]]:
    """Return the way of each vehicle that entered, and how many left each road."""
    road_ix = {str(name): ix for ix, name in enumerate(city.roads["road_id"])}
    way_of: dict[str, list[int]] = {}
    n_left = np.zeros(city.roads.n_rows, np.int64)
    for _, vehicle in etree.iterparse(path, tag="vehicle"):
        # the last one is the one taken, those before were replaced
        route = vehicle.findall(".//route")[-1]
        way = way_of[str(vehicle.get("id"))] = [road_ix[name] for name in route.get("edges").split()]
        for road, left_s in zip(way, (route.get("exitTimes") or "").split(), strict=False):
            n_left[road] += float(left_s) >= 0
        vehicle.clear()
    return way_of, n_left


def _traffic(given: Traffic, vehicles: list[tuple[float, str, float, int, list[int]]]) -> Traffic:
    rows = np.array([vehicle[3] for vehicle in vehicles], np.int64)
    columns: dict[str, Any] = {name: given.vehicles[name][rows] for name in given.vehicles}
    ends = np.cumsum([len(vehicle[4]) for vehicle in vehicles])
    columns["vehicle_id"] = [vehicle[1] for vehicle in vehicles]
    columns["depart_s"] = [vehicle[0] for vehicle in vehicles]
    columns["routes_end"] = ends
    columns["routes_start"] = np.append(0, ends[:-1])
    routes = Table("routes", {"road_ix": [road for vehicle in vehicles for road in vehicle[4]]})
    return Traffic(Table("vehicles", columns), routes)

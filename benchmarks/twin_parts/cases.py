"""What the simulators run: a real network with its traffic, and a grid that is full of vehicles from the begin on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.metropolis import gravity_traffic, grid_city
from cityloop.city.sumo import read_city
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.scenarios import load_scenario
from twin_parts.reference import reference_of
from twin_parts.sumo_files import write_net, write_routes

FILL_S = 30.0
"""The vehicles of a grid that are under way at its begin enter within this time."""
ROAD_S = 50.0
"""About what a road of the grid takes, junction included: so often vehicles are replaced."""


@dataclass(frozen=True, eq=False)
class Case:
    """A city with its traffic, and the stretch of time that is measured.

    Parameters
    ----------
    name : str
    city : City
    traffic : Traffic
    begin_s : float
        Begin of the run in scenario time.
    warm_s, end_s : int
        Begin and end of what is measured, seconds after the begin.
    micro_s : int
        For SUMO micro, which takes longest, less is measured: so many seconds.
    net_path, routes_path : Path or None
        The same for SUMO.
    """

    name: str
    city: City
    traffic: Traffic
    begin_s: float
    warm_s: int
    end_s: int
    micro_s: int
    net_path: Path | None = None
    routes_path: Path | None = None

    @property
    def window_s(self) -> int:
        """Length of what is measured."""
        return self.end_s - self.warm_s


def ingolstadt21(folder: Path, micro_s: int = 3600) -> Case:
    """Return Ingolstadt's network under the plans in force, with the ways that SUMO micro gave its vehicles."""
    scenario = load_scenario("ingolstadt21")
    city = read_city(scenario.source, scenario.name)
    reference = reference_of(scenario, city, 1, 1.0, folder / "ingolstadt21")
    return Case(
        name="ingolstadt21",
        city=city,
        traffic=reference.traffic,
        begin_s=reference.begin_s,
        warm_s=0,
        end_s=round(reference.end_s - reference.begin_s),
        micro_s=micro_s,
        net_path=scenario.source.net_path,
        routes_path=write_routes(city, reference.traffic, folder / "ingolstadt21" / "routes.rou.xml"),
    )


def grid(side: int, n_vehicles: int, warm_s: int, end_s: int, micro_s: int, folder: Path | None = None) -> Case:
    """Return a grid of ``side`` x ``side`` signals 300 m apart with three lanes an approach.

    Parameters
    ----------
    side : int
    n_vehicles : int
        About so many are in the network at a time.
    warm_s, end_s, micro_s : int
    folder : Path, optional
        For SUMO's files; without it there are none.
    """
    city = grid_city(side, side)
    traffic = flowing_traffic(city, n_vehicles, float(end_s), 1)
    name = f"grid{side}" if side == 30 and n_vehicles < 20_000 else f"grid{side}, {n_vehicles} vehicles"
    case = Case(name, city, traffic, 0.0, warm_s, end_s, micro_s)
    if folder is None:
        return case
    net_path = folder / f"grid{side}" / "city.net.xml"
    if not net_path.exists():
        write_net(city, net_path.parent)
    routes_path = write_routes(city, traffic, net_path.parent / f"{n_vehicles}.rou.xml")
    return Case(name, city, traffic, 0.0, warm_s, end_s, micro_s, net_path, routes_path)


def flowing_traffic(city: City, n_vehicles: int, span_s: float, seed: int) -> Traffic:
    """Return gravity traffic as it is after some hours: vehicles at any place of their ways, and others that follow.

    Those under way are any ``n_vehicles`` roads of all ways; each enters there, within ``FILL_S``, and goes on.

    Parameters
    ----------
    city : City
    n_vehicles : int
        Under way at the begin.
    span_s : float
        How long vehicles follow.
    seed : int
    """
    given = gravity_traffic(city, n_vehicles, 0.0, span_s, seed)
    table, chance = given.vehicles, np.random.default_rng(seed)
    counts = table["routes_end"] - table["routes_start"]
    ends = np.cumsum(counts)
    place = chance.integers(0, ends[-1], n_vehicles)
    under_way = np.searchsorted(ends, place, side="right")
    starts = table["routes_end"][under_way] - (ends[under_way] - place)
    n_follow = round(n_vehicles * span_s / (counts.mean() * ROAD_S))
    follow = chance.integers(0, n_vehicles, n_follow)
    rows = np.concatenate([under_way, follow])
    depart_s = np.concatenate([chance.random(n_vehicles) * FILL_S, chance.random(n_follow) * span_s])
    starts = np.concatenate([starts, table["routes_start"][follow]])
    order = np.argsort(depart_s, kind="stable")
    return Traffic(_vehicles(table, rows[order], depart_s[order], starts[order]), given.routes)


def _vehicles(table: Table, rows: NDArray[np.int64], depart_s: NDArray[np.float64], starts: NDArray[np.int64]) -> Table:
    columns: dict[str, Any] = {name: table[name][rows] for name in table}
    columns["vehicle_id"] = np.arange(len(rows)).astype(np.str_)
    columns["depart_s"] = depart_s
    columns["routes_start"] = starts
    return Table("vehicles", columns)

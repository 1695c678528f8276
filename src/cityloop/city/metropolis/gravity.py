"""Traffic of a made-up city: who drives from where to where, when and by which roads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.metropolis.journeys import journeys_of
from cityloop.city.metropolis.names import numbered
from cityloop.city.metropolis.origins import origins_of
from cityloop.city.metropolis.road_graph import road_graph
from cityloop.city.metropolis.sizes import check_count, check_positive, check_share
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.kernels.chance import uniforms

Floats = NDArray[np.float64]

# what a vehicle of each class is like: the defaults of SUMO's vehicle classes
# (https://sumo.dlr.de/docs/Vehicle_Type_Parameter_Defaults.html, read from SUMO 1.24 with libsumo)
_CLASSES = ("passenger", "truck", "bus")
_FIGURES = {
    "length_m": (5.0, 7.1, 12.0),
    "max_speed_mps": (200 / 3.6, 130 / 3.6, 100 / 3.6),
    "speed_dev": (0.1, 0.05, 0.0),
    "accel_mps2": (2.6, 1.3, 1.2),
    "decel_mps2": (4.5, 4.0, 4.0),
}


@dataclass(frozen=True)
class Mix:
    """Shares of the vehicles that are no passenger cars; assumptions.

    Raises
    ------
    Unusable
        Where they are no shares or exceed 1 together.
    """

    truck_frac: float = 0.04
    bus_frac: float = 0.02

    def __post_init__(self) -> None:
        check_share(self.truck_frac, "mix truck_frac")
        check_share(self.bus_frac, "mix bus_frac")
        check_share(self.truck_frac + self.bus_frac, "mix truck_frac + bus_frac")


class _Purpose(IntEnum):
    """What a number is drawn for: each vehicle has one for each."""

    DEPARTURE = 0
    ORIGIN = 1
    DESTINATION = 2
    START = 3
    CLASS = 4


def gravity_traffic(
    city: City,
    n_vehicles: int,
    begin_s: float,
    end_s: float,
    seed: int,
    *,
    decay_s: float = 180.0,
    limit_s: float = 900.0,
    n_origins: int = 4000,
    mix: Mix | None = None,
) -> Traffic:
    """Return traffic whose trips follow a gravity model and take the shortest way on empty streets.

    - The city is cut into cells. Trips begin in a cell in proportion to the length of its lanes, all on ways from one
      of its roads; to spread them, each starts up to a cell's side further along its way (any part of a shortest way
      is a shortest way), which leaves at least two roads.
    - Destinations are roads, by length of lanes and free-flow time, see `journeys.journeys_of`. In a wide city the
      mean free-flow time is about twice ``decay_s``, less what the spread takes off.
    - Ways use the turns that exist, also to and from the roads at the border of the city.
    - Departures are independent and even over the window.

    The same arguments give the same traffic, bit by bit: chance is a hash of vehicle and seed.

    Parameters
    ----------
    city : City
    n_vehicles : int
    begin_s, end_s : float
        Window of the departures, the end excluded.
    seed : int
    decay_s : float
        Free-flow time over which the chance of a destination falls to 1/e; an assumption.
    limit_s : float
        Longest free-flow time of a trip; an assumption.
    n_origins : int
        Number of cells to aim at. The time that this takes grows with it, and the variety of ways.
    mix : Mix or None
        Vehicle classes; None for the defaults.

    Returns
    -------
    Traffic
        Vehicles from the same cell to the same destination share rows of ``routes``.

    Raises
    ------
    Unusable
        Where a count or time is below what makes traffic, or the city has no ways of that length.
    """
    check_count(n_vehicles, "gravity_traffic n_vehicles", 1)
    check_count(n_origins, "gravity_traffic n_origins", 1)
    check_positive(decay_s, "gravity_traffic decay_s")
    check_positive(limit_s, "gravity_traffic limit_s")
    if not (math.isfinite(begin_s) and math.isfinite(end_s) and begin_s < end_s):
        where = "gravity_traffic begin_s and end_s"
        raise Unusable(f"{begin_s:g} s to {end_s:g} s is no window", where, "let it begin before it ends")
    graph = road_graph(city)
    origins = origins_of(graph, n_origins, seed)
    reach = np.cumsum(origins.share)
    cell = np.searchsorted(reach, _drawn(n_vehicles, _Purpose.ORIGIN, seed) * reach[-1], side="right")
    by_cell = np.argsort(cell, kind="stable")
    n_trips = np.bincount(cell, minlength=len(reach))
    is_used = n_trips > 0
    journeys = journeys_of(
        graph,
        origins.road_ix[is_used],
        n_trips[is_used],
        _drawn(n_vehicles, _Purpose.DESTINATION, seed)[by_cell],
        decay_s=decay_s,
        limit_s=limit_s,
    )
    start, end = np.empty(n_vehicles, np.int64), np.empty(n_vehicles, np.int64)
    start[by_cell], end[by_cell] = journeys.start, journeys.end
    n_spread = int(origins.cell_m / city.roads["length_m"].mean())
    n_choices = np.minimum(n_spread, end - start - 2) + 1
    start += (_drawn(n_vehicles, _Purpose.START, seed) * n_choices).astype(np.int64)
    depart_s = begin_s + np.sort(_drawn(n_vehicles, _Purpose.DEPARTURE, seed)) * (end_s - begin_s)
    routes = Table("routes", {"road_ix": journeys.road_ix})
    return Traffic(_vehicles(depart_s, start, end, seed, mix or Mix()), routes)


def _vehicles(depart_s: Floats, start: NDArray[np.int64], end: NDArray[np.int64], seed: int, mix: Mix) -> Table:
    n = len(depart_s)
    limits = np.cumsum([1.0 - mix.truck_frac - mix.bus_frac, mix.truck_frac])
    class_ix = np.searchsorted(limits, _drawn(n, _Purpose.CLASS, seed), side="right")
    figures = {name: np.array(values)[class_ix] for name, values in _FIGURES.items()}
    return Table(
        "vehicles",
        {
            "vehicle_id": numbered("v", np.arange(n)),
            "class": np.array(_CLASSES, dtype=object)[class_ix],
            "depart_s": depart_s,
            "routes_start": start,
            "routes_end": end,
            **figures,
        },
    )


def _drawn(n_vehicles: int, purpose: _Purpose, seed: int) -> Floats:
    """Return a number in [0, 1) for each vehicle."""
    return uniforms(np.arange(n_vehicles) * len(_Purpose) + purpose, seed)

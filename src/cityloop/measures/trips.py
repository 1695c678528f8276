"""Delay, travel time, stops and emissions of trips, and the figures of a network made from them.

The delay of a trip is its time loss against free flow plus the time it waited to enter the network. Vehicles
that did not finish, or never entered, count with what they had lost when the window ended: leaving them out
would reward a city that keeps its jams outside of the picture.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from cityloop.city.sumo.xml_file import elements, number, required
from cityloop.city.table import Table, table_of_rows

PUBLIC_TRANSPORT = frozenset({"bus", "coach", "tram", "rail_urban", "rail", "rail_electric", "rail_fast", "subway"})
"""Vehicle classes whose driver is not a traveller."""

_NO_CLASSES: Mapping[str, str] = MappingProxyType({})


def read_trips(tripinfo_path: Path, begin_s: float, end_s: float, class_of: Mapping[str, str] = _NO_CLASSES) -> Table:
    """Return the trips that were to depart within the window.

    Parameters
    ----------
    tripinfo_path : Path
        SUMO's ``tripinfo.xml``, written with ``write-unfinished`` and ``write-undeparted``. SUMO then gives a
        vehicle that never entered a departure of -1 and, as its departure delay, the time from its planned
        departure to the end of the simulation (checked with SUMO 1.28).
    begin_s, end_s : float
        The window; ``end_s`` is the end of the simulation.
    class_of : mapping of str to str, optional
        Vehicle class by vehicle name, or by the name of the flow that made it; ``passenger`` where absent.

    Returns
    -------
    Table
        Of schema ``trips``. ``n_persons`` is the mean number on board, counted from the rides in the file: at
        least 1 in a private vehicle; in public transport without its driver, and nan where nobody's
        ride is simulated at all, as the number of riders cannot be told then.

    Raises
    ------
    Unusable
        When the file is missing or not whole.
    """
    rows: list[dict[str, Any]] = []
    ridden_s: dict[str, float] = defaultdict(float)
    has_rides = False
    for element in elements(tripinfo_path, "tripinfos"):
        if element.tag == "tripinfo":
            row = _trip_of(element, tripinfo_path, end_s, class_of)
            if begin_s <= row["depart_s"] < end_s:
                rows.append(row)
        for ride in element.iterfind("ride"):
            has_rides = True
            boarded_s = number(ride, "depart", tripinfo_path)
            left_s = number(ride, "arrival", tripinfo_path)
            if boarded_s >= 0:
                ridden_s[required(ride, "vehicle", tripinfo_path)] += (left_s if left_s >= 0 else end_s) - boarded_s
    for row in rows:
        row["n_persons"] = _n_persons(row["class"], row["travel_time_s"], ridden_s[row["vehicle_id"]], has_rides)
    return table_of_rows("trips", rows)


def _trip_of(element: etree._Element, path: Path, end_s: float, class_of: Mapping[str, str]) -> dict[str, Any]:
    vehicle_id = required(element, "id", path)
    entered_s = number(element, "depart", path)
    depart_delay_s = number(element, "departDelay", path)
    time_loss_s = number(element, "timeLoss", path)
    is_departed = entered_s >= 0
    emissions = element.find("emissions")
    return {
        "vehicle_id": vehicle_id,
        "class": class_of.get(vehicle_id) or class_of.get(vehicle_id.rpartition(".")[0], "passenger"),
        "is_departed": is_departed,
        "is_finished": number(element, "arrival", path) >= 0 and not element.get("vaporized"),
        "depart_s": (entered_s if is_departed else end_s) - depart_delay_s,
        "depart_delay_s": depart_delay_s,
        "travel_time_s": number(element, "duration", path),
        "time_loss_s": time_loss_s,
        "waiting_s": number(element, "waitingTime", path),
        "stops": number(element, "waitingCount", path),
        "delay_s": time_loss_s + depart_delay_s,
        "length_m": number(element, "routeLength", path),
        "n_persons": 1.0,
        # SUMO writes milligrams
        "co2_g": math.nan if emissions is None else number(emissions, "CO2_abs", path) / 1000,
        "fuel_g": math.nan if emissions is None else number(emissions, "fuel_abs", path) / 1000,
    }


def _n_persons(vehicle_class: str, travel_time_s: float, ridden_s: float, has_rides: bool) -> float:
    on_board = ridden_s / travel_time_s if travel_time_s > 0 else 0.0
    if vehicle_class not in PUBLIC_TRANSPORT:
        return max(1.0, on_board)
    return on_board if has_rides else math.nan


@dataclass(frozen=True, slots=True)
class TripFigures:
    """The figures of a network over a window; nan where a figure cannot be told.

    Parameters
    ----------
    delay_s, delay_p95_s : float
        Mean and 95th percentile of the delay over all vehicles.
    travel_time_s, waiting_s, stops : float
        Means over the vehicles that entered: time in the network, time standing, number of stops.
    throughput_veh : int
        Vehicles that arrived.
    n_vehicles, n_unfinished, n_undeparted : int
        All vehicles; those that entered and did not arrive; those that never entered.
    distance_km, co2_g, fuel_g : float
        Sums; the last two nan where emissions were not computed.
    person_delay_s : float
        Mean delay weighted by persons on board; nan where every vehicle carries the same number, as the
        figure then says nothing new, and where the number cannot be told.
    """

    delay_s: float
    delay_p95_s: float
    travel_time_s: float
    waiting_s: float
    stops: float
    throughput_veh: int
    n_vehicles: int
    n_unfinished: int
    n_undeparted: int
    distance_km: float
    co2_g: float
    fuel_g: float
    person_delay_s: float


def trip_figures(trips: Table) -> TripFigures:
    """Return the figures of a network from its trips (schema ``trips``)."""
    departed = np.asarray(trips["is_departed"])
    finished = np.asarray(trips["is_finished"])
    delay_s = trips["delay_s"]
    return TripFigures(
        delay_s=_mean(delay_s),
        delay_p95_s=float(np.percentile(delay_s, 95)) if delay_s.size else math.nan,
        travel_time_s=_mean(trips["travel_time_s"][departed]),
        waiting_s=_mean(trips["waiting_s"][departed]),
        stops=_mean(trips["stops"][departed]),
        throughput_veh=int(finished.sum()),
        n_vehicles=trips.n_rows,
        n_unfinished=int((departed & ~finished).sum()),
        n_undeparted=int((~departed).sum()),
        distance_km=float(trips["length_m"].sum()) / 1000,
        co2_g=_sum(trips["co2_g"][departed]),
        fuel_g=_sum(trips["fuel_g"][departed]),
        person_delay_s=_person_delay(delay_s, trips["n_persons"]),
    )


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else math.nan


def _sum(values: NDArray[np.float64]) -> float:
    return float(values.sum()) if values.size else math.nan


def _person_delay(delay_s: NDArray[np.float64], n_persons: NDArray[np.float64]) -> float:
    if n_persons.size == 0 or np.isnan(n_persons).any() or np.ptp(n_persons) == 0:
        return math.nan
    return float((delay_s * n_persons).sum() / n_persons.sum())

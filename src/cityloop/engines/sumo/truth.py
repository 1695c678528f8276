"""Every vehicle that is on the street, read from SUMO."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Vehicles
from cityloop.engines.sumo.lane_map import LaneMap
from cityloop.engines.sumo.library import getter_of
from cityloop.engines.sumo.routes import Route, RouteMap

STANDING_MPS = 0.1
_SHARED_CLASSES = frozenset(
    {"bus", "coach", "tram", "rail_urban", "subway", "rail", "rail_electric", "rail_fast", "taxi"}
)
_NOWHERE = -1
_UNKNOWN_STOP = -2
_ROUTE_CHECK_EVERY = 10
"""Readings from one look at all routes to the next; a new route also shows at the next change of lane."""


class TruthReader:
    """Reads the vehicles tick by tick and remembers what does not change.

    Position, speed and lane are read for every vehicle at each reading, the rest when it appears or changes
    lane. Plain getters are the cheapest way in process: on ingolstadt21 with libsumo 1.28 three values of a
    vehicle cost 1.2 us with getters, 1.4 us by one context subscription and 2.3 us by a subscription for each
    vehicle, and either subscription makes the simulation steps a third slower besides. Taken from the compiled
    library without the functions in between, the getters cost a third less still.

    Parameters
    ----------
    city : City
    libsumo : module
    lane_map : LaneMap
    """

    def __init__(self, city: City, libsumo: Any, lane_map: LaneMap) -> None:
        self._sumo, self._lane_map = libsumo, lane_map
        self._lane_id_of = getter_of(libsumo, "vehicle", "getLaneID")
        self._position_m_of = getter_of(libsumo, "vehicle", "getLanePosition")
        self._speed_mps_of = getter_of(libsumo, "vehicle", "getSpeed")
        self._route_id_of = getter_of(libsumo, "vehicle", "getRouteID")
        self._place_of = getter_of(libsumo, "vehicle", "getRouteIndex")
        self._routes = RouteMap(city)
        self._is_signalised: list[bool] = (city.movements["signal_ix"] >= 0).tolist()
        self._movement_of_code: list[int] = lane_map.movement_ix.tolist()
        self._route_of_id: dict[str, Route] = {}
        self._number_of: dict[str, int] = {}
        self._route_id: list[str] = []
        self._stop_at: list[int] = []
        self._shared: dict[str, int] = {}
        self._code = np.empty(0, np.int64)
        self._movement_ix = np.empty(0, np.int64)
        self._length_m = np.empty(0)
        self._n_persons = np.empty(0)
        self._waiting_s = np.empty(0)
        self._t_s = 0.0
        self._n_readings = 0

    def read(self, t_s: float) -> Vehicles:
        """Return every vehicle on a lane that the city knows.

        Parameters
        ----------
        t_s : float
            Time now; standing time is counted by the time since the reading before.

        Returns
        -------
        Vehicles
            Sorted by SUMO's vehicle name; ``movement_ix`` is the true next signalised movement on a lane
            (-2 none ahead) and the movement being made inside a junction; ``waiting_s`` counts from the
            last stop line passed.
        """
        ids: tuple[str, ...] = self._sumo.vehicle.getIDList()
        n = len(ids)
        numbers: list[int] = list(map(self._number_of.get, ids))  # type: ignore[arg-type]  # None: mended below
        if None in numbers:
            for row, vehicle_id in enumerate(ids):
                if numbers[row] is None:
                    numbers[row] = self._add(vehicle_id)
        number = np.array(numbers, np.int64)
        code = np.fromiter(
            map(self._lane_map.code_of.get, map(self._lane_id_of, ids), itertools.repeat(_NOWHERE)), np.int64, n
        )
        position_m = np.fromiter(map(self._position_m_of, ids), np.float64, n)
        speed_mps = np.fromiter(map(self._speed_mps_of, ids), np.float64, n)

        elapsed_s = t_s - self._t_s if self._n_readings else 0.0
        self._t_s = t_s
        self._waiting_s[number] += np.where(speed_mps < STANDING_MPS, elapsed_s, 0.0)
        is_new = self._code[number] != code
        if self._n_readings % _ROUTE_CHECK_EVERY == 0:
            route_ids = map(self._route_id_of, ids)
            known_ids = map(self._route_id.__getitem__, numbers)
            is_new |= np.fromiter(map(operator.ne, route_ids, known_ids), np.bool_, n)
        self._n_readings += 1
        rows = np.flatnonzero(is_new)
        for row, code_now in zip(rows.tolist(), code[rows].tolist(), strict=True):
            self._find_movement(ids[row], numbers[row], code_now)
        self._code[number] = code
        self._count_persons(ids)

        is_inside = code >= self._lane_map.n_lanes
        inside = code[is_inside] - self._lane_map.n_lanes
        position_m[is_inside] += self._lane_map.offset_m[inside]
        seen = np.flatnonzero(code >= 0)
        number = number[seen]
        return Vehicles(
            vehicle_ix=number,
            lane_ix=np.where(is_inside, _NOWHERE, code)[seen],
            movement_ix=self._movement_ix[number],
            position_m=position_m[seen],
            speed_mps=speed_mps[seen],
            length_m=self._length_m[number],
            waiting_s=self._waiting_s[number],
            n_persons=self._n_persons[number],
            age_s=np.zeros(len(seen)),
        )

    def _add(self, vehicle_id: str) -> int:
        """Return the number of a vehicle that appears for the first time."""
        number = len(self._number_of)
        self._number_of[vehicle_id] = number
        if number >= len(self._code):
            self._grow(max(1024, 2 * number))
        vehicle = self._sumo.vehicle
        self._route_id.append("")
        self._stop_at.append(_UNKNOWN_STOP)
        self._length_m[number] = vehicle.getLength(vehicle_id)
        self._n_persons[number] = 1.0 + vehicle.getPersonNumber(vehicle_id)
        if vehicle.getVehicleClass(vehicle_id) in _SHARED_CLASSES:
            self._shared[vehicle_id] = number
        return number

    def _grow(self, size: int) -> None:
        def grown(column: Any, value: float) -> Any:
            return np.concatenate([column, np.full(size - len(column), value, column.dtype)])

        self._code = grown(self._code, _NOWHERE)
        self._movement_ix = grown(self._movement_ix, _NOWHERE)
        self._length_m = grown(self._length_m, 0.0)
        self._n_persons = grown(self._n_persons, 0.0)
        self._waiting_s = grown(self._waiting_s, 0.0)

    def _find_movement(self, vehicle_id: str, number: int, code: int) -> None:
        """Update the movement of a vehicle whose lane or route has changed."""
        if code < 0:
            return
        if code >= self._lane_map.n_lanes:
            movement_ix = self._movement_of_code[code - self._lane_map.n_lanes]
            self._movement_ix[number] = movement_ix
            if self._is_signalised[movement_ix]:
                self._pass_stop_line(number, _UNKNOWN_STOP)
            return
        route_id = self._route_id[number] = self._route_id_of(vehicle_id)
        route = self._route_of_id.get(route_id)
        if route is None:
            route = self._route_of_id[route_id] = self._routes.route_of(self._sumo.vehicle.getRoute(vehicle_id))
        place = self._place_of(vehicle_id)
        self._movement_ix[number] = self._routes.next_movement(route, place, code)
        if route.stop_at[place] != self._stop_at[number]:
            self._pass_stop_line(number, route.stop_at[place])

    def _pass_stop_line(self, number: int, stop_at: int) -> None:
        if self._stop_at[number] != _UNKNOWN_STOP:
            self._waiting_s[number] = 0.0
        self._stop_at[number] = stop_at

    def _count_persons(self, ids: tuple[str, ...]) -> None:
        """Read again how many are on board of vehicles that people get on and off."""
        if not self._shared or self._sumo.person.getIDCount() == 0:
            return
        for vehicle_id in self._shared.keys() & set(ids):
            self._n_persons[self._shared[vehicle_id]] = 1.0 + self._sumo.vehicle.getPersonNumber(vehicle_id)

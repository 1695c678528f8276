"""Which links somebody waits at: vehicles, occupied loops and pedestrians call them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.control.view import View

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDING_S = 1e-6


class Calls:
    """Keeps for every link of the city whether it is called, and since when.

    A vehicle within reach of a stop line calls the link of the movement that it has announced; one that has
    announced nothing calls every link that its lane leads to. An occupied loop calls like a vehicle that has
    announced nothing. Where no vehicle has ever been seen, nothing can be told, so every used vehicle link counts
    as called; the same holds for crossings until a pedestrian has been seen.

    Parameters
    ----------
    city : City
    reach_m : float
        Distance upstream of the stop line within which a vehicle calls.
    memory_s : float
        A call lasts this long after it was last seen, so that a flickering sensor does not lose it.
    """

    def __init__(self, city: City, reach_m: float, memory_s: float) -> None:
        self._reach_m, self._memory_s = reach_m, memory_s
        self._n_lanes = city.lanes.n_rows
        self._is_vehicle_link = city.links["is_used"] & ~city.links["is_crossing"]
        self._is_crossing_link = city.links["is_used"] & city.links["is_crossing"]
        n_links = city.links.n_rows
        self._last_s: Floats = np.full(n_links, -np.inf)
        self._has_seen_vehicles = self._has_seen_walkers = False
        self.is_called: Bools = np.zeros(n_links, np.bool_)
        self.since_s: Floats = np.zeros(n_links)
        self._build(city)

    def _build(self, city: City) -> None:
        """List for every lane and unsignalised movement (numbered after the lanes) the links it leads to."""
        movements, lanes = city.movements, city.lanes
        leads_to: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for movement_ix in np.flatnonzero((movements["link_ix"] >= 0) & (movements["from_lane_ix"] >= 0)).tolist():
            leads_to[int(movements["from_lane_ix"][movement_ix])].append(
                (int(movements["link_ix"][movement_ix]), movement_ix)
            )
        lanes_of_road: dict[int, list[int]] = defaultdict(list)
        for lane_ix, road_ix in enumerate(lanes["road_ix"].tolist()):
            lanes_of_road[road_ix].append(lane_ix)
        approaches = approach_lanes(city, self._reach_m)
        rows: list[tuple[int, int, int, float, bool]] = []
        for stop_lane_ix, lane_ix, movement_ix, entry_m in zip(
            *(approaches[name].tolist() for name in ("stop_lane_ix", "lane_ix", "movement_ix", "entry_m")), strict=True
        ):
            places = lanes_of_road[int(lanes["road_ix"][lane_ix])] if lane_ix >= 0 else [self._n_lanes + movement_ix]
            for place in places:
                # from a lane beside it only a vehicle that has announced the movement is on its way there
                is_own = lane_ix < 0 or place == lane_ix
                rows.extend((place, link, movement, entry_m, is_own) for link, movement in leads_to[stop_lane_ix])
        rows.sort()
        place_of_row = np.array([row[0] for row in rows], np.int64)
        self._row_start: Ints = np.searchsorted(place_of_row, np.arange(self._n_lanes + movements.n_rows + 1))
        self._row_link: Ints = np.array([row[1] for row in rows], np.int64)
        self._row_movement: Ints = np.array([row[2] for row in rows], np.int64)
        self._row_entry_m: Floats = np.array([row[3] for row in rows], np.float64)
        self._row_is_own: Bools = np.array([row[4] for row in rows], np.bool_)
        self._nearest_m: Floats = np.full(self._n_lanes + movements.n_rows, np.inf)
        np.minimum.at(self._nearest_m, place_of_row, self._row_entry_m)

    def observe(self, view: View) -> None:
        """Take in a view."""
        is_seen = np.zeros(len(self.is_called), np.bool_)
        self._vehicles_call(view, is_seen)
        self._loops_call(view, is_seen)
        self._walkers_call(view, is_seen)
        self._last_s[is_seen] = view.t_s
        is_called = self._last_s >= view.t_s - self._memory_s - _ROUNDING_S
        self.since_s[is_called & ~self.is_called] = view.t_s
        self.is_called = is_called

    def forget(self) -> None:
        """Drop every call, as after the clock was set back."""
        self._last_s[:] = -np.inf
        self.is_called = np.zeros(len(self.is_called), np.bool_)

    def _vehicles_call(self, view: View, is_seen: Bools) -> None:
        vehicles = view.vehicles
        self._has_seen_vehicles = self._has_seen_vehicles or len(vehicles.lane_ix) > 0
        if not self._has_seen_vehicles:
            is_seen |= self._is_vehicle_link
            return
        is_on_lane = vehicles.lane_ix >= 0
        place = np.where(is_on_lane, vehicles.lane_ix, self._n_lanes + vehicles.movement_ix)
        known = np.flatnonzero(
            (np.maximum(vehicles.lane_ix, vehicles.movement_ix) >= 0) & (place < len(self._nearest_m))
        )
        near = known[self._nearest_m[place[known]] - vehicles.position_m[known] <= self._reach_m]
        rows, source = self._rows_of(place[near])
        vehicle = near[source]
        announced = np.where(is_on_lane, vehicles.movement_ix, -1)[vehicle]
        is_meant = (announced == self._row_movement[rows]) | ((announced == -1) & self._row_is_own[rows])
        is_near = self._row_entry_m[rows] - vehicles.position_m[vehicle] <= self._reach_m
        is_seen[self._row_link[rows[is_meant & is_near]]] = True

    def _loops_call(self, view: View, is_seen: Bools) -> None:
        loops = view.detectors
        if len(loops.lane_ix) == 0:
            return
        calls = (loops.since_s <= 0) & (loops.distance_m <= self._reach_m)
        calls &= (loops.lane_ix >= 0) & (loops.lane_ix < self._n_lanes)
        rows, _ = self._rows_of(loops.lane_ix[calls])
        is_seen[self._row_link[rows[self._row_is_own[rows]]]] = True

    def _walkers_call(self, view: View, is_seen: Bools) -> None:
        waits = view.n_walkers > 0
        self._has_seen_walkers = self._has_seen_walkers or bool(waits.any())
        is_seen |= waits if self._has_seen_walkers else self._is_crossing_link

    def _rows_of(self, place: Ints) -> tuple[Ints, Ints]:
        """Return the rows of some places one after the other, and which place each belongs to."""
        start, end = self._row_start[place], self._row_start[place + 1]
        n_rows = end - start
        source = np.repeat(np.arange(len(place)), n_rows)
        first = np.cumsum(n_rows) - n_rows
        return np.arange(len(source)) - (first - start)[source], source

"""Vehicles that are not connected, from those that are and from stop-line loops."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.control.view import Vehicles, View
from cityloop.sensing.approach_path import longest_path
from cityloop.sensing.coverage import RANGE_M
from cityloop.sensing.loop_estimator import virtual_rows
from cityloop.sensing.loop_layout import loop_places
from cityloop.sensing.stop_lines import StopLineReader
from cityloop.sensing.virtual_queue import (
    FIRST_STANDS_M,
    PATIENCE_S,
    SPACING_M,
    START_WAVE_S,
    VirtualQueue,
    VirtualVehicle,
)

STANDING_MPS = 1.0
"""A connected vehicle slower than this stands in a queue."""
FLOW_MEMORY_S = 180.0
"""Time over which the flow over a stop line is averaged, later readings weighing more."""
FLOW_PRIOR_S = 20.0
"""Time without any vehicle that the average is mixed with, so that the first ones do not make it jump."""


class ConnectedEstimator:
    """Adds the vehicles that nobody announces, a virtual queue a stop lane.

    - A standing connected vehicle is in a queue that is full up to it: the places before it that no
      connected vehicle takes hold unseen ones (the location of the last probe in the queue carries what
      probes tell of its length: Comert and Cetin, "Queue length estimation from probe vehicle location and
      the impacts of sample size", European Journal of Operational Research 197, 2009).
    - Behind it unseen vehicles arrive at their share of the flow that the stop-line loop counts.
    - The stop-line loop takes out what leaves, and empties the queue when nobody comes.

    Real vehicles get even numbers and virtual ones odd numbers, so that both keep theirs.

    Parameters
    ----------
    city : City
    share_frac : float
        Share of connected vehicles.
    """

    def __init__(self, city: City, share_frac: float) -> None:
        self._unseen_frac = 1.0 - share_frac
        places = loop_places(city, is_upstream_wanted=False)
        approaches = approach_lanes(city, RANGE_M)
        self._stop_lanes: list[int] = places.serves_stop_lane_ix.tolist()
        self._at = {stop_lane_ix: at for at, stop_lane_ix in enumerate(self._stop_lanes)}
        self._reader = StopLineReader(city, self._stop_lanes, places.serves_loop_ix.tolist(), len(places.lane_ix))
        self._paths = [longest_path(city, approaches, lane_ix) for lane_ix in self._stop_lanes]
        self._free_mps = [float(city.lanes["speed_mps"][lane_ix]) for lane_ix in self._stop_lanes]
        self._queues = [VirtualQueue() for _ in self._stop_lanes]
        self._left_veh = [0.0] * len(self._stop_lanes)
        self._watched_s = 0.0
        self._due_veh = [0.0] * len(self._stop_lanes)
        self._stop_lane_of_movement = city.movements["from_lane_ix"]
        self._entry_m: dict[tuple[int, int], float] = {}
        self._signal_ix = [-1] * len(self._stop_lanes)
        for row in np.flatnonzero(approaches["lane_ix"] >= 0).tolist():
            stop_lane_ix = int(approaches["stop_lane_ix"][row])
            self._entry_m[stop_lane_ix, int(approaches["lane_ix"][row])] = float(approaches["entry_m"][row])
            self._signal_ix[self._at[stop_lane_ix]] = int(approaches["signal_ix"][row])
        self._n_made = 0
        self._t_s: float | None = None
        self._before: dict[int, int] = {}

    def estimate(self, view: View) -> View:
        """Return the view with unseen vehicles added to the connected ones."""
        elapsed_s = 0.0 if self._t_s is None else view.t_s - self._t_s
        self._t_s = view.t_s
        standing_m, left = self._connected(view.vehicles)
        kept_frac = math.exp(-elapsed_s / FLOW_MEMORY_S)
        self._watched_s = self._watched_s * kept_frac + elapsed_s
        for at, line in enumerate(self._reader.read(view)):
            queue, taken_m = self._queues[at], standing_m[at]
            self._left_veh[at] = self._left_veh[at] * kept_frac + line.n_left
            queue.leave(max(line.n_left - left[at], 0))
            if line.idle_s is not None and line.idle_s >= PATIENCE_S:
                queue.drop_overdue(view.t_s)
            self._let_in(at, view.t_s, elapsed_s)
            if line.is_occupied and not queue.vehicles and not taken_m:
                queue.vehicles.append(self._made(at, view.t_s, 0.0))
            queue.settle(view.t_s, elapsed_s, line.green_s, taken_m)
            if taken_m and (line.green_s is None or line.green_s < START_WAVE_S):
                self._fill(at, view.t_s, taken_m)
                queue.settle(view.t_s, 0.0, line.green_s, taken_m)
            self._bound(at, taken_m[-1] if taken_m else 0.0)
        unseen = virtual_rows([vehicle for queue in self._queues for vehicle in queue.vehicles])
        return dataclasses.replace(view, vehicles=_joined(view.vehicles, unseen))

    def _connected(self, vehicles: Vehicles) -> tuple[list[list[float]], list[int]]:
        """Return the distances of standing connected vehicles, and how many have left, a stop lane each."""
        standing_m: list[list[float]] = [[] for _ in self._stop_lanes]
        left = [0] * len(self._stop_lanes)
        now: dict[int, int] = {}
        for row in np.flatnonzero((vehicles.lane_ix >= 0) & (vehicles.movement_ix >= 0)).tolist():
            stop_lane_ix = int(self._stop_lane_of_movement[vehicles.movement_ix[row]])
            entry_m = self._entry_m.get((stop_lane_ix, int(vehicles.lane_ix[row])))
            if entry_m is None:
                continue
            at = now[int(vehicles.vehicle_ix[row])] = self._at[stop_lane_ix]
            if vehicles.speed_mps[row] < STANDING_MPS:
                standing_m[at].append(entry_m - float(vehicles.position_m[row]))
        for number, at in self._before.items():
            now_at = now.get(number)
            # it is in the junction, out of sight or on its way to another signal; not: on another lane
            if now_at is None or self._signal_ix[now_at] != self._signal_ix[at]:
                left[at] += 1
        self._before = now
        for distances_m in standing_m:
            distances_m.sort()
        return standing_m, left

    def _let_in(self, at: int, t_s: float, elapsed_s: float) -> None:
        flow_vps = self._left_veh[at] / (self._watched_s + FLOW_PRIOR_S)
        self._due_veh[at] += self._unseen_frac * flow_vps * elapsed_s
        entry_m = min(self._paths[at].entry_m[-1], RANGE_M)
        while self._due_veh[at] >= 1.0:
            self._due_veh[at] -= 1.0
            if self._queues[at].n_within(entry_m) * SPACING_M < entry_m:
                self._queues[at].vehicles.append(self._made(at, t_s, entry_m))

    def _fill(self, at: int, t_s: float, taken_m: list[float]) -> None:
        """Put unseen vehicles on all free places before the last standing connected vehicle."""
        queue = self._queues[at]
        n_places = round((taken_m[-1] - FIRST_STANDS_M) / SPACING_M)
        n_missing = n_places - (len(taken_m) - 1) - queue.n_within(taken_m[-1])
        on_their_way = [vehicle for vehicle in queue.vehicles if vehicle.distance_m > taken_m[-1]]
        for vehicle in on_their_way[: max(n_missing, 0)]:
            vehicle.entered_s, vehicle.entered_m = t_s, 0.0
        queue.vehicles[:0] = [self._made(at, t_s, 0.0) for _ in range(n_missing - len(on_their_way))]

    def _bound(self, at: int, last_m: float) -> None:
        """Take unseen vehicles off the back of the queue that are more than can be expected there.

        As each vehicle is connected with the same chance, the number of unseen ones that stand in a row
        behind the last standing connected one, or where none stands, has the mean (1 - share) / share; twice
        that is allowed.
        """
        queue = self._queues[at]
        standing = [vehicle for vehicle in queue.vehicles if vehicle.speed_mps <= 0.0 and vehicle.distance_m > last_m]
        n_allowed = math.ceil(2.0 * self._unseen_frac / (1.0 - self._unseen_frac))
        surplus = {vehicle.number for vehicle in standing[n_allowed:]}
        if surplus:
            queue.vehicles = [vehicle for vehicle in queue.vehicles if vehicle.number not in surplus]

    def _made(self, at: int, t_s: float, entered_m: float) -> VirtualVehicle:
        self._n_made += 1
        number = 2 * self._n_made + 1
        return VirtualVehicle(number, t_s, entered_m, self._paths[at], self._free_mps[at], distance_m=entered_m)


def _joined(seen: Vehicles, unseen: Vehicles) -> Vehicles:
    columns: dict[str, Any] = {
        field.name: np.concatenate([getattr(seen, field.name), getattr(unseen, field.name)])
        for field in dataclasses.fields(Vehicles)
    }
    columns["vehicle_ix"] = np.concatenate([2 * seen.vehicle_ix, unseen.vehicle_ix])
    return Vehicles(**columns)

"""Vehicles from induction loops."""

from __future__ import annotations

import dataclasses

import numpy as np

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.control.view import Source, Vehicles, View
from cityloop.sensing.approach_path import ApproachPath, path_from
from cityloop.sensing.loop_layout import UPSTREAM_M, loop_places
from cityloop.sensing.stop_lines import STALE_S, StopLineReader
from cityloop.sensing.virtual_queue import PATIENCE_S, SPACING_M, VirtualQueue, VirtualVehicle

COVERED_S = 3.0
"""An upstream loop that was occupied without a break for so long has a standing vehicle on it."""
_SHARE_MEMORY = 0.98
"""What is kept of the counts that share an upstream loop among stop lanes, at each vehicle that leaves."""


def virtual_rows(vehicles: list[VirtualVehicle]) -> Vehicles:
    """Return virtual vehicles as columns; they have announced nothing."""
    places = [vehicle.path.place_of(vehicle.distance_m) for vehicle in vehicles]
    n = len(vehicles)
    return Vehicles(
        vehicle_ix=np.array([vehicle.number for vehicle in vehicles], np.int64),
        lane_ix=np.array([lane_ix for lane_ix, _, _ in places], np.int64),
        movement_ix=np.array([movement_ix for _, movement_ix, _ in places], np.int64),
        position_m=np.array([position_m for _, _, position_m in places], np.float64),
        speed_mps=np.array([vehicle.speed_mps for vehicle in vehicles], np.float64),
        length_m=np.full(n, 5.0),
        waiting_s=np.array([vehicle.waiting_s for vehicle in vehicles], np.float64),
        n_persons=np.ones(n),
        age_s=np.zeros(n),
        source=np.full(n, Source.LOOP, np.uint8),
    )


class LoopEstimator:
    """Makes vehicles out of loop counts: an input-output queue model a stop lane.

    The upstream loop puts a vehicle at the back of a virtual queue, the stop-line loop takes the first one
    out (Sharma, Bullock and Bonneson, "Input-output and hybrid techniques for real-time prediction of delay
    and maximum queue length at signalized intersections", Transportation Research Record 2035, 2007).
    Counting errors, mostly from changes of lane between the two loops, would add up; three rules mend them:

    - a stop line that has been empty for some time has no queue: vehicles that are due are dropped;
    - an occupied stop line has at least one vehicle;
    - an upstream loop that stays occupied is covered by the queue, which reaches at least that far.

    Where one upstream loop serves several stop lanes its vehicles are shared out in proportion to what
    left over their stop lines before.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        places = loop_places(city)
        approaches = approach_lanes(city, UPSTREAM_M)
        self._speed_mps = city.lanes["speed_mps"]
        stop_line = np.flatnonzero(~places.is_upstream)
        self._stop_lanes: list[int] = places.serves_stop_lane_ix[stop_line].tolist()
        at = {stop_lane_ix: i for i, stop_lane_ix in enumerate(self._stop_lanes)}
        self._reader = StopLineReader(
            city, self._stop_lanes, places.serves_loop_ix[stop_line].tolist(), len(places.lane_ix)
        )
        self._queues = [VirtualQueue() for _ in self._stop_lanes]
        self._own_paths = [path_from(city, approaches, lane_ix, lane_ix) for lane_ix in self._stop_lanes]
        self._upstream: dict[int, list[tuple[int, float, ApproachPath]]] = {}
        for pair in np.flatnonzero(places.is_upstream):
            stop_lane_ix, loop_ix = int(places.serves_stop_lane_ix[pair]), int(places.serves_loop_ix[pair])
            path = path_from(city, approaches, stop_lane_ix, int(places.lane_ix[loop_ix]))
            self._upstream.setdefault(loop_ix, []).append((at[stop_lane_ix], float(places.serves_m[pair]), path))
        self._shares = np.ones(len(self._stop_lanes))
        self._credit: dict[tuple[int, int], float] = {}
        self._covered_s: dict[int, float] = dict.fromkeys(self._upstream, 0.0)
        self._n_made = 0
        self._t_s: float | None = None

    def estimate(self, view: View) -> View:
        """Return the view with the vehicles that the loops tell of.

        Readings that are missing or older than 10 s change nothing: the queues go on as they were.
        """
        elapsed_s = 0.0 if self._t_s is None else view.t_s - self._t_s
        self._t_s = view.t_s
        lines = self._reader.read(view)
        if self._reader.can_read(view):
            self._let_in(view, elapsed_s)
        for at, (queue, line) in enumerate(zip(self._queues, lines, strict=True)):
            if line.n_left:
                queue.leave(line.n_left)
                self._shares[at] = self._shares[at] * _SHARE_MEMORY + line.n_left
            if line.idle_s is not None and line.idle_s >= PATIENCE_S:
                queue.drop_overdue(view.t_s)
            if line.is_occupied and not queue.vehicles:
                queue.vehicles.append(self._made(view.t_s, 0.0, self._own_paths[at]))
            queue.settle(view.t_s, elapsed_s, line.green_s)
        vehicles = virtual_rows([vehicle for queue in self._queues for vehicle in queue.vehicles])
        return dataclasses.replace(view, vehicles=vehicles)

    def _let_in(self, view: View, elapsed_s: float) -> None:
        detectors = view.detectors
        for loop_ix, served in self._upstream.items():
            if not detectors.age_s[loop_ix] <= STALE_S:
                continue
            for _ in range(int(detectors.n_veh[loop_ix])):
                at, distance_m, path = self._served_next(loop_ix, served)
                self._queues[at].vehicles.append(self._made(view.t_s, distance_m, path))
            is_covered = detectors.occupied_frac[loop_ix] > 0.99
            self._covered_s[loop_ix] = self._covered_s[loop_ix] + elapsed_s if is_covered else 0.0
            if self._covered_s[loop_ix] >= COVERED_S:
                at, distance_m, path = max(served, key=lambda one: len(self._queues[one[0]].vehicles))
                queue = self._queues[at].vehicles
                driven_s = distance_m / float(self._speed_mps[path.stop_lane_ix])
                while len(queue) < int(distance_m / SPACING_M):
                    queue.append(self._made(view.t_s - driven_s, distance_m, path))

    def _served_next(
        self, loop_ix: int, served: list[tuple[int, float, ApproachPath]]
    ) -> tuple[int, float, ApproachPath]:
        """Return the stop lane that the next vehicle of a loop goes to: the one furthest behind its share."""
        if len(served) == 1:
            return served[0]
        total = sum(self._shares[at] for at, _, _ in served)
        for at, _, _ in served:
            key = (loop_ix, at)
            self._credit[key] = self._credit.get(key, 0.0) + self._shares[at] / total
        chosen = max(served, key=lambda one: self._credit[loop_ix, one[0]])
        self._credit[loop_ix, chosen[0]] -= 1.0
        return chosen

    def _made(self, t_s: float, distance_m: float, path: ApproachPath) -> VirtualVehicle:
        self._n_made += 1
        return VirtualVehicle(self._n_made, t_s, distance_m, path, float(self._speed_mps[path.stop_lane_ix]))

"""Completes what cameras find: steady tracks, vehicles that stand hidden, vehicles that no camera has found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import Floats, Ints, Source, Vehicles, View
from cityloop.sensing.camera_config import CameraConfig
from cityloop.sensing.camera_health import CameraHealth
from cityloop.sensing.camera_layout import camera_layout
from cityloop.sensing.crossings import Crossings
from cityloop.sensing.green import GreenTimes
from cityloop.sensing.profile import Profile
from cityloop.sensing.selection import joined, vehicles_where
from cityloop.sensing.tracks import Tracks

PLACE_M = 7.5
"""Length that a standing vehicle takes up, gap included."""
FIRST_STANDS_M = 1.0
"""Distance of the first standing vehicle from the stop line."""
HIDDEN_CONFIDENCE_FRAC = 0.6
"""How sure a vehicle is that must stand in a gap of a queue."""
HIDDEN_IX, UNSEEN_IX = 1 << 38, 1 << 39
"""First numbers of hidden and unseen vehicles."""
LIKELY_VEH, LONGEST_RED_S = 0.2, 120.0
"""So many vehicles expected unseen, or so long a red, make one."""
SERVED_S = 3.0
"""A green of this length serves who has waited first."""
UNKNOWN_VPS = 0.02
"""Flow over a stop line of which nothing is known yet."""


class CameraEstimator:
    """Follows what the cameras find, and adds vehicles that stand where none is seen.

    - Tracks are smoothed, moved on by the age of their picture and carried through dropouts; what is seen for a moment
      only is taken for a ghost (see `Tracks`).
    - While a stop line is red, a gap in a standing queue that a vehicle would fit into holds one: vehicles close up.
    - A vehicle that no camera finds would wait for ever where it calls a green of its own. So a stop line at which
      nobody is seen gets a vehicle once it is likely enough, by the flow there, that one has come unseen; and after
      ``LONGEST_RED_S`` in any case.

    Parameters
    ----------
    city : City
    config : CameraConfig, optional
        What is known of the cameras.
    memory : mapping, optional
        What ``memory()`` of an earlier day returned.
    """

    def __init__(
        self, city: City, config: CameraConfig | None = None, memory: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        config = config or CameraConfig()
        layout = camera_layout(city, config.range_m)
        self._coverage = layout.coverage
        self._tracks = Tracks(city, self._coverage)
        self._green = GreenTimes(city)
        self._length_m = city.lanes["length_m"]
        self._n_lanes = city.lanes.n_rows
        self._crossings = Crossings(city)
        self._from_lane_ix = city.movements["from_lane_ix"]
        self._stop_lanes: Ints = np.flatnonzero(self._green.is_stop_lane)
        self._profile = Profile("camera_profile", self._stop_lanes, memory)
        self._unseen_ratio = config.missed_frac / max(1.0 - config.missed_frac, 0.05)
        self._health = CameraHealth(city, layout, self._stop_lanes)
        self._red_s: Floats = np.zeros(len(self._stop_lanes))
        self._unseen_veh: Floats = np.zeros(len(self._stop_lanes))
        self._t_s: float | None = None

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what is worth keeping until the next day."""
        return self._profile.memory()

    def estimate(self, view: View) -> View:
        """Return the view with every vehicle that is thought to be there."""
        elapsed_s = 0.0 if self._t_s is None else view.t_s - self._t_s
        self._t_s = view.t_s
        green_s = self._green.read(view)
        tracked = self._tracks.follow(view.t_s, self._health.corrected(view.vehicles), green_s)
        rows, crossed = self._crossings.read(tracked)
        per_lane = np.bincount(self._from_lane_ix[crossed], minlength=self._n_lanes)
        crossed_veh: Floats = per_lane[self._stop_lanes].astype(np.float64)
        flow_vps = self._profile.flow_vps(view.t_s)
        flow_vps = np.where(np.isnan(flow_vps), UNKNOWN_VPS, flow_vps)
        health = self._health
        health.judge(view.t_s, elapsed_s, tracked, (rows, crossed), green_s, flow_vps)
        is_failed = health.is_failed
        self._profile.count(view.t_s, elapsed_s, crossed_veh, ~is_failed)
        stand_in = health.stand_in(elapsed_s, crossed_veh, green_s[self._stop_lanes], flow_vps)
        if is_failed.any():
            # what a failed camera still shows on its lanes is not believed
            is_believed = ~np.isin(tracked.lane_ix, self._stop_lanes[is_failed])
            tracked = vehicles_where(tracked, is_believed, tracked.movement_ix)
        unseen = self._unseen(elapsed_s, joined(tracked, stand_in), green_s[self._stop_lanes], flow_vps)
        vehicles = joined(tracked, self._hidden(tracked, green_s), stand_in, unseen)
        return dataclasses.replace(view, vehicles=vehicles, health=health.health())

    def _unseen(self, elapsed_s: float, tracked: Vehicles, green_s: Floats, flow_vps: Floats) -> Vehicles:
        """Return a vehicle at each stop line where nobody is seen and one has probably come unseen."""
        is_served = green_s >= SERVED_S
        self._red_s = np.where(is_served, 0.0, self._red_s + elapsed_s)
        came_veh = self._unseen_ratio * flow_vps * elapsed_s
        self._unseen_veh = np.where(is_served, 0.0, self._unseen_veh + came_veh)
        n_seen = np.bincount(tracked.lane_ix[tracked.lane_ix >= 0], minlength=self._n_lanes)[self._stop_lanes]
        is_likely = (self._unseen_veh >= LIKELY_VEH) | (self._red_s >= LONGEST_RED_S)
        at = np.flatnonzero(is_likely & (n_seen == 0))
        lane_ix, n = self._stop_lanes[at], len(at)
        return Vehicles(
            vehicle_ix=UNSEEN_IX + lane_ix,
            lane_ix=lane_ix,
            movement_ix=np.full(n, -1),
            position_m=np.maximum(self._length_m[lane_ix] - FIRST_STANDS_M, 0.0),
            speed_mps=np.zeros(n),
            length_m=np.full(n, 5.0),
            waiting_s=0.5 * self._red_s[at],
            n_persons=np.ones(n),
            age_s=self._red_s[at],
            source=np.full(n, Source.PROFILE, np.uint8),
            confidence_frac=1.0 - np.exp(-self._unseen_veh[at]),
        )

    def _hidden(self, vehicles: Vehicles, green_s: Floats) -> Vehicles:
        """Return the vehicles that must stand in the gaps of the queues at red."""
        lane_ix = vehicles.lane_ix
        is_at_red = (lane_ix >= 0) & np.isnan(green_s)[lane_ix]
        rows = np.flatnonzero(is_at_red)
        ahead_m = self._length_m[lane_ix[rows]] - vehicles.position_m[rows]
        rows = rows[np.lexsort((ahead_m, lane_ix[rows]))]
        lane_ix, ahead_m = lane_ix[rows], self._length_m[lane_ix[rows]] - vehicles.position_m[rows]
        is_standing = vehicles.speed_mps[rows] <= 0.0
        is_first = np.ones(len(rows), np.bool_)
        is_first[1:] = lane_ix[1:] != lane_ix[:-1]
        # where the one before ends, and one gap behind it: there the next one would stand
        next_m = np.empty(len(rows))
        next_m[1:] = ahead_m[:-1] + vehicles.length_m[rows][:-1] + (PLACE_M - 5.0)
        next_m[is_first] = FIRST_STANDS_M
        # all vehicles up to one that stands must stand too, for the gap before it to be one of a queue
        is_queue = is_standing & (is_first | np.concatenate([[True], is_standing[:-1]]))
        n_missing = np.where(is_queue, np.floor((ahead_m - next_m) / PLACE_M + 0.25), 0).astype(np.int64)
        n_missing = np.clip(n_missing, 0, 3)
        of = np.repeat(np.arange(len(rows)), n_missing)
        if not len(of):
            return Vehicles()
        which = np.arange(len(of)) - np.repeat(np.cumsum(n_missing) - n_missing, n_missing)
        behind = vehicles_where(vehicles, rows[of], vehicles.movement_ix)
        position_m = self._length_m[lane_ix[of]] - (next_m[of] + which * PLACE_M)
        n = len(of)
        return Vehicles(
            vehicle_ix=self._number(lane_ix[of], position_m),
            lane_ix=lane_ix[of],
            movement_ix=np.full(n, -1),
            position_m=np.maximum(position_m, 0.0),
            speed_mps=np.zeros(n),
            length_m=np.full(n, 5.0),
            waiting_s=behind.waiting_s,
            n_persons=np.ones(n),
            age_s=behind.age_s,
            source=np.full(n, Source.CAMERA, np.uint8),
            confidence_frac=np.full(n, HIDDEN_CONFIDENCE_FRAC),
        )

    def _number(self, lane_ix: Ints, position_m: Floats) -> Ints:
        """Return a number that stays as long as the vehicle stands: that of its place."""
        place = np.round((self._length_m[lane_ix] - position_m) / PLACE_M).astype(np.int64)
        return HIDDEN_IX + place * self._n_lanes + lane_ix

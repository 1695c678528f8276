"""Cameras or radars at the junctions: what each finds of the vehicles on its arm."""

from __future__ import annotations

import dataclasses
import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.view import Detectors, Floats, Ints, SensorState, Source, Vehicles
from cityloop.sensing.camera_config import CameraConfig
from cityloop.sensing.camera_layout import camera_layout
from cityloop.sensing.draws import Draw, draws, normals
from cityloop.sensing.faults import DRIFT_M, Faults
from cityloop.sensing.selection import as_from, joined, vehicles_where

DROP_S = 2.0
"""A vehicle that is lost for a moment is lost for so long."""
GHOST_SLOT_S, GHOST_LIFE_S = 5.0, (1.0, 4.0)
"""At most one ghost a camera begins in each slot; it lives between these times."""
GHOST_IX = 1 << 36
"""First number of a ghost; vehicles have lower ones."""
LONG_M = 7.0
"""A vehicle of at least this length is a bus or truck, as high as ``LONG_HEIGHT_M``."""
CAR_HEIGHT_M, LONG_HEIGHT_M = 1.5, 3.5
MAST_M = 15.0
"""Distance of the mast from the stop line: it stands behind the junction."""
CLASS_LENGTH_M = (4.5, 12.0)
"""Lengths that a camera gives to short and long vehicles."""
FLICKER_FRAC, FLICKER_GHOSTS_VPH = 0.5, 600.0
"""A camera that flickers sees so little, and so many ghosts."""


class CameraSensor:
    """One camera an arm; the tracks of neighbouring cameras are joined, so that a vehicle is told once.

    No vehicle announces where it turns: on lanes ``movement_ix`` is -1; inside a junction its way is seen.
    Standing times and persons on board are not seen.

    Parameters
    ----------
    city : City
    seed : int
    config : CameraConfig
    faults : Faults, optional
        Of the cameras, in the order of their layout.
    """

    def __init__(self, city: City, seed: int, config: CameraConfig | None = None, faults: Faults | None = None) -> None:
        self._seed, self._config = seed, config or CameraConfig()
        self.layout = camera_layout(city, self._config.range_m)
        self._faults = faults or Faults.none(self.layout.n)
        self._length_m = np.concatenate([city.lanes["length_m"], city.movements["length_m"]])
        self._loops = Table("detectors")
        self._frames: deque[tuple[float, Vehicles]] = deque()
        self._lanes_of = [lanes if len(lanes) else np.array([-1]) for lanes in self.layout.stop_lanes]

    @property
    def loops(self) -> Table:
        """None are needed."""
        return self._loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return what the cameras find in the last picture that is read."""
        frames = self._frames
        if frames and frames[-1][0] >= t_s:
            frames.pop()
        frames.append((t_s, truth))
        due_s = t_s - self._config.latency_s + 1e-6
        while len(frames) > 1 and frames[1][0] <= due_s:
            frames.popleft()
        taken_s, picture = frames[0]
        if taken_s > due_s:
            return Vehicles(), detectors
        found = joined(self._found(taken_s, picture), self._ghosts(taken_s))
        age_s = np.full(len(found.vehicle_ix), t_s - taken_s)
        return as_from(dataclasses.replace(found, age_s=age_s), Source.CAMERA), detectors

    def _found(self, t_s: float, truth: Vehicles) -> Vehicles:
        config, layout, coverage = self._config, self.layout, self.layout.coverage
        place = coverage.place_of(truth)
        is_inside = (place >= coverage.n_lanes) & (coverage.stop_lane_ix[place] >= 0) & (layout.behind_ix[place] >= 0)
        is_before = (place >= 0) & (truth.position_m >= coverage.from_m[place])
        is_behind = (place >= 0) & ((truth.position_m <= coverage.until_m[place]) | is_inside)
        distance_m = np.where(is_before, np.maximum(coverage.entry_m[place] - truth.position_m, 0.0), np.nan)
        is_before &= ~self._is_hidden(truth, distance_m)
        by_ahead = is_before & self._is_found(t_s, truth.vehicle_ix, layout.ahead_ix[place])
        by_behind = is_behind & self._is_found(t_s, truth.vehicle_ix, layout.behind_ix[place])
        rows = np.flatnonzero(by_ahead | by_behind)
        truth, place = vehicles_where(truth, rows, np.where(truth.lane_ix >= 0, -1, truth.movement_ix)), place[rows]
        who, when = truth.vehicle_ix, round(t_s)
        away_m = np.where(np.isnan(distance_m[rows]), truth.position_m, distance_m[rows])
        sd_m = config.position_sd_m + config.position_sd_frac * away_m
        position_m = truth.position_m + sd_m * normals(who, when, Draw.POSITION, self._seed)
        owner = np.where(by_ahead[rows], layout.ahead_ix[place], layout.behind_ix[place])
        position_m += np.where(self._faults.is_kind(SensorState.DRIFTING, t_s)[owner], -DRIFT_M, 0.0)
        speed_mps = np.maximum(truth.speed_mps + config.speed_sd_mps * normals(who, when, Draw.SPEED, self._seed), 0.0)
        is_long = truth.length_m >= LONG_M
        is_long ^= draws(who, 0, Draw.CONFUSED, self._seed) < config.confused_frac
        n = len(rows)
        return dataclasses.replace(
            truth,
            position_m=np.clip(position_m, 0.0, self._length_m[place]),
            speed_mps=speed_mps,
            length_m=np.where(is_long, CLASS_LENGTH_M[1], CLASS_LENGTH_M[0]),
            waiting_s=np.zeros(n),
            n_persons=np.ones(n),
            confidence_frac=np.full(n, 1.0 - config.dropped_frac),
        )

    def _is_found(self, t_s: float, vehicle_ix: Ints, camera_ix: Ints) -> NDArray[np.bool_]:
        """Return which vehicles the camera of each finds, where it looks at them at all."""
        config, seed, faults = self._config, self._seed, self._faults
        who = vehicle_ix * (self.layout.n + 1) + camera_ix + 1
        is_found = (camera_ix >= 0) & (draws(who, 0, Draw.MISSED, seed) >= config.missed_frac)
        is_found &= draws(who, math.floor(t_s / DROP_S), Draw.DROPPED, seed) >= config.dropped_frac
        is_blind = ~(faults.is_kind(SensorState.WORKING, t_s) | faults.is_kind(SensorState.DRIFTING, t_s))
        is_flickering = faults.is_kind(SensorState.CHATTERING, t_s)
        is_found &= ~(is_blind & ~is_flickering)[camera_ix]
        if is_flickering.any():
            is_lost = draws(who, round(t_s), Draw.FLICKER, seed) < FLICKER_FRAC
            is_found &= ~(is_flickering[camera_ix] & is_lost)
        return np.asarray(is_found)

    def _is_hidden(self, truth: Vehicles, distance_m: Floats) -> NDArray[np.bool_]:
        """Return which vehicles stand in the shadow of a long one on their lane, by similar triangles."""
        is_hidden = np.zeros(len(distance_m), np.bool_)
        is_before = ~np.isnan(distance_m) & (truth.lane_ix >= 0)
        slope = (LONG_HEIGHT_M - CAR_HEIGHT_M) / max(self._config.height_m - LONG_HEIGHT_M, 0.5)
        for row in np.flatnonzero(is_before & (truth.length_m >= LONG_M)).tolist():
            rear_m = distance_m[row] + truth.length_m[row]
            until_m = rear_m + (rear_m + MAST_M) * slope
            is_in_shadow = (distance_m > distance_m[row]) & (distance_m + truth.length_m <= until_m)
            is_hidden |= is_in_shadow & (truth.lane_ix == truth.lane_ix[row]) & (truth.length_m < LONG_M)
        return is_hidden

    def _ghosts(self, t_s: float) -> Vehicles:
        """Return what cameras take for standing vehicles, and those that the picture of a stuck camera shows."""
        cameras, seed, faults = np.arange(self.layout.n), self._seed, self._faults
        if not len(cameras):
            return Vehicles()
        slot = math.floor(t_s / GHOST_SLOT_S)
        is_seeing = faults.is_kind(SensorState.WORKING, t_s) | faults.is_kind(SensorState.DRIFTING, t_s)
        is_flickering = faults.is_kind(SensorState.CHATTERING, t_s)
        rate_vph = np.where(is_flickering, FLICKER_GHOSTS_VPH, np.where(is_seeing, self._config.ghosts_vph, 0.0))
        life_s = GHOST_LIFE_S[0] + (GHOST_LIFE_S[1] - GHOST_LIFE_S[0]) * draws(cameras, slot, Draw.GHOST_LIFE, seed)
        is_there = draws(cameras, slot, Draw.GHOST, seed) < rate_vph * GHOST_SLOT_S / 3600.0
        cameras = cameras[is_there & (t_s - slot * GHOST_SLOT_S < life_s)]
        chance = draws(cameras, slot, Draw.GHOST_PLACE, seed)
        lane_ix = np.array(
            [lanes[int(u * len(lanes))] for lanes, u in zip((self._lanes_of[c] for c in cameras), chance, strict=True)],
            np.int64,
        )
        along = (chance * 7.31) % 1.0  # where on the lane: what is left of the draw that chose the lane
        length_m = self._length_m[lane_ix]
        position_m = length_m - along * np.minimum(length_m, self._config.range_m)
        numbers = GHOST_IX + slot * self.layout.n + cameras
        stuck = np.flatnonzero(faults.is_kind(SensorState.STUCK_ON, t_s))
        stuck_lanes = np.concatenate([np.empty(0, np.int64), *(self._lanes_of[camera] for camera in stuck)])
        lane_ix = np.concatenate([lane_ix, stuck_lanes])
        is_real = lane_ix >= 0
        n = int(is_real.sum())
        position_m = np.concatenate([position_m, np.maximum(self._length_m[stuck_lanes] - 1.0, 0.0)])
        return Vehicles(
            vehicle_ix=np.concatenate([numbers, GHOST_IX // 2 + stuck_lanes])[is_real],
            lane_ix=lane_ix[is_real],
            movement_ix=np.full(n, -1),
            position_m=position_m[is_real],
            speed_mps=np.zeros(n),
            length_m=np.full(n, CLASS_LENGTH_M[0]),
            waiting_s=np.zeros(n),
            n_persons=np.ones(n),
            age_s=np.zeros(n),
            confidence_frac=np.full(n, 1.0 - self._config.dropped_frac),
        )

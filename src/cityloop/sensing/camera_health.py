"""Health of cameras: an arm whose vehicles cross its stop lines without having been seen has a camera that fails."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.control.view import Codes, Floats, Health, Ints, SensorState, Source, Vehicles
from cityloop.sensing.approach_path import longest_path
from cityloop.sensing.camera_layout import CameraLayout
from cityloop.sensing.stand_in import START_LOSS_S, StandInQueues

UNHERALDED_FRAC, PROOF_VEH = 0.6, 5.0
"""A camera is blind once this share of the vehicles that cross its lines were not seen before, of at least so many."""
MEMORY_VEH = 10.0
"""Later crossings count more: each keeps 1 - 1/10 of what was before."""
NOBODY_VEH = 25.0
"""So is one that sees nobody, and nobody crosses, while so many are usual."""
STUCK_GREEN_S = 40.0
"""A vehicle that stands first through so many seconds of green is none: the picture is stuck."""
TURNED_M, MOST_TURNED_M, OFFSET_GAIN = 8.0, 30.0, 0.1
"""A camera has been turned once vehicles cross the line from so far before it; its positions are then set right."""
NEAR_M, STAND_IN_M = 8.0, 150.0
"""Who stands within the first distance of the line is first there; queues stand in up to the second."""
STAND_IN_FRAC = 0.3
STAND_IN_IX = 1 << 37
"""First number of a vehicle that stands in for those not seen."""


class CameraHealth:
    """Watches cameras by what crosses, and lets queues stand in for what a failed one does not see.

    The inside of a junction is seen by two cameras, that of the arm a vehicle comes from and that of the arm it leaves
    to. Who crosses a stop line without having been seen before it was missed; one in ten is, with a camera that works.
    A blind camera cannot be told from one whose line is dead: both are `SensorState.SILENT`.

    Parameters
    ----------
    city : City
    layout : CameraLayout
    stop_lanes : int64
        All stop lanes, in the order of the flows given.
    """

    def __init__(self, city: City, layout: CameraLayout, stop_lanes: Ints) -> None:
        self._layout, self._stop_lanes = layout, stop_lanes
        self._camera_of = np.full(city.lanes.n_rows, -1)
        for camera, lanes in enumerate(layout.stop_lanes):
            self._camera_of[lanes] = camera
        self._from_lane_ix = city.movements["from_lane_ix"]
        self._length_m, self._speed_mps = city.lanes["length_m"], city.lanes["speed_mps"]
        approaches = approach_lanes(city, STAND_IN_M)
        self._paths = [longest_path(city, approaches, int(lane_ix)) for lane_ix in stop_lanes]
        n = layout.n
        self._crossed_veh, self._unheralded_veh, self._nobody_veh = np.zeros(n), np.zeros(n), np.zeros(n)
        self._stuck_s: Floats = np.zeros(city.lanes.n_rows)
        self._standing_ix: Ints = np.full(city.lanes.n_rows, -1)
        self._before: Ints = np.empty(0, np.int64)
        self._before_left_m: Floats = np.empty(0)
        self.offset_m: Floats = np.zeros(n)
        self.state: Codes = np.zeros(n, np.uint8)
        self._found_s: Floats = np.zeros(n)
        self._queues = StandInQueues(len(stop_lanes))

    @property
    def is_failed(self) -> NDArray[np.bool_]:
        """Which stop lanes, of all in their order, have a camera that fails."""
        state = self.state[self._camera_of[self._stop_lanes]]
        return np.asarray((state != SensorState.WORKING) & (state != SensorState.DRIFTING))

    def corrected(self, seen: Vehicles) -> Vehicles:
        """Return readings with the positions of turned cameras set right."""
        on_lane = seen.lane_ix >= 0
        ahead = np.where(on_lane, self._layout.ahead_ix[seen.lane_ix], -1)
        offset_m = np.where(self.offset_m > TURNED_M, self.offset_m, 0.0)
        position_m = seen.position_m + np.where(ahead >= 0, offset_m[ahead], 0.0)
        end_m = np.where(on_lane, self._length_m[seen.lane_ix], np.inf)
        return dataclasses.replace(seen, position_m=np.minimum(position_m, end_m))

    def _learn_offsets(self, crossed_ix: Ints, camera: Ints) -> None:
        """Compare where vehicles were before they crossed with the stop line."""
        if not len(self._before):
            return
        at = np.minimum(np.searchsorted(self._before, crossed_ix), len(self._before) - 1)
        for row, where in enumerate(camera.tolist()):
            if self._before[at[row]] == crossed_ix[row]:
                error_m = float(self._before_left_m[at[row]])
                self.offset_m[where] += OFFSET_GAIN * min(max(error_m, -MOST_TURNED_M), MOST_TURNED_M)
        np.clip(self.offset_m, 0.0, MOST_TURNED_M, out=self.offset_m)

    def judge(
        self,
        t_s: float,
        elapsed_s: float,
        seen: Vehicles,
        crossed: tuple[Ints, Ints],
        green_s: Floats,
        flow_vps: Floats,
    ) -> None:
        """Take in what is seen now.

        Parameters
        ----------
        t_s, elapsed_s : float
        seen : Vehicles
            Tracks.
        crossed : (int64, int64)
            Rows of ``seen`` that have just crossed, and their movements.
        green_s : float64, one a lane
        flow_vps : float64, one a stop lane
        """
        rows, movement_ix = crossed
        camera = self._camera_of[self._from_lane_ix[movement_ix]]
        is_new = ~np.isin(seen.vehicle_ix[rows], self._before)
        for at, unheralded in zip(camera.tolist(), is_new.tolist(), strict=True):
            self._crossed_veh[at] = self._crossed_veh[at] * (1 - 1 / MEMORY_VEH) + 1
            self._unheralded_veh[at] = self._unheralded_veh[at] * (1 - 1 / MEMORY_VEH) + unheralded
        self._learn_offsets(seen.vehicle_ix[rows], camera)
        on_lane = seen.lane_ix >= 0
        left_m = self._length_m[seen.lane_ix[on_lane]] - seen.position_m[on_lane]
        self._before_left_m = left_m - seen.speed_mps[on_lane]
        self._before = seen.vehicle_ix[on_lane]
        ahead = self._layout.ahead_ix[seen.lane_ix[on_lane]]
        usual_veh = np.zeros(self._layout.n)
        np.add.at(usual_veh, self._camera_of[self._stop_lanes], flow_vps * elapsed_s)
        is_seen = np.zeros(self._layout.n, np.bool_)
        is_seen[ahead[ahead >= 0]] = True
        is_seen[camera] = True
        self._nobody_veh = np.where(is_seen, 0.0, self._nobody_veh + usual_veh)

        lanes = seen.lane_ix[on_lane]
        is_first = (seen.speed_mps[on_lane] <= 0.0) & (self._length_m[lanes] - seen.position_m[on_lane] < NEAR_M)
        standing_ix = np.full(len(self._standing_ix), -1)
        standing_ix[lanes[is_first]] = self._before[is_first]
        is_same = (standing_ix >= 0) & (standing_ix == self._standing_ix)
        self._standing_ix = standing_ix
        is_green = np.isfinite(green_s) & (green_s > START_LOSS_S)
        self._stuck_s = np.where(is_same, self._stuck_s + np.where(is_green, elapsed_s, 0.0), 0.0)

        is_blind = self._crossed_veh >= PROOF_VEH
        is_blind &= self._unheralded_veh > UNHERALDED_FRAC * self._crossed_veh
        is_blind |= self._nobody_veh >= NOBODY_VEH
        is_stuck = np.zeros(self._layout.n, np.bool_)
        stuck_lanes = np.flatnonzero((self._stuck_s >= STUCK_GREEN_S) & (self._camera_of >= 0))
        is_stuck[self._camera_of[stuck_lanes]] = True
        # a queue that is blocked stands through a green too: the picture is stuck if others cross unseen
        is_stuck &= is_blind
        is_over = (self._crossed_veh >= PROOF_VEH) & (self._unheralded_veh < 0.3 * self._crossed_veh) & ~is_blind
        was = self.state.copy()
        self.state[is_over] = SensorState.WORKING
        self.state[is_blind & (self.state == SensorState.WORKING)] = SensorState.SILENT
        self.state[is_stuck] = SensorState.STUCK_ON
        is_turned = self.offset_m > TURNED_M
        self.state[is_turned & (self.state == SensorState.WORKING)] = SensorState.DRIFTING
        self.state[~is_turned & (self.state == SensorState.DRIFTING)] = SensorState.WORKING
        self._found_s = np.where((was == SensorState.WORKING) & (self.state != was), t_s, self._found_s)

    def health(self) -> Health:
        """Return what is wrong; the usual flow stands in, but for a turned camera itself, set right."""
        failed = np.flatnonzero(self.state != SensorState.WORKING)
        is_turned = self.state[failed] == SensorState.DRIFTING
        stand_in = np.where(is_turned, Source.CAMERA, Source.PROFILE).astype(np.uint8)
        return Health(failed, self.state[failed], self._found_s[failed], stand_in)

    def stand_in(self, elapsed_s: float, crossed_veh: Floats, green_s: Floats, flow_vps: Floats) -> Vehicles:
        """Return the vehicles of modelled queues on the arms of failed cameras.

        They come at the usual flow and go as they are seen crossing, or where nobody crosses, at saturation flow.

        Parameters
        ----------
        elapsed_s : float
        crossed_veh, green_s, flow_vps : float64, one a stop lane
        """
        is_failed = self.is_failed
        queues = self._queues
        counted_veh = np.where(is_failed & (crossed_veh <= 0), np.nan, crossed_veh)
        queues.step(elapsed_s, flow_vps * elapsed_s, green_s, counted_veh, ~is_failed)
        number: list[int] = []
        lane_ix: list[int] = []
        position_m: list[float] = []
        movement_ix: list[int] = []
        speed_mps: list[float] = []
        waiting_s: list[float] = []
        for at in np.flatnonzero(is_failed).tolist():
            path, flow, free_mps = self._paths[at], float(flow_vps[at]), float(self._speed_mps[self._stop_lanes[at]])
            arrived, first = float(queues.arrived_veh[at]), int(queues.left_veh[at])
            k = first
            while True:
                is_queued = k < int(arrived)
                due_s = (k + 1 - arrived) / max(flow, 1e-6)
                distance_m = 1.0 + 7.5 * (k - first)
                distance_m = distance_m if is_queued else max(distance_m, due_s * free_mps)
                if distance_m > path.entry_m[-1]:
                    break
                place = path.place_of(distance_m)
                number.append(STAND_IN_IX + k * len(self._stop_lanes) + at)
                lane_ix.append(place[0])
                movement_ix.append(place[1])
                position_m.append(place[2])
                speed_mps.append(0.0 if is_queued and not green_s[at] > START_LOSS_S else min(free_mps, 7.0))
                waiting_s.append(max(-due_s, 0.0) if is_queued else 0.0)
                k += 1
        n = len(number)
        return Vehicles(
            vehicle_ix=np.array(number, np.int64),
            lane_ix=np.array(lane_ix, np.int64),
            movement_ix=np.array(movement_ix, np.int64),
            position_m=np.array(position_m, np.float64),
            speed_mps=np.array(speed_mps, np.float64),
            length_m=np.full(n, 5.0),
            waiting_s=np.minimum(np.array(waiting_s, np.float64), 120.0),
            n_persons=np.ones(n),
            age_s=np.zeros(n),
            source=np.full(n, Source.PROFILE, np.uint8),
            confidence_frac=np.full(n, STAND_IN_FRAC),
        )

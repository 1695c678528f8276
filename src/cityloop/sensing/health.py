"""Health of loops: faults found from readings alone, and what stands in for a loop that has failed."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import Codes, Detectors, Floats, Health, Ints, SensorState, Source, View
from cityloop.sensing.coverage import coverage_of
from cityloop.sensing.green import GreenTimes
from cityloop.sensing.loop_layout import LoopPlaces
from cityloop.sensing.profile import Profile
from cityloop.sensing.stand_in import StandInQueues

SILENT_S = 10.0
"""A loop that has not been heard of for longer is silent."""
MAX_PRESENCE_S = 300.0
"""A loop that is occupied for longer without a break is stuck (maximum presence of NEMA TS 2 controllers)."""
MAX_PRESENCE_GREENS, MAX_PRESENCE_GREEN_S = 2, 25.0
"""So is one that stays occupied through so many greens, of so long together."""
NO_ACTIVITY_VEH, NO_ACTIVITY_USUAL_VEH = 25.0, 15.0
"""A loop that has counted nobody while its partner has seen so many, and so many are usual, is stuck off (no activity
of NEMA TS 2, in vehicles in place of minutes). A partner is the other loop of a lane, upstream or at the line."""
ALONE = 3.0
"""Without a partner that works only what is usual tells; as traffic comes in platoons, it takes so much more of it."""
ERRATIC_S, ERRATIC_VEH = 60.0, 32.0
"""More than so many counts within about this time are no traffic (erratic counts of NEMA TS 2: counts a minute)."""
DRIFT_LESS_FRAC, DRIFT_MORE_FRAC, DRIFT_VEH, DRIFT_USUAL_VEH = 0.72, 1.44, 50.0, 40.0
"""A loop drifts once the cumulative sum (Page, Biometrika 41, 1954) of what is missing to 0.72 of what the partner lets
expect (the best for half of it), or beyond 1.44 of it (twice), is so large, and that against what is usual as well."""
HELD_S = 600.0
"""A fault holds so long after it last showed."""
TRAVEL_S = 6
"""Ticks from an upstream loop to the stop line."""
UNKNOWN_VPS = 0.05
"""Flow of a lane of which nothing is known, nor of any other of its signal: a vehicle every 20 s."""
STAND_IN_FRAC = 0.3
"""How far a reading that stands in can be trusted."""
_SMOOTH_S = 900.0


class LoopHealth:
    """Watches loops, and replaces the readings of those that do not work.

    The tests are those of NEMA TS 2 detector diagnostics (no activity, maximum presence, erratic counts) with what a
    city knows besides: when the line is green, and what is usual at this time of day. A drifting loop shows by a
    cumulative sum against what is usual, scaled by how the whole city differs from it.

    What stands in for a failed loop:

    - for a stop-line loop a queue that the upstream loop fills, or the usual flow, and that green empties;
    - for an upstream loop the usual flow.

    Readings that stand in have the source ``PROFILE`` (``LOOP`` where another loop feeds them) and little confidence.

    Parameters
    ----------
    city : City
    places : LoopPlaces
        Of the loops in the views.
    memory : mapping, optional
        Of an earlier day.

    Raises
    ------
    Unusable
        If the memory cannot be used.
    """

    def __init__(self, city: City, places: LoopPlaces, memory: Mapping[str, NDArray[Any]] | None = None) -> None:
        n = len(places.lane_ix)
        self._n = n
        self.profile = Profile("loop_profile", places.lane_ix * 10_000 + places.distance_m.astype(np.int64), memory)
        self._green = GreenTimes(city)
        self.coverage = coverage_of(city)
        first = np.unique(places.serves_loop_ix, return_index=True)[1]
        self.stop_lane_ix: Ints = places.serves_stop_lane_ix[first]
        is_upstream = np.zeros(n, np.bool_)
        is_upstream[places.serves_loop_ix[places.is_upstream]] = True
        is_at_line = np.zeros(n, np.bool_)
        is_at_line[places.serves_loop_ix[~places.is_upstream]] = True
        self._is_at_line = is_at_line
        line_of_lane = np.full(city.lanes.n_rows, -1)
        at_line = np.flatnonzero(~places.is_upstream)
        line_of_lane[places.serves_stop_lane_ix[at_line]] = places.serves_loop_ix[at_line]
        pairs = np.flatnonzero(places.is_upstream & (line_of_lane[places.serves_stop_lane_ix] >= 0))
        self._pair_upstream: Ints = places.serves_loop_ix[pairs]
        self._pair_line: Ints = line_of_lane[places.serves_stop_lane_ix[pairs]]
        signal_of_lane = np.full(city.lanes.n_rows, -1)
        movements = city.movements
        rows = np.flatnonzero((movements["signal_ix"] >= 0) & ~movements["is_crossing"])
        signal_of_lane[movements["from_lane_ix"][rows]] = movements["signal_ix"][rows]
        self._signal_ix = signal_of_lane[self.stop_lane_ix]
        self._queues = StandInQueues(n)
        self._on_way: deque[Floats] = deque([np.zeros(n)] * TRAVEL_S, maxlen=TRAVEL_S)
        self._due_veh, self._was_on = np.zeros(n), np.zeros(n, np.bool_)
        self._idle_s = np.zeros(n)
        self._on_s, self._recent_veh, self._off_veh = np.zeros(n), np.zeros(n), np.zeros((2, n))
        self._on_green_s, self._on_greens = np.zeros(n), np.zeros(n, np.int64)
        self._was_green = np.zeros(n, np.bool_)
        self._less_veh, self._more_veh = np.zeros((2, n)), np.zeros((2, n))
        self._counted_veh, self._expected_veh = 1.0, 1.0
        self.state: Codes = np.zeros(n, np.uint8)
        self._found_s, self._shown_s = np.zeros(n), np.full(n, -np.inf)
        self._t_s: float | None = None

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what is worth keeping until the next day."""
        return self.profile.memory()

    def estimate(self, view: View) -> View:
        """Return the view with what is wrong with the loops, and readings in place of those of failed ones."""
        if len(view.detectors.lane_ix) != self._n or not self._n:
            return view
        elapsed_s = 0.0 if self._t_s is None else view.t_s - self._t_s
        self._t_s = view.t_s
        green_s = self._green.read(view)[self.stop_lane_ix]
        usual_vps = self.profile.usual_vps(view.t_s)
        self._judge(view.t_s, elapsed_s, view.detectors, green_s, usual_vps)
        is_failed = self.state != SensorState.WORKING
        self.profile.count(view.t_s, elapsed_s, view.detectors.n_veh, ~is_failed)
        detectors, is_fed = self._replaced(view, elapsed_s, green_s, is_failed)
        if not is_failed.any():
            return view
        failed = np.flatnonzero(is_failed)
        stand_in = np.where(is_fed[failed], Source.LOOP, Source.PROFILE).astype(np.uint8)
        health = Health(failed, self.state[failed], self._found_s[failed], stand_in)
        return dataclasses.replace(view, detectors=detectors, health=health)

    def _judge(self, t_s: float, elapsed_s: float, said: Detectors, green_s: Floats, usual_vps: Floats) -> None:
        is_silent = ~(said.age_s <= SILENT_S)
        n_veh = np.where(is_silent, 0, said.n_veh)
        is_on = said.occupied_frac > 0.99
        self._on_s = np.where(is_on, self._on_s + elapsed_s, 0.0)
        is_green = green_s > 0.0
        self._on_green_s = np.where(is_on, self._on_green_s + np.where(is_green, elapsed_s, 0.0), 0.0)
        self._on_greens = np.where(is_on, self._on_greens + (self._was_green & ~is_green), 0)
        self._was_green = is_green
        is_stuck_on = (self._on_s >= MAX_PRESENCE_S) | (
            (self._on_greens >= MAX_PRESENCE_GREENS) & (self._on_green_s >= MAX_PRESENCE_GREEN_S)
        )
        kept_frac = np.exp(-elapsed_s / ERRATIC_S)
        self._recent_veh = self._recent_veh * kept_frac + n_veh
        is_erratic = self._recent_veh > ERRATIC_VEH

        usual_veh = np.nan_to_num(usual_vps) * elapsed_s * self._scale(elapsed_s, n_veh, usual_vps)
        partner_veh = self._by_partner(n_veh, usual_vps)
        has_partner = np.isfinite(partner_veh)
        # row 0: by the partner, row 1: by what is usual; who has no partner needs more of the latter for both
        expected_veh = np.stack([np.where(has_partner, partner_veh, usual_veh / ALONE), usual_veh])
        is_active = (n_veh > 0) | is_on
        self._off_veh = np.where(is_active, 0.0, self._off_veh + expected_veh)
        is_stuck_off = (self._off_veh[0] >= NO_ACTIVITY_VEH) & (self._off_veh[1] >= NO_ACTIVITY_USUAL_VEH)
        counted_veh = np.stack([np.where(has_partner, n_veh, n_veh / ALONE), n_veh])
        bound = np.array([[DRIFT_VEH], [DRIFT_USUAL_VEH]])
        self._less_veh = np.clip(self._less_veh + DRIFT_LESS_FRAC * expected_veh - counted_veh, 0.0, 1.5 * bound)
        self._more_veh = np.clip(self._more_veh + counted_veh - DRIFT_MORE_FRAC * expected_veh, 0.0, 1.5 * bound)
        # a long queue also counts few: that is no drift
        is_free = np.isfinite(usual_vps) & (self._on_s < ERRATIC_S)
        is_drifting = is_free & ((self._less_veh >= bound).all(axis=0) | (self._more_veh >= bound).all(axis=0))

        now = np.zeros(self._n, np.uint8)
        for is_so, state in (
            (is_drifting, SensorState.DRIFTING),
            (is_stuck_off, SensorState.STUCK_OFF),
            (is_erratic, SensorState.CHATTERING),
            (is_stuck_on, SensorState.STUCK_ON),
            (is_silent, SensorState.SILENT),
        ):
            now[is_so] = state
        self._hold(t_s, now, is_silent)

    def _hold(self, t_s: float, now: Codes, is_silent: NDArray[np.bool_]) -> None:
        """Keep a fault for some time after it last showed; one that is heard again is silent no more."""
        is_shown = now != SensorState.WORKING
        self._shown_s = np.where(is_shown, t_s, self._shown_s)
        is_over = (t_s - self._shown_s > HELD_S) | ((self.state == SensorState.SILENT) & ~is_silent)
        was = np.where(is_over & ~is_shown, np.uint8(SensorState.WORKING), self.state)
        state = np.where(is_shown, now, was).astype(np.uint8)
        self._found_s = np.where(
            (self.state == SensorState.WORKING) & (state != SensorState.WORKING), t_s, self._found_s
        )
        self.state = state

    def _by_partner(self, n_veh: NDArray[Any], usual_vps: Floats) -> Floats:
        """Return how many each loop should have counted by its partners; nan where none of them works."""
        is_sure = (self.state == SensorState.WORKING) & np.isfinite(usual_vps)
        first = np.concatenate([self._pair_upstream, self._pair_line])
        other = np.concatenate([self._pair_line, self._pair_upstream])
        counted, usual = np.zeros(self._n), np.zeros(self._n)
        are_sure = np.ones(self._n, np.bool_)
        np.add.at(counted, first, n_veh[other])
        np.add.at(usual, first, np.nan_to_num(usual_vps)[other])
        are_sure[first[~is_sure[other]]] = False
        is_told = are_sure & (usual > 0.0) & np.isfinite(usual_vps)
        return np.where(is_told, counted * usual_vps / np.where(usual > 0.0, usual, 1.0), np.nan)

    def _scale(self, elapsed_s: float, n_veh: NDArray[Any], usual_vps: Floats) -> float:
        """Return by how much there is more traffic in the whole city than is usual."""
        is_sure = np.isfinite(usual_vps) & (self.state == SensorState.WORKING)
        kept_frac = float(np.exp(-elapsed_s / _SMOOTH_S))
        self._counted_veh = self._counted_veh * kept_frac + float(n_veh[is_sure].sum())
        self._expected_veh = self._expected_veh * kept_frac + float(usual_vps[is_sure].sum()) * elapsed_s
        return float(np.clip(self._counted_veh / max(self._expected_veh, 1e-9), 0.2, 5.0))

    def _replaced(
        self, view: View, elapsed_s: float, green_s: Floats, is_failed: NDArray[np.bool_]
    ) -> tuple[Detectors, NDArray[np.bool_]]:
        """Return readings with those of failed loops replaced, and which of these another loop feeds."""
        said, flow_vps = view.detectors, self._flow_vps(view.t_s)
        n_veh = np.where(is_failed, 0, said.n_veh).astype(np.float64)
        is_upstream_failed = is_failed & ~self._is_at_line
        self._due_veh += np.where(is_upstream_failed, flow_vps * elapsed_s, 0.0)
        due_veh = np.floor(self._due_veh)
        self._due_veh -= due_veh
        n_veh = np.where(is_upstream_failed, due_veh, n_veh)

        # an upstream loop feeds the lines that it serves in proportion to their flow
        total = np.zeros(self._n)
        np.add.at(total, self._pair_upstream, flow_vps[self._pair_line])
        share = flow_vps[self._pair_line] / np.maximum(total[self._pair_upstream], 1e-9)
        fed_veh, is_fed = np.zeros(self._n), np.zeros(self._n, np.bool_)
        np.add.at(fed_veh, self._pair_line, share * n_veh[self._pair_upstream])
        is_fed[self._pair_line] = True
        is_fed[self._pair_line[is_failed[self._pair_upstream]]] = False
        arrivals_veh = np.where(is_fed, self._on_way[0], flow_vps * elapsed_s)
        self._on_way.append(fed_veh)
        is_replaced = is_failed & self._is_at_line
        counted_veh = np.where(is_replaced, np.nan, n_veh)
        is_empty = ~is_replaced & (said.since_s > 0.0)
        left_veh = self._queues.step(elapsed_s, arrivals_veh, green_s, counted_veh, is_empty)
        is_on = self._queues.queue_veh >= 1.0
        before = np.floor(self._queues.left_veh - left_veh)
        entered = np.maximum(np.floor(self._queues.left_veh) - before + is_on - self._was_on, 0.0)
        self._was_on = np.where(is_replaced, is_on, said.since_s <= 0.0)
        self._idle_s = np.where(is_on, 0.0, self._idle_s + elapsed_s)
        n_veh = np.where(is_replaced, entered, n_veh)
        readings = Detectors(
            lane_ix=said.lane_ix,
            distance_m=said.distance_m,
            n_veh=n_veh.astype(np.int64),
            occupied_frac=np.where(is_failed, np.where(is_replaced & is_on, 0.9, 0.0), said.occupied_frac),
            since_s=np.where(is_failed, np.where(is_replaced, self._idle_s, 1.0), said.since_s),
            age_s=np.where(is_failed, 0.0, said.age_s),
            source=np.where(is_failed & ~is_fed, np.uint8(Source.PROFILE), said.source).astype(np.uint8),
            confidence_frac=np.where(is_failed, STAND_IN_FRAC, said.confidence_frac),
        )
        return readings, is_fed & is_replaced

    def _flow_vps(self, t_s: float) -> Floats:
        """Return the usual flow of every loop; where it is not known, that of the others of its signal."""
        flow_vps = self.profile.flow_vps(t_s)
        is_known = np.isfinite(flow_vps)
        if is_known.all():
            return flow_vps
        n_signals = int(self._signal_ix.max()) + 2
        total = np.bincount(self._signal_ix[is_known] + 1, flow_vps[is_known], n_signals)
        number = np.bincount(self._signal_ix[is_known] + 1, minlength=n_signals)
        beside = np.where(number > 0, total / np.maximum(number, 1), UNKNOWN_VPS)
        return np.where(is_known, flow_vps, beside[self._signal_ix + 1])


class StandInLabels:
    """Says of vehicles at the stop lines of failed loops what they come from; for behind the estimator of vehicles.

    Parameters
    ----------
    health : LoopHealth
    """

    def __init__(self, health: LoopHealth) -> None:
        self._health = health

    def estimate(self, view: View) -> View:
        """Return the view with source and confidence of such vehicles set right."""
        if not len(view.health.sensor_ix):
            return view
        vehicles = view.vehicles
        lane_ix = self._health.stop_lane_ix[view.health.sensor_ix]
        ahead_ix = self._health.coverage.stop_lane_ix[self._health.coverage.place_of(vehicles)]
        is_theirs = np.isin(ahead_ix, lane_ix) & (vehicles.source == Source.LOOP)
        by_profile = lane_ix[view.health.stand_in == Source.PROFILE]
        source = np.where(is_theirs & np.isin(ahead_ix, by_profile), np.uint8(Source.PROFILE), vehicles.source)
        confidence_frac = np.where(is_theirs, STAND_IN_FRAC, vehicles.confidence_frac)
        labelled = dataclasses.replace(vehicles, source=source.astype(np.uint8), confidence_frac=confidence_frac)
        return dataclasses.replace(view, vehicles=labelled)

"""The real-time planner: every junction searches ahead, and tells its neighbours what it will release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import GREEN
from cityloop.control.guard import SignalRules
from cityloop.control.view import View
from cityloop.kernels.arrivals import gather_arrivals
from cityloop.kernels.downstream import free_places, obstructions
from cityloop.kernels.point_queue import NEVER_S
from cityloop.kernels.stage_search import NO_STAGE, plan_signals
from cityloop.services.signals.config import SignalsConfig
from cityloop.services.signals.network import Floats, Ints, SignalNetwork
from cityloop.services.signals.policies.actuated import Actuated
from cityloop.services.signals.stage_keeper import StageKeeper
from cityloop.services.signals.turning_shares import TurningShares

# Who needs no longer than this to the stop line waits there.
WAITING_ARRIVAL_S = 3.0
# Length of a car where none is seen.
TYPICAL_LENGTH_M = 5.0


class Smart:
    """Plan every signal over a rolling horizon against the arrivals that are seen and announced.

    Signals whose search does not fit into the work allowed are run by `Actuated` and announce nothing.
    """

    def __init__(
        self,
        city: City,
        network: SignalNetwork,
        rules: Sequence[SignalRules],
        config: SignalsConfig,
        memory: Mapping[str, NDArray[Any]] | None,
    ) -> None:
        self._network, self._config = network, config.planner
        self.shares = TurningShares(city, network, config.planner, memory)
        self._fallback = Actuated(city, network, config)
        self._lane_length_m: Floats = np.ascontiguousarray(city.lanes["length_m"])
        self._lane_speed_mps: Floats = np.ascontiguousarray(city.lanes["speed_mps"])
        self._to_lane: Ints = np.ascontiguousarray(city.movements["to_lane_ix"])
        self._movement_length_m: Floats = np.ascontiguousarray(city.movements["length_m"])
        self._order: Ints = np.arange(network.n_signals)  # in which signals are planned
        self._steps_s = np.array(config.planner.steps_s)
        max_red_s = {rule.signal_ix: rule.max_red_s for rule in rules}
        signal_of = city.movements["signal_ix"][network.movement_ix].tolist()
        self._max_red_s = np.array([max_red_s[signal] for signal in signal_of])
        self._parameters = np.array(
            [
                config.planner.start_loss_s,
                config.planner.critical_gap_s,
                config.planner.yellow_use_s,
                config.planner.residual_s,
                config.planner.residual_growth_s,
                config.planner.switch_cost_s,
            ]
        )
        self._horizon_scale: Floats = np.ones(network.n_signals)
        self._planned_s = -np.inf
        self._row_start: Ints = np.zeros(network.lane_share.shape[0] + 1, np.int64)
        self._row_departure_s: Floats = np.empty(0)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return the turning shares for the next day."""
        return self.shares.memory()

    def choose(self, view: View, keeper: StageKeeper) -> Ints:
        """Return the wanted stage of every signal; a new plan is made every ``replan_s``."""
        self.shares.follow(view)
        if view.t_s - self._planned_s < self._config.replan_s - 1e-6:
            return keeper.stage.copy()
        wanted = self._plan(view, keeper)
        self._planned_s = view.t_s
        return wanted

    def _plan(self, view: View, keeper: StageKeeper) -> Ints:
        network, config, vehicles, now_s = self._network, self._config, view.vehicles, view.t_s
        obstructed_s = obstructions(
            vehicles.lane_ix,
            vehicles.movement_ix,
            vehicles.position_m,
            vehicles.speed_mps,
            vehicles.length_m,
            vehicles.waiting_s,
            network.foe_start,
            network.foe_row,
            network.foe_conflict_m,
            network.movement_ix.shape[0],
            config.brief_block_s,
            config.long_block_s,
        )
        place_s, is_place_bound = free_places(
            config.n_places,
            self._place_m(view),
            config.sight_m,
            config.wave_mps,
            config.exit_headway_s,
            vehicles.lane_ix,
            vehicles.movement_ix,
            vehicles.position_m,
            vehicles.speed_mps,
            vehicles.length_m,
            network.row_of_movement,
            network.movement_out,
            network.path_start,
            network.path_out,
            network.path_base_m,
            network.out_end_lane,
            network.out_path_m,
            self._is_end_green(keeper),
            self._row_start,
            self._row_departure_s,
            max(0.0, now_s - self._planned_s) if np.isfinite(self._planned_s) else 0.0,
        )
        is_protected = view.display[keeper.link_of_movement] == GREEN
        is_free = (obstructed_s <= 0.0) & ~((network.movement_out >= 0) & is_place_bound[network.movement_out])
        clear_green_s = np.where(is_protected & is_free, now_s - keeper.green_since_s, -1.0)
        self.shares.rule_out(view, clear_green_s)
        row_start, row_arrival_s, row_movement, row_weight, row_stop_cost, row_headway_s, row_vehicle = gather_arrivals(
            now_s,
            float(self._steps_s.sum() * self._horizon_scale.max(initial=1.0)),
            config.reach_m,
            config.acceleration_mps2,
            config.stop_cost_s,
            config.waiting_scale_s,
            network.n_samples,
            vehicles.vehicle_ix,
            vehicles.lane_ix,
            vehicles.movement_ix,
            vehicles.position_m,
            vehicles.speed_mps,
            vehicles.length_m,
            vehicles.waiting_s,
            np.ones(vehicles.vehicle_ix.shape[0]),
            config.reaction_s,
            config.standing_gap_m,
            network.discharge_mps,
            self._lane_length_m,
            self._lane_speed_mps,
            self._to_lane,
            self._movement_length_m,
            network.row_of_movement,
            network.movement_ix,
            network.movement_lane,
            network.lane_share,
            network.is_short_lane,
            network.candidate_start,
            network.candidate_movement,
            network.candidate_offset_m,
            self.shares.count,
            self.shares.track_id,
            self.shares.ruled_out,
            self.shares.departure_s,
            network.crossing_lane,
            network.crossing_movement,
            view.n_walkers[network.crossing_link],
        )
        wanted = keeper.stage.copy()
        row_departure_s = np.full(row_arrival_s.shape[0], NEVER_S)
        plan_signals(
            self._order,
            network.lane_start,
            network.movement_start,
            network.out_start,
            network.stage_start,
            network.delay_start,
            network.shown,
            network.start_delay_s,
            network.movement_out,
            network.prior_start,
            network.prior_movement,
            network.movement_lane,
            network.lane_share,
            network.n_samples,
            obstructed_s,
            row_start,
            row_arrival_s,
            row_movement,
            row_weight,
            row_stop_cost,
            row_headway_s,
            place_s,
            is_place_bound,
            keeper.stage,
            keeper.before,
            keeper.switched_s - now_s,
            keeper.hold_until_s - now_s,
            self._allowed(row_arrival_s, row_movement, keeper, now_s),
            network.hold_start,
            network.hold_after_s,
            self._steps_s,
            self._horizon_scale,
            config.beam_width,
            self._parameters,
            config.n_evaluations_most,
            wanted,
            row_departure_s,
        )
        scale = self._scale_of_next(row_start, row_arrival_s, row_departure_s)
        self._horizon_scale = np.where(wanted == NO_STAGE, 1.0, scale)
        self._row_start, self._row_departure_s = row_start, row_departure_s
        is_left_over = wanted == NO_STAGE
        if is_left_over.any():
            left_over = np.flatnonzero(is_left_over)
            wanted[left_over] = self._fallback.choose_of(left_over, view, keeper)
            self._forget_rows(is_left_over)
            self._order = _next_order(self._order, is_left_over)
        is_vehicle = row_vehicle >= 0
        # Samples of a lane follow each other; written backwards, the first one is what neighbours are told.
        planned_ix = vehicles.vehicle_ix[row_vehicle[is_vehicle]][::-1]
        departure_s = row_departure_s[is_vehicle][::-1]
        self.shares.note_departures(planned_ix, np.where(departure_s >= NEVER_S, np.inf, now_s + departure_s))
        return wanted

    def _scale_of_next(self, row_start: Ints, row_arrival_s: Floats, row_departure_s: Floats) -> Floats:
        """Return by what the next horizons are longer: some who wait now do not leave within this one.

        A junction that leaves so many standing is oversaturated. It would see too little of what a long green
        saves, the lost time of the changes that it makes needless.
        """
        network = self._network
        share = np.repeat(network.lane_share / network.n_samples, np.diff(row_start))
        is_left = (row_arrival_s < WAITING_ARRIVAL_S) & (row_departure_s >= NEVER_S)
        of_row = np.concatenate(([0.0], np.cumsum(share * is_left)))
        n_left = np.diff(of_row[row_start[network.lane_start]])
        return 1.0 + np.minimum(n_left / self._config.oversaturated_veh, 1.0)

    def _forget_rows(self, is_left_over: NDArray[np.bool_]) -> None:
        """Drop the rows of signals without a plan: when their queues move is not known, which is not never."""
        n_rows = np.diff(self._row_start)
        is_kept = ~np.repeat(is_left_over, np.diff(self._network.lane_start))
        self._row_departure_s = self._row_departure_s[np.repeat(is_kept, n_rows)]
        self._row_start = np.concatenate(([0], np.cumsum(np.where(is_kept, n_rows, 0))))

    def _is_end_green(self, keeper: StageKeeper) -> NDArray[np.bool_]:
        """Return for every out-lane whether the signal at its end shows one of its movements a green."""
        network = self._network
        is_lane_green = np.zeros(network.lane_share.shape[0] + 1, np.bool_)  # the last one: no signal
        is_lane_green[network.movement_lane[~np.isnan(keeper.green_since_s)]] = True
        return is_lane_green[network.out_end_lane]

    def _place_m(self, view: View) -> float:
        """Return the length that a queued vehicle takes up, by the vehicles seen now."""
        length_m = view.vehicles.length_m
        return float(length_m.mean() if length_m.shape[0] else TYPICAL_LENGTH_M) + self._config.standing_gap_m

    def _allowed(
        self, row_arrival_s: Floats, row_movement: Ints, keeper: StageKeeper, now_s: float
    ) -> NDArray[np.bool_]:
        """Return which stages the next decision may choose: a movement near its maximum red comes first.

        Where vehicles stand on short links both ways, nobody is let in until they have left; but for that maximum.
        """
        network = self._network
        is_allowed = np.ones(int(network.stage_start[-1]), np.bool_)
        for signal in np.flatnonzero(keeper.short_links.is_taken & keeper.may_switch(now_s)).tolist():
            is_allowed[network.stages_of(signal)] = ~network.planned[signal].is_entered
        red_s = now_s - keeper.last_green_s
        limit_s = self._max_red_s - self._config.max_red_margin_s
        is_late = red_s >= limit_s
        if not is_late.any():
            return is_allowed
        is_waiting = np.zeros(red_s.shape[0], np.bool_)
        is_waiting[row_movement[row_arrival_s < WAITING_ARRIVAL_S]] = True
        is_late &= is_waiting & keeper.may_switch(now_s)[keeper.signal_of_movement]
        for signal in np.unique(keeper.signal_of_movement[is_late]):
            own = network.movements_of(signal)
            latest = int(np.argmax(np.where(is_late[own], red_s[own], -1.0)))
            stages = network.stages_of(signal)
            serves = network.shown[stages, latest] > 0
            if serves.any():
                is_allowed[stages] = serves
        return is_allowed


def _next_order(order: Ints, is_left_over: NDArray[np.bool_]) -> Ints:
    """Return the order of the next plan: it begins behind the last signal that was planned.

    Where none was, the first one needs more than all the work allowed; it must not keep the others from their turn.
    """
    done = np.flatnonzero(~is_left_over[order])
    return np.roll(order, -(int(done[-1]) + 1 if done.shape[0] else 1))

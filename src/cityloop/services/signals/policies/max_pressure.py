"""Max-pressure control with a loss for switching, so that it does not flap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import View
from cityloop.services.signals.config import SignalsConfig
from cityloop.services.signals.lane_traffic import lane_traffic
from cityloop.services.signals.network import Floats, Ints, SignalNetwork
from cityloop.services.signals.stage_keeper import StageKeeper


class MaxPressure:
    """Show the stage with the largest difference of queues before and behind the junction.

    Pressure of a stage: the sum over its green movements of vehicles upstream less vehicles downstream
    (Varaiya 2013, *Max pressure control of a network of signalized intersections*). A change pays its
    lost time: over the coming ``switch_period_s`` it must serve more than holding would.
    """

    def __init__(self, city: City, network: SignalNetwork, config: SignalsConfig) -> None:
        self._network, self._config = network, config.max_pressure
        self._lane_length_m: Floats = np.ascontiguousarray(city.lanes["length_m"])
        n_of_lane = np.bincount(network.movement_lane, minlength=network.lane_share.shape[0])
        self._movement_share: Floats = 1.0 / n_of_lane[network.movement_lane]

    def choose(self, view: View, keeper: StageKeeper) -> Ints:
        """Return the wanted stage of every signal."""
        network = self._network
        traffic = lane_traffic(network, view.vehicles, self._lane_length_m, view.n_walkers)
        behind = self._vehicles_behind(view)
        upstream = traffic.n_veh[network.movement_lane] * self._movement_share
        downstream = np.where(network.movement_out >= 0, behind[network.movement_out], 0.0) * self._movement_share
        pressure = upstream - downstream
        wanted = keeper.stage.copy()
        for signal in np.flatnonzero(keeper.may_switch(view.t_s)).tolist():
            of_movement = pressure[network.movements_of(signal)]
            of_stage = (np.minimum(network.shown_by(signal), 1) * of_movement).sum(axis=1)
            wanted[signal] = self._best(signal, int(keeper.stage[signal]), of_stage)
        return wanted

    def _best(self, signal: int, stage: int, pressure: NDArray[np.float64]) -> int:
        network, period_s = self._network, self._config.switch_period_s
        best, best_score = stage, pressure[stage]
        for k in range(len(pressure)):
            if k == stage:
                continue
            span_s = max(period_s, network.hold_s(signal, stage, k))
            score = pressure[k] * (span_s - network.lost_s(signal, stage, k)) / span_s
            if score > best_score:
                best, best_score = k, score
        return best

    def _vehicles_behind(self, view: View) -> Floats:
        """Count the vehicles seen on every out-lane's way downstream."""
        network, vehicles = self._network, view.vehicles
        lane_ix = vehicles.lane_ix[vehicles.lane_ix >= 0]
        n_on_lane = np.bincount(lane_ix, minlength=network.path_start.shape[0] - 1)
        lane_of_path = np.repeat(np.arange(network.path_start.shape[0] - 1), np.diff(network.path_start))
        weights = n_on_lane[lane_of_path].astype(np.float64)
        n_outs = max(1, network.out_end_lane.shape[0])
        return np.asarray(np.bincount(network.path_out, weights, minlength=n_outs), np.float64)

"""Gap-out control: a stage is extended while vehicles keep coming, and skipped when nobody calls it."""

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import View
from cityloop.services.signals.config import SignalsConfig
from cityloop.services.signals.lane_traffic import LaneTraffic, lane_traffic
from cityloop.services.signals.network import Floats, Ints, SignalNetwork
from cityloop.services.signals.plan_stages import lanes_by_stage, plan_stages_by_signal
from cityloop.services.signals.stage_keeper import StageKeeper


class Actuated:
    """Serve the plan's stages in order; end one at a gap or its maximum green once another is called.

    This is fully actuated control as the *Signal Timing Manual* (NCHRP Report 812, chapter 6)
    describes it: detector calls, minimum green, passage time, maximum green.
    """

    def __init__(self, city: City, network: SignalNetwork, config: SignalsConfig) -> None:
        self._network, self._config = network, config.actuated
        self._lane_length_m: Floats = np.ascontiguousarray(city.lanes["length_m"])
        self._n_plan_stages = plan_stages_by_signal(city, network)
        self._serves = lanes_by_stage(network, self._n_plan_stages)

    def choose(self, view: View, keeper: StageKeeper) -> Ints:
        """Return the wanted stage of every signal."""
        return self.choose_of(np.arange(self._network.n_signals), view, keeper)

    def choose_of(self, signals: Ints, view: View, keeper: StageKeeper) -> Ints:
        """Return the wanted stages of the signals named, in their order.

        Nothing is kept from one tick to the next: what is decided depends on the view and the keeper alone.
        """
        traffic = lane_traffic(self._network, view.vehicles, self._lane_length_m, view.n_walkers)
        wanted = keeper.stage[signals]
        for row in np.flatnonzero(keeper.may_switch(view.t_s)[signals]).tolist():
            signal = int(signals[row])
            green_s = view.t_s - keeper.switched_s[signal]
            wanted[row] = self._next(signal, int(keeper.stage[signal]), green_s, traffic)
        return wanted

    def _next(self, signal: int, stage: int, green_s: float, traffic: LaneTraffic) -> int:
        network = self._network
        lanes = network.lanes_of(signal)
        serves = self._serves[signal]
        called = traffic.is_called[lanes]
        unserved = called & ~serves[stage]
        if not unserved.any():
            return stage
        is_coming = (traffic.nearest_s[lanes] <= self._config.passage_s) & serves[stage]
        if is_coming.any() and green_s < self._config.max_green_s:
            return stage
        n_stages = self._n_plan_stages[signal]
        for ahead in range(1, n_stages + 1):
            k = (stage + ahead) % n_stages
            if (unserved & serves[k]).any():
                return k
        return stage

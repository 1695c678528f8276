"""Gap-out control: a stage is extended while vehicles keep coming, and skipped when nobody calls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import View
from cityloop.services.signals.config import SignalsConfig
from cityloop.services.signals.lane_traffic import LaneTraffic, lane_traffic
from cityloop.services.signals.network import Floats, Ints, SignalNetwork
from cityloop.services.signals.stage_keeper import StageKeeper
from cityloop.services.signals.stages import n_plan_stages


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
        network = self._network
        traffic = lane_traffic(network, view.vehicles, self._lane_length_m, view.n_walkers)
        wanted = keeper.stage.copy()
        for signal in np.flatnonzero(keeper.may_switch(view.t_s)):
            green_s = view.t_s - keeper.switched_s[signal]
            wanted[signal] = self._next(int(signal), int(keeper.stage[signal]), green_s, traffic)
        return wanted

    def _next(self, signal: int, stage: int, green_s: float, traffic: LaneTraffic) -> int:
        network = self._network
        lanes = slice(int(network.lane_start[signal]), int(network.lane_start[signal + 1]))
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


def lanes_by_stage(network: SignalNetwork, n_plan_stages_of: Sequence[int]) -> list[NDArray[np.bool_]]:
    """Return for every signal, by stage and planner lane, whether the stage serves the lane.

    It does where it shows as many of the lane's movements green as any stage of the plan does: a stage with only
    the right turn of a shared lane leaves whoever wants straight on before the stop line.
    """
    result = []
    for signal in range(network.n_signals):
        m0, m1 = int(network.movement_start[signal]), int(network.movement_start[signal + 1])
        k0, k1 = int(network.stage_start[signal]), int(network.stage_start[signal + 1])
        l0, l1 = int(network.lane_start[signal]), int(network.lane_start[signal + 1])
        n_green = np.zeros((k1 - k0, l1 - l0), np.int64)
        for m in range(m0, m1):
            n_green[:, network.movement_lane[m] - l0] += network.shown[k0:k1, m - m0] > 0
        most = n_green[: n_plan_stages_of[signal]].max(axis=0)
        result.append((n_green > 0) & (n_green >= most))
    return result


def plan_stages_by_signal(city: City, network: SignalNetwork) -> list[int]:
    """Return how many of each signal's stages come from its plan in force; they stand first."""
    plans = city.signals["plan_ix"][network.signal_ix].tolist()
    return [n_plan_stages(city.states_of(plan), stages) for plan, stages in zip(plans, network.stages, strict=True)]

"""A fixed plan, re-timed from measured volumes by Webster's formula."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import View
from cityloop.services.signals.config import SignalsConfig
from cityloop.services.signals.network import Ints, SignalNetwork
from cityloop.services.signals.plan_stages import lanes_by_stage, plan_stages_by_signal
from cityloop.services.signals.stage_keeper import StageKeeper


class Webster:
    """Run the stages of the plan in force in order, with cycle and greens from the volumes of late.

    Cycle ``(1.5 L + 5) / (1 - Y)``, greens in proportion to the critical flow ratios
    (Webster 1958, *Traffic Signal Settings*, Road Research Technical Paper 39).
    """

    def __init__(self, city: City, network: SignalNetwork, config: SignalsConfig) -> None:
        self._network, self._config = network, config.webster
        self._n_plan_stages = plan_stages_by_signal(city, network)
        self._serves = lanes_by_stage(network, self._n_plan_stages)
        self._count = np.zeros(network.lane_share.shape[0])
        self._inside: NDArray[np.int64] = np.empty(0, np.int64)
        self._retimed_s = np.nan
        self._green_s = [np.full(n, self._config.first_green_s) for n in self._n_plan_stages]

    def choose(self, view: View, keeper: StageKeeper) -> Ints:
        """Return the wanted stage of every signal."""
        if np.isnan(self._retimed_s):
            self._retimed_s = view.t_s
        self._measure(view)
        if view.t_s - self._retimed_s >= self._config.retime_s:
            self._retime(view.t_s)
        wanted = keeper.stage.copy()
        for signal in np.flatnonzero(keeper.may_switch(view.t_s)).tolist():
            stage, n_stages = int(keeper.stage[signal]), self._n_plan_stages[signal]
            planned_s = self._green_s[signal][stage] if stage < n_stages else 0.0
            if view.t_s - keeper.switched_s[signal] >= planned_s + self._lost_s(signal, stage):
                wanted[signal] = (stage + 1) % n_stages
        return wanted

    def _measure(self, view: View) -> None:
        """Count vehicles that have entered a junction since the view before, by stop lane."""
        vehicles, network = view.vehicles, self._network
        inside = (vehicles.lane_ix < 0) & (vehicles.movement_ix >= 0)
        rows = network.row_of_movement[vehicles.movement_ix[inside]]
        key = vehicles.vehicle_ix[inside][rows >= 0] * network.movement_ix.shape[0] + rows[rows >= 0]
        new = np.setdiff1d(key, self._inside)
        self._count += np.bincount(
            network.movement_lane[new % max(1, network.movement_ix.shape[0])], minlength=self._count.shape[0]
        )
        self._inside = key

    def _lost_s(self, signal: int, stage: int) -> float:
        """Return the intergreen that precedes a stage when it follows the one before it in the plan."""
        return self._network.lost_s(signal, (stage - 1) % self._n_plan_stages[signal], stage)

    def _retime(self, t_s: float) -> None:
        network, config = self._network, self._config
        hours = (t_s - self._retimed_s) / 3600.0
        ratio = self._count / hours / config.saturation_vph
        for signal in range(network.n_signals):
            n_stages = self._n_plan_stages[signal]
            serves = self._serves[signal][:n_stages]
            lanes = network.lanes_of(signal)
            n_serving = np.maximum(1, serves.sum(axis=0))
            critical = np.maximum((serves * (ratio[lanes] / n_serving)).max(axis=1), 0.01)
            lost_s = sum(self._lost_s(signal, k) + config.start_loss_s for k in range(n_stages))
            total = min(float(critical.sum()), 0.9)
            cycle_s = min(max((1.5 * lost_s + 5.0) / (1.0 - total), config.min_cycle_s), config.max_cycle_s)
            effective_s = np.maximum(critical / critical.sum() * (cycle_s - lost_s), 0.0)
            self._green_s[signal] = effective_s + config.start_loss_s
        self._count[:] = 0.0
        self._retimed_s = t_s

"""The stages of the plan in force among those to choose from, and the lanes that each serves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.services.signals.network import SignalNetwork
from cityloop.services.signals.stages import n_plan_stages


def lanes_by_stage(network: SignalNetwork, n_plan_stages_of: Sequence[int]) -> list[NDArray[np.bool_]]:
    """Return for every signal, by stage and planner lane, whether the stage serves the lane.

    It does where it shows as many of the lane's movements green as any stage of the plan does: a stage with only
    the right turn of a shared lane leaves whoever wants straight on before the stop line.
    """
    result = []
    for signal in range(network.n_signals):
        lanes, shown = network.lanes_of(signal), network.shown_by(signal)
        n_green = np.zeros((len(shown), lanes.stop - lanes.start), np.int64)
        for local, lane in enumerate(network.movement_lane[network.movements_of(signal)] - lanes.start):
            n_green[:, lane] += shown[:, local] > 0
        most = n_green[: n_plan_stages_of[signal]].max(axis=0)
        result.append((n_green > 0) & (n_green >= most))
    return result


def plan_stages_by_signal(city: City, network: SignalNetwork) -> list[int]:
    """Return how many of each signal's stages come from its plan in force; they stand first.

    Signals planned as one have no plan in common: all their stages are taken for one.
    """
    plan_ix = city.signals["plan_ix"]
    return [
        n_plan_stages(city.states_of(int(plan_ix[signal.members[0].signal_ix])), signal.stages)
        if len(signal.members) == 1
        else len(signal.stages)
        for signal in network.planned
    ]

from __future__ import annotations

import numpy as np

from cityloop.services.signals.network import SignalNetwork
from cityloop.services.signals.plan_stages import lanes_by_stage


def test_lanes_by_stage_says_who_is_served(network: SignalNetwork) -> None:
    for signal, serves in enumerate(lanes_by_stage(network, [2, 2])):
        l0, m0, k0 = (int(start[signal]) for start in (network.lane_start, network.movement_start, network.stage_start))
        for lane in np.unique(network.movement_lane[m0 : int(network.movement_start[signal + 1])]):
            own = np.flatnonzero(network.movement_lane == lane) - m0
            assert serves[:, lane - l0].any()  # every lane has a stage
            n_green = (network.shown[k0 : k0 + len(serves), own] > 0).sum(axis=1)
            np.testing.assert_array_equal(serves[:, lane - l0], n_green >= n_green[:2].max())

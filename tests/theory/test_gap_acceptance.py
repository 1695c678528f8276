"""Turns that yield: the planner's queue model against the theory of gap acceptance.

Source: Transportation Research Board, *Highway Capacity Manual*: capacity of a stream that waits for gaps in random
traffic, c = q exp(-q t_c) / (1 - exp(-q t_f)), with the critical gap t_c and the follow-up time t_f.
"""

from __future__ import annotations

import numpy as np
import pytest

from ..kernels.junction import Junction, Model, Queued, Run, queue

DURATION_S = 3600.0


def _served(opposing_s: np.ndarray, gap_s: float, follow_up_s: float) -> list[float]:
    """Return when the turns leave beside an opposing stream that never queues."""
    opposing = tuple(Queued(float(t_s), 1, headway_s=0.0) for t_s in opposing_s)
    junction = Junction(("gG",), (queue(1800), opposing), yields=((0, 1),), headway_s=follow_up_s)
    run = Run(junction, Model(critical_gap_s=gap_s))
    return run.show(0, DURATION_S, step_s=0.25).departures_s(0)


@pytest.mark.parametrize("flow_vph", [200.0, 500.0, 900.0])
@pytest.mark.parametrize("gap_s", [3.0, 4.5])
def test_capacity_beside_random_traffic(flow_vph: float, gap_s: float) -> None:
    follow_up_s, flow_vps = 2.0, flow_vph / 3600.0
    gaps_s = np.random.default_rng(11).exponential(1.0 / flow_vps, int(2 * flow_vph))
    opposing_s = np.cumsum(gaps_s)
    opposing_s = opposing_s[opposing_s < DURATION_S]
    n_left = len(_served(opposing_s, gap_s, follow_up_s))
    flow_vps = len(opposing_s) / DURATION_S
    capacity_vps = flow_vps * np.exp(-flow_vps * gap_s) / (1.0 - np.exp(-flow_vps * follow_up_s))
    assert n_left / DURATION_S == pytest.approx(capacity_vps, rel=0.1)


def test_no_turn_leaves_within_the_critical_gap_of_who_comes() -> None:
    opposing_s = np.cumsum(np.random.default_rng(3).exponential(6.0, 600))
    opposing_s = opposing_s[opposing_s < DURATION_S]
    left_s = np.array(_served(opposing_s, 3.0, 2.0))
    following = opposing_s[np.minimum(np.searchsorted(opposing_s, left_s), len(opposing_s) - 1)]
    ahead_s = (following - left_s)[left_s < opposing_s[-1]]
    assert ahead_s.min() > 3.0 - 1e-9


def test_nobody_turns_into_a_stream_without_gaps() -> None:
    assert len(_served(np.arange(0.5, DURATION_S, 2.9), 3.0, 2.0)) <= 1

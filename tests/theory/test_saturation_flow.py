"""The planner's queue model: a long queue leaves at the saturation flow, after the loss at its start."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ..kernels.junction import Junction, Model, Run, queue

STAGES = ("Gr", "rG")


@pytest.mark.parametrize("headway_s", [1.6, 1.9, 2.4])
@pytest.mark.parametrize("start_loss_s", [0.0, 1.0, 2.5])
def test_a_queue_leaves_at_one_over_the_headway_after_the_loss(headway_s: float, start_loss_s: float) -> None:
    junction = Junction(STAGES, ((), queue(100, 1)), headway_s=headway_s, delay_s=5.0)
    left_s = Run(junction, Model(start_loss_s=start_loss_s)).show(0, 20.0).show(1, 120.0).departures_s(1)
    green_s = 20.0 + 5.0
    assert left_s[0] == pytest.approx(green_s + start_loss_s)
    assert [b - a for a, b in pairwise(left_s)] == pytest.approx([headway_s] * (len(left_s) - 1))
    flow_vph = 3600.0 * (len(left_s) - 1) / (left_s[-1] - left_s[0])
    assert flow_vph == pytest.approx(3600.0 / headway_s)


@pytest.mark.parametrize("yellow_use_s", [0.0, 1.5, 3.0])
def test_a_cycle_serves_what_its_effective_green_holds(yellow_use_s: float) -> None:
    # capacity = saturation flow x (green - start loss + yellow driven) / cycle
    headway_s, start_loss_s, delay_s, cycle_s, green_s = 2.0, 1.0, 4.0, 60.0, 30.0
    model = Model(start_loss_s=start_loss_s, yellow_use_s=yellow_use_s)
    run = Run(Junction(STAGES, (queue(600), ()), headway_s=headway_s, delay_s=delay_s, stage=1), model)
    n_cycles = 30
    for k in range(n_cycles):
        run.show(0, k * cycle_s + delay_s + green_s).show(1, (k + 1) * cycle_s)
    effective_s = green_s - start_loss_s + yellow_use_s
    assert len(run.departures_s(0)) / n_cycles == pytest.approx(effective_s / headway_s, abs=1.0)
    assert all(t_s % cycle_s < delay_s + green_s + yellow_use_s for t_s in run.departures_s(0))


def test_two_lanes_carry_twice_the_flow() -> None:
    run = Run(Junction(("GG",), (queue(80, 0), queue(80, 1)), headway_s=2.0)).show(0, 100.0)
    assert [len(run.departures_s(lane)) for lane in (0, 1)] == [50, 50]

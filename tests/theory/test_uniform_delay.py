"""Delay at a fixed plan: the planner's queue model against the closed form.

Sources: F. V. Webster, *Traffic Signal Settings*, Road Research Technical Paper 39 (1958), first term; Transportation
Research Board, *Highway Capacity Manual*, uniform delay d1 of a signalised lane.
"""

from __future__ import annotations

import numpy as np
import pytest

from ..kernels.junction import Junction, Model, Queued, Run

HEADWAY_S, START_LOSS_S, YELLOW_USE_S, DELAY_S = 2.0, 1.0, 1.5, 4.0
CYCLE_S = 60.0
N_CYCLES = 60


def _uniform_delay_s(effective_s: float, flow_vps: float) -> float:
    """Return d1 = C (1 - g/C)² / (2 (1 - q/s)), below capacity."""
    share = effective_s / CYCLE_S
    return CYCLE_S * (1.0 - share) ** 2 / (2.0 * (1.0 - flow_vps * HEADWAY_S))


def _run(green_s: float, flow_vps: float) -> tuple[Run, np.ndarray]:
    """Show a fixed plan to arrivals at equal distances that are no whole part of the cycle."""
    spacing_s = 1.0 / flow_vps
    arrivals_s = np.arange(0.37 * spacing_s, N_CYCLES * CYCLE_S, spacing_s)
    junction = Junction(
        ("Gr", "rG"),
        (tuple(Queued(float(t_s)) for t_s in arrivals_s), ()),
        headway_s=HEADWAY_S,
        delay_s=DELAY_S,
        stage=1,
        before=1,
    )
    run = Run(junction, Model(start_loss_s=START_LOSS_S, yellow_use_s=YELLOW_USE_S))
    for k in range(N_CYCLES + 1):
        run.show(0, k * CYCLE_S + DELAY_S + green_s).show(1, (k + 1) * CYCLE_S)
    return run, arrivals_s


@pytest.mark.parametrize("green_s", [15.0, 30.0, 42.0])
@pytest.mark.parametrize("saturation", [0.2, 0.5, 0.8])
def test_delay_of_a_fixed_plan_is_websters_uniform_delay(green_s: float, saturation: float) -> None:
    effective_s = green_s - START_LOSS_S + YELLOW_USE_S
    flow_vps = saturation * effective_s / CYCLE_S / HEADWAY_S * 0.997  # no whole number a cycle
    run, arrivals_s = _run(green_s, flow_vps)
    left_s = np.array(run.departures_s(0))
    assert len(left_s) == len(arrivals_s)
    delay_s = float((left_s - arrivals_s).mean())
    # one vehicle at a time, not a fluid: the difference is below half a headway
    assert delay_s == pytest.approx(_uniform_delay_s(effective_s, flow_vps), abs=HEADWAY_S / 2)
    assert run.cost == pytest.approx(float((left_s - arrivals_s).sum()))


def test_above_capacity_the_queue_grows_by_what_is_not_served() -> None:
    green_s = 29.5  # so that a whole number of vehicles fits into the effective green
    effective_s = green_s - START_LOSS_S + YELLOW_USE_S
    capacity_vps = effective_s / CYCLE_S / HEADWAY_S
    run, arrivals_s = _run(green_s, 1.2 * capacity_vps)
    n_left = len(run.departures_s(0))
    assert n_left / ((N_CYCLES + 1) * CYCLE_S) == pytest.approx(capacity_vps, rel=0.01)
    assert n_left < len(arrivals_s)

"""Delay at a fixed-time signal of the twin below capacity.

Delay is the passage of the stop line less the passage of a vehicle alone on the street under a green signal that was
planned to depart at the same time. So it holds neither the free-flow time nor what braking and accelerating cost, but
the waiting outside the street, which random traffic has to do now and then (0.2 s to 0.8 s).

Both formulas take a saturation flow ``s`` and an effective green ``g``, which is the displayed green less the start-up
loss (of the fifth vehicle) plus the part of the yellow that is used. The greens here hold a whole number of vehicles,
so that capacity is ``s g / C``; the formulas know no vehicles, but a fluid, which is served half a vehicle earlier.

Sources: F. V. Webster, *Traffic Signal Settings*, Road Research Technical Paper 39 (1958); Transportation Research
Board, *Highway Capacity Manual* (2000), equation 16-11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from .twin_streets import LIMIT_MPS, PARAMETERS, Floats, Streets, poisson_s

WAY = "straight.in straight.out"
YELLOW_S = 3.0
WARM_CYCLES, CYCLES = 5, 200
RANDOM_HOURS, SEEDS = 160, range(8)
SIGNALS = ((90.0, 15), (90.0, 21), (120.0, 31))
"""Cycles, and the vehicles that each serves."""


@dataclass(frozen=True)
class Lane:
    """What the formulas take of the straight street, as it discharges."""

    headway_s: float
    start_loss_s: float
    free_s: float

    @classmethod
    def of(cls, streets: Streets) -> Lane:
        red_s = 200.0
        queue = streets.day({WAY: 2.5 * np.arange(40)}, 320.0, straight=(("r", red_s), ("G", 300.0)))
        passed_s = queue.left_s(WAY) - red_s
        headway_s = float(passed_s[24] - passed_s[4]) / 20
        free_s = float(streets.day({WAY: [0.0]}, 200.0).left_s(WAY)[0])
        return cls(headway_s, float(passed_s[4]) - 5 * headway_s, free_s)


@dataclass(frozen=True)
class Signal:
    """A cycle that serves a whole number of vehicles."""

    lane: Lane
    cycle_s: float
    n_served: int

    @property
    def green_s(self) -> float:
        """Displayed green."""
        return round(self.lane.start_loss_s + self.n_served * self.lane.headway_s - self._yellow_used_s + 0.1, 1)

    @property
    def green_frac(self) -> float:
        """Effective green as a share of the cycle."""
        return (self.green_s - self.lane.start_loss_s + self._yellow_used_s) / self.cycle_s

    @property
    def capacity_vps(self) -> float:
        return self.green_frac / self.lane.headway_s

    @property
    def _yellow_used_s(self) -> float:
        return LIMIT_MPS / (2 * PARAMETERS.yellow_decel_mps2) - PARAMETERS.yellow_reaction_s

    def delay_s(self, streets: Streets, arrivals_s: Floats) -> Floats:
        """Return the delay of every vehicle."""
        red_s = self.cycle_s - self.green_s - YELLOW_S
        plan = (("r", red_s), ("G", self.green_s), ("y", YELLOW_S))
        day = streets.day({WAY: arrivals_s}, float(arrivals_s[-1]) + 1200.0, straight=plan)
        return day.left_s(WAY) - arrivals_s - self.lane.free_s


def uniform_delay_s(signal: Signal, saturation: float) -> float:
    """Return d1 = C (1 - g/C)^2 / (2 (1 - min(1, X) g/C)), HCM 2000 equation 16-11."""
    share = signal.green_frac
    return signal.cycle_s * (1 - share) ** 2 / (2 * (1 - min(1.0, saturation) * share))


def webster_delay_s(signal: Signal, saturation: float) -> float:
    """Return C (1 - l)^2 / (2 (1 - l x)) + x^2 / (2 q (1 - x)) - 0.65 (C / q^2)^(1/3) x^(2 + 5 l) (Webster 1958)."""
    share, flow_vps = signal.green_frac, saturation * signal.capacity_vps
    random_s = saturation**2 / (2 * flow_vps * (1 - saturation))
    correction_s = 0.65 * (signal.cycle_s / flow_vps**2) ** (1 / 3) * saturation ** (2 + 5 * share)
    return uniform_delay_s(signal, saturation) + random_s - correction_s


@pytest.fixture(scope="module")
def lane(streets: Streets) -> Lane:
    return Lane.of(streets)


@pytest.mark.parametrize(("cycle_s", "n_served"), SIGNALS)
def test_a_saturated_cycle_serves_what_its_effective_green_holds(
    streets: Streets, lane: Lane, cycle_s: float, n_served: int
) -> None:
    signal = Signal(lane, cycle_s, n_served)
    plan = (("r", cycle_s - signal.green_s - YELLOW_S), ("G", signal.green_s), ("y", YELLOW_S))
    left_s = streets.day({WAY: 2.0 * np.arange(1800)}, 3600.0, straight=plan).left_s(WAY)
    served = np.bincount((left_s[np.isfinite(left_s)] // cycle_s).astype(int))[WARM_CYCLES:-1]
    assert set(served.tolist()) == {n_served}
    assert signal.capacity_vps * cycle_s == pytest.approx(n_served, rel=0.01)


@pytest.mark.parametrize("saturation", [0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize(("cycle_s", "n_served"), SIGNALS)
def test_uniform_arrivals_have_the_uniform_delay_of_the_hcm(
    streets: Streets, lane: Lane, cycle_s: float, n_served: int, saturation: float
) -> None:
    signal = Signal(lane, cycle_s, n_served)
    spacing_s = 1 / (0.9973 * saturation * signal.capacity_vps)  # no whole number a cycle
    arrivals_s = np.arange(0.37 * spacing_s, CYCLES * cycle_s, spacing_s)
    delay_s = signal.delay_s(streets, arrivals_s)[arrivals_s > WARM_CYCLES * cycle_s]
    assert delay_s.mean() == pytest.approx(uniform_delay_s(signal, 0.9973 * saturation), rel=0.05)
    assert delay_s.min() > -0.001


@pytest.mark.parametrize("saturation", [0.3, 0.5, 0.7, 0.8, 0.85])
@pytest.mark.parametrize(("cycle_s", "n_served"), SIGNALS)
def test_random_arrivals_have_the_delay_of_webster(
    streets: Streets, lane: Lane, cycle_s: float, n_served: int, saturation: float
) -> None:
    signal = Signal(lane, cycle_s, n_served)
    rate_vph = 3600 * saturation * signal.capacity_vps
    delays_s = [
        signal.delay_s(streets, poisson_s(rate_vph, 3600.0 * RANDOM_HOURS / len(SEEDS), seed)).mean() for seed in SEEDS
    ]
    assert np.mean(delays_s) == pytest.approx(webster_delay_s(signal, saturation), rel=0.05)


def test_above_capacity_the_queue_grows_by_what_is_not_served(streets: Streets, lane: Lane) -> None:
    signal = Signal(lane, 90.0, 21)
    arrivals_s = np.arange(1.0, 3600.0, 1 / (1.2 * signal.capacity_vps))
    delay_s = signal.delay_s(streets, arrivals_s)
    # the delay of the last is what is left over, served at capacity
    left_over_s = (len(arrivals_s) - signal.capacity_vps * 3600.0) / signal.capacity_vps
    assert delay_s[-1] == pytest.approx(left_over_s, abs=signal.cycle_s)

"""Every signalised junction before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cityloop.city.city import City
from cityloop.lab.report.model import Floats, Junction, JunctionSide
from cityloop.measures.junctions import approach_delays, junction_delays, road_signals
from cityloop.measures.roads import RoadPeriods
from cityloop.measures.signals import (
    Displays,
    can_be_green,
    green_utilisation,
    lane_green_s,
    switches_per_hour,
)


@dataclass(frozen=True)
class JunctionRun:
    """What is needed of a run.

    Parameters
    ----------
    roads : RoadPeriods
    displays : Displays
    red_wait_s : float64, one a link
        Longest time that somebody waited there at red.
    """

    roads: RoadPeriods
    displays: Displays
    red_wait_s: Floats


@dataclass(frozen=True)
class _Side:
    n_veh: Floats
    delay_s: Floats
    red_wait_s: Floats
    green_use_frac: Floats
    switches_per_h: Floats

    def of(self, signal_ix: int) -> JunctionSide:
        return JunctionSide(
            float(self.delay_s[signal_ix]),
            float(self.red_wait_s[signal_ix]),
            float(self.green_use_frac[signal_ix]),
            float(self.switches_per_h[signal_ix]),
        )


def junctions(city: City, before: Sequence[JunctionRun], after: Sequence[JunctionRun]) -> tuple[Junction, ...]:
    """Return all signals of the city that vehicles passed, the busiest first."""
    sides = [_side(city, runs) for runs in (before, after)]
    n_veh = np.maximum(sides[0].n_veh, sides[1].n_veh)
    return tuple(
        Junction(str(city.signals["signal_id"][ix]), float(n_veh[ix]), sides[0].of(ix), sides[1].of(ix))
        for ix in np.argsort(-n_veh, kind="stable").tolist()
        if n_veh[ix] > 0
    )


def _side(city: City, runs: Sequence[JunctionRun]) -> _Side:
    n_signals = city.signals.n_rows
    leads = road_signals(city)
    approaches = [approach_delays(run.roads, leads) for run in runs]
    counts, delays = zip(*(junction_delays(approach, n_signals) for approach in approaches), strict=True)
    counts_veh, delays_s = np.array(counts, np.float64), np.array(delays, np.float64)
    n_veh = counts_veh.sum(axis=0)
    lost_s = np.nansum(counts_veh * delays_s, axis=0)
    return _Side(
        n_veh=counts_veh.mean(axis=0),
        delay_s=np.divide(lost_s, n_veh, out=np.full(n_signals, np.nan), where=n_veh > 0),
        red_wait_s=np.max([_longest_wait_s(city, run.red_wait_s) for run in runs], axis=0),
        green_use_frac=np.mean([_green_use(city, run, n) for run, n in zip(runs, counts_veh, strict=True)], axis=0),
        switches_per_h=np.mean([switches_per_hour(run.displays, city) for run in runs], axis=0),
    )


def _longest_wait_s(city: City, red_wait_s: Floats) -> Floats:
    """Return the longest wait of each signal among its used links that some plan gives green."""
    counted = can_be_green(city) & city.links["is_used"]
    longest_s = np.where(counted, red_wait_s, 0.0)
    return np.array([longest_s[city.links_of(ix)].max(initial=0.0) for ix in range(city.signals.n_rows)])


def _green_use(city: City, run: JunctionRun, n_veh: Floats) -> Floats:
    """Return the share of each signal's lane-seconds of green that its vehicles would need at saturation."""
    movements = city.movements
    rows = np.flatnonzero((movements["signal_ix"] >= 0) & (movements["from_lane_ix"] >= 0))
    lanes, first = np.unique(movements["from_lane_ix"][rows], return_index=True)
    signal_of_lane = movements["signal_ix"][rows[first]]
    green_s = np.bincount(signal_of_lane, lane_green_s(run.displays, city)[lanes], city.signals.n_rows)
    return green_utilisation(n_veh, green_s.astype(np.float64))

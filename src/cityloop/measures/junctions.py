"""Delay per junction and approach: what is lost on the roads that lead to a signal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.measures.roads import RoadPeriods

REACH_M = 200.0
"""How far upstream of a stop line a road belongs to its approach."""


@dataclass(frozen=True, slots=True)
class RoadSignals:
    """The signal that each road leads to.

    Parameters
    ----------
    signal_ix : int64, one a road
        Signal whose stop line is nearest downstream within reach, past nodes without a signal; -1 none.
    stop_road_ix : int64, one a road
        Road of that stop line: roads with the same one form an approach; -1 none.
    """

    signal_ix: NDArray[np.int64]
    stop_road_ix: NDArray[np.int64]


def road_signals(city: City, reach_m: float = REACH_M) -> RoadSignals:
    """Return the signal that each road leads to."""
    n_roads = city.roads.n_rows
    signal_ix, stop_road_ix = np.full(n_roads, -1, np.int64), np.full(n_roads, -1, np.int64)
    nearest_m = np.full(n_roads, math.inf)
    road_of_lane = city.lanes["road_ix"]
    rows = approach_lanes(city, reach_m)
    for row in np.flatnonzero(rows["lane_ix"] >= 0):
        road_ix, offset_m = road_of_lane[rows["lane_ix"][row]], rows["offset_m"][row]
        if offset_m < nearest_m[road_ix]:
            nearest_m[road_ix] = offset_m
            signal_ix[road_ix] = rows["signal_ix"][row]
            stop_road_ix[road_ix] = road_of_lane[rows["stop_lane_ix"][row]]
    return RoadSignals(signal_ix, stop_road_ix)


@dataclass(frozen=True, slots=True)
class ApproachDelays:
    """Delay of the approaches of all signals over a window, one row an approach.

    Parameters
    ----------
    signal_ix, stop_road_ix : int64
        The signal and the road that ends at its stop line.
    n_veh : float64
        Vehicles that left the approach over the stop line.
    time_loss_s, waiting_s : float64
        Vehicle-seconds lost, and spent standing, on the roads of the approach.
    delay_s : float64
        Time lost per vehicle; nan where no vehicle left the approach.
    """

    signal_ix: NDArray[np.int64]
    stop_road_ix: NDArray[np.int64]
    n_veh: NDArray[np.float64]
    time_loss_s: NDArray[np.float64]
    waiting_s: NDArray[np.float64]
    delay_s: NDArray[np.float64]


def approach_delays(roads: RoadPeriods, leads: RoadSignals) -> ApproachDelays:
    """Return the delay of every approach, sorted by signal and stop road."""
    time_loss_s, waiting_s, n_left = roads.time_loss_s.sum(0), roads.waiting_s.sum(0), roads.n_left.sum(0)
    on_approach = np.flatnonzero(leads.signal_ix >= 0)
    keys = np.stack((leads.signal_ix[on_approach], leads.stop_road_ix[on_approach]), axis=1)
    approaches, place = np.unique(keys, axis=0, return_inverse=True)
    n = len(approaches)
    lost_s = _sums(place, time_loss_s[on_approach], n)
    n_veh = n_left[approaches[:, 1]]
    return ApproachDelays(
        signal_ix=approaches[:, 0],
        stop_road_ix=approaches[:, 1],
        n_veh=n_veh,
        time_loss_s=lost_s,
        waiting_s=_sums(place, waiting_s[on_approach], n),
        delay_s=_per_vehicle(lost_s, n_veh),
    )


def junction_delays(approaches: ApproachDelays, n_signals: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return vehicles and delay per vehicle of every signal (nan where no vehicle passed)."""
    n_veh = _sums(approaches.signal_ix, approaches.n_veh, n_signals)
    return n_veh, _per_vehicle(_sums(approaches.signal_ix, approaches.time_loss_s, n_signals), n_veh)


def _sums(place: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.bincount(place.ravel(), values, n).astype(np.float64)


def _per_vehicle(sums: NDArray[np.float64], n_veh: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = np.full(len(sums), math.nan)
    np.divide(sums, n_veh, out=shares, where=n_veh > 0)
    return shares

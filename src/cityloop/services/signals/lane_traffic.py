"""Vehicles counted by planner lane: what simple policies need to know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.control.view import Vehicles
from cityloop.services.signals.network import Floats, Ints, SignalNetwork

# A vehicle further away than this is not yet of concern to a policy that does not look ahead.
REACH_M = 150.0


@dataclass(frozen=True)
class LaneTraffic:
    """Traffic before the stop lines, one entry a planner lane.

    Parameters
    ----------
    n_veh : float64
        Vehicles on the lane's approach; one that may use several lanes counts at the nearest of them.
    is_called : bool
        A vehicle, or a pedestrian, is there.
    nearest_m : float64
        Distance of the nearest vehicle to the stop line; inf where there is none.
    nearest_s : float64
        Time it needs to the stop line at its present speed, inf where none comes.
    """

    n_veh: Floats
    is_called: NDArray[np.bool_]
    nearest_m: Floats
    nearest_s: Floats


def lane_traffic(network: SignalNetwork, vehicles: Vehicles, lane_length_m: Floats, n_walkers: Ints) -> LaneTraffic:
    """Count the vehicles of a view by the stop lane they are nearest to."""
    n_lanes = network.lane_share.shape[0]
    on_lane = vehicles.lane_ix >= 0
    lane_ix = np.where(on_lane, vehicles.lane_ix, 0)
    first = network.candidate_start[lane_ix]
    seen = on_lane & (network.candidate_start[lane_ix + 1] > first)
    candidate = first[seen]
    lane = network.movement_lane[network.candidate_movement[candidate]]
    distance_m = lane_length_m[lane_ix[seen]] - vehicles.position_m[seen] + network.candidate_offset_m[candidate]
    speed_mps = vehicles.speed_mps[seen]
    near = distance_m <= REACH_M
    lane, distance_m, speed_mps = lane[near], distance_m[near], speed_mps[near]
    n_veh = np.bincount(lane, minlength=n_lanes).astype(np.float64)
    nearest_m, nearest_s = np.full(n_lanes, np.inf), np.full(n_lanes, np.inf)
    np.minimum.at(nearest_m, lane, distance_m)
    np.minimum.at(nearest_s, lane, distance_m / np.maximum(speed_mps, 2.0))
    n_veh[network.crossing_lane] += n_walkers[network.crossing_link]
    return LaneTraffic(n_veh, n_veh > 0, nearest_m, nearest_s)

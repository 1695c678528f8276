"""The traffic model of the planner: a point queue a lane, first in, first out, served movement by movement.

* The leader of a lane decides: while its movement is red, nobody behind it moves.
* A movement that yields waits for a gap in the streams it yields to.
* An out-lane takes a vehicle only when a place in it is free.
* A movement whose way through the junction is obstructed waits until it is clear.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

NEVER_S = 1.0e9

# Positions in the vector of parameters (see ``PlannerConfig``); the last one is the search's.
START_LOSS_S, CRITICAL_GAP_S, YELLOW_USE_S, RESIDUAL_S, RESIDUAL_GROWTH_S, SWITCH_COST_S = range(6)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int16]
Bytes = NDArray[np.int8]


@njit(cache=True)
def advance_lanes(
    from_s: float,
    to_s: float,
    stage: int,
    before: int,
    switched_s: float,
    lane_start: int,
    lane_end: int,
    movement_start: int,
    stage_start: int,
    delay_start: int,
    n_stages: int,
    n_movements: int,
    out_start: int,
    served: Shorts,
    next_s: Floats,
    used: Shorts,
    served_after: Shorts,
    next_after_s: Floats,
    used_after: Shorts,
    shown: Bytes,
    start_delay_s: Floats,
    movement_out: Ints,
    prior_start: Ints,
    prior_movement: Ints,
    movement_lane: Ints,
    lane_share: Ints,
    n_samples: int,
    obstructed_s: Floats,
    row_start: Ints,
    row_arrival_s: Floats,
    row_movement: Ints,
    row_weight: Floats,
    row_stop_cost: Floats,
    row_headway_s: Floats,
    place_s: Floats,
    is_place_bound: NDArray[np.bool_],
    parameters: Floats,
    is_recording: bool,
    row_departure_s: Floats,
) -> float:
    """Serve the lanes of one junction from ``from_s`` to ``to_s`` and return the cost of doing so.

    The branch shows ``stage`` since ``switched_s`` and showed ``before`` before it. ``served`` (vehicles
    already gone, a lane), ``next_s`` (earliest next departure, a lane) and ``used`` (places taken, an
    out-lane) are its state; the state after the step is written to ``*_after``.

    Returns
    -------
    float
        Weighted seconds of delay within the step plus the cost of new stops.
    """
    n_places = place_s.shape[1]
    cost = 0.0
    for out in range(used.shape[0]):
        used_after[out] = used[out]
    for lane in range(lane_start, lane_end):
        row = row_start[lane] + served[lane - lane_start]
        row_end = row_start[lane + 1]
        free_s = next_s[lane - lane_start]
        while row < row_end:
            arrival_s = row_arrival_s[row]
            if arrival_s >= to_s:
                break
            movement = row_movement[row]
            local = movement - movement_start
            light = shown[stage_start + stage, local]
            light_before = shown[stage_start + before, local]
            limit_s = to_s
            is_ending = False
            if light == 0:
                if light_before == 0 or switched_s + parameters[YELLOW_USE_S] <= from_s:
                    break
                limit_s = min(to_s, switched_s + parameters[YELLOW_USE_S])
                light = light_before
                is_ending = True
            departure_s = max(arrival_s, from_s, free_s)
            if light_before == 0:
                green_s = switched_s + start_delay_s[delay_start + (before * n_stages + stage) * n_movements + local]
                if arrival_s < green_s + parameters[START_LOSS_S]:
                    green_s += parameters[START_LOSS_S]
                departure_s = max(departure_s, green_s)
            departure_s = max(departure_s, obstructed_s[movement])
            out = movement_out[movement]
            if out >= 0 and is_place_bound[out]:
                place = used_after[out - out_start] // n_samples
                if place >= n_places:
                    break
                departure_s = max(departure_s, place_s[out, place])
            if departure_s >= limit_s:
                break
            if light == 1 and not is_ending:
                is_blocked = False
                for k in range(prior_start[movement], prior_start[movement + 1]):
                    prior = prior_movement[k]
                    if shown[stage_start + stage, prior - movement_start] == 0:
                        continue
                    prior_lane = movement_lane[prior]
                    first = row_start[prior_lane] + served[prior_lane - lane_start]
                    last = min(row_start[prior_lane + 1], first + 6)
                    for other in range(first, last):
                        if row_arrival_s[other] > departure_s + parameters[CRITICAL_GAP_S]:
                            break
                        if row_movement[other] == prior:
                            is_blocked = True
                            break
                    if is_blocked:
                        break
                if is_blocked:
                    break
            cost += row_weight[row] * (departure_s - max(arrival_s, from_s))
            if is_recording:
                row_departure_s[row] = departure_s
            free_s = departure_s + row_headway_s[row]
            row += 1
            if out >= 0:
                used_after[out - out_start] += lane_share[lane]
        for waiting in range(row, row_end):
            arrival_s = row_arrival_s[waiting]
            if arrival_s >= to_s:
                break
            cost += row_weight[waiting] * (to_s - max(arrival_s, from_s))
            if arrival_s >= from_s and arrival_s > 0.0:
                cost += row_stop_cost[waiting]
        served_after[lane - lane_start] = row - row_start[lane]
        next_after_s[lane - lane_start] = free_s
    return cost


@njit(cache=True)
def residual_cost(
    to_s: float,
    lane_start: int,
    lane_end: int,
    served: Shorts,
    row_start: Ints,
    row_arrival_s: Floats,
    row_weight: Floats,
    parameters: Floats,
) -> float:
    """Return what the vehicles still waiting at ``to_s`` are expected to cost after it.

    A lane with r waiting vehicles costs r (a + b r): they wait for their green and for each other.
    """
    cost = 0.0
    for lane in range(lane_start, lane_end):
        n_waiting = 0.0
        weight = 0.0
        for row in range(row_start[lane] + served[lane - lane_start], row_start[lane + 1]):
            if row_arrival_s[row] >= to_s:
                break
            n_waiting += 1.0
            weight += row_weight[row]
        cost += weight * (parameters[RESIDUAL_S] + parameters[RESIDUAL_GROWTH_S] * n_waiting)
    return cost

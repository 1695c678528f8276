"""The traffic model of the planner: a point queue a lane, first in, first out, served movement by movement.

* The leader of a lane decides: while its movement is red, nobody behind it moves.
* A movement that yields waits for a gap in the streams it yields to.
* An out-lane takes a vehicle only when a place in it is free.
* A movement whose way through the junction is obstructed waits until it is clear.

What does not depend on the branch (who has arrived by the end of a step, and what those who still wait in it cost) is
worked out once a step, not once a branch: see ``open_step``.

What runs within the search is written into it when compiled (``forceinline``): handing over so many arrays, and
counting the references to them, at every evaluation would take two thirds of the time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

NEVER_S = 1.0e9
# How far back in a lane a yielding vehicle looks for one that it must let pass.
N_LOOKED_AT = 6

# Positions in the vector of parameters (see ``PlannerConfig``); the last one is the search's.
START_LOSS_S, CRITICAL_GAP_S, YELLOW_USE_S, RESIDUAL_S, RESIDUAL_GROWTH_S, SWITCH_COST_S = range(6)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int16]
Bytes = NDArray[np.int8]
Flags = NDArray[np.bool_]


class Junctions(NamedTuple):
    """Lanes, movements and stages of all junctions, flat; the fields are those of ``plan_signals``."""

    lane_start: Ints
    movement_start: Ints
    out_start: Ints
    stage_start: Ints
    delay_start: Ints
    shown: Bytes
    start_delay_s: Floats
    movement_out: Ints
    prior_start: Ints
    prior_movement: Ints
    movement_lane: Ints
    lane_share: Ints
    n_samples: int


class Traffic(NamedTuple):
    """What is on its way to the junctions, and in its way; the fields are those of ``plan_signals``."""

    obstructed_s: Floats
    row_start: Ints
    row_arrival_s: Floats
    row_movement: Ints
    row_weight: Floats
    row_stop_cost: Floats
    row_headway_s: Floats
    place_s: Floats
    is_place_bound: Flags


class Queues(NamedTuple):
    """State of the lanes of one junction, one row a branch.

    Parameters
    ----------
    served : int16, (branches, lanes)
        Vehicles already gone.
    next_s : float64, (branches, lanes)
        Earliest next departure.
    used : int16, (branches, out-lanes)
        Places taken, in parts of ``n_samples``.
    """

    served: Shorts
    next_s: Floats
    used: Shorts


class StepTable(NamedTuple):
    """What holds in a step for every branch of one junction.

    The two costs have a place for every vehicle of the junction and one more for every lane (see ``_place_of``); the
    one of a vehicle stands for it and all behind it in its lane that arrive before the end of the step.

    Parameters
    ----------
    lane : int64
        The lanes with vehicles, first of all.
    row_end : int64, one a lane
        Row of the first vehicle of a lane that arrives after the step.
    waiting_cost : float64
        Delay within the step plus new stops, if the vehicle waits through it.
    residual_cost : float64
        What is expected to come after the step, if it still waits then.
    """

    lane: Ints
    row_end: Ints
    waiting_cost: Floats
    residual_cost: Floats


@njit(cache=True, error_model="numpy")
def open_queues(signal: int, junctions: Junctions, traffic: Traffic, queues: Queues, table: StepTable) -> int:
    """Set branch 0 of a junction to the begin of the plan, before the first step.

    Returns
    -------
    int
        Number of lanes with vehicles. The state of the others is neither kept nor looked at.
    """
    lane_start = junctions.lane_start[signal]
    n_busy = 0
    for lane in range(lane_start, junctions.lane_start[signal + 1]):
        local = lane - lane_start
        table.row_end[local] = traffic.row_start[lane]
        if traffic.row_start[lane] < traffic.row_start[lane + 1]:
            table.lane[n_busy] = lane
            n_busy += 1
        queues.served[0, local] = 0
        queues.next_s[0, local] = 0.0
    for out in range(junctions.out_start[signal + 1] - junctions.out_start[signal]):
        queues.used[0, out] = 0
    return n_busy


@njit(cache=True, error_model="numpy", forceinline=True)
def open_step(
    signal: int,
    from_s: float,
    to_s: float,
    n_busy: int,
    junctions: Junctions,
    traffic: Traffic,
    parameters: Floats,
    table: StepTable,
) -> None:
    """Fill the table of a step, which follows the one that the table was filled for before.

    A lane with r waiting vehicles is expected to cost r (a + b r) after the step: they wait for their green and for
    each other.
    """
    lane_start = junctions.lane_start[signal]
    for busy in range(n_busy):
        lane = table.lane[busy]
        row_end = table.row_end[lane - lane_start]
        while row_end < traffic.row_start[lane + 1] and traffic.row_arrival_s[row_end] < to_s:
            row_end += 1
        table.row_end[lane - lane_start] = row_end
        place = row_end + _place_of(lane, lane_start, traffic.row_start)
        cost = 0.0
        weight = 0.0
        table.waiting_cost[place] = 0.0
        table.residual_cost[place] = 0.0
        for row in range(row_end - 1, traffic.row_start[lane] - 1, -1):
            place -= 1
            arrival_s = traffic.row_arrival_s[row]
            cost += traffic.row_weight[row] * (to_s - max(arrival_s, from_s))
            if arrival_s >= from_s and arrival_s > 0.0:
                cost += traffic.row_stop_cost[row]
            weight += traffic.row_weight[row]
            table.waiting_cost[place] = cost
            table.residual_cost[place] = weight * (
                parameters[RESIDUAL_S] + parameters[RESIDUAL_GROWTH_S] * (row_end - row)
            )


@njit(cache=True, error_model="numpy", forceinline=True)
def advance_lanes(
    signal: int,
    from_s: float,
    to_s: float,
    stage: int,
    before: int,
    switched_s: float,
    n_busy: int,
    junctions: Junctions,
    traffic: Traffic,
    parameters: Floats,
    table: StepTable,
    queues: Queues,
    branch: int,
    queues_after: Queues,
    branch_after: int,
    is_recording: bool,
    row_departure_s: Floats,
) -> tuple[float, float]:
    """Serve the lanes of one junction from ``from_s`` to ``to_s`` and return the cost of doing so.

    The branch shows ``stage`` since ``switched_s`` and showed ``before`` before it. Its state is a row of ``queues``;
    the state after the step is written to a row of ``queues_after``.

    Returns
    -------
    cost : float
        Weighted seconds of delay within the step plus the cost of new stops.
    residual : float
        What those still waiting at ``to_s`` are expected to cost after it.
    """
    lane_start = junctions.lane_start[signal]
    movement_start = junctions.movement_start[signal]
    out_start = junctions.out_start[signal]
    n_outs = junctions.out_start[signal + 1] - out_start
    n_movements = junctions.movement_start[signal + 1] - movement_start
    n_stages = junctions.stage_start[signal + 1] - junctions.stage_start[signal]
    row_now = junctions.stage_start[signal] + stage
    row_before = junctions.stage_start[signal] + before
    first_delay = junctions.delay_start[signal] + (before * n_stages + stage) * n_movements
    n_places = traffic.place_s.shape[1]
    yellow_end_s = switched_s + parameters[YELLOW_USE_S]
    cost = 0.0
    residual = 0.0
    for out in range(n_outs):
        queues_after.used[branch_after, out] = queues.used[branch, out]
    for busy in range(n_busy):
        lane = table.lane[busy]
        local_lane = lane - lane_start
        row = traffic.row_start[lane] + queues.served[branch, local_lane]
        row_end = table.row_end[local_lane]
        free_s = queues.next_s[branch, local_lane]
        while row < row_end:
            arrival_s = traffic.row_arrival_s[row]
            movement = traffic.row_movement[row]
            local = movement - movement_start
            light = junctions.shown[row_now, local]
            light_before = junctions.shown[row_before, local]
            limit_s = to_s
            is_ending = False
            if light == 0:
                if light_before == 0 or yellow_end_s <= from_s:
                    break
                limit_s = min(to_s, yellow_end_s)
                light = light_before
                is_ending = True
            departure_s = max(arrival_s, from_s, free_s)
            if light_before == 0:
                green_s = switched_s + junctions.start_delay_s[first_delay + local]
                if arrival_s < green_s + parameters[START_LOSS_S]:
                    green_s += parameters[START_LOSS_S]
                departure_s = max(departure_s, green_s)
            elif light_before < light and departure_s < yellow_end_s + parameters[START_LOSS_S]:
                # The streams it yielded to are ending: it goes if they leave a gap, or starts after the last of them.
                until_s = min(departure_s + parameters[CRITICAL_GAP_S], yellow_end_s)
                if _must_yield(movement, row_before, until_s, signal, junctions, traffic, queues.served, branch):
                    departure_s = yellow_end_s + parameters[START_LOSS_S]
            departure_s = max(departure_s, traffic.obstructed_s[movement])
            out = junctions.movement_out[movement]
            if out >= 0 and traffic.is_place_bound[out]:
                place = queues_after.used[branch_after, out - out_start] // junctions.n_samples
                if place >= n_places:
                    break
                departure_s = max(departure_s, traffic.place_s[out, place])
            if departure_s >= limit_s:
                break
            if light == 1 and not is_ending:
                until_s = departure_s + parameters[CRITICAL_GAP_S]
                if _must_yield(movement, row_now, until_s, signal, junctions, traffic, queues.served, branch):
                    break
            cost += traffic.row_weight[row] * (departure_s - max(arrival_s, from_s))
            if is_recording:
                row_departure_s[row] = departure_s
            free_s = departure_s + traffic.row_headway_s[row]
            row += 1
            if out >= 0:
                queues_after.used[branch_after, out - out_start] += junctions.lane_share[lane]
        waiting = row + _place_of(lane, lane_start, traffic.row_start)
        cost += table.waiting_cost[waiting]
        residual += table.residual_cost[waiting]
        queues_after.served[branch_after, local_lane] = row - traffic.row_start[lane]
        queues_after.next_s[branch_after, local_lane] = free_s
    return cost, residual


@njit(cache=True, error_model="numpy", forceinline=True)
def _must_yield(
    movement: int,
    stage_row: int,
    until_s: float,
    signal: int,
    junctions: Junctions,
    traffic: Traffic,
    served: Shorts,
    branch: int,
) -> bool:
    """Return whether somebody with priority over the movement, and with green, arrives before ``until_s``."""
    lane_start = junctions.lane_start[signal]
    movement_start = junctions.movement_start[signal]
    for k in range(junctions.prior_start[movement], junctions.prior_start[movement + 1]):
        prior = junctions.prior_movement[k]
        if junctions.shown[stage_row, prior - movement_start] == 0:
            continue
        lane = junctions.movement_lane[prior]
        first = traffic.row_start[lane] + served[branch, lane - lane_start]
        for row in range(first, min(traffic.row_start[lane + 1], first + N_LOOKED_AT)):
            if traffic.row_arrival_s[row] > until_s:
                break
            if traffic.row_movement[row] == prior:
                return True
    return False


@njit(cache=True, error_model="numpy", forceinline=True)
def _place_of(lane: int, lane_start: int, row_start: Ints) -> int:
    """Return what is to be added to a row of the lane to have its place in the costs of a ``StepTable``."""
    offset: int = lane - lane_start - row_start[lane_start]
    return offset

"""Rolling-horizon search over the stages of a junction.

A branch is a sequence of stages in time. All branches advance together in steps that grow towards
the horizon; after each step the best of them are kept (a beam). What a branch costs is told by the
traffic model of ``point_queue``.

All arrays are flat over all junctions, so that one call plans any number of them.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cityloop.kernels.point_queue import (
    NEVER_S,
    SWITCH_COST_S,
    Bytes,
    Floats,
    Ints,
    advance_lanes,
    residual_cost,
)

# Branches that changed to a stage at different times differ while its greens come up, and no longer.
AGE_TOLD_APART_S = 8


@njit(cache=True)
def plan_signals(
    planned: Ints,
    lane_start: Ints,
    movement_start: Ints,
    out_start: Ints,
    stage_start: Ints,
    delay_start: Ints,
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
    stage_now: Ints,
    stage_before: Ints,
    switched_s: Floats,
    hold_s: Floats,
    is_allowed: NDArray[np.bool_],
    hold_start: Ints,
    hold_after_s: Floats,
    step_s: Floats,
    beam_width: int,
    parameters: Floats,
    stage_wanted: Ints,
    row_departure_s: Floats,
) -> int:
    """Plan the signals named in ``planned``; write the wanted stage and every vehicle's departure.

    Parameters
    ----------
    planned : int64
        Rows of the signals to plan.
    lane_start, movement_start, out_start, stage_start, delay_start : int64, one a signal and one more
        Where the lanes, movements, out-lanes, stages and start delays of a signal begin.
    shown : int8, (stages, widest signal's movements)
        0 red, 1 yielding green, 2 green.
    start_delay_s : float64, flat (stage before, stage, movement) a signal
        Seconds from the switch until the movement may be green.
    movement_out, movement_lane, obstructed_s : one a movement
        Out-lane; in-lane; time until which its way is obstructed.
    lane_share : int64, one a lane
        A lane whose vehicles' movements are uncertain stands in the arrays ``n_samples`` times, each with
        movements drawn anew; such a copy uses 1 of ``n_samples`` parts of a place, a sure lane all of them.
    n_samples : int
    prior_start, prior_movement : int64
        Movements that a yielding movement yields to (compressed rows).
    row_start, row_arrival_s, row_movement, row_weight, row_stop_cost, row_headway_s
        Vehicles by lane in order of arrival (compressed rows): arrival at the stop line at free flow
        in seconds from now, movement, weight of its delay, cost of having to stop, headway behind it.
    place_s : float64, (out-lanes, places)
        When the next places of an out-lane become free; only where ``is_place_bound``.
    stage_now, stage_before, switched_s, hold_s : one a signal
        Stage shown or under way, the one before it, when it was switched to, and until when it must be
        held (seconds from now).
    is_allowed : bool, one a stage
        Stages that the first decision may choose.
    hold_start, hold_after_s : flat (stage before, stage) a signal
        How long a stage must be held once chosen, counted from the switch.
    step_s : float64
        Lengths of the steps; their sum is the horizon.
    beam_width : int
    parameters : float64
        See the constants of ``point_queue``.
    stage_wanted : int64, one a signal
        Output.
    row_departure_s : float64, one a vehicle row
        Output; ``NEVER_S`` where it does not leave within the horizon.

    Returns
    -------
    int
        Number of step evaluations made.
    """
    n_signals = lane_start.shape[0] - 1
    n_lanes_max = 1
    n_outs_max = 1
    n_stages_max = 1
    for signal in range(n_signals):
        n_lanes_max = max(n_lanes_max, lane_start[signal + 1] - lane_start[signal])
        n_outs_max = max(n_outs_max, out_start[signal + 1] - out_start[signal])
        n_stages_max = max(n_stages_max, stage_start[signal + 1] - stage_start[signal])
    W = beam_width
    C = W * n_stages_max
    n_steps = step_s.shape[0]
    served = np.zeros((2, W, n_lanes_max), np.int16)
    next_s = np.zeros((2, W, n_lanes_max))
    used = np.zeros((2, W, n_outs_max), np.int16)
    stage = np.zeros((2, W), np.int64)
    before = np.zeros((2, W), np.int64)
    since_s = np.zeros((2, W))
    until_s = np.zeros((2, W))
    cost = np.zeros((2, W))
    first = np.zeros((2, W), np.int64)
    parent = np.zeros((n_steps, W), np.int64)
    choice = np.zeros((n_steps, W), np.int64)
    child_served = np.zeros((C, n_lanes_max), np.int16)
    child_next_s = np.zeros((C, n_lanes_max))
    child_used = np.zeros((C, n_outs_max), np.int16)
    child_cost = np.zeros(C)
    child_score = np.zeros(C)
    child_parent = np.zeros(C, np.int64)
    child_stage = np.zeros(C, np.int64)
    child_before = np.zeros(C, np.int64)
    child_since_s = np.zeros(C)
    child_until_s = np.zeros(C)
    is_taken = np.zeros(C, np.bool_)
    child_key = np.zeros(C, np.int64)
    taken_key = np.zeros(W, np.int64)
    n_by_first = np.zeros(n_stages_max, np.int64)
    n_by_stage = np.zeros(n_stages_max, np.int64)
    sequence = np.zeros(n_steps, np.int64)
    n_evaluations = 0
    for signal in planned:
        l0, l1 = lane_start[signal], lane_start[signal + 1]
        m0, m1 = movement_start[signal], movement_start[signal + 1]
        o0, o1 = out_start[signal], out_start[signal + 1]
        k0, K = stage_start[signal], stage_start[signal + 1] - stage_start[signal]
        d0, M = delay_start[signal], m1 - m0
        h0 = hold_start[signal]
        n_lanes, n_outs = l1 - l0, o1 - o0
        quota = max(1, W // (3 * K))
        A = 0
        for i in range(n_lanes):
            served[A, 0, i] = 0
            next_s[A, 0, i] = 0.0
        for i in range(n_outs):
            used[A, 0, i] = 0
        stage[A, 0] = stage_now[signal]
        before[A, 0] = stage_before[signal]
        since_s[A, 0] = switched_s[signal]
        until_s[A, 0] = hold_s[signal]
        cost[A, 0] = 0.0
        n_branches = 1
        from_s = 0.0
        for step in range(n_steps):
            to_s = from_s + step_s[step]
            n_children = 0
            B = 1 - A
            for b in range(n_branches):
                for k in range(K):
                    is_switch = k != stage[A, b]
                    if step == 0 and not is_allowed[k0 + k]:
                        continue
                    if is_switch and from_s < until_s[A, b] - 1e-6:
                        continue
                    c = n_children
                    if is_switch:
                        child_before[c] = stage[A, b]
                        child_since_s[c] = from_s
                        child_until_s[c] = from_s + hold_after_s[h0 + stage[A, b] * K + k]
                    else:
                        child_before[c] = before[A, b]
                        child_since_s[c] = since_s[A, b]
                        child_until_s[c] = until_s[A, b]
                    child_parent[c] = b
                    child_stage[c] = k
                    child_cost[c] = cost[A, b] + advance_lanes(
                        from_s, to_s, k, child_before[c], child_since_s[c], l0, l1, m0, k0, d0, K, M, o0,
                        served[A, b, :n_lanes], next_s[A, b, :n_lanes], used[A, b, :n_outs],
                        child_served[c, :n_lanes], child_next_s[c, :n_lanes], child_used[c, :n_outs],
                        shown, start_delay_s, movement_out, prior_start, prior_movement, movement_lane,
                        lane_share, n_samples, obstructed_s, row_start, row_arrival_s,
                        row_movement, row_weight, row_stop_cost, row_headway_s, place_s, is_place_bound, parameters,
                        False, row_departure_s,
                    )  # fmt: skip
                    if is_switch:
                        child_cost[c] += parameters[SWITCH_COST_S]
                    child_score[c] = child_cost[c] + residual_cost(
                        to_s, l0, l1, child_served[c], row_start, row_arrival_s, row_weight, parameters
                    )
                    is_taken[c] = False
                    key = k * 16 + min(AGE_TOLD_APART_S, int(to_s - child_since_s[c]))
                    for j in range(n_lanes):
                        key = key * 1000003 + child_served[c, j]
                    child_key[c] = key
                    n_children += 1
            n_evaluations += n_children
            order = np.argsort(child_score[:n_children], kind="mergesort")
            for k in range(K):
                n_by_first[k] = 0
                n_by_stage[k] = 0
            # While a switch pays its clearance it looks worse than holding. A quota for each first
            # decision and each stage keeps it in the beam until it has shown what it gains.
            n_taken = 0
            for turn in range(2):
                for q in range(n_children):
                    c = order[q]
                    if n_taken >= W:
                        break
                    if is_taken[c]:
                        continue
                    # Two branches in the same stage that have served the same vehicles have the same
                    # future; the cheaper one stands for both.
                    is_known = False
                    for i in range(n_taken):
                        if taken_key[i] == child_key[c]:
                            is_known = True
                            break
                    if is_known:
                        continue
                    f = child_stage[c] if step == 0 else first[A, child_parent[c]]
                    if turn == 1 or n_by_first[f] < quota or n_by_stage[child_stage[c]] < quota:
                        is_taken[c] = True
                        taken_key[n_taken] = child_key[c]
                        n_by_first[f] += 1
                        n_by_stage[child_stage[c]] += 1
                        n_taken += 1
            n_branches = 0
            for q in range(n_children):
                c = order[q]
                if not is_taken[c]:
                    continue
                i = n_branches
                for j in range(n_lanes):
                    served[B, i, j] = child_served[c, j]
                    next_s[B, i, j] = child_next_s[c, j]
                for j in range(n_outs):
                    used[B, i, j] = child_used[c, j]
                stage[B, i] = child_stage[c]
                before[B, i] = child_before[c]
                since_s[B, i] = child_since_s[c]
                until_s[B, i] = child_until_s[c]
                cost[B, i] = child_cost[c]
                first[B, i] = child_stage[c] if step == 0 else first[A, child_parent[c]]
                parent[step, i] = child_parent[c]
                choice[step, i] = child_stage[c]
                n_branches += 1
            A = B
            from_s = to_s
        b = 0  # sorted: the first branch is the best, residual included
        for step in range(n_steps - 1, -1, -1):
            sequence[step] = choice[step, b]
            b = parent[step, b]
        stage_wanted[signal] = sequence[0]
        # Once more along the best branch, now writing down who leaves when.
        for lane in range(l0, l1):
            for row in range(row_start[lane], row_start[lane + 1]):
                row_departure_s[row] = NEVER_S
        now, last, switch_s = stage_now[signal], stage_before[signal], switched_s[signal]
        for i in range(n_lanes):
            served[0, 0, i] = 0
            next_s[0, 0, i] = 0.0
        for i in range(n_outs):
            used[0, 0, i] = 0
        A = 0
        from_s = 0.0
        for step in range(n_steps):
            to_s = from_s + step_s[step]
            if sequence[step] != now:
                last, now, switch_s = now, sequence[step], from_s
            B = 1 - A
            advance_lanes(
                from_s, to_s, now, last, switch_s, l0, l1, m0, k0, d0, K, M, o0,
                served[A, 0, :n_lanes], next_s[A, 0, :n_lanes], used[A, 0, :n_outs],
                served[B, 0, :n_lanes], next_s[B, 0, :n_lanes], used[B, 0, :n_outs],
                shown, start_delay_s, movement_out, prior_start, prior_movement, movement_lane,
                lane_share, n_samples, obstructed_s, row_start, row_arrival_s,
                row_movement, row_weight, row_stop_cost, row_headway_s, place_s, is_place_bound, parameters,
                True, row_departure_s,
            )  # fmt: skip
            A = B
            from_s = to_s
    return n_evaluations

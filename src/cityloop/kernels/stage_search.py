"""Rolling-horizon search over the stages of a junction.

A branch is a sequence of stages in time. All branches advance together in steps that grow towards
the horizon; after each step the best of them are kept (see ``beam``). What a branch costs is told by the
traffic model of ``point_queue``.

All arrays are flat over all junctions, so that one call plans any number of them. Room to work in is made once a call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from cityloop.kernels.beam import Branches, Ranking, keep_best, key_of
from cityloop.kernels.point_queue import (
    NEVER_S,
    SWITCH_COST_S,
    Bytes,
    Flags,
    Floats,
    Ints,
    Junctions,
    Queues,
    StepTable,
    Traffic,
    advance_lanes,
    open_queues,
    open_step,
)

# Wanted stage of a signal whose search was not completed.
NO_STAGE = -1
# A hold that is over but for this is over.
_HARDLY_S = 1e-6


class Choices(NamedTuple):
    """What the next decisions may choose; the fields are those of ``plan_signals``."""

    stage_now: Ints
    stage_before: Ints
    switched_s: Floats
    hold_s: Floats
    is_allowed: Flags
    hold_start: Ints
    hold_after_s: Floats
    step_s: Floats
    horizon_scale: Floats


class Room(NamedTuple):
    """Room to search in, wide enough for every junction.

    Parameters
    ----------
    one, other : Branches
        The branches before and after a step, in turns.
    ranking : Ranking
    table : StepTable
    parent, choice : int64, (steps, branches)
        What a branch followed from, by its row one step earlier, and the stage that it chose.
    sequence : int64, one a step
        Stages of the best branch.
    """

    one: Branches
    other: Branches
    ranking: Ranking
    table: StepTable
    parent: Ints
    choice: Ints
    sequence: Ints


@njit(cache=True, error_model="numpy")
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
    is_place_bound: Flags,
    stage_now: Ints,
    stage_before: Ints,
    switched_s: Floats,
    hold_s: Floats,
    is_allowed: Flags,
    hold_start: Ints,
    hold_after_s: Floats,
    step_s: Floats,
    horizon_scale: Floats,
    beam_width: int,
    parameters: Floats,
    most_evaluations: int,
    stage_wanted: Ints,
    row_departure_s: Floats,
) -> int:
    """Plan the signals named in ``planned``; write the wanted stage and every vehicle's departure.

    The signals are planned in that order, and each one alone: what is decided for one does not depend on the others,
    but for the work that they leave it of ``most_evaluations``.

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
    horizon_scale : float64, one a signal
        By what its steps are longer.
    beam_width : int
    parameters : float64
        See the constants of ``point_queue``.
    most_evaluations : int
        Step evaluations that the call may make, over all signals.
    stage_wanted : int64, one a signal
        Output; ``NO_STAGE`` where the search could not be completed within ``most_evaluations``, or where the first
        decision has nothing to choose from. Signals that are not planned are left as they are.
    row_departure_s : float64, one a vehicle row
        Output; ``NEVER_S`` where it does not leave within the horizon, and for all vehicles of a signal without a
        wanted stage.

    Returns
    -------
    int
        Number of step evaluations made, at most ``most_evaluations``.
    """
    junctions = Junctions(
        lane_start, movement_start, out_start, stage_start, delay_start, shown, start_delay_s, movement_out,
        prior_start, prior_movement, movement_lane, lane_share, n_samples,
    )  # fmt: skip
    traffic = Traffic(
        obstructed_s, row_start, row_arrival_s, row_movement, row_weight, row_stop_cost, row_headway_s, place_s,
        is_place_bound,
    )  # fmt: skip
    choices = Choices(
        stage_now, stage_before, switched_s, hold_s, is_allowed, hold_start, hold_after_s, step_s, horizon_scale
    )  # fmt: skip
    room = _room(junctions, traffic, step_s.shape[0], beam_width)
    n_left = most_evaluations
    for signal in planned:
        for row in range(row_start[lane_start[signal]], row_start[lane_start[signal + 1]]):
            row_departure_s[row] = NEVER_S
        n_evaluations, is_found = _search(signal, n_left, junctions, traffic, choices, parameters, room)
        n_left -= n_evaluations
        if is_found:
            stage_wanted[signal] = room.sequence[0]
            _record(signal, junctions, traffic, choices, parameters, room, row_departure_s)
        else:
            stage_wanted[signal] = NO_STAGE
    return most_evaluations - n_left


@njit(cache=True, error_model="numpy")
def _search(
    signal: int,
    most_evaluations: int,
    junctions: Junctions,
    traffic: Traffic,
    choices: Choices,
    parameters: Floats,
    room: Room,
) -> tuple[int, bool]:
    """Write the best sequence of stages to ``room.sequence``.

    Returns
    -------
    n_evaluations : int
        Step evaluations made.
    is_found : bool
        Whether they were enough, and there was something to choose from.
    """
    lane_start = junctions.lane_start[signal]
    stage_start = junctions.stage_start[signal]
    n_stages = junctions.stage_start[signal + 1] - stage_start
    hold_start = choices.hold_start[signal]
    n_steps = choices.step_s.shape[0]
    ranking, table = room.ranking, room.table
    now, after = room.one, room.other
    n_busy = open_queues(signal, junctions, traffic, now.queues, table)
    now.stage[0] = choices.stage_now[signal]
    now.before[0] = choices.stage_before[signal]
    now.since_s[0] = choices.switched_s[signal]
    now.until_s[0] = choices.hold_s[signal]
    now.cost[0] = 0.0
    ranking.kept[0] = 0
    n_kept = 1
    n_evaluations = 0
    from_s = 0.0
    for step in range(n_steps):
        to_s = from_s + choices.horizon_scale[signal] * choices.step_s[step]
        open_step(signal, from_s, to_s, n_busy, junctions, traffic, parameters, table)
        n_children = 0
        for rank in range(n_kept):
            parent = ranking.kept[rank]
            shown = now.stage[parent]
            for stage in range(n_stages):
                is_switch = stage != shown
                if step == 0 and not choices.is_allowed[stage_start + stage]:
                    continue
                if is_switch and from_s < now.until_s[parent] - _HARDLY_S:
                    continue
                if n_evaluations == most_evaluations:
                    return n_evaluations, False
                n_evaluations += 1
                child = n_children
                n_children += 1
                if is_switch:
                    after.before[child] = shown
                    after.since_s[child] = from_s
                    after.until_s[child] = from_s + choices.hold_after_s[hold_start + shown * n_stages + stage]
                else:
                    after.before[child] = now.before[parent]
                    after.since_s[child] = now.since_s[parent]
                    after.until_s[child] = now.until_s[parent]
                after.stage[child] = stage
                after.first[child] = stage if step == 0 else now.first[parent]
                room.parent[step, child] = parent
                room.choice[step, child] = stage
                cost, residual = advance_lanes(
                    signal, from_s, to_s, stage, after.before[child], after.since_s[child], n_busy,
                    junctions, traffic, parameters, table, now.queues, parent, after.queues, child,
                    False, traffic.row_arrival_s,
                )  # fmt: skip
                cost += now.cost[parent]
                if is_switch:
                    cost += parameters[SWITCH_COST_S]
                after.cost[child] = cost
                ranking.score[child] = cost + residual
                ranking.key[child] = key_of(child, to_s, lane_start, table.lane, n_busy, after)
        n_kept = keep_best(n_children, n_stages, after, ranking)
        if n_kept == 0:
            return n_evaluations, False
        now, after = after, now
        from_s = to_s
    branch = ranking.kept[0]
    for step in range(n_steps - 1, -1, -1):
        room.sequence[step] = room.choice[step, branch]
        branch = room.parent[step, branch]
    return n_evaluations, True


@njit(cache=True, error_model="numpy")
def _record(
    signal: int,
    junctions: Junctions,
    traffic: Traffic,
    choices: Choices,
    parameters: Floats,
    room: Room,
    row_departure_s: Floats,
) -> None:
    """Go once more along the best sequence, now writing down who leaves when."""
    table = room.table
    queues, queues_after = room.one.queues, room.other.queues
    n_busy = open_queues(signal, junctions, traffic, queues, table)
    stage, before, since_s = choices.stage_now[signal], choices.stage_before[signal], choices.switched_s[signal]
    from_s = 0.0
    for step in range(choices.step_s.shape[0]):
        to_s = from_s + choices.horizon_scale[signal] * choices.step_s[step]
        if room.sequence[step] != stage:
            before, stage, since_s = stage, room.sequence[step], from_s
        open_step(signal, from_s, to_s, n_busy, junctions, traffic, parameters, table)
        advance_lanes(
            signal, from_s, to_s, stage, before, since_s, n_busy,
            junctions, traffic, parameters, table, queues, 0, queues_after, 0,
            True, row_departure_s,
        )  # fmt: skip
        queues, queues_after = queues_after, queues
        from_s = to_s


@njit(cache=True, error_model="numpy")
def _room(junctions: Junctions, traffic: Traffic, n_steps: int, beam_width: int) -> Room:
    n_lanes, n_outs, n_stages, n_rows = 1, 1, 1, 1
    for signal in range(junctions.lane_start.shape[0] - 1):
        lane_start, lane_end = junctions.lane_start[signal], junctions.lane_start[signal + 1]
        n_lanes = max(n_lanes, lane_end - lane_start)
        n_rows = max(n_rows, traffic.row_start[lane_end] - traffic.row_start[lane_start])
        n_outs = max(n_outs, junctions.out_start[signal + 1] - junctions.out_start[signal])
        n_stages = max(n_stages, junctions.stage_start[signal + 1] - junctions.stage_start[signal])
    n_children = beam_width * n_stages
    n_known = 2
    while n_known < 2 * beam_width:
        n_known *= 2
    ranking = Ranking(
        np.zeros(n_children),
        np.zeros(n_children, np.int64),
        np.zeros(n_children, np.bool_),
        np.zeros(beam_width, np.int64),
        np.zeros(n_children, np.int64),
        np.zeros(n_known, np.int64),
        np.zeros(n_stages, np.int64),
        np.zeros(n_stages, np.int64),
    )
    table = StepTable(
        np.zeros(n_lanes, np.int64),
        np.zeros(n_lanes, np.int64),
        np.zeros(n_rows + n_lanes),
        np.zeros(n_rows + n_lanes),
    )
    return Room(
        _branches(n_children, n_lanes, n_outs),
        _branches(n_children, n_lanes, n_outs),
        ranking,
        table,
        np.zeros((n_steps, n_children), np.int64),
        np.zeros((n_steps, n_children), np.int64),
        np.zeros(n_steps, np.int64),
    )


@njit(cache=True, error_model="numpy")
def _branches(n_branches: int, n_lanes: int, n_outs: int) -> Branches:
    return Branches(
        Queues(
            np.zeros((n_branches, n_lanes), np.int16),
            np.zeros((n_branches, n_lanes)),
            np.zeros((n_branches, n_outs), np.int16),
        ),
        np.zeros(n_branches, np.int64),
        np.zeros(n_branches, np.int64),
        np.zeros(n_branches),
        np.zeros(n_branches),
        np.zeros(n_branches),
        np.zeros(n_branches, np.int64),
    )

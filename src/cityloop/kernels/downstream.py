"""Room downstream: free places in out-lanes, and what stands in the way inside the junction."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cityloop.kernels.point_queue import NEVER_S

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True)
def free_places(
    n_places: int,
    place_m: float,
    sight_m: float,
    wave_mps: float,
    exit_headway_s: float,
    lane_ix: Ints,
    movement_ix: Ints,
    position_m: Floats,
    speed_mps: Floats,
    length_m: Floats,
    row_of_movement: Ints,
    movement_out: Ints,
    path_start: Ints,
    path_out: Ints,
    path_base_m: Floats,
    out_end_lane: Ints,
    out_path_m: Floats,
    is_end_green: NDArray[np.bool_],
    row_start: Ints,
    row_departure_s: Floats,
    elapsed_s: float,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return when the next places of every out-lane can be entered, in seconds from now.

    An out-lane whose standing queue ends within ``sight_m`` has as many free places as fit before
    that end, less the vehicles already on their way there; so has one that ends at a signal within
    ``sight_m``, whether anybody stands there yet or not. Further places open when the queue moves:
    by the departures that the junction at its end has planned, a backward wave later, or at
    ``exit_headway_s`` where no signal ends it. Where that junction has nobody to plan for, they are
    open as long as it shows the lane a green (``is_end_green``). On a link of at most ``sight_m`` planned departures
    do not count while anybody stands on it: a turn that waits for a gap often has to wait longer than planned, and
    who was sent after it would stand inside the junction.

    Returns
    -------
    place_s : float64, (out-lanes, n_places)
    is_place_bound : bool, one an out-lane
        False where no queue is in sight and any number may enter.
    """
    n_outs = out_end_lane.shape[0]
    tail_m = np.full(n_outs, NEVER_S)
    n_coming = np.zeros(n_outs, np.int64)
    for i in range(lane_ix.shape[0]):
        lane = lane_ix[i]
        if lane < 0 or speed_mps[i] >= 2.0:
            continue
        for k in range(path_start[lane], path_start[lane + 1]):
            out = path_out[k]
            tail_m[out] = min(tail_m[out], path_base_m[k] + position_m[i] - length_m[i])
    for out in range(n_outs):
        if out_end_lane[out] >= 0 and out_path_m[out] <= sight_m:
            tail_m[out] = min(tail_m[out], out_path_m[out])
    for i in range(lane_ix.shape[0]):
        lane = lane_ix[i]
        if lane < 0:
            if movement_ix[i] >= 0:
                movement = row_of_movement[movement_ix[i]]
                if movement >= 0 and movement_out[movement] >= 0:
                    n_coming[movement_out[movement]] += 1
            continue
        if speed_mps[i] < 2.0:
            continue
        for k in range(path_start[lane], path_start[lane + 1]):
            if path_base_m[k] + position_m[i] - length_m[i] < tail_m[path_out[k]]:
                n_coming[path_out[k]] += 1
    place_s = np.zeros((n_outs, n_places))
    is_place_bound = np.zeros(n_outs, np.bool_)
    for out in range(n_outs):
        if tail_m[out] > sight_m:
            continue
        n_free = int(max(0.0, tail_m[out]) / place_m) - n_coming[out]
        if n_free >= n_places:
            continue
        is_place_bound[out] = True
        lane = out_end_lane[out]
        wave_s = max(0.0, out_path_m[out] - tail_m[out]) / wave_mps
        first = row_start[lane] if lane >= 0 else 0
        n_planned = row_start[lane + 1] - first if lane >= 0 else 0
        is_stuck = lane >= 0 and out_path_m[out] <= sight_m and tail_m[out] < out_path_m[out]
        for place in range(max(0, n_free), n_places):
            ahead = place - n_free  # places that the queue must give up before this one is free
            if is_stuck:
                place_s[out, place] = NEVER_S
            elif lane < 0:
                place_s[out, place] = exit_headway_s * (ahead + 1)
            else:
                if n_planned > 0:
                    departure_s = row_departure_s[first + min(ahead, n_planned - 1)]
                else:
                    departure_s = 0.0 if is_end_green[out] else NEVER_S
                place_s[out, place] = NEVER_S if departure_s >= NEVER_S else max(0.0, departure_s - elapsed_s) + wave_s
    return place_s, is_place_bound


@njit(cache=True)
def obstructions(
    lane_ix: Ints,
    movement_ix: Ints,
    position_m: Floats,
    speed_mps: Floats,
    length_m: Floats,
    waiting_s: Floats,
    foe_start: Ints,
    foe_row: Ints,
    foe_conflict_m: Floats,
    n_movements: int,
    brief_s: float,
    long_s: float,
) -> Floats:
    """Return for every signalised movement until when its way is obstructed, in seconds from now.

    A vehicle that stands inside the junction on the zone that a movement shares with its own way
    keeps that movement from being served: ``brief_s`` at first, ``long_s`` once it has stood longer.
    """
    until_s = np.zeros(n_movements)
    for i in range(lane_ix.shape[0]):
        if lane_ix[i] >= 0 or movement_ix[i] < 0 or speed_mps[i] >= 1.0:
            continue
        hold_s = long_s if waiting_s[i] > brief_s else brief_s
        for k in range(foe_start[movement_ix[i]], foe_start[movement_ix[i] + 1]):
            if position_m[i] + 1.0 >= foe_conflict_m[k] and position_m[i] - length_m[i] - 1.0 <= foe_conflict_m[k]:
                until_s[foe_row[k]] = max(until_s[foe_row[k]], hold_s)
    return until_s


@njit(cache=True)
def uncleared_movements(
    lane_ix: Ints,
    movement_ix: Ints,
    position_m: Floats,
    speed_mps: Floats,
    length_m: Floats,
    foe_start: Ints,
    foe_row: Ints,
    foe_conflict_m: Floats,
    foe_entry_s: Floats,
    row_of_movement: Ints,
    is_green: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return the movements whose green would meet a vehicle left inside the junction from an ended green.

    Such a vehicle has not yet passed the zone it shares with the movement and will not have within
    ``foe_entry_s``, the time that a starting vehicle of that movement needs to the zone. Giving green all
    the same would send traffic into it; enough of that locks a junction for good.
    """
    is_unclear = np.zeros(is_green.shape[0], np.bool_)
    for i in range(lane_ix.shape[0]):
        if lane_ix[i] >= 0 or movement_ix[i] < 0:
            continue
        own = row_of_movement[movement_ix[i]]
        if own < 0 or is_green[own]:
            continue
        for k in range(foe_start[movement_ix[i]], foe_start[movement_ix[i] + 1]):
            left_m = foe_conflict_m[k] + length_m[i] - position_m[i]
            if left_m > 0.0 and left_m > foe_entry_s[k] * speed_mps[i]:
                is_unclear[foe_row[k]] = True
    return is_unclear

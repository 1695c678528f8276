"""From vehicles as sensed to arrivals at stop lines, movement by movement."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cityloop.kernels.chance import uniform

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Distance bands of the turning shares: a vehicle close to the stop line has chosen its lane, one far away has not.
BAND_ENDS_M = (40.0, 100.0)
N_BANDS = 3
NONE_AHEAD = -2
# Speed at which a vehicle released from a queue crosses the stop line.
CROSSING_SPEED_MPS = 6.0


@njit(cache=True)
def band_of(distance_m: float) -> int:
    """Return the distance band of the turning shares."""
    if distance_m < BAND_ENDS_M[0]:
        return 0
    if distance_m < BAND_ENDS_M[1]:
        return 1
    return 2


@njit(cache=True)
def time_to_reach(distance_m: float, speed_mps: float, limit_mps: float, acceleration_mps2: float) -> float:
    """Return the seconds to cover a distance, accelerating to the limit and then keeping it."""
    if distance_m <= 0.0:
        return 0.0
    if speed_mps >= limit_mps:
        return distance_m / limit_mps
    ramp_m = (limit_mps * limit_mps - speed_mps * speed_mps) / (2.0 * acceleration_mps2)
    if distance_m >= ramp_m:
        return (limit_mps - speed_mps) / acceleration_mps2 + (distance_m - ramp_m) / limit_mps
    reached_mps: float = np.sqrt(speed_mps * speed_mps + 2.0 * acceleration_mps2 * distance_m)
    return (reached_mps - speed_mps) / acceleration_mps2


@njit(cache=True)
def draw_candidate(first: int, last: int, band: int, share_count: Floats, ruled_out: int, chance: float) -> int:
    """Return a candidate row drawn by its share, -1 if none is possible."""
    total = 0.0
    for c in range(first, last):
        if (ruled_out >> (c - first)) & 1 == 0:
            total += share_count[c, band]
    if total <= 0.0:
        return -1
    left = chance * total
    chosen = -1
    for c in range(first, last):
        if (ruled_out >> (c - first)) & 1 == 0 and share_count[c, band] > 0.0:
            chosen = c
            left -= share_count[c, band]
            if left < 0.0:
                break
    return chosen


@njit(cache=True)
def follow_vehicles(
    vehicle_ix: Ints,
    lane_ix: Ints,
    movement_ix: Ints,
    position_m: Floats,
    lane_length_m: Floats,
    row_of_movement: Ints,
    candidate_start: Ints,
    candidate_movement: Ints,
    candidate_offset_m: Floats,
    track_id: Ints,
    track_visit: NDArray[np.int32],
    n_track_visits: Ints,
    track_counted: Ints,
    track_ruled_out: Ints,
    track_departure_s: Floats,
    share_count: Floats,
    forget_above: float,
) -> None:
    """Follow tracked vehicles and count which movement those seen on a lane made in the end.

    A tracked vehicle remembers the lanes and distance bands it was seen in; when it crosses a stop line,
    the movement it makes is counted for each of them. ``share_count`` (candidates, bands) is changed in
    place; where a lane and band has counted more than ``forget_above``, all its counts are halved, so
    that shares follow the hour.
    """
    n_tracks = track_id.shape[0]
    for i in range(vehicle_ix.shape[0]):
        slot = vehicle_ix[i] % n_tracks
        if track_id[slot] != vehicle_ix[i]:
            track_id[slot] = vehicle_ix[i]
            n_track_visits[slot] = 0
            track_counted[slot] = -1
            track_ruled_out[slot] = 0
            track_departure_s[slot] = np.inf
        lane = lane_ix[i]
        if lane >= 0:
            first, last = candidate_start[lane], candidate_start[lane + 1]
            if first == last:
                continue
            ahead_m = lane_length_m[lane] - position_m[i] + candidate_offset_m[first]
            visit = lane * N_BANDS + band_of(ahead_m)
            n = n_track_visits[slot]
            if n == 0 or track_visit[slot, n - 1] != visit:
                if n == track_visit.shape[1]:
                    for k in range(n - 1):
                        track_visit[slot, k] = track_visit[slot, k + 1]
                    n -= 1
                track_visit[slot, n] = visit
                n_track_visits[slot] = n + 1
            track_counted[slot] = -1
        elif movement_ix[i] >= 0:
            movement = row_of_movement[movement_ix[i]]
            if movement < 0 or track_counted[slot] == movement:
                continue
            track_counted[slot] = movement
            track_ruled_out[slot] = 0
            track_departure_s[slot] = np.inf
            for k in range(n_track_visits[slot]):
                visit = track_visit[slot, k]
                lane = visit // N_BANDS
                band = visit % N_BANDS
                first, last = candidate_start[lane], candidate_start[lane + 1]
                total = 0.0
                for c in range(first, last):
                    total += share_count[c, band]
                for c in range(first, last):
                    if total > forget_above:
                        share_count[c, band] *= 0.5
                    if candidate_movement[c] == movement:
                        share_count[c, band] += 1.0
            n_track_visits[slot] = 0


@njit(cache=True)
def gather_arrivals(
    now_s: float,
    horizon_s: float,
    reach_m: float,
    acceleration_mps2: float,
    stop_cost_s: float,
    waiting_scale_s: float,
    n_samples: int,
    vehicle_ix: Ints,
    lane_ix: Ints,
    movement_ix: Ints,
    position_m: Floats,
    speed_mps: Floats,
    length_m: Floats,
    waiting_s: Floats,
    vehicle_weight: Floats,
    reaction_s: float,
    standing_gap_m: float,
    discharge_mps: Floats,
    lane_length_m: Floats,
    lane_speed_mps: Floats,
    movement_to_lane: Ints,
    movement_length_m: Floats,
    row_of_movement: Ints,
    city_movement: Ints,
    movement_lane: Ints,
    lane_share: Ints,
    is_short_lane: NDArray[np.bool_],
    candidate_start: Ints,
    candidate_movement: Ints,
    candidate_offset_m: Floats,
    share_count: Floats,
    track_id: Ints,
    track_ruled_out: Ints,
    track_departure_s: Floats,
    crossing_lane: Ints,
    crossing_movement: Ints,
    n_walkers: Ints,
) -> tuple[Ints, Floats, Ints, Floats, Floats, Floats, Ints]:
    """Return the arrivals by lane in compressed rows, in order of arrival.

    A vehicle that has announced its movement stands in the lane of that movement. For any other a
    movement is drawn from the turning shares of where it is, by hash of its number; where a lane is kept in
    several samples, each draws from its own part of the distribution. Vehicles that an upstream
    junction is about to release (``track_departure_s``, from its last plan) are added to the junction
    they will reach next.

    Returns
    -------
    row_start, row_arrival_s, row_movement, row_weight, row_stop_cost, row_headway_s, row_vehicle
        ``row_vehicle`` is the row of the vehicle in the view, -1 for one that is still before another
        junction or a pedestrian.
    """
    n_vehicles = vehicle_ix.shape[0]
    n_lanes = lane_share.shape[0]
    n_tracks = track_id.shape[0]
    size = (n_vehicles * 2 + crossing_lane.shape[0]) * n_samples + 1
    lane_of = np.empty(size, np.int64)
    arrival = np.empty(size)
    movement_of = np.empty(size, np.int64)
    vehicle_of = np.empty(size, np.int64)
    weight_of = np.empty(size)
    headway_of = np.empty(size)
    is_moving = np.empty(size, np.bool_)
    longest_s = np.zeros(n_lanes)
    n = 0
    for i in range(n_vehicles):
        lane = lane_ix[i]
        if lane >= 0:
            ahead_m = lane_length_m[lane] - position_m[i]
        else:
            if movement_ix[i] < 0:
                continue
            lane = movement_to_lane[movement_ix[i]]
            if lane < 0:
                continue
            ahead_m = lane_length_m[lane] + max(0.0, movement_length_m[movement_ix[i]] - position_m[i])
        first, last = candidate_start[lane], candidate_start[lane + 1]
        if first == last:
            continue
        slot = vehicle_ix[i] % n_tracks
        known = -1
        if lane_ix[i] >= 0 and movement_ix[i] != -1:
            if movement_ix[i] == NONE_AHEAD:
                continue
            row = row_of_movement[movement_ix[i]]
            for c in range(first, last):
                if candidate_movement[c] == row:
                    known = c
            if known < 0:
                continue
        ruled_out = track_ruled_out[slot] if lane_ix[i] >= 0 and track_id[slot] == vehicle_ix[i] else 0
        chance = uniform(vehicle_ix[i], 1)
        for sample in range(n_samples):
            c = known
            if c < 0:
                u = chance + sample / n_samples
                if u >= 1.0:
                    u -= 1.0
                band = band_of(ahead_m + candidate_offset_m[first])
                c = draw_candidate(first, last, band, share_count, ruled_out, u)
                if c < 0:
                    c = draw_candidate(first, last, band, share_count, 0, u)
                if c < 0:
                    break
            distance_m = ahead_m + candidate_offset_m[c]
            if distance_m > reach_m:
                continue
            movement = candidate_movement[c]
            target = movement_lane[movement]
            n_copies = n_samples // lane_share[target]
            eta_s = time_to_reach(distance_m, speed_mps[i], lane_speed_mps[lane], acceleration_mps2)
            if n_copies == 1 and sample > 0:
                continue
            target += sample if n_copies > 1 else 0
            lane_of[n] = target
            arrival[n] = eta_s
            movement_of[n] = movement
            vehicle_of[n] = i
            weight_of[n] = vehicle_weight[i]
            headway_of[n] = reaction_s + (length_m[i] + standing_gap_m) / discharge_mps[movement]
            is_moving[n] = speed_mps[i] > 1.0
            longest_s[target] = max(longest_s[target], waiting_s[i])
            n += 1
            # The next junction sees it coming once this one plans to release it.
            if sample > 0 or lane_ix[i] < 0 or track_id[slot] != vehicle_ix[i]:
                continue
            release_s = track_departure_s[slot] - now_s
            if release_s > horizon_s:
                continue
            out_lane = movement_to_lane[city_movement[movement]]
            if out_lane < 0 or is_short_lane[out_lane]:
                continue
            next_first, next_last = candidate_start[out_lane], candidate_start[out_lane + 1]
            if next_first == next_last:
                continue
            way_m = movement_length_m[city_movement[movement]] + lane_length_m[out_lane]
            next_chance = uniform(vehicle_ix[i], 2)
            for next_sample in range(n_samples):
                u = next_chance + next_sample / n_samples
                if u >= 1.0:
                    u -= 1.0
                next_band = band_of(lane_length_m[out_lane] + candidate_offset_m[next_first])
                d = draw_candidate(next_first, next_last, next_band, share_count, 0, u)
                if d < 0:
                    break
                next_movement = candidate_movement[d]
                target = movement_lane[next_movement]
                if n_samples // lane_share[target] == 1 and next_sample > 0:
                    continue
                next_s = max(release_s, eta_s) + time_to_reach(
                    way_m + candidate_offset_m[d], CROSSING_SPEED_MPS, lane_speed_mps[out_lane], acceleration_mps2
                )
                if next_s > horizon_s:
                    continue
                target += next_sample if n_samples // lane_share[target] > 1 else 0
                lane_of[n] = target
                arrival[n] = next_s
                movement_of[n] = next_movement
                vehicle_of[n] = -1
                weight_of[n] = vehicle_weight[i]
                headway_of[n] = reaction_s + (length_m[i] + standing_gap_m) / discharge_mps[next_movement]
                is_moving[n] = True
                n += 1
    for k in range(crossing_lane.shape[0]):
        if n_walkers[k] > 0:
            lane_of[n] = crossing_lane[k]
            arrival[n] = 0.0
            movement_of[n] = crossing_movement[k]
            vehicle_of[n] = -1
            weight_of[n] = float(n_walkers[k])
            headway_of[n] = 0.0
            is_moving[n] = False
            n += 1
    row_start = np.zeros(n_lanes + 1, np.int64)
    for k in range(n):
        row_start[lane_of[k] + 1] += 1
    for lane in range(n_lanes):
        row_start[lane + 1] += row_start[lane]
    filled = row_start[:-1].copy()
    row_arrival_s = np.empty(n)
    row_movement = np.empty(n, np.int64)
    row_weight = np.empty(n)
    row_stop_cost = np.empty(n)
    row_headway_s = np.empty(n)
    row_vehicle = np.empty(n, np.int64)
    for k in range(n):
        lane = lane_of[k]
        at = filled[lane]
        filled[lane] += 1
        # insertion by arrival; queues are short and nearly sorted
        while at > row_start[lane] and row_arrival_s[at - 1] > arrival[k]:
            row_arrival_s[at] = row_arrival_s[at - 1]
            row_movement[at] = row_movement[at - 1]
            row_weight[at] = row_weight[at - 1]
            row_stop_cost[at] = row_stop_cost[at - 1]
            row_headway_s[at] = row_headway_s[at - 1]
            row_vehicle[at] = row_vehicle[at - 1]
            at -= 1
        weight = weight_of[k] * (1.0 + longest_s[lane] / waiting_scale_s) * lane_share[lane] / n_samples
        row_arrival_s[at] = arrival[k]
        row_movement[at] = movement_of[k]
        row_weight[at] = weight
        row_stop_cost[at] = weight * stop_cost_s if is_moving[k] else 0.0
        row_headway_s[at] = headway_of[k]
        row_vehicle[at] = vehicle_of[k]
    return row_start, row_arrival_s, row_movement, row_weight, row_stop_cost, row_headway_s, row_vehicle


@njit(cache=True)
def rule_out_movements(
    vehicle_ix: Ints,
    lane_ix: Ints,
    position_m: Floats,
    speed_mps: Floats,
    lane_length_m: Floats,
    candidate_start: Ints,
    candidate_movement: Ints,
    candidate_offset_m: Floats,
    clear_green_s: Floats,
    after_s: float,
    track_id: Ints,
    track_ruled_out: Ints,
) -> None:
    """Rule out movements that a standing leader would have made by now.

    A vehicle that stands at the stop line while a movement of its lane has had an unobstructed
    protected green for ``after_s`` does not want that movement. ``clear_green_s`` says for each movement
    how long that has been so. ``track_ruled_out`` (one bit a candidate of the lane) is changed in place.
    """
    n_tracks = track_id.shape[0]
    for i in range(vehicle_ix.shape[0]):
        lane = lane_ix[i]
        if lane < 0 or speed_mps[i] > 0.5:
            continue
        first, last = candidate_start[lane], candidate_start[lane + 1]
        slot = vehicle_ix[i] % n_tracks
        if first == last or candidate_offset_m[first] > 0.0 or track_id[slot] != vehicle_ix[i]:
            continue
        if lane_length_m[lane] - position_m[i] > 8.0:
            continue
        for c in range(first, last):
            if candidate_offset_m[c] == 0.0 and clear_green_s[candidate_movement[c]] >= after_s:
                track_ruled_out[slot] |= 1 << (c - first)

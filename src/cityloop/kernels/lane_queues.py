"""The twin's kernel: vehicles in lanes that are first-in, first-out queues, in whole milliseconds.

A vehicle leaves a lane at the largest of: its entry plus its free-flow time, the exit of its leader plus a headway,
the begin of green plus a start-up loss, the end of the conflict with whom it yields to, and the moment at which the
lane ahead has room, which reaches upstream with the backward wave (Newell, "A simplified theory of kinematic waves in
highway traffic", Transportation Research B 27, 1993; as queues of single vehicles: Charypar, Axhausen and Nagel,
"Event-driven queue-based traffic flow microsimulation", Transportation Research Record 2003, 2007).

Lanes belong to the cluster of junctions at their end. Each lane is a ring that one cluster fills and one empties, so
that clusters may run in any order, or side by side, for as many seconds as no news can travel between them. State is
whole numbers only, so that every machine gets the same bits. ``advance`` works on a range of clusters: a processor
core takes many, a thread of a graphics processor one.

Every array is of int32; the columns of each are named below. Times are in milliseconds after the begin.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints32 = NDArray[np.int32]

NEVER = 1 << 30
"""A time that does not come."""
BLOCKED = -NEVER
"""In place of a time: not before something else happens."""

# numbers: hold everywhere
TAU_MS, MOVING_TAU_MS, ENTRY_MS, INSERT_MS, INSERT_LOSS_MS, ACCEL_MMPS2, SEEN_MS, STOOD_MS = range(8)
(
    WAVE_MS,
    CHANGE,
    LOOK_MM,
    STOP_MS,
    STOP_HEADWAY_MS,
    YIELD_PACE,
    CHANGING_SHARE,
    START_WAVE_MS,
    RESTART_MS,
    PATIENCE_MS,
) = range(8, 18)
N_STARTS = 8
# by place in the queue: speed at the stop line, and headway behind the vehicle in front with its part by length
START_MMPS, START_MS, START_PACE = 18, 18 + N_STARTS, 18 + 2 * N_STARTS
N_NUMBERS = 18 + 3 * N_STARTS

# clusters: their lanes, signal faces and sources
FIRST_LANE, LAST_LANE, FIRST_FACE, LAST_FACE, FIRST_SOURCE, LAST_SOURCE, N_CLUSTER = range(7)

# lanes, as built. Inner ones begin in the cluster in which they end; whoever stands in the bay of a lane blocks it
RING, MASK, ROOM_MM, FREE_MS, BACK_MS, LENGTH_MM, CLASSES, IS_INNER, BAY, N_LANE = range(10)
# exits: a lane as the cluster at its end leaves it; beside them, in arrays of one column that are quick to search,
# heads (of the queue: how many have left), due (no one can leave before)
LAST_EXIT_MS, LAST_SPACE_MM, LAST_MOVE, N_SERVED, YIELDED_MS, HELD_MS, N_EXIT = range(7)
# entries: a lane as the cluster at its begin leaves it; beside them tails (how many have entered) and known (how many
# of these the cluster at its end is to know of: where clusters run side by side, those before the window)
FREED, USED_MM, LAST_ENTRY_MS, N_ENTRY = range(4)
# rings: a vehicle on a lane. It may leave at its time (once it has left: -1 - its exit) by a movement (-1: it ends
# here)
TIME_MS, WHO, BY, SINCE_MS, N_RECORD = range(5)

# moves: movements, as built. One that may wait inside the junction leads to a bay, a lane of its own without a road,
# and a second one (BAY_MOVE, else -1) on from there
FROM_LANE, TO_LANE, SLOWED_MS, CROSS_MS, PACE, MOVING_PACE, MOVE_MMPS, LOST_MS, YELLOW_MS = range(9)
FIRST_FOE, LAST_FOE, BAY_MOVE, IS_FROM_BAY, INSIDE_MM, N_MOVE = range(9, 15)
# shown: a movement as it stands
GO, GREEN_MS, USABLE_MS, CROSSED_MS, N_SHOWN = range(5)
# foes: whom a movement lets go first
FOE_MOVE, FOE_LANE, GAP_MS, CLEAR_MS, IS_MERGE, N_FOE = range(6)

# vehicles
AT, SPACE_MM, SLOW, OWN_PACE, DEPART_MS, ENTERED_MS, PARTS, CLASS, N_VEHICLE = range(9)
# steps: a road of a way. The turn at its end, overwritten by the movement taken; the time at which it was left
TURN, PASSED_MS, N_STEP = range(3)
# turns from road to road: the ways to make them, the lanes of the road that they lead to
FIRST_WAY, LAST_WAY, NEXT_LANE, LAST_NEXT_LANE, N_TURN = range(5)
# ways: a lane and the movement by which it makes the turn
WAY_LANE, WAY_MOVE, N_WAY = range(3)
# dwells: a scheduled stop on a step, shortest stay and earliest departure
DWELL_STEP, DWELL_MS, DWELL_UNTIL_MS, N_DWELL = range(4)
# sources: a queue of those who enter on the same lanes of a road
NEXT, END, SOURCE_LANE, LAST_SOURCE_LANE, DUE_SOURCE_MS, N_SOURCE = range(6)

# faces: a signal at one cluster
STAGE, SWITCH_MS, FIRST_STAGE, LAST_STAGE, FIRST_PART, LAST_PART, N_FACE = range(7)
# stages: duration and the first of its states
DURATION_MS, FIRST_STATE, N_STAGE = range(3)
# parts: a movement of a face and its place in the states
PART_MOVE, PART_LINK, N_PART = range(3)

# what a movement may do now
STOP, PROTECTED, YIELDING, STOP_THEN_YIELD, ALL_WAY, YELLOW = range(6)

ENDS = (1 << 28) - 1
"""In place of a turn: the way ends on this road."""
DWELLS = 1 << 28
"""Added to a turn: the vehicle has a scheduled stop on the road."""
N_FOES_SEEN = 3
"""So many vehicles of a lane are looked at for one that is in the way."""
LATER_MM = 1 << 24
"""A lane that has room only later counts as if so much stood on it."""
BLOCK = 16
"""Lanes that are looked through in one go."""
N_TURNS_SEEN = 3
"""So many turns ahead lanes are chosen for."""
LONGEST_CROSSING_MS = 3000
"""A vehicle enters a junction at most so long before the lane ahead has room for it."""


class Built(NamedTuple):
    """The city, its plans and its traffic as built: columns above, ``lq.N_...`` of them in each."""

    numbers: Ints32
    clusters: Ints32
    lanes: Ints32
    moves: Ints32
    foes: Ints32
    turns: Ints32
    ways: Ints32
    stages: Ints32
    parts: Ints32
    states: Ints32
    queues: Ints32
    dwells: Ints32


class State(NamedTuple):
    """What changes; all of it is changed in place."""

    faces: Ints32
    sources: Ints32
    exits: Ints32
    heads: Ints32
    due: Ints32
    entries: Ints32
    tails: Ints32
    known: Ints32
    rings: Ints32
    shown: Ints32
    vehicles: Ints32
    steps: Ints32


# nothing is allocated here, so the bookkeeping for it is left out; handing the arrays from function to function would
# cost more than the work in them
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}
compiled = njit(cache=True, **_OPTIONS)
inlined = njit(forceinline=True, **_OPTIONS)


@inlined
def show(move: int, rule: int, at_ms: int, built: Built, state: State) -> None:
    """Let a signal show something for a movement from a time on."""
    shown = state.shown
    before = shown[move, GO]
    if rule in (YELLOW, STOP):
        if before != STOP:
            shown[move, USABLE_MS] = at_ms + built.moves[move, YELLOW_MS] if rule == YELLOW else -NEVER
            shown[move, GO] = STOP
    else:
        if before == STOP:
            shown[move, GREEN_MS] = at_ms
            state.due[built.moves[move, FROM_LANE]] = 0
        shown[move, GO] = rule


@inlined
def switch(face: int, end_ms: int, built: Built, state: State) -> None:
    """Play a signal's plan on until a time."""
    faces, stages, parts = state.faces, built.stages, built.parts
    while faces[face, SWITCH_MS] < end_ms:
        at_ms = faces[face, SWITCH_MS]
        stage = faces[face, STAGE] + 1
        if stage == faces[face, LAST_STAGE]:
            stage = faces[face, FIRST_STAGE]
        faces[face, STAGE] = stage
        faces[face, SWITCH_MS] = at_ms + stages[stage, DURATION_MS]
        for part in range(faces[face, FIRST_PART], faces[face, LAST_PART]):
            rule = built.states[stages[stage, FIRST_STATE] + parts[part, PART_LINK]]
            show(parts[part, PART_MOVE], rule, at_ms, built, state)


@inlined
def room_ms(lane: int, at_ms: int, space_mm: int, inside_mm: int, built: Built, state: State) -> int:
    """Return when a lane has room at its begin, ``at_ms`` at the earliest; ``BLOCKED`` where nobody has left in time.

    The space of whoever has left travels upstream by a reaction time for each vehicle that stands behind it; when it
    arrives it is taken from the lane's account. While nobody stands on a short lane, drivers trust that those on it go
    on, and use the way inside the junction as well; there they stand when they are mistaken.
    """
    entries, rings, lanes = state.entries, state.rings, built.lanes
    used, freed, ready = entries[lane, USED_MM], entries[lane, FREED], at_ms
    tail, first, mask = state.tails[lane], lanes[lane, RING], lanes[lane, MASK]
    is_booked = True
    while freed != tail:
        slot = first + (freed & mask)
        left = -1 - rings[slot, TIME_MS]
        if left < 0:
            break
        arrives = left + max(
            (tail - freed) * built.numbers[WAVE_MS] + built.numbers[START_WAVE_MS], lanes[lane, BACK_MS]
        )
        if is_booked and arrives > at_ms:
            # what is still on its way may be waited for, but counts only when it is there
            is_booked = False
            entries[lane, USED_MM] = used
            entries[lane, FREED] = freed
        if not is_booked:
            if used + space_mm <= lanes[lane, ROOM_MM]:
                break
            ready = max(ready, arrives)
        used -= state.vehicles[rings[slot, WHO], SPACE_MM]
        freed += 1
    if is_booked:
        entries[lane, USED_MM] = used
        entries[lane, FREED] = freed
    if used > 0 and used + space_mm > lanes[lane, ROOM_MM]:
        ready = BLOCKED
    if ready != at_ms and lanes[lane, IS_INNER] == 1:
        head, taken = state.heads[lane], space_mm
        is_rolling = head == tail or rings[first + (head & mask), TIME_MS] > at_ms
        for place in range(head, tail):
            taken += state.vehicles[rings[first + (place & mask), WHO], SPACE_MM]
        if is_rolling and taken <= lanes[lane, ROOM_MM] + inside_mm:
            ready = at_ms
    return ready


@inlined
def changing_mm(at: int, move: int, built: Built, state: State) -> int:
    """Return what a movement is worse, in queue, because another change of lane must follow soon behind it.

    The way is followed lane by lane until a turn comes that the lane does not make.
    """
    ahead_mm, cost = 0, 0
    for _ in range(N_TURNS_SEEN):
        at += 1
        turn, lane, onward = state.steps[at, TURN] & ENDS, built.moves[move, TO_LANE], -1
        ahead_mm += built.lanes[lane, LENGTH_MM]
        if turn == ENDS or ahead_mm >= built.numbers[LOOK_MM] or built.moves[move, BAY_MOVE] >= 0:
            break
        for way in range(built.turns[turn, FIRST_WAY], built.turns[turn, LAST_WAY]):
            if built.ways[way, WAY_LANE] == lane:
                onward = built.ways[way, WAY_MOVE]
        if onward < 0:
            cost = ((built.numbers[LOOK_MM] - ahead_mm) * built.numbers[CHANGING_SHARE]) >> 10
            break
        move = onward
    return cost


@inlined
def choose(
    who: int, at: int, by: int, first_lane: int, last_lane: int, out_ms: int, built: Built, state: State
) -> tuple[int, int, int]:
    """Return the lane to take on a road, the movement at its end, and when it has room (``BLOCKED``: none has).

    Among the lanes that make the next turn the one with the shortest queue is taken. A lane beside the one to which
    the movement ``by`` (-1 for who enters here) leads, or from which one would soon have to change again, counts as if
    more stood on it.
    """
    turn = state.steps[at, TURN] & ENDS
    first, last = first_lane, last_lane
    if turn != ENDS:
        first, last = built.turns[turn, FIRST_WAY], built.turns[turn, LAST_WAY]
    best, best_move, best_ms, best_cost = -1, -1, BLOCKED, NEVER
    inside_mm, n_choices = built.moves[by, INSIDE_MM] if by >= 0 else 0, last - first
    for choice in range(first, last):
        lane, move = choice, -1
        if turn != ENDS:
            lane, move = built.ways[choice, WAY_LANE], built.ways[choice, WAY_MOVE]
        if built.lanes[lane, CLASSES] & state.vehicles[who, CLASS] == 0:
            continue
        ready = room_ms(lane, out_ms, state.vehicles[who, SPACE_MM], inside_mm, built, state)
        if ready == BLOCKED:
            continue
        cost = state.entries[lane, USED_MM]
        if by >= 0 and n_choices > 1:
            cost += built.numbers[CHANGE] * 1000 // built.lanes[lane, LENGTH_MM] * abs(lane - built.moves[by, TO_LANE])
        if turn != ENDS and n_choices > 1:
            cost += changing_mm(at, move, built, state)
        if ready > out_ms:
            cost = LATER_MM + ready - out_ms
        if cost < best_cost:
            best, best_move, best_ms, best_cost = lane, move, ready, cost
    return best, best_move, best_ms


@inlined
def is_in_way(
    foe: int, move: int, out_ms: int, ready_ms: int, waited_ms: int, now_ms: int, built: Built, state: State
) -> bool:
    """Return whether somebody of a foe's lane comes too soon for a movement that would begin at ``out_ms``.

    Whoever has waited long takes shorter gaps, for others will brake.

    Whoever yields itself or is held by a full lane is in nobody's way; but who waits for room on the same road is.
    """
    foe_move, lane = built.foes[foe, FOE_MOVE], built.foes[foe, FOE_LANE]
    if state.shown[foe_move, GO] == STOP or state.exits[lane, YIELDED_MS] >= now_ms:
        return False
    patience = max(built.numbers[PATIENCE_MS] - waited_ms, 0)
    if state.exits[lane, HELD_MS] >= now_ms and (built.foes[foe, IS_MERGE] == 0 or patience == 0):
        return False
    gap = built.foes[foe, GAP_MS] // 2 * (built.numbers[PATIENCE_MS] + patience) // built.numbers[PATIENCE_MS]
    head, found = state.heads[lane], False
    for place in range(head, min(state.known[lane], head + N_FOES_SEEN)):
        slot = built.lanes[lane, RING] + (place & built.lanes[lane, MASK])
        comes, is_foe = state.rings[slot, TIME_MS], state.rings[slot, BY] == foe_move
        if state.rings[slot, SINCE_MS] >= now_ms - built.numbers[SEEN_MS]:
            break
        if state.shown[move, GO] == ALL_WAY:
            found = is_foe and comes < ready_ms
            break
        comes = max(comes, state.shown[foe_move, GREEN_MS] + built.moves[foe_move, LOST_MS])
        if comes >= out_ms + gap:
            break
        if is_foe:
            found = True
            break
    return found


@inlined
def clear_ms(move: int, out_ms: int, ready_ms: int, first_ms: int, now_ms: int, built: Built, state: State) -> int:
    """Return when a movement that yields may go; ``BLOCKED``: not before somebody else has.

    The vehicle has been the first of its lane since ``first_ms``.
    """
    first, last = built.moves[move, FIRST_FOE], built.moves[move, LAST_FOE]
    for foe in range(first, last):
        out_ms = max(out_ms, state.shown[built.foes[foe, FOE_MOVE], CROSSED_MS] + built.foes[foe, CLEAR_MS])
    for foe in range(first, last):
        if is_in_way(foe, move, out_ms, ready_ms, now_ms - first_ms, now_ms, built, state):
            out_ms = BLOCKED
            break
    return out_ms


@inlined
def put(lane: int, who: int, move: int, at_ms: int, time_ms: int, built: Built, state: State) -> None:
    """Put a vehicle on a lane."""
    rings, tail = state.rings, state.tails[lane]
    slot = built.lanes[lane, RING] + (tail & built.lanes[lane, MASK])
    rings[slot, WHO] = who
    rings[slot, BY] = move
    rings[slot, SINCE_MS] = at_ms
    rings[slot, TIME_MS] = time_ms
    state.entries[lane, USED_MM] += state.vehicles[who, SPACE_MM]
    state.entries[lane, LAST_ENTRY_MS] = at_ms
    state.tails[lane] = tail + 1
    if built.lanes[lane, IS_INNER] == 1:
        state.known[lane] = tail + 1


@inlined
def dwelt_ms(at: int, time_ms: int, built: Built, state: State) -> int:
    """Return when a vehicle is done with its scheduled stop on a step, if it has one."""
    if state.steps[at, TURN] & DWELLS != 0:
        low, high = 0, built.dwells.shape[0]
        while low < high:
            middle = (low + high) >> 1
            if built.dwells[middle, DWELL_STEP] < at:
                low = middle + 1
            else:
                high = middle
        time_ms = max(time_ms + built.dwells[low, DWELL_MS], built.dwells[low, DWELL_UNTIL_MS])
    return time_ms


@inlined
def travel_ms(lane: int, move: int, who: int, built: Built, state: State) -> int:
    """Return how long a vehicle takes on an empty lane, by the movement at its end or, -1, to where its way ends."""
    lanes, vehicles = built.lanes, state.vehicles
    time: int = (lanes[lane, FREE_MS] * vehicles[who, SLOW]) >> 10
    time = max(time, (lanes[lane, LENGTH_MM] * vehicles[who, OWN_PACE]) >> 16)
    if move >= 0:
        time += built.moves[move, SLOWED_MS]
    else:
        time = max((time * (vehicles[who, PARTS] >> 16)) >> 10, min(time, built.numbers[SEEN_MS]))
    return time


@inlined
def feed(source: int, now_ms: int, built: Built, state: State) -> None:
    """Let vehicles enter at a source as far as there is room."""
    sources, vehicles, end_ms = state.sources, state.vehicles, now_ms + 1000
    while sources[source, NEXT] < sources[source, END]:
        who = built.queues[sources[source, NEXT]]
        at_ms = max(vehicles[who, DEPART_MS], now_ms)
        if at_ms >= end_ms:
            sources[source, DUE_SOURCE_MS] = at_ms
            return
        at, first, last = vehicles[who, AT], sources[source, SOURCE_LANE], sources[source, LAST_SOURCE_LANE]
        lane, move, ready = choose(who, at, -1, first, last, at_ms, built, state)
        if ready == BLOCKED:
            return
        ready = max(ready, state.entries[lane, LAST_ENTRY_MS] + built.numbers[INSERT_MS])
        if ready >= end_ms:
            return
        whole = travel_ms(lane, move, who, built, state)
        # nobody reaches the end within the window of its entry: the cluster there may not know of it
        time = max((whole * (vehicles[who, PARTS] & 0xFFFF)) >> 10, min(whole, built.numbers[SEEN_MS]))
        leaves = dwelt_ms(at, ready + time + built.numbers[INSERT_LOSS_MS], built, state)
        put(lane, who, move, ready, leaves, built, state)
        vehicles[who, ENTERED_MS] = ready
        sources[source, NEXT] += 1
    sources[source, DUE_SOURCE_MS] = NEVER


@inlined
def exit_ms(lane: int, move: int, ready_ms: int, now_ms: int, built: Built, state: State) -> int:
    """Return when the first of a lane may leave as far as the junction lets it.

    ``BLOCKED``: not before somebody else has gone; ``NEVER``: not before its signal changes.
    """
    numbers, moves = built.numbers, built.moves
    last, space = state.exits[lane, LAST_EXIT_MS], state.exits[lane, LAST_SPACE_MM]
    go, green, out = state.shown[move, GO], state.shown[move, GREEN_MS], ready_ms
    # in a bay one stands at a time, so that who comes next has not caught up with anybody
    if ready_ms <= last or moves[move, IS_FROM_BAY] == 1:
        pace = max(moves[move, PACE], moves[state.exits[lane, LAST_MOVE], PACE])
        if go >= YIELDING:
            pace = max(pace, numbers[YIELD_PACE])
        headway = numbers[TAU_MS] + ((space * pace) >> 16)
        if last >= green:
            place = min(state.exits[lane, N_SERVED] + 1, N_STARTS - 1)
            headway = max(headway, numbers[START_MS + place] + ((space * numbers[START_PACE + place]) >> 16))
        out = max(out, last + headway)
    else:
        out = max(out, last + numbers[MOVING_TAU_MS] + ((space * moves[move, MOVING_PACE]) >> 16))
    bay = built.lanes[lane, BAY]
    if bay >= 0:
        out = max(out, state.exits[bay, LAST_EXIT_MS])
    if bay >= 0 and state.heads[bay] != state.tails[bay]:
        out = BLOCKED
    elif go == STOP:
        out = max(out, now_ms - 1000) if out <= state.shown[move, USABLE_MS] else NEVER
    else:
        out = max(out, green + moves[move, LOST_MS], now_ms - 1000)
        if go >= STOP_THEN_YIELD:
            out = max(out, ready_ms + numbers[STOP_MS], last + numbers[STOP_HEADWAY_MS])
        if go >= YIELDING and out < now_ms + 1000:
            out = clear_ms(move, out, ready_ms, max(ready_ms, last), now_ms, built, state)
    return out


@inlined
def start_loss_ms(move: int, place: int, built: Built, state: State) -> int:
    """Return what a vehicle that has stood still loses by accelerating behind the stop line.

    It passes the line at the speed that it can have reached from its place in the queue; who yields starts there.
    """
    full, loss = built.moves[move, MOVE_MMPS], 0
    place = min(place, N_STARTS - 1) if state.shown[move, GO] <= PROTECTED else 0
    at_line = built.numbers[START_MMPS + place]
    if at_line < full:
        loss = (full - at_line) * (full - at_line) * 1000 // (2 * built.numbers[ACCEL_MMPS2] * full)
    return loss


@inlined
def serve(lane: int, now_ms: int, built: Built, state: State) -> None:
    """Let vehicles leave a lane during one second."""
    moves, rings, steps, vehicles, exits = built.moves, state.rings, state.steps, state.vehicles, state.exits
    end_ms = now_ms + 1000
    while state.heads[lane] != state.known[lane]:
        slot = built.lanes[lane, RING] + (state.heads[lane] & built.lanes[lane, MASK])
        ready, who, move = rings[slot, TIME_MS], rings[slot, WHO], rings[slot, BY]
        if ready >= end_ms:
            state.due[lane] = ready
            return
        at = vehicles[who, AT]
        if move < 0:
            out = max(ready, exits[lane, LAST_EXIT_MS])
            steps[at, TURN], steps[at, PASSED_MS] = -1, out
        else:
            out = exit_ms(lane, move, ready, now_ms, built, state)
            if out >= end_ms:
                state.due[lane] = out
                return
            room, cross, at_next, target, next_move = BLOCKED, 0, at + 1, 0, 0
            if out != BLOCKED:
                # room is needed when the lane ahead is reached; meanwhile one is inside the junction
                cross = (moves[move, CROSS_MS] * vehicles[who, SLOW]) >> 10
                there_ms = out + min(cross, LONGEST_CROSSING_MS)
                if moves[move, BAY_MOVE] >= 0:
                    at_next, target, next_move = at, moves[move, TO_LANE], moves[move, BAY_MOVE]
                    room = room_ms(target, there_ms, vehicles[who, SPACE_MM], moves[move, INSIDE_MM], built, state)
                else:
                    turn = steps[at, TURN] & ENDS
                    first, last = built.turns[turn, NEXT_LANE], built.turns[turn, LAST_NEXT_LANE]
                    target, next_move, room = choose(who, at_next, move, first, last, there_ms, built, state)
            room -= min(cross, LONGEST_CROSSING_MS)
            if room < BLOCKED // 2 or room >= end_ms:
                exits[lane, HELD_MS if out != BLOCKED else YIELDED_MS] = end_ms
                state.due[lane] = end_ms
                return
            out = max(room, state.entries[target, LAST_ENTRY_MS] + built.numbers[ENTRY_MS])
            if out >= end_ms or (state.shown[move, GO] == STOP and out > state.shown[move, USABLE_MS]):
                state.due[lane] = end_ms
                return
            place, last = 0, exits[lane, LAST_EXIT_MS]
            if last >= state.shown[move, GREEN_MS] and out - last < built.numbers[RESTART_MS]:
                place = exits[lane, N_SERVED] + 1
            exits[lane, N_SERVED] = place
            leaves = out + cross
            if out - ready >= built.numbers[STOOD_MS]:
                leaves += start_loss_ms(move, place, built, state)
            if moves[move, IS_FROM_BAY] == 0:
                steps[at, PASSED_MS] = out
            if at_next > at:
                steps[at, TURN] = move
                vehicles[who, AT] = at_next
                leaves = dwelt_ms(at_next, leaves + travel_ms(target, next_move, who, built, state), built, state)
            put(target, who, next_move, out, leaves, built, state)
            state.shown[move, CROSSED_MS] = out
            exits[lane, LAST_MOVE] = move
        rings[slot, TIME_MS] = -1 - out
        exits[lane, LAST_EXIT_MS] = out
        exits[lane, LAST_SPACE_MM] = vehicles[who, SPACE_MM]
        exits[lane, HELD_MS] = -1
        exits[lane, YIELDED_MS] = -1
        state.heads[lane] += 1
    state.due[lane] = 0


@compiled
def advance(first: int, last: int, begin_s: int, end_s: int, window_s: int, built: Built, state: State) -> None:
    """Run a range of clusters for some seconds, window by window.

    Parameters
    ----------
    first, last : int
        Range of clusters.
    begin_s, end_s : int
        Seconds after the begin; where not all clusters are in the range, no more than the network allows.
    window_s : int
        Seconds that each cluster runs before the next does, no more than the network allows.
    built : Built
    state : State
        Changed in place.
    """
    clusters, heads, known, due = built.clusters, state.heads, state.known, state.due
    n_windows = (end_s - begin_s + window_s - 1) // window_s
    for turn in range(n_windows * (last - first)):
        cluster, begin = first + turn % (last - first), begin_s + turn // (last - first) * window_s
        first_lane, last_lane, wake_ms = clusters[cluster, FIRST_LANE], clusters[cluster, LAST_LANE], -NEVER
        for second in range(begin, min(begin + window_s, end_s)):
            now_ms = second * 1000
            if wake_ms >= now_ms + 1000:
                continue  # within a window nothing comes from outside: it sleeps until something of its own is due
            wake_ms = NEVER
            for face in range(clusters[cluster, FIRST_FACE], clusters[cluster, LAST_FACE]):
                if state.faces[face, SWITCH_MS] < now_ms + 1000:
                    switch(face, now_ms + 1000, built, state)
                wake_ms = min(wake_ms, state.faces[face, SWITCH_MS])
            for source in range(clusters[cluster, FIRST_SOURCE], clusters[cluster, LAST_SOURCE]):
                if state.sources[source, DUE_SOURCE_MS] < now_ms + 1000:
                    feed(source, now_ms, built, state)
                wake_ms = min(wake_ms, state.sources[source, DUE_SOURCE_MS])
            # most lanes have nobody who could leave, and a block of them is quick to look through
            for block in range(first_lane, last_lane, BLOCK):
                end = min(block + BLOCK, last_lane)
                n_due = 0
                for lane in range(block, end):
                    n_due += (due[lane] < now_ms + 1000) & (heads[lane] != known[lane])
                if n_due == 0:
                    continue
                for lane in range(block, end):
                    if due[lane] < now_ms + 1000 and heads[lane] != known[lane]:
                        serve(lane, now_ms, built, state)
            for lane in range(first_lane, last_lane):
                if heads[lane] != known[lane]:
                    wake_ms = min(wake_ms, due[lane])


@compiled
def show_all(chosen: Ints32, rules: Ints32, at_ms: int, built: Built, state: State) -> None:
    """Let signals show something for some movements from a time on."""
    for i in range(chosen.shape[0]):
        show(chosen[i], rules[i], at_ms, built, state)

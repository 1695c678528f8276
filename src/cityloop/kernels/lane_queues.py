"""The twin's kernel: vehicles in lanes that are first-in, first-out queues, in whole milliseconds.

A vehicle leaves a lane at the largest of: its entry plus its free-flow time, the exit of its leader plus a headway,
the begin of green plus a start-up loss, the end of the conflict with whom it yields to, and the moment at which the
lane ahead has room, which reaches upstream with the backward wave (Newell, "A simplified theory of kinematic waves in
highway traffic", Transportation Research B 27, 1993; as queues of single vehicles: Charypar, Axhausen and Nagel,
"Event-driven queue-based traffic flow microsimulation", Transportation Research Record 2003, 2007).

Lanes belong to the cluster of junctions at their end. Each lane is a ring that one cluster fills and one empties, so
that clusters may run in any order, or side by side, for as many seconds as no news can travel between them. State is
whole numbers only (``lane_records``), so that every machine gets the same bits. ``advance`` works on a range of
clusters: a processor core takes many, a thread of a graphics processor one.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from cityloop.kernels.lane_records import (
    ACCEL_MMPS2,
    ALL_WAY,
    BLOCKED,
    CHANGE,
    CHANGING_SHARE,
    DWELLS,
    EMPTY,
    ENDS,
    ENTRY_MS,
    INSERT_LOSS_MS,
    INSERT_MS,
    LONGEST_CROSSING_MS,
    LOOK_MM,
    MOVING_TAU_MS,
    N_STARTS,
    NEVER,
    PATIENCE_MS,
    PROTECTED,
    RESTART_MS,
    SEEN_MS,
    START_MMPS,
    START_MS,
    START_PACE,
    START_WAVE_MS,
    STOOD_MS,
    STOP,
    STOP_HEADWAY_MS,
    STOP_MS,
    STOP_THEN_YIELD,
    TAU_MS,
    WAVE_MS,
    YELLOW,
    YIELD_PACE,
    YIELDING,
    Built,
    Ints32,
    State,
    int64,
)
from cityloop.kernels.prefetch import prefetch

N_FOES_SEEN = 3
"""So many vehicles of a lane are looked at for one that is in the way."""
LATER_MM = 1 << 24
"""A lane that has room only later counts as if so much stood on it."""
N_TURNS_SEEN = 3
"""So many turns ahead lanes are chosen for."""

# all that is inlined stands in this one file: numba keeps compiled code until the file of what was compiled changes;
# nothing is allocated here, so the bookkeeping for it is left out; handing the arrays from function to function would
# cost more than the work in them
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}
# whatever is inlined is never called from Python, and wrapping it would cost a third of the time of compiling
_NO_WRAPPER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
compiled = njit(cache=True, **_OPTIONS)
inlined = njit(forceinline=True, **_NO_WRAPPER, **_OPTIONS)


@inlined
def slot_of(lane: int, number: int, built: Built) -> int:
    """Return the place in the rings of the vehicle that has entered a lane as the one of that number."""
    return int64(built.lanes[lane].ring) + (number & int64(built.lanes[lane].mask))


@inlined
def show(move: int, rule: int, at_ms: int, built: Built, state: State) -> None:
    """Let a signal show something for a movement from a time on."""
    shown = state.shown
    before = shown[move].go
    if rule in (YELLOW, STOP):
        if before != STOP:
            shown[move].usable_ms = at_ms + built.moves[move].yellow_ms if rule == YELLOW else -NEVER
            shown[move].go = STOP
    else:
        if before == STOP:
            shown[move].green_ms = at_ms
            lane = int64(built.moves[move].from_lane)
            state.due[lane] = 0
            prefetch(state.vehicles, int64(state.rings[slot_of(lane, int64(state.heads[lane]), built)].who))
        shown[move].go = rule


@inlined
def switch(face: int, end_ms: int, built: Built, state: State) -> None:
    """Play a signal's plan on until a time."""
    faces, stages, parts = state.faces, built.stages, built.parts
    while faces[face].switch_ms < end_ms:
        at_ms = faces[face].switch_ms
        stage = int64(faces[face].stage) + 1
        if stage == int64(faces[face].last_stage):
            stage = int64(faces[face].first_stage)
        faces[face].stage = stage
        faces[face].switch_ms = at_ms + stages[stage].duration_ms
        for part in range(int64(faces[face].first_part), int64(faces[face].last_part)):
            rule = built.states[int64(stages[stage].first_state) + int64(parts[part].link)]
            show(int64(parts[part].move), rule, at_ms, built, state)


@inlined
def room_ms(lane: int, at_ms: int, space_mm: int, inside_mm: int, built: Built, state: State) -> int:
    """Return when a lane has room at its begin, ``at_ms`` at the earliest; ``BLOCKED`` where nobody has left in time.

    The space of whoever has left travels upstream by a reaction time for each vehicle that stands behind it; when it
    arrives it is taken from the lane's account. While nobody stands on a short lane, drivers trust that those on it go
    on, and use the way inside the junction as well; there they stand when they are mistaken.
    """
    entries, rings, lanes = state.entries, state.rings, built.lanes
    used, freed, ready = entries[lane].used_mm, entries[lane].freed, at_ms
    tail, first, mask = state.tails[lane], int64(lanes[lane].ring), int64(lanes[lane].mask)
    is_booked = True
    while freed != tail:
        slot = first + (freed & mask)
        left = -1 - rings[slot].time_ms
        if left < 0:
            break
        arrives = left + max(
            (tail - freed) * built.numbers[WAVE_MS] + built.numbers[START_WAVE_MS], lanes[lane].back_ms
        )
        if is_booked and arrives > at_ms:
            # what is still on its way may be waited for, but counts only when it is there
            is_booked = False
            entries[lane].used_mm = used
            entries[lane].freed = freed
        if not is_booked:
            if used + space_mm <= lanes[lane].room_mm:
                break
            ready = max(ready, arrives)
        used -= state.vehicles[int64(rings[slot].who)].space_mm
        freed += 1
    if is_booked:
        entries[lane].used_mm = used
        entries[lane].freed = freed
    if used > 0 and used + space_mm > lanes[lane].room_mm:
        ready = BLOCKED
    if ready != at_ms and lanes[lane].is_inner == 1:
        head, taken = state.heads[lane], space_mm
        if head == tail or rings[first + (head & mask)].time_ms > at_ms:
            for place in range(head, tail):
                taken += state.vehicles[int64(rings[first + (place & mask)].who)].space_mm
            if taken <= lanes[lane].room_mm + inside_mm:
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
        turn, lane, onward = state.steps[at].turn & ENDS, int64(built.moves[move].to_lane), -1
        ahead_mm += built.lanes[lane].length_mm
        if turn == ENDS or ahead_mm >= built.numbers[LOOK_MM] or built.moves[move].bay_move >= 0:
            break
        for way in range(int64(built.turns[turn].first_way), int64(built.turns[turn].last_way)):
            if int64(built.ways[way].lane) == lane:
                onward = int64(built.ways[way].move)
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
    turn = state.steps[at].turn & ENDS
    first, last = first_lane, last_lane
    if turn != ENDS:
        first, last = int64(built.turns[turn].first_way), int64(built.turns[turn].last_way)
    best, best_move, best_ms, best_cost = -1, -1, BLOCKED, NEVER
    inside_mm, n_choices = built.moves[by].inside_mm if by >= 0 else 0, last - first
    for choice in range(first, last):
        lane, move = choice, -1
        if turn != ENDS:
            lane, move = int64(built.ways[choice].lane), int64(built.ways[choice].move)
        if built.lanes[lane].classes & state.vehicles[who].of_class == 0:
            continue
        ready = room_ms(lane, out_ms, state.vehicles[who].space_mm, inside_mm, built, state)
        if ready == BLOCKED:
            continue
        cost = state.entries[lane].used_mm
        if by >= 0 and n_choices > 1:
            cost += (
                built.numbers[CHANGE] * 1000 // built.lanes[lane].length_mm * abs(lane - int64(built.moves[by].to_lane))
            )
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

    Whoever yields itself, is held by a full lane or stands behind another at red is in nobody's way; but who waits for
    room on the same road is.
    """
    foe_move, lane = int64(built.foes[foe].move), int64(built.foes[foe].lane)
    if state.shown[foe_move].go == STOP or state.exits[lane].yielded_ms >= now_ms:
        return False
    patience = max(built.numbers[PATIENCE_MS] - waited_ms, 0)
    if state.exits[lane].held_ms >= now_ms and (built.foes[foe].is_merge == 0 or patience == 0):
        return False
    gap = built.foes[foe].gap_ms // 2 * (built.numbers[PATIENCE_MS] + patience) // built.numbers[PATIENCE_MS]
    head, found = state.heads[lane], False
    # who enters in this very second is seen by nobody, so that it does not matter whose turn it is first
    seen_ms = now_ms if built.lanes[lane].is_inner == 1 else now_ms - built.numbers[SEEN_MS]
    for place in range(head, min(state.known[lane], head + N_FOES_SEEN)):
        slot = slot_of(lane, place, built)
        comes, is_foe = state.rings[slot].time_ms, state.rings[slot].by == foe_move
        if state.rings[slot].since_ms >= seen_ms:
            break
        if state.shown[move].go == ALL_WAY:
            found = is_foe and comes < ready_ms
            break
        comes = max(comes, state.shown[foe_move].green_ms + built.moves[foe_move].lost_ms)
        if comes >= out_ms + gap:
            break
        if is_foe:
            found = True
            break
        by = int64(state.rings[slot].by)
        if by >= 0 and state.shown[by].go == STOP and state.shown[by].usable_ms < out_ms:
            break  # who stands at red holds those behind it
    return found


@inlined
def clear_ms(move: int, out_ms: int, ready_ms: int, first_ms: int, now_ms: int, built: Built, state: State) -> int:
    """Return when a movement that yields may go; ``BLOCKED``: not before somebody else has.

    The vehicle has been the first of its lane since ``first_ms``.
    """
    first, last = int64(built.moves[move].first_foe), int64(built.moves[move].last_foe)
    for foe in range(first, last):
        out_ms = max(out_ms, state.shown[int64(built.foes[foe].move)].crossed_ms + built.foes[foe].clear_ms)
    for foe in range(first, last):
        if is_in_way(foe, move, out_ms, ready_ms, now_ms - first_ms, now_ms, built, state):
            out_ms = BLOCKED
            break
    return out_ms


@inlined
def put(lane: int, who: int, move: int, at_ms: int, time_ms: int, built: Built, state: State) -> int:
    """Put a vehicle on a lane; return when the cluster at its begin is to look there (others look by themselves)."""
    rings, tail, wake = state.rings, int64(state.tails[lane]), NEVER
    slot = slot_of(lane, tail, built)
    rings[slot].who = who
    rings[slot].by = move
    rings[slot].since_ms = at_ms
    rings[slot].time_ms = time_ms
    state.entries[lane].used_mm += state.vehicles[who].space_mm
    state.entries[lane].last_entry_ms = at_ms
    state.tails[lane] = tail + 1
    if built.lanes[lane].is_inner == 1:
        state.known[lane] = tail + 1
        if state.due[lane] == EMPTY:
            state.due[lane] = time_ms
        wake = time_ms
    return wake


@inlined
def dwelt_ms(at: int, time_ms: int, built: Built, state: State) -> int:
    """Return when a vehicle is done with its scheduled stop on a step, if it has one."""
    if state.steps[at].turn & DWELLS != 0:
        low, high = 0, built.dwells.shape[0]
        while low < high:
            middle = (low + high) >> 1
            if int64(built.dwells[middle].step) < at:
                low = middle + 1
            else:
                high = middle
        time_ms = max(time_ms + built.dwells[low].stay_ms, built.dwells[low].until_ms)
    return time_ms


@inlined
def unseen_ms(lane: int, whole_ms: int, built: Built) -> int:
    """Return for how long the cluster at a lane's end may not know of who enters it; nobody leaves it sooner."""
    return 0 if built.lanes[lane].is_inner == 1 else min(whole_ms, built.numbers[SEEN_MS])


@inlined
def travel_ms(lane: int, move: int, who: int, built: Built, state: State) -> int:
    """Return how long a vehicle takes on an empty lane, by the movement at its end or, -1, to where its way ends."""
    lanes, vehicles = built.lanes, state.vehicles
    time: int = (lanes[lane].free_ms * vehicles[who].slow) >> 10
    time = max(time, (lanes[lane].length_mm * vehicles[who].own_pace) >> 16)
    if move >= 0:
        time += built.moves[move].slowed_ms
    else:
        time = max((time * (vehicles[who].parts >> 16)) >> 10, unseen_ms(lane, time, built))
    return time


@inlined
def feed(source: int, now_ms: int, built: Built, state: State) -> int:
    """Let vehicles enter at a source as far as there is room; return when to look at the lanes of the cluster."""
    sources, vehicles, end_ms, wake, due = state.sources, state.vehicles, now_ms + 1000, NEVER, NEVER
    while int64(sources[source].next) < int64(sources[source].end):
        who = int64(built.queues[int64(sources[source].next)])
        at_ms = max(vehicles[who].depart_ms, now_ms)
        if at_ms >= end_ms:
            due = at_ms
            break
        at, first, last = int64(vehicles[who].at), int64(sources[source].first_lane), int64(sources[source].last_lane)
        lane, move, ready = choose(who, at, int64(-1), first, last, at_ms, built, state)
        ready = max(ready, state.entries[lane].last_entry_ms + built.numbers[INSERT_MS]) if ready != BLOCKED else NEVER
        if ready >= end_ms:
            due = end_ms
            break
        whole = travel_ms(lane, move, who, built, state)
        time = max((whole * (vehicles[who].parts & 0xFFFF)) >> 10, unseen_ms(lane, whole, built))
        leaves = dwelt_ms(at, ready + time + built.numbers[INSERT_LOSS_MS], built, state)
        wake = min(wake, put(lane, who, move, ready, leaves, built, state))
        vehicles[who].entered_ms = ready
        sources[source].next += 1
    sources[source].due_ms = due
    return wake


@inlined
def exit_ms(lane: int, move: int, ready_ms: int, now_ms: int, built: Built, state: State) -> int:
    """Return when the first of a lane may leave as far as the junction lets it.

    ``BLOCKED``: not before somebody else has gone; ``NEVER``: not before its signal changes.
    """
    numbers, moves = built.numbers, built.moves
    last, space = state.exits[lane].last_exit_ms, state.exits[lane].last_space_mm
    go, green, out = state.shown[move].go, state.shown[move].green_ms, ready_ms
    # in a bay one stands at a time, so that who comes next has not caught up with anybody
    if ready_ms <= last or moves[move].is_from_bay == 1:
        pace = max(moves[move].pace, moves[int64(state.exits[lane].last_move)].pace)
        if go >= YIELDING:
            pace = max(pace, numbers[YIELD_PACE])
        headway = numbers[TAU_MS] + ((space * pace) >> 16)
        if last >= green:
            place = min(state.exits[lane].n_served + 1, N_STARTS - 1)
            headway = max(headway, numbers[START_MS + place] + ((space * numbers[START_PACE + place]) >> 16))
        out = max(out, last + headway)
    else:
        out = max(out, last + numbers[MOVING_TAU_MS] + ((space * moves[move].moving_pace) >> 16))
    bay = built.lanes[lane].bay
    if bay >= 0:
        out = max(out, state.exits[bay].last_exit_ms)
    if bay >= 0 and state.heads[bay] != state.tails[bay]:
        out = BLOCKED
    elif go == STOP:
        out = max(out, now_ms - 1000) if out <= state.shown[move].usable_ms else NEVER
    else:
        out = max(out, green + moves[move].lost_ms, now_ms - 1000)
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
    full, loss = built.moves[move].mmps, 0
    place = min(place, N_STARTS - 1) if state.shown[move].go <= PROTECTED else 0
    at_line = built.numbers[START_MMPS + place]
    if at_line < full:
        loss = (full - at_line) * (full - at_line) * 1000 // (2 * built.numbers[ACCEL_MMPS2] * full)
    return loss


@inlined
def serve(lane: int, now_ms: int, built: Built, state: State) -> int:
    """Let vehicles leave a lane during one second; return when to look at the lanes of the cluster again."""
    moves, rings, steps, vehicles, exits = built.moves, state.rings, state.steps, state.vehicles, state.exits
    end_ms, wake, due = now_ms + 1000, NEVER, EMPTY
    while state.heads[lane] != state.known[lane]:
        head = int64(state.heads[lane])
        slot = slot_of(lane, head, built)
        ready, who, move = rings[slot].time_ms, int64(rings[slot].who), int64(rings[slot].by)
        if ready >= end_ms:
            due = ready
            break
        at = int64(vehicles[who].at)
        if move < 0:
            out = max(ready, exits[lane].last_exit_ms)
            steps[at].turn = -1
            steps[at].passed_ms = out
        else:
            out = exit_ms(lane, move, ready, now_ms, built, state)
            if out >= end_ms:
                due = out
                break
            room, cross, at_next, target, next_move = BLOCKED, 0, at + 1, 0, 0
            if out != BLOCKED:
                # room is needed when the lane ahead is reached; meanwhile one is inside the junction
                cross = (moves[move].cross_ms * vehicles[who].slow) >> 10
                there_ms = out + min(cross, LONGEST_CROSSING_MS)
                if moves[move].bay_move >= 0:
                    at_next, target, next_move = at, int64(moves[move].to_lane), int64(moves[move].bay_move)
                    inside_mm = int64(moves[move].inside_mm)
                    room = room_ms(target, there_ms, vehicles[who].space_mm, inside_mm, built, state)
                else:
                    turn = steps[at].turn & ENDS
                    first, last = int64(built.turns[turn].next_lane), int64(built.turns[turn].last_next_lane)
                    target, next_move, room = choose(who, at_next, move, first, last, there_ms, built, state)
            room -= min(cross, LONGEST_CROSSING_MS)
            if room < BLOCKED // 2 or room >= end_ms:
                if out != BLOCKED:
                    exits[lane].held_ms = end_ms
                else:
                    exits[lane].yielded_ms = end_ms
                due = end_ms
                break
            out = max(room, state.entries[target].last_entry_ms + built.numbers[ENTRY_MS])
            if out >= end_ms or (state.shown[move].go == STOP and out > state.shown[move].usable_ms):
                due = end_ms
                break
            place, last = 0, exits[lane].last_exit_ms
            if last >= state.shown[move].green_ms and out - last < built.numbers[RESTART_MS]:
                place = exits[lane].n_served + 1
            exits[lane].n_served = place
            leaves = out + cross
            if out - ready >= built.numbers[STOOD_MS]:
                leaves += start_loss_ms(move, place, built, state)
            if moves[move].is_from_bay == 0:
                steps[at].passed_ms = out
            if at_next > at:
                steps[at].turn = move
                vehicles[who].at = at_next
                leaves = dwelt_ms(at_next, leaves + travel_ms(target, next_move, who, built, state), built, state)
            wake = min(wake, put(target, who, next_move, out, leaves, built, state))
            state.shown[move].crossed_ms = out
            exits[lane].last_move = move
        rings[slot].time_ms = -1 - out
        exits[lane].last_exit_ms = out
        exits[lane].last_space_mm = vehicles[who].space_mm
        exits[lane].held_ms = -1
        exits[lane].yielded_ms = -1
        state.heads[lane] = head + 1
        # those behind will be needed soon
        prefetch(steps, int64(vehicles[int64(rings[slot_of(lane, head + 1, built)].who)].at))
        prefetch(vehicles, int64(rings[slot_of(lane, head + 2, built)].who))
    state.due[lane] = due
    return min(wake, due)


@inlined
def run_cluster(cluster: int, now_ms: int, until_ms: int, built: Built, state: State) -> None:
    """Run a cluster for a window, in which nothing that comes from outside can matter."""
    own, due = built.clusters[cluster], state.due
    first_lane, last_lane = int64(own.first_lane), int64(own.last_lane)
    face_ms, source_ms, lane_ms = NEVER, NEVER, NEVER
    for face in range(int64(own.first_face), int64(own.last_face)):
        face_ms = min(face_ms, state.faces[face].switch_ms)
    for source in range(int64(own.first_source), int64(own.last_source)):
        source_ms = min(source_ms, state.sources[source].due_ms)
    for lane in range(first_lane, last_lane):
        slot = slot_of(lane, int64(state.heads[lane]), built)
        if due[lane] == EMPTY and state.heads[lane] != state.known[lane]:
            due[lane] = state.rings[slot].time_ms
            prefetch(state.vehicles, int64(state.rings[slot].who))
        elif due[lane] < until_ms:
            prefetch(state.rings, slot)
        lane_ms = min(lane_ms, due[lane])
    while True:
        # it sleeps until something of its own is due
        now_ms = max(now_ms, min(face_ms, source_ms, lane_ms) // 1000 * 1000)
        if now_ms >= until_ms:
            break
        end_ms = now_ms + 1000
        if face_ms < end_ms:
            face_ms, lane_ms = NEVER, now_ms
            for face in range(int64(own.first_face), int64(own.last_face)):
                switch(face, end_ms, built, state)
                face_ms = min(face_ms, state.faces[face].switch_ms)
        if source_ms < end_ms:
            source_ms = NEVER
            for source in range(int64(own.first_source), int64(own.last_source)):
                if state.sources[source].due_ms < end_ms:
                    lane_ms = min(lane_ms, feed(source, now_ms, built, state))
                source_ms = min(source_ms, state.sources[source].due_ms)
        if lane_ms < end_ms:
            lane_ms = NEVER
            for lane in range(first_lane, last_lane):
                wake = due[lane]
                if wake < end_ms:
                    wake = serve(lane, now_ms, built, state)
                lane_ms = min(lane_ms, wake)
        now_ms = end_ms


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
    n_windows = (end_s - begin_s + window_s - 1) // window_s
    for turn in range(n_windows * (last - first)):
        begin = begin_s + turn // (last - first) * window_s
        run_cluster(first + turn % (last - first), begin * 1000, min(begin + window_s, end_s) * 1000, built, state)


@compiled
def show_all(chosen: Ints32, rules: Ints32, at_ms: int, built: Built, state: State) -> None:
    """Let signals show something for some movements from a time on."""
    for i in range(chosen.shape[0]):
        show(chosen[i], rules[i], at_ms, built, state)

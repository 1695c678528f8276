"""Where the twin's vehicles are: a place and a speed for each, from the times at which they may leave their lanes.

The twin knows when a vehicle enters and leaves a lane. In between it drives at an even speed until it reaches the end
of the queue, and moves up in the queue when somebody in front leaves: the whole queue behind it as far as the wave of
starting vehicles has come.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cityloop.kernels import lane_queues as lq
from cityloop.kernels.lane_records import ENDS, Built, Ints32, State, int64

# places: who, lane (of the twin), movement that is being made inside the junction before it (-1: it is on the lane),
# from the begin of the lane or from the stop line, speed, how long it has stood, and its next movement at a signal (-1:
# none comes)
WHO, LANE, INSIDE, PLACE_MM, SPEED_MMPS, STOOD_MS, NEXT, N_PLACE = range(8)

STAND_OFF_MM = 1000
"""Distance from the stop line at which the first vehicle stands."""
LONG_AGO_MS = 10_000
"""After so long nobody is moving up any more behind who has left."""
MOVE_UP_MMPS = 5000
"""Speed at which a queue moves up."""


@njit(inline="always")  # compiled apart as well, it would make a first run wait a third of a second more
def _way_of(turn: int, lane: int, built: Built) -> int:
    """Return the movement by which a lane makes a turn; where it does not, that of the first lane that does."""
    found = -1
    if turn >= 0:
        found = int64(built.ways[int64(built.turns[turn].first_way)].move)
        for way in range(int64(built.turns[turn].first_way), int64(built.turns[turn].last_way)):
            if int64(built.ways[way].lane) == lane:
                found = int64(built.ways[way].move)
    return found


@lq.inlined
def _signal_ahead(at: int, is_signalised: NDArray[np.bool_], state: State) -> int:
    """Return the first turn at a signal from a step on, -1 where none comes."""
    turn = state.steps[at].turn & ENDS
    while turn != ENDS and not is_signalised[turn]:
        at += 1
        turn = state.steps[at].turn & ENDS
    return -1 if turn == ENDS else turn


@lq.compiled
def places_of(
    now_ms: int, built: Built, state: State, ways_mm: Ints32, is_signalised: NDArray[np.bool_], places: Ints32
) -> int:
    """Write where every vehicle is, lane by lane from its end, and return how many there are.

    Parameters
    ----------
    now_ms : int
    built : Built
    state : State
    ways_mm : int32, shape (n_moves,)
        Length of each movement inside the junction.
    is_signalised : bool, shape (n_turns,)
        Whether each turn is made at a signal.
    places : int32, shape (n, N_PLACE)
        Written; long enough for all vehicles.
    """
    n = 0
    for lane in range(built.lanes.shape[0]):
        head, tail = state.heads[lane], state.tails[lane]
        length, last_ms = built.lanes[lane].length_mm, state.exits[lane].last_exit_ms
        # where the next in the queue is stopped: behind the stop line, and behind who has just left
        gap = max(0, state.exits[lane].last_space_mm - (now_ms - last_ms) * MOVE_UP_MMPS // 1000)
        gap = gap if now_ms - last_ms < LONG_AGO_MS else 0
        stop, pace = length - STAND_OFF_MM - gap, MOVE_UP_MMPS if gap > 0 else 0
        for place in range(head, tail):
            slot = lq.slot_of(lane, place, built)
            who, move = int64(state.rings[slot].who), state.rings[slot].by
            ready, since = state.rings[slot].time_ms, state.rings[slot].since_ms
            at = int64(state.vehicles[who].at)
            is_in_bay = move >= 0 and built.moves[move].is_from_bay == 1
            before = state.steps[at - 1].turn if not is_in_bay and since > state.vehicles[who].entered_ms else -1
            cross = 0
            if before >= 0:
                cross = (built.moves[before].cross_ms * state.vehicles[who].slow) >> 10
            entered = since + cross
            places[n, WHO], places[n, LANE], places[n, INSIDE], places[n, STOOD_MS] = who, lane, -1, 0
            places[n, NEXT] = _way_of(_signal_ahead(at, is_signalised, state), lane, built)
            if now_ms < entered:
                places[n, INSIDE] = before
                places[n, PLACE_MM] = (now_ms - since) * ways_mm[before] // max(cross, 1)
                places[n, SPEED_MMPS] = ways_mm[before] * 1000 // max(cross, 1)
                stop = min(stop, 0)  # whoever comes behind it, by a shorter way, lets it pass
            else:
                drive = max(ready - entered, 1)
                free = min((now_ms - entered) * length // drive, length)
                bound = max(stop, 0)
                places[n, PLACE_MM] = min(free, bound)
                places[n, SPEED_MMPS] = length * 1000 // drive
                if free >= bound:
                    places[n, SPEED_MMPS] = min(places[n, SPEED_MMPS], pace)
                    reached = entered + bound * drive // max(length, 1)
                    places[n, STOOD_MS] = max(now_ms - reached, 0) if pace == 0 else 0
                stop = places[n, PLACE_MM] - state.vehicles[who].space_mm
            pace = places[n, SPEED_MMPS]
            n += 1
    return n


@lq.compiled
def watch_loops(
    places: Ints32, n_places: int, state: State, loop_lane: Ints32, loop_mm: Ints32, length_mm: Ints32,
    counted: NDArray[np.int64], is_occupied: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Write how many vehicles have passed each loop so far, and whether one stands or drives over it now.

    Parameters
    ----------
    places : int32, shape (n, N_PLACE)
        Of ``places_of``.
    n_places : int
    state : State
    loop_lane : int32, shape (n_loops,)
        Lane of each loop; sorted.
    loop_mm : int32, shape (n_loops,)
        From the begin of the lane.
    length_mm : int32, shape (n_vehicles,)
    counted : int64, shape (n_loops,)
        Written.
    is_occupied : bool, shape (n_loops,)
        Written.
    """
    row = 0
    for loop in range(loop_lane.shape[0]):
        lane = loop_lane[loop]
        while row < n_places and places[row, LANE] < lane:
            row += 1
        passed, occupied = state.heads[lane], False
        i = row
        while i < n_places and places[i, LANE] == lane:
            if places[i, INSIDE] < 0 and places[i, PLACE_MM] >= loop_mm[loop]:
                passed += 1
                occupied |= places[i, PLACE_MM] - length_mm[places[i, WHO]] <= loop_mm[loop]
            i += 1
        counted[loop] = max(counted[loop], passed)
        is_occupied[loop] = occupied

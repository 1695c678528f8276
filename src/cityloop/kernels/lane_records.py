"""What the twin's kernel works on: arrays of records, whole numbers in all of their columns.

Times are in milliseconds after the begin. A column that names rows of another array is unsigned, so that compiled code
need not ask whether it counts from the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

Ints32 = NDArray[np.int32]
Records = NDArray[np.void]

int64 = cast(Callable[[int], int], np.int64)
"""Turns a column that names rows into the type of all other numbers."""

NEVER = 1 << 30
"""A time that does not come."""
EMPTY = NEVER + 1
"""In place of the time at which somebody may leave a lane: nobody known is on it."""
BLOCKED = -NEVER
"""In place of a time: not before something else happens."""

LONGEST_CROSSING_MS = 3000
"""A vehicle enters a junction at most so long before the lane ahead has room for it."""

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

# what a movement may do now
STOP, PROTECTED, YIELDING, STOP_THEN_YIELD, ALL_WAY, YELLOW = range(6)

ENDS = (1 << 28) - 1
"""In place of a turn: the way ends on this road."""
DWELLS = 1 << 28
"""Added to a turn: the vehicle has a scheduled stop on the road."""


def _record(columns: str, rows: str = "") -> np.dtype[np.void]:
    """Return a record of 32-bit columns; those in ``rows`` name rows of another array."""
    kinds: list[Any] = [(name, np.uint32) for name in rows.split()] + [(name, np.int32) for name in columns.split()]
    return np.dtype(kinds, align=True)


CLUSTER = _record("", rows="first_lane last_lane first_face last_face first_source last_source")
"""Junctions that are run together: their lanes, signal faces and sources."""

LANE = _record("room_mm free_ms back_ms length_mm classes is_inner bay", rows="ring mask")
"""A lane. Inner ones begin in the cluster in which they end; who stands in the bay (-1: none) of a lane blocks it."""
EXIT = _record("last_exit_ms last_space_mm n_served yielded_ms held_ms", rows="last_move")
"""A lane as the cluster at its end leaves it. Beside it, in arrays that are quick to search, ``heads`` (how many have
left) and ``due`` (no one can leave before)."""
ENTRY = _record("freed used_mm last_entry_ms")
"""A lane as the cluster at its begin leaves it; beside it ``tails`` (how many have entered) and ``known`` (how many of
these the cluster at its end is to know of: where clusters run side by side, those before the window)."""
PLACE = _record("time_ms by since_ms", rows="who")
"""A place of a ring: a vehicle on a lane since a time. It may leave at its time (once it has left: -1 - its exit) by a
movement (-1: it ends here)."""

MOVE = _record(
    "slowed_ms cross_ms pace moving_pace mmps lost_ms yellow_ms bay_move is_from_bay inside_mm",
    rows="from_lane to_lane first_foe last_foe",
)
"""A movement. One that may wait inside the junction leads to a bay, a lane of its own without a road, and a second one
(``bay_move``, else -1) on from there."""
SHOWN = _record("go green_ms usable_ms crossed_ms")
"""A movement as it stands: what it may do, since when, until when its yellow is used, and when it was last made."""
FOE = _record("gap_ms clear_ms is_merge", rows="move lane")
"""Whom a movement lets go first."""

VEHICLE = _record("space_mm slow own_pace depart_ms entered_ms parts of_class", rows="at")
"""A vehicle. ``at`` is the step on which it is; ``parts`` how much of its first and of its last road it drives."""
STEP = _record("turn passed_ms")
"""A road of a way: the turn at its end, overwritten by the movement taken, and when it was left."""
TURN = _record("", rows="first_way last_way next_lane last_next_lane")
"""From a road to a road: the ways to do it, and the lanes of the road that they lead to."""
WAY = _record("", rows="lane move")
"""A lane and the movement by which it makes a turn."""
DWELL = _record("stay_ms until_ms", rows="step")
"""A scheduled stop on a step: shortest stay and earliest departure."""
SOURCE = _record("due_ms", rows="next end first_lane last_lane")
"""A queue of those who enter on the same lanes of a road."""

FACE = _record("switch_ms", rows="stage first_stage last_stage first_part last_part")
"""A signal at one cluster: the stage that it shows, and when the next one comes."""
STAGE = _record("duration_ms", rows="first_state")
"""A stage: how long it lasts, and the first of its states."""
PART = _record("", rows="move link")
"""A movement of a face, and its place among the states of a stage."""


class Built(NamedTuple):
    """The city, its plans and its traffic as built: records of the kinds above."""

    numbers: Ints32
    clusters: Records
    lanes: Records
    moves: Records
    foes: Records
    turns: Records
    ways: Records
    stages: Records
    parts: Records
    states: Ints32
    queues: Ints32
    dwells: Records


class State(NamedTuple):
    """What changes; all of it is changed in place."""

    faces: Records
    sources: Records
    exits: Records
    heads: Ints32
    due: Ints32
    entries: Records
    tails: Ints32
    known: Ints32
    rings: Records
    shown: Records
    vehicles: Records
    steps: Records

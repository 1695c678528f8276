"""How fast stretches of street are driven at the moment, as SUMO's routing sees it.

Every few seconds the mean speed of the vehicles on a stretch is taken, a lane without any counting as one vehicle at
its limit, and averaged over the last three minutes (``MSRoutingEngine::adaptEdgeEfforts`` and ``MSEdge::getMeanSpeed``
in SUMO's source with its defaults, but for taking it every second). Speeds are whole millimetres a second, so that sums
are exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloop.kernels import lane_queues as lq
from cityloop.kernels.lane_positions import INSIDE, LANE, SPEED_MMPS
from cityloop.kernels.lane_records import Ints32

EVERY_S = 5
"""So often speeds are taken."""
N_PAST = 180 // EVERY_S
"""So many are averaged."""


class Stretches(NamedTuple):
    """Stretches of street, and how fast they have been driven.

    Parameters
    ----------
    of_lane : int32, shape (n_lanes,)
        Stretch of each lane.
    limit_mmps : int32, shape (n_lanes,)
        Of each lane.
    n_lanes : int32, shape (n,)
        Of each stretch.
    limits_mmps : int64, shape (n,)
        Sum over the lanes of each stretch.
    is_used : bool, shape (n,)
        Somebody has been there.
    past_mmps : int32, shape (n, N_PAST)
        The last mean speeds; before the begin they are at the limit.
    total_mmps : int64, shape (n,)
        Their sum.
    now_mmps, n_now : int64, shape (n,)
        For ``watch`` alone.
    """

    of_lane: Ints32
    limit_mmps: Ints32
    n_lanes: Ints32
    limits_mmps: NDArray[np.int64]
    is_used: NDArray[np.bool_]
    past_mmps: Ints32
    total_mmps: NDArray[np.int64]
    now_mmps: NDArray[np.int64]
    n_now: NDArray[np.int64]


@lq.compiled
def watch(places: Ints32, n_places: int, number: int, stretches: Stretches) -> None:
    """Take in the speeds of one moment.

    Parameters
    ----------
    places : int32, shape (n, N_PLACE)
        Where all vehicles are (see ``lane_positions``).
    n_places : int
    number : int
        Of the moment, counted from 0.
    stretches : Stretches
        Changed in place.
    """
    now_mmps, n_now, past = stretches.now_mmps, stretches.n_now, stretches.past_mmps
    for stretch in range(len(stretches.is_used)):
        now_mmps[stretch], n_now[stretch] = stretches.limits_mmps[stretch], stretches.n_lanes[stretch]
    last = -1
    for place in range(n_places):
        if places[place, INSIDE] >= 0:
            continue
        lane = places[place, LANE]
        stretch = stretches.of_lane[lane]
        if lane != last:  # vehicles of a lane follow each other
            last = lane
            now_mmps[stretch] -= stretches.limit_mmps[lane]
            n_now[stretch] -= 1
            stretches.is_used[stretch] = True
        now_mmps[stretch] += places[place, SPEED_MMPS]
        n_now[stretch] += 1
    slot = number % N_PAST
    for stretch in range(len(stretches.is_used)):
        if stretches.is_used[stretch]:
            mean = now_mmps[stretch] // n_now[stretch]
            stretches.total_mmps[stretch] += mean - past[stretch, slot]
            past[stretch, slot] = mean

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.kernels.lane_positions import INSIDE, LANE, N_PLACE, SPEED_MMPS
from cityloop.kernels.travel_times import N_PAST, Stretches, watch

LIMIT_MMPS = 14_000


def _stretches() -> Stretches:
    """Return a road of two lanes and one of a lane, with nobody on them before."""
    n_lanes = np.array([2, 1], np.int32)
    return Stretches(
        of_lane=np.array([0, 0, 1], np.int32),
        limit_mmps=np.full(3, LIMIT_MMPS, np.int32),
        n_lanes=n_lanes,
        limits_mmps=n_lanes.astype(np.int64) * LIMIT_MMPS,
        is_used=np.zeros(2, np.bool_),
        past_mmps=np.full((2, N_PAST), LIMIT_MMPS, np.int32),
        total_mmps=np.full(2, LIMIT_MMPS * N_PAST, np.int64),
        now_mmps=np.zeros(2, np.int64),
        n_now=np.zeros(2, np.int64),
    )


def _places(*rows: tuple[int, int, int]) -> NDArray[np.int32]:
    """Return vehicles by lane, movement that they make and speed."""
    places = np.zeros((len(rows), N_PLACE), np.int32)
    for place, (lane, inside, speed) in enumerate(rows):
        places[place, [LANE, INSIDE, SPEED_MMPS]] = lane, inside, speed
    return places


def test_an_empty_lane_counts_as_one_vehicle_at_the_limit() -> None:
    stretches = _stretches()
    places = _places((0, -1, 0), (0, -1, 0), (0, -1, 6_000))
    watch(places, 3, 0, stretches)
    mean = (0 + 0 + 6_000 + LIMIT_MMPS) // 4
    assert stretches.past_mmps[0, 0] == mean
    assert stretches.total_mmps[0] == LIMIT_MMPS * (N_PAST - 1) + mean
    assert stretches.is_used.tolist() == [True, False]
    assert stretches.total_mmps[1] == LIMIT_MMPS * N_PAST


def test_whoever_is_inside_a_junction_is_not_on_the_road_behind_it() -> None:
    stretches = _stretches()
    watch(_places((2, 5, 3_000)), 1, 0, stretches)
    assert not stretches.is_used.any()


def test_vehicles_that_are_no_longer_there_do_not_count() -> None:
    stretches = _stretches()
    watch(_places((2, -1, 3_000), (2, -1, 9_000)), 1, 0, stretches)
    assert stretches.past_mmps[1, 0] == 3_000


def test_only_the_last_moments_count() -> None:
    stretches, chance = _stretches(), np.random.default_rng(1)
    speeds = chance.integers(0, LIMIT_MMPS, 3 * N_PAST + 7)
    for number, speed in enumerate(speeds.tolist()):
        watch(_places((2, -1, speed)), 1, number, stretches)
    assert stretches.total_mmps[1] == speeds[-N_PAST:].sum()
    for number in range(N_PAST):  # the road is empty again
        watch(_places(), 0, len(speeds) + number, stretches)
    assert stretches.total_mmps[1] == LIMIT_MMPS * N_PAST

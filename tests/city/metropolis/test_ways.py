from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.metropolis.ways import length_of, meeting_m, target_arm, turn_speed_mps, way_of

RADII_M = (20.0, 20.0, 20.0, 20.0)


@pytest.mark.parametrize(("turn", "arm"), [("r", 1), ("s", 0), ("l", 3), ("t", 2)])
def test_turns_from_the_south(turn: str, arm: int) -> None:
    assert target_arm(2, turn) == arm


def test_a_right_turn_starts_and_ends_to_the_right_of_its_roads() -> None:
    way = way_of(2, 5.0, "r", 3.0, RADII_M)
    np.testing.assert_allclose(way[[0, -1]], [[5.0, -20.0], [20.0, -3.0]])
    assert np.hypot(15.0, 17.0) < length_of(way) < 15.0 + 17.0


def test_ways_straight_on_meet_where_they_cross() -> None:
    north, west = way_of(2, 5.0, "s", 5.0, RADII_M), way_of(1, 3.0, "s", 3.0, RADII_M)
    assert meeting_m(north, west) == pytest.approx(23.0)
    assert meeting_m(west, north) == pytest.approx(15.0)


def test_left_turns_towards_each_other_pass_in_front() -> None:
    one, other = (way_of(arm, 1.6, "l", 1.6, RADII_M) for arm in (0, 2))
    assert np.isnan(meeting_m(one, other))


def test_tight_turns_are_slow() -> None:
    assert turn_speed_mps("s", 20.0) == np.inf
    assert turn_speed_mps("r", 12.0) == pytest.approx(np.sqrt(5.5 * 12.0 / (np.pi / 2)))
    assert turn_speed_mps("t", 12.0) < turn_speed_mps("l", 12.0)

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cityloop.lab.report.map_figure import BOUNDS_S, apart, change_classes
from cityloop.lab.report.model import RoadDelays


def one(before_s: float, after_s: float, n_veh: float = 100.0) -> int:
    return int(change_classes(RoadDelays(np.array([before_s]), np.array([after_s]), np.array([n_veh])))[0])


def test_classes_by_hand():
    assert one(50.0, 10.0) == 0
    assert one(20.0, 5.0) == 1
    assert one(20.0, 15.0) == 2
    assert one(20.0, 21.0) == 3
    assert one(20.0, 25.0) == 4
    assert one(20.0, 35.0) == 5
    assert one(20.0, 55.0) == 6


def test_a_road_that_hardly_anybody_uses_is_at_rest():
    assert one(20.0, 5.0, n_veh=3.0) == -1
    assert one(math.nan, 5.0) == -1


@given(st.floats(0, 500), st.floats(0, 500))
def test_classes_are_symmetric_between_their_bounds(before_s, after_s):
    if after_s - before_s not in BOUNDS_S and before_s - after_s not in BOUNDS_S:
        assert one(before_s, after_s) + one(after_s, before_s) == 6


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=6))
def test_numbers_are_pushed_apart_and_lone_ones_stay(places):
    before = np.array(places)
    moved = apart(before, 5.0)
    gap = np.hypot(*(moved[:, None] - moved[None, :]).transpose(2, 0, 1)) + np.eye(len(places)) * 99
    assert gap.min() > 4.0
    own = np.hypot(*(before[:, None] - before[None, :]).transpose(2, 0, 1)) + np.eye(len(places)) * 99
    if own.min() >= 5.0:
        assert moved.tolist() == before.tolist()

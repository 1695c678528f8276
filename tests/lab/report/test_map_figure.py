from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cityloop.lab.report.map_figure import BOUNDS_S, apart, change_classes, map_figure
from cityloop.lab.report.model import RoadDelays

from .drawn import plain, texts, tips


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


def test_the_map_says_what_happened_on_a_road(made):
    svg = map_figure(made.network(), made.report().roads, {"x": 1}, "m")
    assert "Main Street: 40.0 → 5.0 s/veh (−35.0), 900 veh" in tips(svg)
    assert [tip for tip in tips(svg) if tip.startswith("b:")]  # a road without a name goes by its identifier
    assert not [tip for tip in tips(svg) if tip.startswith("c:")]  # at rest
    assert "var(--change-0," in svg and "var(--at-rest," in svg
    assert {"1", "N", "20 m"} <= set(plain(svg)) or {"1", "N", "50 m"} <= set(plain(svg))
    assert "신호교차로" in texts(svg, "ko")


def test_the_map_takes_a_single_road_and_signals_without_numbers(made):
    network, roads = made.network(), made.report().roads
    network = replace(network, road_ids=("a",), road_names=("",), lines=network.lines[:1], ways=())
    one = replace(roads, before_s=roads.before_s[:1], after_s=roads.after_s[:1], n_veh=roads.n_veh[:1])
    svg = map_figure(network, one, {}, "m")
    assert "1" not in plain(svg)
    assert {"x", "y"} <= set(tips(svg))

"""What signals showed: by hand, and against a second by second count."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.link_state import codes_of, is_green
from cityloop.city.sumo import SumoInput, read_city
from cityloop.measures import signals
from cityloop.measures.signals import Displays

from .conftest import Outputs


def shown(*rows: tuple[float, str], end_s: float) -> Displays:
    return Displays(np.array([t for t, _ in rows]), np.array([codes_of(state) for _, state in rows]), end_s)


CYCLE = shown(
    (0, "Gr"), (20, "yr"), (23, "rr"), (25, "rg"), (50, "ry"), (53, "rr"), (55, "Gr"), (70, "yr"), end_s=100.0
)


def test_by_hand():
    assert signals.green_frac(CYCLE).tolist() == [0.35, 0.25]
    assert signals.longest_red_s(CYCLE).tolist() == [32.0, 47.0]  # the last one cut off by the window
    assert math.isnan(signals.shortest_green_s(shown((0, "Gr"), (20, "rr"), end_s=60.0))[0])  # it began before
    assert signals.shortest_green_s(CYCLE).tolist() == [15.0, 25.0]


def test_green_that_turns_from_protected_to_yielding_goes_on():
    displays = shown((0, "r"), (10, "G"), (15, "g"), (21, "r"), end_s=30.0)
    assert signals.shortest_green_s(displays).tolist() == [11.0]


@pytest.mark.parametrize("state", ["o", "O", "s", "u"])
def test_what_is_no_red_is_no_red(state):
    longest_s = signals.longest_red_s(shown((0, state), end_s=30.0))
    assert longest_s.tolist() == [30.0 if state == "u" else 0.0]  # red with yellow is still red


def test_nothing_shown():
    nothing = Displays(np.empty(0), np.empty((0, 2), np.uint8), 10.0)
    assert signals.longest_red_s(nothing).tolist() == [0.0, 0.0]
    assert np.isnan(signals.green_frac(nothing)).all()
    assert np.isnan(signals.shortest_green_s(nothing)).all()


@given(st.lists(st.tuples(st.integers(1, 9), st.text("rgGyu", min_size=3, max_size=3)), min_size=1, max_size=12))
def test_against_a_count_second_by_second(steps):
    starts = np.cumsum([0] + [n for n, _ in steps])
    displays = shown(*((float(t), s) for t, (_, s) in zip(starts, steps, strict=False)), end_s=float(starts[-1]))
    by_second = np.repeat(displays.codes, [n for n, _ in steps], axis=0)
    assert signals.green_frac(displays) == pytest.approx(is_green(by_second).mean(axis=0))
    for link_ix in range(3):
        reds = "".join("r" if code in codes_of("ru") else "." for code in by_second[:, link_ix])
        assert signals.longest_red_s(displays)[link_ix] == max(map(len, reds.split(".")))
        greens = "".join("g" if green else "." for green in is_green(by_second)[:, link_ix])
        whole = [len(run) for run in greens.strip("g").split(".") if run]
        assert np.nan_to_num(signals.shortest_green_s(displays)[link_ix], nan=-1) == min(whole, default=-1)


def test_of_a_city(outputs: Outputs):
    city = read_city(SumoInput(config_path=None, net_path=outputs.net), "crossing")
    n_links = city.links.n_rows
    codes = np.array([codes_of(state * n_links) for state in "GyrGr"])
    displays = Displays(np.array([0.0, 100.0, 103.0, 110.0, 200.0]), codes, 300.0)
    assert signals.can_be_green(city).all()
    assert signals.switches_per_hour(displays, city).tolist() == [24.0]  # two in 300 s
    lanes = signals.lane_green_s(displays, city)
    assert sorted(set(lanes)) == [0.0, 190.0]
    assert (lanes > 0).sum() == len(set(city.movements["from_lane_ix"][city.movements["link_ix"] >= 0]))
    assert math.isnan(signals.switches_per_hour(Displays(np.zeros(1), codes[:1], 0.0), city)[0])


def test_a_lane_that_discharges_at_saturation_uses_all_of_its_green():
    used = signals.green_utilisation(np.array([10.0, 5.0, 0.0, 3.0]), np.array([20.0, 20.0, 20.0, 0.0]), headway_s=2.0)
    assert used[:3].tolist() == [1.0, 0.5, 0.0]
    assert math.isnan(used[3])

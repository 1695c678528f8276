from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED, YELLOW, codes_of
from cityloop.control.orders import Permit
from cityloop.engines.twin import TwinEngine
from cityloop.sensing import sensor_of

from ...theory.twin_streets import Streets, planned, traffic_of

STRAIGHT = "straight.in straight.out"
PLAN = (("G", 20.5), ("y", 3.0), ("r", 36.5))


def _engine(streets: Streets, begin_s: float = 0.0) -> TwinEngine:
    city = planned(streets.city, straight=PLAN)
    traffic = traffic_of(city, {STRAIGHT: begin_s + np.arange(0.0, 300.0, 2.5)})
    return TwinEngine(city, traffic, sensor_of("ideal", city, 1), begin_s, begin_s + 900.0, 1, streets.network)


def _signal_ix(city: City) -> int:
    return [str(name).split(".")[0] for name in city.signals["signal_id"]].index("straight")


def _left_s(engine: TwinEngine) -> np.ndarray:
    left_s = engine.run.state.steps["passed_ms"][engine.run.steps_start] / 1000
    return left_s[left_s >= 0]


@pytest.mark.parametrize("begin_s", [0.0, 3610.0])
def test_the_display_is_that_of_the_plan_at_every_time(streets: Streets, begin_s: float) -> None:
    engine = _engine(streets, begin_s)
    link = engine.city.links_of(_signal_ix(engine.city)).start
    for t_s in np.arange(begin_s + 0.25, begin_s + 190.0, 0.25):
        engine.advance(float(t_s))
        in_cycle_s = t_s % 60.0
        character = "G" if in_cycle_s < 20.5 else "y" if in_cycle_s < 23.5 else "r"
        assert engine.sense().display[link] == codes_of(character)[0], t_s


def test_reading_the_display_does_not_change_it(streets: Streets) -> None:
    engine = _engine(streets)
    engine.advance(10.0)
    engine.sense().display[:] = RED
    engine.advance(10.5)
    assert engine.sense().display[engine.city.links_of(_signal_ix(engine.city)).start] == GREEN


def test_a_signal_that_is_ordered_leaves_its_plan_and_the_others_keep_theirs(streets: Streets) -> None:
    engine = _engine(streets)
    signal_ix = _signal_ix(engine.city)
    others = np.ones(engine.city.links.n_rows, np.bool_)
    others[engine.city.links_of(signal_ix)] = False
    engine.advance(40.0)  # red by its plan
    before = engine.sense().display
    (receipt,) = engine.act(Permit((signal_ix,), (np.array([GREEN], np.uint8),)))
    assert receipt.is_applied
    for t_s in (41.0, 90.0, 300.0):
        engine.advance(t_s)
        display = engine.sense().display
        assert display[~others].tolist() == [GREEN]
        np.testing.assert_array_equal(display[others], before[others])
    passed_s = _left_s(engine)
    assert passed_s[passed_s > 40.0].min() == pytest.approx(40.0 + 6.4, abs=0.4)  # the first comes after 46.4 s
    assert np.diff(passed_s[passed_s > 40.0]).max() < 10.0


def test_vehicles_obey_an_ordered_red_and_use_an_ordered_yellow(streets: Streets) -> None:
    engine = _engine(streets)
    signal_ix = _signal_ix(engine.city)
    for t_s, code in ((50.0, GREEN), (120.0, YELLOW), (123.0, RED), (200.0, GREEN)):
        engine.advance(t_s)
        engine.act(Permit((signal_ix,), (np.array([code], np.uint8),)))
    engine.advance(260.0)
    left_s = _left_s(engine)
    assert left_s[left_s < 200.0].max() <= 121.1
    assert left_s[left_s > 130.0].min() == pytest.approx(200.48, abs=0.01)


@pytest.mark.parametrize(
    ("signal_ix", "n_links", "reason"),
    [(99, 1, "no such signal"), (-1, 1, "no such signal"), (0, 7, "one value a link")],
)
def test_what_cannot_be_shown_is_refused_with_its_reason(
    streets: Streets, signal_ix: int, n_links: int, reason: str
) -> None:
    engine = _engine(streets)
    before = engine.sense().display
    (receipt,) = engine.act(Permit((signal_ix,), (np.full(n_links, GREEN, np.uint8),)))
    assert not receipt.is_applied
    assert reason in receipt.reason
    np.testing.assert_array_equal(engine.sense().display, before)


def test_ordering_what_is_shown_anyway_starts_no_new_green(streets: Streets) -> None:
    engine = _engine(streets)
    signal_ix = _signal_ix(engine.city)
    green = Permit((signal_ix,), (np.array([GREEN], np.uint8),))
    engine.advance(45.0)
    engine.act(green)
    for t_s in np.arange(60.0, 200.0):
        engine.advance(float(t_s))
        assert engine.act(green)[0].is_applied
    left_s = _left_s(engine)
    # free vehicles keep the distance at which they came
    np.testing.assert_allclose(np.diff(left_s[left_s > 60.0]), 2.5, atol=0.01)

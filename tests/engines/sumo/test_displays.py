from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import libsumo
import numpy as np
from lxml import etree

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED, text_of
from cityloop.control.orders import Permit
from cityloop.engines.sumo import SumoEngine

OpenEngine = Callable[..., SumoEngine]


def test_display_is_what_sumo_shows(open_engine: OpenEngine, street: City) -> None:
    with open_engine("ideal") as engine:
        shown = set()
        for t_s in range(601, 690):
            engine.advance(float(t_s))
            display = engine.sense().display
            assert display.dtype == np.uint8
            for signal_ix, signal_id in enumerate(street.signals["signal_id"]):
                state = libsumo.trafficlight.getRedYellowGreenState(signal_id)
                assert text_of(display[street.links_of(signal_ix)]) == state
                shown.add(state)
    assert len(shown) == 6


def test_a_permit_shows_and_holds_while_others_keep_their_program(open_engine: OpenEngine, street: City) -> None:
    links = street.links_of(0)
    all_red = np.full(links.stop - links.start, RED, np.uint8)
    with open_engine("ideal") as engine:
        engine.advance(605.0)
        receipts = engine.act(Permit((0,), (all_red,)))
        assert receipts[0].is_applied
        others = set()
        for t_s in range(606, 690):
            engine.advance(float(t_s))
            display = engine.sense().display
            np.testing.assert_array_equal(display[links], all_red)
            others.add(text_of(display[street.links_of(1)]))
    assert len(others) == 6


def test_what_is_shown_already_is_taken_over_all_the_same(open_engine: OpenEngine, street: City) -> None:
    links = street.links_of(0)
    with open_engine("ideal") as engine:
        engine.advance(605.0)
        now = engine.sense().display[links]
        engine.act(Permit((0,), (now,)))
        engine.advance(690.0)
        np.testing.assert_array_equal(engine.sense().display[links], now)


def test_what_cannot_be_shown_is_refused_with_a_reason(open_engine: OpenEngine) -> None:
    with open_engine("ideal") as engine:
        engine.advance(601.0)
        before = engine.sense().display
        receipts = engine.act(Permit((7, 0), (np.array([GREEN], np.uint8), np.array([GREEN], np.uint8))))
        assert [receipt.is_applied for receipt in receipts] == [False, False]
        assert all(receipt.reason for receipt in receipts)
        np.testing.assert_array_equal(engine.sense().display, before)


def test_orders_stand_in_sumos_own_record(open_engine: OpenEngine, street: City, tmp_path: Path) -> None:
    links = street.links_of(0)
    with open_engine("ideal", has_signal_states=True) as engine:
        engine.advance(620.0)
        engine.act(Permit((0,), (np.full(links.stop - links.start, RED, np.uint8),)))
        engine.advance(640.0)
    states = [
        (float(row.get("time")), row.get("state"))
        for row in etree.parse(tmp_path / "out" / "tls_states.xml").iter("tlsState")
        if row.get("id") == "J"
    ]
    assert all(set(state) == {"r"} for t_s, state in states if t_s > 620.5)
    assert any("G" in state for t_s, state in states if t_s < 620)
    assert any(t_s > 630 for t_s, _ in states)

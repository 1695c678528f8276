"""What every made-up city has to be, whatever its streets."""

from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.city.link_state import GREEN, codes_of
from cityloop.city.metropolis import grid_city, superblock_city
from cityloop.city.sumo.findings import signal_findings
from cityloop.control.guard.clearance import Clearance
from cityloop.control.guard.rules import can_be_green_together, rule_findings, signal_rules

TABLES = (
    *("nodes", "roads", "lanes", "points", "movements", "conflicts", "signals", "links", "plans", "stages"),
    *("switches", "stops", "detectors", "demand"),
)


def test_every_lane_leads_on_or_out(city: City) -> None:
    movements, roads = city.movements, city.roads
    leads_on = np.isin(np.arange(city.lanes.n_rows), movements["from_lane_ix"])
    is_exit = city.nodes["kind"][roads["to_node_ix"][city.lanes["road_ix"]]] == "dead_end"
    np.testing.assert_array_equal(leads_on, ~is_exit)


def test_every_road_is_led_to_or_comes_in(city: City) -> None:
    # a lane may be reached by changing lanes only: behind the T junctions of a ring the middle one
    led_to = city.lanes["road_ix"][city.movements["to_lane_ix"][~city.movements["is_crossing"]]]
    is_entry = city.nodes["kind"][city.roads["from_node_ix"]] == "dead_end"
    np.testing.assert_array_equal(np.isin(np.arange(city.roads.n_rows), led_to), ~is_entry)


def test_movements_pass_their_node(city: City) -> None:
    movements, roads, road_of = city.movements, city.roads, city.lanes["road_ix"]
    driven = ~movements["is_crossing"]
    node = movements["node_ix"][driven]
    np.testing.assert_array_equal(roads["to_node_ix"][road_of[movements["from_lane_ix"][driven]]], node)
    np.testing.assert_array_equal(roads["from_node_ix"][road_of[movements["to_lane_ix"][driven]]], node)
    assert (movements["from_lane_ix"][~driven] == -1).all()
    assert (movements["length_m"] > 0).all()
    assert (movements["speed_mps"] > 0).all()


def test_turns_turn_to_their_side(city: City) -> None:
    x_m, y_m = city.points["x_m"], city.points["y_m"]

    def heading(lanes: np.ndarray) -> np.ndarray:
        start, end = city.lanes["points_start"][lanes], city.lanes["points_end"][lanes] - 1
        return np.arctan2(y_m[end] - y_m[start], x_m[end] - x_m[start])

    movements = city.movements
    driven = np.flatnonzero(~movements["is_crossing"])
    turned = heading(movements["to_lane_ix"][driven]) - heading(movements["from_lane_ix"][driven])
    turned = (turned + np.pi) % (2 * np.pi) - np.pi
    direction = movements["direction"][driven]
    assert (turned[direction == "l"] > 0.2).all()
    assert (turned[direction == "r"] < -0.2).all()
    assert (np.cos(turned[direction == "t"]) < -0.99).all()


def test_shapes_are_as_long_as_the_lanes_and_meet_the_movements(city: City) -> None:
    lanes, movements, xy = city.lanes, city.movements, np.column_stack((city.points["x_m"], city.points["y_m"]))
    start, end = xy[lanes["points_start"]], xy[lanes["points_end"] - 1]
    np.testing.assert_allclose(np.hypot(*(end - start).T), lanes["length_m"])
    driven = np.flatnonzero(~movements["is_crossing"])
    np.testing.assert_array_equal(xy[movements["points_start"][driven]], end[movements["from_lane_ix"][driven]])
    np.testing.assert_array_equal(xy[movements["points_end"][driven] - 1], start[movements["to_lane_ix"][driven]])


def test_rows_of_other_tables_fit(city: City) -> None:
    lanes, links, plans = city.lanes, city.links, city.plans
    counted = np.bincount(lanes["road_ix"], minlength=city.roads.n_rows)
    np.testing.assert_array_equal(counted, city.roads["n_lanes"])
    np.testing.assert_array_equal(links["signal_ix"][city.signals["links_start"]], np.arange(city.signals.n_rows))
    assert city.signals["links_end"][-1] == links.n_rows
    assert plans["stages_end"][-1] == city.stages.n_rows
    assert set(city.movements["link_ix"]) - {-1} == set(range(links.n_rows))
    on_link = city.movements["link_ix"] >= 0
    np.testing.assert_array_equal(
        links["signal_ix"][city.movements["link_ix"][on_link]], city.movements["signal_ix"][on_link]
    )
    for table, column in (("nodes", "node_id"), ("roads", "road_id"), ("lanes", "lane_id"), ("signals", "signal_id")):
        names = getattr(city, table)[column]
        assert len(set(names)) == len(names)
        assert all(type(name) is str for name in names)


def test_conflicts_are_symmetric_and_settled(city: City) -> None:
    conflicts, movements = city.conflicts, city.movements
    own, foe = conflicts["movement_ix"], conflicts["foe_ix"]
    yields = dict(zip(zip(own.tolist(), foe.tolist(), strict=True), conflicts["must_yield"].tolist(), strict=True))
    assert len(yields) == conflicts.n_rows
    np.testing.assert_array_equal(np.lexsort((foe, own)), np.arange(conflicts.n_rows))
    np.testing.assert_array_equal(movements["node_ix"][own], movements["node_ix"][foe])
    for (one, other), does_yield in yields.items():
        assert not (does_yield and yields[other, one])
        if movements["signal_ix"][one] < 0:
            assert does_yield or yields[other, one]
    assert (conflicts["conflict_m"] > 0).all()
    assert (conflicts["conflict_m"] <= movements["length_m"][own]).all()
    np.testing.assert_array_equal(
        movements["is_minor"], np.isin(np.arange(movements.n_rows), own[conflicts["must_yield"]])
    )


def test_no_stage_lets_conflicting_movements_go_protected(city: City) -> None:
    assert signal_findings(city) == []
    link_ix, conflicts = city.movements["link_ix"], city.conflicts
    own, foe = link_ix[conflicts["movement_ix"]], link_ix[conflicts["foe_ix"]]
    for signal_ix in range(city.signals.n_rows):
        links = city.links_of(signal_ix)
        here = (own >= links.start) & (own < links.stop)
        for state in city.states_of(signal_ix):
            greens = codes_of(state) == GREEN
            assert not (greens[own[here] - links.start] & greens[foe[here] - links.start]).any()


def test_cycles_are_equal_and_every_link_has_its_green(city: City) -> None:
    stages, plans = city.stages, city.plans
    cycle_s = np.add.reduceat(stages["duration_s"], plans["stages_start"])
    assert len(set(cycle_s)) == 1
    assert (stages["duration_s"] > 0).all()
    assert (plans["offset_s"] < cycle_s).all()
    for plan_ix in range(plans.n_rows):
        shown = np.stack([codes_of(state) for state in city.states_of(plan_ix)])
        assert np.isin(shown, codes_of("gG")).any(axis=0).all()


@pytest.mark.parametrize("clearance", [Clearance.street(), Clearance.program()])
def test_the_guard_accepts_it(city: City, clearance: Clearance) -> None:
    rules = signal_rules(city, clearance)
    assert len(rules) == city.signals.n_rows
    for rule in rules:
        assert not rule.is_tolerated.any()
        assert (rule.home_ix >= 0).all()
        for stage in rule.stages:
            assert can_be_green_together(rule, stage) is None
    assert {finding.kind for finding in rule_findings(city, rules)} <= {"maximum red"}


def test_stop_lines_have_approaches(city: City) -> None:
    is_signalised = (city.movements["signal_ix"] >= 0) & ~city.movements["is_crossing"]
    stop_lanes = set(city.movements["from_lane_ix"][is_signalised])
    assert set(approach_lanes(city, 150.0)["stop_lane_ix"]) == stop_lanes


def test_the_same_city_has_the_same_bits() -> None:
    one, other = (superblock_city(2, 3, n_streets=3) for _ in range(2))
    for name in TABLES:
        table, again = getattr(one, name), getattr(other, name)
        for column in table:
            np.testing.assert_array_equal(table[column], again[column])


def test_tables_grow_with_the_number_of_junctions() -> None:
    small, large = grid_city(20, 20), grid_city(60, 60)
    for name in ("movements", "conflicts", "links", "stages", "plans"):
        assert getattr(large, name).n_rows == 9 * getattr(small, name).n_rows
    assert large.lanes.n_rows == 3 * (4 * 3600 + 2 * 120)

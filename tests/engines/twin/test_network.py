from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.metropolis import superblock_city
from cityloop.city.table import Table
from cityloop.engines.twin.network import TwinNetwork, network_of
from cityloop.kernels import lane_records as lr

from ...theory.twin_streets import Streets

FASTEST = 1.3
"""Vehicles for which clusters may run alone drive at most so much faster than the limit."""


@pytest.fixture(scope="module", params=["street", "pair", "streets", "superblock"])
def city(request: pytest.FixtureRequest, street: City, pair: City, streets: Streets) -> City:
    if request.param == "superblock":
        return superblock_city(2, 2)
    return {"street": street, "pair": pair, "streets": streets.city}[request.param]


@pytest.fixture(scope="module")
def network(city: City) -> TwinNetwork:
    return network_of(city, windows_s=(3,))


def _driven(city: City) -> np.ndarray:
    """Return the movements of vehicles, crossings left out."""
    return np.flatnonzero(~city.movements["is_crossing"])


def test_every_lane_for_vehicles_is_one_of_the_twin_and_no_other(city: City, network: TwinNetwork) -> None:
    lanes = city.lanes
    drives = lanes["allows_cars"] | lanes["allows_buses"] | lanes["allows_bicycles"]
    np.testing.assert_array_equal(network.lane_of >= 0, drives)
    np.testing.assert_array_equal(network.lane_ix[network.lane_of[drives]], np.flatnonzero(drives))
    assert np.count_nonzero(network.lane_ix < 0) == np.count_nonzero(network.movement_of_bay >= 0)


def test_lanes_of_a_road_stand_together_in_the_cluster_at_its_end(city: City, network: TwinNetwork) -> None:
    clusters = network.clusters
    assert clusters["first_lane"][0] == 0
    np.testing.assert_array_equal(clusters["first_lane"][1:], clusters["last_lane"][:-1])
    assert clusters["last_lane"][-1] == len(network.lanes)
    for road_ix in range(city.roads.n_rows):
        first, last = network.road_lanes[road_ix]
        own = np.flatnonzero(city.lanes["road_ix"] == road_ix)
        own = own[network.lane_of[own] >= 0]
        assert sorted(network.lane_of[own].tolist()) == list(range(first, last))
        cluster = network.cluster_of_node[city.roads["to_node_ix"][road_ix]]
        assert (clusters["first_lane"][cluster] <= np.arange(first, last)).all()
        assert (clusters["last_lane"][cluster] > np.arange(first, last)).all()


def test_a_movement_stands_for_all_from_its_lane_to_the_same_road(city: City, network: TwinNetwork) -> None:
    table, road_ix = city.movements, city.lanes["road_ix"]
    for row in _driven(city).tolist():
        move = network.move_of[row]
        stands = network.movement_ix[move]
        assert table["from_lane_ix"][stands] == table["from_lane_ix"][row]
        assert road_ix[table["to_lane_ix"][stands]] == road_ix[table["to_lane_ix"][row]]
        assert network.moves["from_lane"][move] == network.lane_of[table["from_lane_ix"][row]]
    assert (network.move_of[table["is_crossing"]] == -1).all()


def test_every_turn_of_the_city_has_its_ways_and_the_lanes_that_it_leads_to(city: City, network: TwinNetwork) -> None:
    table, road_ix, n_roads = city.movements, city.lanes["road_ix"], city.roads.n_rows
    rows = _driven(city)
    pairs = {(int(road_ix[table["from_lane_ix"][row]]), int(road_ix[table["to_lane_ix"][row]])) for row in rows}
    assert [divmod(key, n_roads) for key in network.turn_keys.tolist()] == sorted(pairs)
    for (before, after), turn in zip(sorted(pairs), network.turns, strict=True):
        ways = network.ways[turn["first_way"] : turn["last_way"]]
        from_lane = {
            int(network.lane_of[table["from_lane_ix"][row]])
            for row in rows
            if (road_ix[table["from_lane_ix"][row]], road_ix[table["to_lane_ix"][row]]) == (before, after)
        }
        assert set(ways["lane"].tolist()) == from_lane
        assert (network.moves["from_lane"][ways["move"]] == ways["lane"]).all()
        assert [turn["next_lane"], turn["last_next_lane"]] == network.road_lanes[after].tolist()


def _foes(network: TwinNetwork) -> set[tuple[int, int]]:
    """Return who lets whom go first, by row of the city."""
    found = set()
    for move, row in enumerate(network.moves):
        for foe in network.foes[row["first_foe"] : row["last_foe"]]:
            assert foe["lane"] == network.moves["from_lane"][foe["move"]]
            found.add((int(network.movement_ix[move]), int(network.movement_ix[foe["move"]])))
    return found


def test_who_must_yield_has_exactly_those_foes(city: City, network: TwinNetwork) -> None:
    conflicts, table = city.conflicts, city.movements
    expected = set()
    for mine, foe, yields in zip(
        conflicts["movement_ix"].tolist(), conflicts["foe_ix"].tolist(), conflicts["must_yield"].tolist(), strict=True
    ):
        is_driven = not table["is_crossing"][mine] and not table["is_crossing"][foe]
        if yields and is_driven and table["from_lane_ix"][mine] != table["from_lane_ix"][foe]:
            stands = (network.movement_ix[network.move_of[row]] for row in (mine, foe))
            expected.add(tuple(map(int, stands)))
    assert _foes(network) == expected


@pytest.mark.parametrize("window_s", [1, 2, 3, 5, 8, 12])
def test_no_news_travels_between_clusters_within_a_window(city: City, window_s: int) -> None:
    network = network_of(city, windows_s=(window_s,))
    assert network.window_s == window_s
    roads, lanes = city.roads, city.lanes
    begins, ends = (network.cluster_of_node[roads[name]] for name in ("from_node_ix", "to_node_ix"))
    is_between = (begins != ends)[lanes["road_ix"]] & (network.lane_of >= 0)
    lane = network.lane_of[is_between]
    assert (network.lanes["free_ms"][lane] / FASTEST >= 1000 * (window_s + 1)).all()
    assert (network.lanes["back_ms"][lane] - lr.LONGEST_CROSSING_MS >= 1000 * (window_s + 1)).all()


def test_the_window_is_the_longest_that_leaves_no_cluster_with_too_many_junctions() -> None:
    city = superblock_city(4, 4)
    network = network_of(city, windows_s=(60, 10, 1))
    sizes = [int(np.bincount(network_of(city, windows_s=(s,)).cluster_of_node).max()) for s in (60, 10, 1)]
    limit = city.nodes.n_rows / 20
    fitting = [s for s, size in zip((60, 10, 1), sizes, strict=True) if size <= limit]
    assert network.window_s == (fitting or [1])[0]


def test_a_permissive_left_turn_waits_inside_its_junction(streets: Streets) -> None:
    network, table = streets.network, streets.city.movements
    row = streets.movement_of("signal.wi", "signal.no")
    into = network.moves[network.move_of[row]]
    out_of = network.moves[into["bay_move"]]
    bay = into["to_lane"]
    assert network.lane_ix[bay] == -1
    assert network.movement_of_bay[bay] == row
    assert network.movement_ix[into["bay_move"]] == row
    assert out_of["from_lane"] == bay
    assert out_of["to_lane"] == network.lane_of[table["to_lane_ix"][row]]
    assert network.lanes["length_mm"][bay] == round(table["wait_m"][row] * 1000)
    assert into["cross_ms"] > 0
    assert out_of["cross_ms"] > 0
    # only the way out yields
    assert into["first_foe"] == into["last_foe"]
    assert out_of["first_foe"] < out_of["last_foe"]


@pytest.mark.parametrize(
    ("start", "end", "waits"),
    [
        ("priority.wi", "priority.no", True),  # has the right of way up to its foe
        ("priority.si", "priority.wo", False),  # waits at the stop line
        ("stop.si", "stop.wo", False),
        ("allway.wi", "allway.no", False),
        ("signal.wi", "signal.eo", False),  # never yields
    ],
)
def test_only_turns_that_yield_inside_have_a_place_there(streets: Streets, start: str, end: str, waits: bool) -> None:
    move = streets.network.move_of[streets.movement_of(start, end)]
    assert (streets.network.moves["bay_move"][move] >= 0) == waits


@pytest.mark.parametrize(
    ("start", "end", "rule"),
    [
        ("priority.wi", "priority.eo", lr.PROTECTED),
        ("priority.si", "priority.no", lr.YIELDING),
        ("stop.si", "stop.no", lr.STOP_THEN_YIELD),
        ("stop.wi", "stop.eo", lr.PROTECTED),
        ("allway.wi", "allway.eo", lr.ALL_WAY),
    ],
)
def test_without_a_signal_the_junction_gives_the_rule(streets: Streets, start: str, end: str, rule: int) -> None:
    assert streets.network.rules[streets.network.move_of[streets.movement_of(start, end)]] == rule


def test_the_short_roads_of_a_roundabout_are_one_cluster(streets: Streets) -> None:
    nodes = streets.city.nodes["node_id"].tolist()
    ring = {int(streets.network.cluster_of_node[nodes.index(f"round.r{arm}")]) for arm in "wsen"}
    assert len(ring) == 1
    assert len(set(streets.network.cluster_of_node.tolist())) > 40


def test_a_lane_holds_a_standing_queue_of_its_length(streets: Streets) -> None:
    lane = streets.network.road_lanes[streets.city.roads["road_id"].tolist().index("full.lane"), 0]
    assert streets.network.lanes["room_mm"][lane] == pytest.approx(300_000, abs=2000)


def test_a_lane_that_only_pedestrians_may_use_is_left_out(streets: Streets) -> None:
    lanes = streets.city.lanes
    is_left_out = lanes["lane_id"] == "signal.wi_0"
    assert is_left_out.sum() == 1
    columns = {name: lanes[name] & ~is_left_out for name in ("allows_cars", "allows_buses", "allows_bicycles")}
    network = network_of(replace(streets.city, lanes=Table("lanes", {**lanes, **columns})))
    assert (network.lane_of[is_left_out] == -1).all()
    assert network.move_of[streets.movement_of("signal.wi", "signal.eo")] == -1
    assert network.move_of[streets.movement_of("signal.wi", "signal.no")] >= 0

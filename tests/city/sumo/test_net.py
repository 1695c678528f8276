from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, read_city


def _movement(city: City, via_start: str, *, is_backward: bool = False) -> int:
    rows = [i for i, via in enumerate(city.movements["via_ids"]) if via.split()[:1] == [via_start]]
    return rows[-1 if is_backward else 0]


def test_roads_and_lanes(cross: City) -> None:
    roads, lanes = cross.roads, cross.lanes
    ec = list(roads["road_id"]).index("EC")
    assert cross.nodes["node_id"][roads["from_node_ix"][ec]] == "E"
    assert cross.nodes["node_id"][roads["to_node_ix"][ec]] == "C"
    assert (roads["n_lanes"][ec], roads["priority"][ec]) == (3, 3)
    assert roads["name"][list(roads["road_id"]).index("NC")] == "North Street"
    rows = np.flatnonzero(lanes["road_ix"] == ec)
    assert list(lanes["lane_id"][rows]) == ["EC_0", "EC_1", "EC_2"]
    assert list(lanes["allows_pedestrians"][rows]) == [True, False, False]
    assert list(lanes["allows_cars"][rows]) == [False, True, True]
    assert list(lanes["width_m"][rows]) == [2.0, 3.2, 3.2]
    assert np.all(lanes["points_end"] - lanes["points_start"] >= 2)
    assert not any(lane_id.startswith(":") for lane_id in lanes["lane_id"])


def test_ways_past_internal_junctions_are_joined(cross: City) -> None:
    left = _movement(cross, ":C_2_0")
    movements = cross.movements
    assert movements["via_ids"][left] == ":C_2_0 :C_14_0"
    assert movements["direction"][left] == "l"
    assert cross.lanes["lane_id"][movements["from_lane_ix"][left]] == "NC_1"
    assert cross.lanes["lane_id"][movements["to_lane_ix"][left]] == "CE_2"
    xy = np.column_stack((cross.points["x_m"], cross.points["y_m"]))
    way = xy[movements["points_start"][left] : movements["points_end"][left]]
    drawn_m = np.hypot(*np.diff(way, axis=0).T).sum()
    assert movements["length_m"][left] == pytest.approx(drawn_m, abs=0.05)
    assert np.all(np.hypot(*np.diff(way, axis=0).T) > 0)  # the point where the lanes join stands once


def test_every_way_of_vehicles_is_there_and_walks_between_footways_are_not(cross: City) -> None:
    movements = cross.movements
    ways = movements["from_lane_ix"][~movements["is_crossing"]]
    assert len(ways) == 14
    assert not cross.lanes["allows_pedestrians"][ways].any()


def test_crossings_with_a_link_in_each_direction_stand_twice(cross: City) -> None:
    movements = cross.movements
    crossings = np.flatnonzero(movements["is_crossing"])
    found = {(movements["via_ids"][i], int(cross.links["index"][movements["link_ix"][i]])) for i in crossings}
    assert found == {(":C_c0_0", 20), (":C_c0_0", 21), (":C_c1_0", 15)}
    assert set(movements["from_lane_ix"][crossings]) == {-1}
    assert set(cross.nodes["node_id"][movements["node_ix"][crossings]]) == {"C"}
    there = _movement(cross, ":C_c0_0")
    back = _movement(cross, ":C_c0_0", is_backward=True)
    assert cross.points["x_m"][movements["points_start"][there]] == pytest.approx(
        cross.points["x_m"][movements["points_end"][back] - 1]
    )


def test_minor_follows_state_and_responses(cross: City) -> None:
    assert cross.movements["is_minor"][_movement(cross, ":C_2_0")]
    assert not cross.movements["is_minor"][_movement(cross, ":C_10_0")]


def test_one_signal_over_two_nodes_and_an_unsignalised_node(pair: City) -> None:
    movements = pair.movements
    signalised = movements["signal_ix"] >= 0
    assert set(pair.nodes["node_id"][movements["node_ix"][signalised]]) == {"A", "B"}
    assert set(pair.nodes["node_id"][movements["node_ix"][~signalised]]) == {"M"}
    assert set(movements["link_ix"][~signalised]) == {-1}
    assert list(pair.signals["signal_id"]) == ["J"]
    is_ruled = np.isin(pair.nodes["node_id"], ["A", "B"])
    assert pair.signals["x_m"][0] == pytest.approx(pair.nodes["x_m"][is_ruled].mean())


def test_approaches_follow_the_street_upstream(pair: City) -> None:
    rows = approach_lanes(pair, 200.0)
    stop = pair.lanes["lane_id"][rows["stop_lane_ix"]]
    assert set(stop) == {"WA_0", "AB_0", "ANA_0", "BSB_0"}


def test_net_without_internal_lanes(build: Callable[..., Path]) -> None:
    city = read_city(SumoInput(None, build("pair", "--no-internal-links")), "bare")
    movements = city.movements
    assert set(movements["via_ids"]) == {""}
    assert np.all(movements["length_m"] > 0)
    assert np.all(movements["points_end"] - movements["points_start"] == 2)
    # the conflicts are the same as with internal lanes: one pair at each node
    nodes = city.nodes["node_id"][movements["node_ix"][city.conflicts["movement_ix"]]]
    assert sorted(nodes) == ["A", "A", "B", "B", "M", "M"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('to="BM"', 'to="XX"', "names lane XX_0, which the net does not have"),
        ('via=":A_1_0"', 'via=":A_9_0"', "leads over lane :A_9_0"),
        ('id="WA" from="W"', 'id="WA" from="Q"', "edge WA names junction Q"),
    ],
)
def test_dangling_names_are_unusable(pair_net: Path, tmp_path: Path, old: str, new: str, what: str) -> None:
    text = pair_net.read_text()
    assert old in text
    path = tmp_path / "dangling.net.xml"
    path.write_text(text.replace(old, new))
    with pytest.raises(Unusable, match=what):
        read_city(SumoInput(None, path), "dangling")


def test_a_crossing_no_junction_lists_is_named(cross_net: Path, tmp_path: Path) -> None:
    path = tmp_path / "lost.net.xml"
    path.write_text(cross_net.read_text().replace(' :C_c1_0"', '"'))
    city = read_city(SumoInput(None, path), "lost")
    assert any(finding.where == "crossing :C_c1" for finding in city.findings)

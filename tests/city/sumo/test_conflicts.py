import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config
from cityloop.city.table import Table


def _by_pair(city: City) -> dict[tuple[int, int], int]:
    conflicts = city.conflicts
    return {
        (int(i), int(j)): k for k, (i, j) in enumerate(zip(conflicts["movement_ix"], conflicts["foe_ix"], strict=True))
    }


def _row(city: City, from_lane: str, to_lane: str) -> int:
    names = list(city.lanes["lane_id"])
    movements = city.movements
    is_it = (movements["from_lane_ix"] == names.index(from_lane)) & (movements["to_lane_ix"] == names.index(to_lane))
    return int(np.flatnonzero(is_it)[0])


def _shape(city: City, row: int) -> np.ndarray:
    part = slice(int(city.movements["points_start"][row]), int(city.movements["points_end"][row]))
    return np.column_stack((city.points["x_m"][part], city.points["y_m"][part]))


def test_crossing_ways_meet_where_their_lines_cross(cross: City) -> None:
    pairs = _by_pair(cross)
    west_east, north_south = _row(cross, "WC_1", "CE_1"), _row(cross, "NC_1", "CS_1")
    k = pairs[west_east, north_south]
    # straight lines: the distance is what lies between the stop line and the other lane's axis
    start, other = _shape(cross, west_east)[0], _shape(cross, north_south)[0]
    assert cross.conflicts["conflict_m"][k] == pytest.approx(abs(other[0] - start[0]), abs=0.02)
    assert not cross.conflicts["is_merge"][k]
    back = pairs[north_south, west_east]
    assert cross.conflicts["must_yield"][back] != cross.conflicts["must_yield"][k]


def test_merging_ways_meet_at_their_end(cross: City) -> None:
    right, straight = _row(cross, "SC_1", "CE_1"), _row(cross, "WC_1", "CE_1")
    k = _by_pair(cross)[right, straight]
    assert cross.conflicts["is_merge"][k]
    assert cross.conflicts["must_yield"][k]
    assert cross.conflicts["conflict_m"][k] == pytest.approx(cross.movements["length_m"][right], abs=0.06)


def test_vehicles_meet_walkers_on_the_crossing(cross: City) -> None:
    right = _row(cross, "EC_1", "CN_1")
    crossings = [
        i for i in np.flatnonzero(cross.movements["is_crossing"]) if cross.movements["via_ids"][i] == ":C_c0_0"
    ]
    pairs = _by_pair(cross)
    at_m = [cross.conflicts["conflict_m"][pairs[int(i), right]] for i in crossings]
    # there and back are the same way walked from either end
    assert sum(at_m) == pytest.approx(cross.movements["length_m"][crossings[0]], abs=0.1)
    k = pairs[right, int(crossings[0])]
    assert cross.conflicts["must_yield"][k]
    assert not cross.conflicts["is_merge"][k]
    assert 0 < cross.conflicts["conflict_m"][k] < cross.movements["length_m"][right]


def test_no_conflicts_across_nodes_of_one_signal(pair: City) -> None:
    node = pair.movements["node_ix"]
    assert np.array_equal(node[pair.conflicts["movement_ix"]], node[pair.conflicts["foe_ix"]])
    assert pair.conflicts.n_rows == 6


def test_net_without_any_conflict_has_an_empty_table(pair_net: Path, tmp_path: Path) -> None:
    path = tmp_path / "free.net.xml"
    lines = pair_net.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "<request" not in line))
    assert read_city(SumoInput(None, path), "free").conflicts.n_rows == 0


@pytest.fixture(scope="session")
def real_cities(resco_configs: dict[str, Path], game_configs: list[Path]) -> dict[str, City]:
    configs = resco_configs | {path.stem: path for path in game_configs if path.stem in ("fkk_in", "A10KW", "square")}
    return {name: read_city(read_sumo_config(path), name) for name, path in configs.items()}


NAMES = ["cologne1", "cologne3", "cologne8", "ingolstadt1", "ingolstadt7", "ingolstadt21", "grid4x4", "arterial4x4"]
NAMES += ["fkk_in", "A10KW", "square"]


@pytest.mark.parametrize("name", NAMES)
def test_pairs_stand_in_both_orders_and_distances_lie_on_the_way(real_cities: dict[str, City], name: str) -> None:
    city = real_cities[name]
    conflicts: Table = city.conflicts
    pairs = _by_pair(city)
    assert len(pairs) == conflicts.n_rows > 0
    assert all((j, i) in pairs and i != j for i, j in pairs)
    length_m = city.movements["length_m"][conflicts["movement_ix"]]
    assert np.all((conflicts["conflict_m"] >= 0) & (conflicts["conflict_m"] <= length_m))


def _sumolib_net(city: City) -> Any:
    import sumolib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sumolib.net.readNet(str(city.net_path), withInternal=True, withPedestrianConnections=True)


@pytest.mark.parametrize("name", NAMES)
def test_foes_agree_with_sumolib(real_cities: dict[str, City], name: str) -> None:
    city = real_cities[name]
    net = _sumolib_net(city)
    movements, pairs = city.movements, _by_pair(city)
    n_found = 0
    for node_ix in np.unique(movements["node_ix"]):
        node = net.getNode(str(city.nodes["node_id"][node_ix]))
        internal = list(node.getInternal())
        requests = {
            row: next(internal.index(via) for via in movements["via_ids"][row].split() if via in internal)
            for row in np.flatnonzero(movements["node_ix"] == node_ix).tolist()
        }
        for (i, request_i), (j, request_j) in itertools.permutations(requests.items(), 2):
            are_foes = request_i != request_j and (
                node.areFoes(request_i, request_j) or node.areFoes(request_j, request_i)
            )
            assert ((i, j) in pairs) == are_foes
            n_found += are_foes
    assert n_found == len(pairs)


@pytest.mark.parametrize("name", ["cologne1", "cologne3", "ingolstadt7", "square"])
def test_right_of_way_agrees_with_sumolib(real_cities: dict[str, City], name: str) -> None:
    """Look connections up by their lanes, so that the order of requests is checked by another way."""
    city = real_cities[name]
    net = _sumolib_net(city)
    movements, conflicts, lane_ids = city.movements, city.conflicts, city.lanes["lane_id"]
    is_way = ~(movements["is_crossing"][conflicts["movement_ix"]] | movements["is_crossing"][conflicts["foe_ix"]])
    connections = {}
    for row in np.unique(conflicts["movement_ix"][is_way]).tolist():
        lane = net.getLane(str(lane_ids[movements["from_lane_ix"][row]]))
        to_lane = str(lane_ids[movements["to_lane_ix"][row]])
        connections[row] = next(c for c in lane.getOutgoing() if c.getToLane().getID() == to_lane)
    for k in np.flatnonzero(is_way).tolist():
        own, foe = int(conflicts["movement_ix"][k]), int(conflicts["foe_ix"][k])
        assert bool(conflicts["must_yield"][k]) == net.forbids(connections[foe], connections[own])


@pytest.mark.parametrize("name", ["cologne8", "fkk_in"])
def test_distances_agree_with_a_plain_search(real_cities: dict[str, City], name: str) -> None:
    """Walk along the way in steps of 2 cm until the foe's line is touched: slow, simple, another method."""
    city = real_cities[name]
    rng = np.random.default_rng(1)
    for k in rng.choice(city.conflicts.n_rows, 120, replace=False):
        row = int(city.conflicts["movement_ix"][k])
        way, foe = _shape(city, row), _shape(city, int(city.conflicts["foe_ix"][k]))
        steps_m = np.hypot(*np.diff(way, axis=0).T)
        along_m = np.concatenate(([0.0], np.cumsum(steps_m)))
        at_m = np.arange(0.0, along_m[-1] + 0.02, 0.02)
        xy = np.column_stack([np.interp(at_m, along_m, way[:, axis]) for axis in (0, 1)])
        touches = np.flatnonzero(_distance_m(xy, foe) <= 0.03)
        expected_m = at_m[touches[0]] if len(touches) else along_m[-1]
        expected_m *= city.movements["length_m"][row] / along_m[-1]
        # nearly parallel lines come close before they touch
        assert city.conflicts["conflict_m"][k] == pytest.approx(expected_m, abs=0.15 + 0.05 * along_m[-1])


def _distance_m(xy: np.ndarray, line: np.ndarray) -> np.ndarray:
    a, ab = line[:-1], np.diff(line, axis=0)
    share = ((xy[:, None] - a) * ab).sum(2) / np.maximum((ab**2).sum(1), 1e-12)
    nearest = a + np.clip(share, 0, 1)[:, :, None] * ab
    return np.asarray(np.hypot(*np.moveaxis(xy[:, None] - nearest, 2, 0)).min(1))

"""The ways and the signal heads of the map."""

import numpy as np
import pytest

from cityloop.city.sumo import read_city
from cityloop.lab.replay.map_data import map_data
from cityloop.scenarios import load_scenario


@pytest.fixture(scope="module")
def city(crossing):
    return read_city(load_scenario(crossing).source, "crossing")


def test_every_lane_and_movement_has_its_shape(city, unpacked):
    data = map_data(city, np.zeros((1, city.links.n_rows), np.uint8))
    ends = unpacked(data["ends"]).ravel()
    assert len(ends) == city.lanes.n_rows + city.movements.n_rows
    points_m = unpacked(data["points"]) / data["scale_per_m"]
    assert points_m.min(axis=0).tolist() == [0.0, 0.0]
    first = 0
    for table, rows in ((city.lanes, range(city.lanes.n_rows)), (city.movements, range(city.movements.n_rows))):
        for row in rows:
            last = ends[row if table is city.lanes else city.lanes.n_rows + row]
            own = slice(int(table["points_start"][row]), int(table["points_end"][row]))
            shape_m = np.stack([city.points["x_m"][own], city.points["y_m"][own]], axis=1)
            offset_m = shape_m[0] - points_m[first]
            assert np.abs(points_m[first:last] + offset_m - shape_m).max() <= 0.11
            first = last


def test_heads_of_a_lane_that_always_show_the_same_are_one(street, unpacked):
    movements = street.movements
    is_head = (movements["link_ix"] >= 0) & ~movements["is_crossing"]
    n_lanes = len(np.unique(movements["from_lane_ix"][is_head]))
    alike = map_data(street, np.zeros((2, street.links.n_rows), np.uint8))
    assert len(unpacked(alike["head_lane_ix"])) == n_lanes
    unlike = map_data(street, np.arange(2 * street.links.n_rows).reshape(2, -1).astype(np.uint8))
    links = unpacked(unlike["head_link_ix"]).ravel()
    assert sorted(links) == sorted(np.unique(movements["link_ix"][is_head]))


def test_of_two_heads_the_left_one_turns_left(street, unpacked):
    movements = street.movements
    data = map_data(street, np.arange(street.links.n_rows).reshape(1, -1).astype(np.uint8))
    direction = {int(link): str(movements["direction"][ix]) for ix, link in enumerate(movements["link_ix"])}
    lanes, links = unpacked(data["head_lane_ix"]).ravel(), unpacked(data["head_link_ix"]).ravel()
    pairs = [(a, b) for a, b in zip(range(len(lanes)), range(1, len(lanes)), strict=False) if lanes[a] == lanes[b]]
    assert pairs
    for a, b in pairs:
        left, right = direction[int(links[a])].lower(), direction[int(links[b])].lower()
        assert "tlsr".index(left) <= "tlsr".index(right)


def test_a_road_without_a_name_is_called_by_its_number(city, street):
    nothing = np.zeros((0, city.links.n_rows), np.uint8)
    assert map_data(city, nothing)["roads"] == [str(road_id) for road_id in city.roads["road_id"]]
    nothing = np.zeros((0, street.links.n_rows), np.uint8)
    assert len(map_data(street, nothing)["roads"]) == street.roads.n_rows

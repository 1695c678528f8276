from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.metropolis import Mix, gravity_traffic, grid_city
from cityloop.city.metropolis.road_graph import road_graph
from cityloop.city.traffic import Traffic
from cityloop.kernels.chance import uniform, uniforms


@pytest.fixture(scope="module")
def wide() -> City:
    """Return a city wider than a trip."""
    return grid_city(30, 30)


@pytest.fixture(scope="module")
def traffic(wide: City) -> Traffic:
    """Return its traffic."""
    return gravity_traffic(wide, 4000, 100.0, 1900.0, seed=3, decay_s=60.0, limit_s=400.0, n_origins=100)


def _turns(city: City) -> set[tuple[int, int]]:
    driven, road_of = ~city.movements["is_crossing"], city.lanes["road_ix"]
    from_road, to_road = (road_of[city.movements[name][driven]] for name in ("from_lane_ix", "to_lane_ix"))
    return set(zip(from_road.tolist(), to_road.tolist(), strict=True))


def test_routes_use_turns_that_exist(city: City) -> None:
    traffic, turns = gravity_traffic(city, 300, 0.0, 600.0, seed=1), _turns(city)
    roads, vehicles = traffic.routes["road_ix"].tolist(), traffic.vehicles
    assert vehicles.n_rows == 300
    for start, end in zip(vehicles["routes_start"], vehicles["routes_end"], strict=True):
        way = roads[start:end]
        assert len(way) >= 2
        assert set(pairwise(way)) <= turns
        assert len(set(way)) == len(way)


def test_routes_are_shortest(wide: City, traffic: Traffic) -> None:
    from scipy.sparse.csgraph import dijkstra

    graph = road_graph(wide)
    vehicles, roads = traffic.vehicles, traffic.routes["road_ix"]
    for row in range(0, vehicles.n_rows, 200):
        way = roads[vehicles["routes_start"][row] : vehicles["routes_end"][row]]
        driven_s = sum(float(graph.seconds[int(a), int(b)]) for a, b in pairwise(way))
        assert driven_s == pytest.approx(dijkstra(graph.seconds, indices=int(way[0]))[way[-1]])


def test_departures_fill_the_window_in_order(traffic: Traffic) -> None:
    depart_s = traffic.vehicles["depart_s"]
    assert (np.diff(depart_s) >= 0).all()
    assert depart_s[0] >= 100.0
    assert depart_s[-1] < 1900.0
    counts = np.histogram(depart_s, bins=9, range=(100.0, 1900.0))[0]
    assert (abs(counts - 4000 / 9) < 4 * np.sqrt(4000 / 9)).all()


def test_far_destinations_are_rarer(wide: City, traffic: Traffic) -> None:
    near = gravity_traffic(wide, 4000, 0.0, 600.0, seed=3, decay_s=30.0, limit_s=400.0, n_origins=100)
    lengths = [(t.vehicles["routes_end"] - t.vehicles["routes_start"]).mean() for t in (near, traffic)]
    assert lengths[0] < 0.8 * lengths[1]


def test_the_same_seed_gives_the_same_bits_and_another_does_not(wide: City, traffic: Traffic) -> None:
    again, other = (
        gravity_traffic(wide, 4000, 100.0, 1900.0, seed=seed, decay_s=60.0, limit_s=400.0, n_origins=100)
        for seed in (3, 4)
    )
    for name in ("vehicles", "routes"):
        for column in getattr(traffic, name):
            np.testing.assert_array_equal(getattr(again, name)[column], getattr(traffic, name)[column])
    assert not np.array_equal(other.vehicles["depart_s"], traffic.vehicles["depart_s"])
    assert not np.array_equal(other.routes["road_ix"], traffic.routes["road_ix"])


def test_origins_are_spread_over_the_city(wide: City, traffic: Traffic) -> None:
    first = traffic.routes["road_ix"][traffic.vehicles["routes_start"]]
    assert len(np.unique(first)) > 300
    nodes, at = wide.nodes, wide.roads["from_node_ix"][first]
    counts = np.histogram2d(nodes["x_m"][at], nodes["y_m"][at], bins=3)[0]
    assert counts.min() > 0.4 * counts.mean()


def test_classes_are_mixed_with_their_lengths(traffic: Traffic) -> None:
    vehicles = traffic.vehicles
    shares = {name: float((vehicles["class"] == name).mean()) for name in ("passenger", "truck", "bus")}
    assert sum(shares.values()) == 1.0
    assert shares["truck"] == pytest.approx(0.04, abs=0.015)
    assert shares["bus"] == pytest.approx(0.02, abs=0.01)
    for name, length_m in (("passenger", 5.0), ("truck", 7.1), ("bus", 12.0)):
        assert set(vehicles["length_m"][vehicles["class"] == name]) == {length_m}


def test_all_may_be_buses() -> None:
    traffic = gravity_traffic(grid_city(2, 2), 50, 0.0, 60.0, seed=1, mix=Mix(truck_frac=0.0, bus_frac=1.0))
    assert set(traffic.vehicles["class"]) == {"bus"}


def test_vehicles_share_the_rows_of_equal_ways(traffic: Traffic) -> None:
    vehicles = traffic.vehicles
    n_driven = int((vehicles["routes_end"] - vehicles["routes_start"]).sum())
    one_each = gravity_traffic(grid_city(2, 2), 5000, 0.0, 60.0, seed=1)
    assert one_each.routes.n_rows < 5000
    assert traffic.routes.n_rows < 2 * n_driven


def test_many_draws_are_those_of_one_at_a_time() -> None:
    keys = np.array([0, 1, 2, 10**12, 2**62])
    for salt in (0, 7, -1):
        np.testing.assert_array_equal(uniforms(keys, salt), [uniform(int(key), salt) for key in keys])


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_vehicles": 0},
        {"begin_s": 60.0},
        {"end_s": float("inf")},
        {"decay_s": 0.0},
        {"limit_s": -1.0},
        {"limit_s": 1.0},
        {"n_origins": 0},
    ],
)
def test_what_is_no_traffic_is_refused(wrong: dict[str, Any]) -> None:
    asked = {"n_vehicles": 10, "begin_s": 0.0, "end_s": 60.0, "seed": 1, **wrong}
    with pytest.raises(Unusable) as raised:
        gravity_traffic(grid_city(1, 2), **asked)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("shares", [(-0.1, 0.0), (0.0, 1.1), (0.6, 0.6)])
def test_shares_that_do_not_add_up_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(Unusable):
        Mix(*shares)

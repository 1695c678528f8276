from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.sumo import read_city
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.routing import Penalties, RoadGraph
from cityloop.engines.twin.network import network_of
from cityloop.engines.twin.routing import Kind, Router
from cityloop.kernels.fastest_way import fastest_way
from cityloop.kernels.travel_times import EVERY_S, N_PAST
from cityloop.scenarios import load_scenario

from .fork import FIXED, TRIPS, Fork

CAR: Kind = ("passenger", 55.56, 1.0)


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Fork:
    return Fork.in_folder(tmp_path_factory.mktemp("fork"))


@pytest.mark.parametrize("name", ["cologne8", "ingolstadt7"])
def test_over_free_streets_ways_are_those_of_the_traffic(name: str) -> None:
    city = read_city(load_scenario(name).source, name)
    network, graph = network_of(city), RoadGraph(NetDetails(city), *CAR, Penalties())
    router = Router(network, city, lambda _: graph)
    choices, stretches, search = router.choices(CAR, 0.0), router.stretches(), router.search()
    way = np.zeros(city.roads.n_rows, np.int32)
    n_roads, n_found, n_same = city.roads.n_rows, 0, 0
    for origin in range(0, n_roads, 3):
        for target in range(1, n_roads, 5):
            n = fastest_way(origin, target, choices.graph, stretches, search, way)
            theirs = graph.loop(origin) if origin == target else graph.way((origin,), (target,))
            assert (n > 0) == (theirs is not None)
            if theirs is not None:
                turns = network.turn_keys[choices.turns[way[:n]]]
                ours = (origin, *(turns % n_roads).tolist())
                assert (turns // n_roads).tolist() == list(ours[:-1])
                n_found, n_same = n_found + 1, n_same + (ours == theirs)
    assert n_found > 200
    assert n_same >= 0.999 * n_found


def test_turns_that_a_class_cannot_make_are_no_choice(fork: Fork) -> None:
    assert len(fork.router.choices(CAR, 0.0).turns) == 5
    assert len(fork.router.choices(("bicycle", 8.0, 1.0), 0.0).turns) == 3  # none over ``down``


def test_travel_times_are_those_of_sumos_formula(fork: Fork) -> None:
    """Length over the mean of mean speeds, where a lane without a vehicle counts as one vehicle at its limit."""
    engine = fork.engine(fork.traffic(TRIPS + FIXED), fork.router, 0.0)
    lanes, road = fork.city.lanes, fork.road("short")
    of_road = np.flatnonzero(lanes["road_ix"] == road)
    seen: list[float] = [13.89] * N_PAST
    for second in range(1, 601):
        engine.advance(second)
        if second % EVERY_S == 0:
            vehicles = engine._truth.vehicles(float(second))
            speeds = [vehicles.speed_mps[vehicles.lane_ix == lane].tolist() or [13.89] for lane in of_road.tolist()]
            seen.append(float(np.mean(np.concatenate(speeds))))
    stretches = engine._departures._stretches  # type: ignore[union-attr]
    mean_mps = float(np.mean(seen[-N_PAST:]))
    assert mean_mps < 8
    assert stretches.total_mmps[road] / N_PAST / 1000 == pytest.approx(mean_mps, abs=0.01)
    assert not stretches.is_used[fork.road("in")] or stretches.total_mmps[fork.road("in")] <= 13_890 * N_PAST

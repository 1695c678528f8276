from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from cityloop.kernels.fastest_way import Graph, Search, fastest_way
from cityloop.kernels.travel_times import N_PAST, Stretches

N_ROADS = 60


def _stretches(mean_mmps: NDArray[np.int64]) -> Stretches:
    """Return stretches that have been driven at some speeds."""
    n = len(mean_mmps)
    zeros, ones = np.zeros(n, np.int64), np.ones(n, np.int32)
    return Stretches(
        of_lane=ones,
        limit_mmps=ones,
        n_lanes=ones,
        limits_mmps=zeros,
        is_used=np.ones(n, np.bool_),
        past_mmps=np.zeros((n, N_PAST), np.int32),
        total_mmps=mean_mmps * N_PAST,
        now_mmps=zeros,
        n_now=zeros,
    )


def _search(n_turns: int, n_roads: int = N_ROADS) -> Search:
    return Search(
        reached_s=np.zeros(n_roads),
        by=np.zeros(n_roads, np.int32),
        is_settled=np.zeros(n_roads, np.bool_),
        heap_s=np.zeros(2 * n_turns + 1),
        heap_road=np.zeros(2 * n_turns + 1, np.int32),
    )


def _city(seed: int) -> tuple[Graph, Stretches, NDArray[np.float64]]:
    """Return roads at random, the last third of their turns with a bay, and what each turn and the road behind take."""
    chance = np.random.default_rng(seed)
    pairs = np.unique(chance.integers(0, N_ROADS, (150, 2)), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    n_turns, n_bays = len(pairs), len(pairs) // 3
    bay = np.full(n_turns, -1, np.int32)
    bay[-n_bays:] = N_ROADS + np.arange(n_bays)
    length_mm = np.append(chance.uniform(5e4, 5e5, N_ROADS), np.full(n_bays, 1e4)).round()
    graph = Graph(
        first=np.searchsorted(pairs[:, 0], np.arange(N_ROADS + 1)).astype(np.int32),
        from_road=pairs[:, 0].astype(np.int32),
        to_road=pairs[:, 1].astype(np.int32),
        through_s=chance.uniform(1, 4, n_turns),
        bay=bay,
        beside_bay_s=np.full(n_turns, 0.5),
        own_s=length_mm[:N_ROADS] / 14_000,
        length_mm=length_mm,
    )
    mean_mmps = chance.integers(300, 20_000, len(length_mm))
    road_s = np.maximum(length_mm[:N_ROADS] / mean_mmps[:N_ROADS], graph.own_s)
    bay_s = np.where(bay >= 0, length_mm[bay] / mean_mmps[bay] + graph.beside_bay_s, 0.0)
    return graph, _stretches(mean_mmps), road_s[pairs[:, 0]] + np.maximum(graph.through_s, bay_s)


@pytest.mark.parametrize("seed", range(5))
def test_no_way_is_faster(seed: int) -> None:
    graph, stretches, turn_s = _city(seed)
    matrix = csr_array((turn_s, (graph.from_road, graph.to_road)), shape=(N_ROADS, N_ROADS))
    least_s, search, way = dijkstra(matrix), _search(len(turn_s)), np.zeros(N_ROADS, np.int32)
    for origin in range(N_ROADS):
        for target in range(N_ROADS):
            n = fastest_way(origin, target, graph, stretches, search, way)
            if origin == target:
                around = turn_s + least_s[graph.to_road, target]
                best_s = around[graph.from_road == origin].min(initial=np.inf)
            else:
                best_s = least_s[origin, target]
            assert (n == 0) == np.isinf(best_s)
            if n:
                turns = way[:n]
                assert (graph.from_road[turns[0]], graph.to_road[turns[-1]]) == (origin, target)
                np.testing.assert_array_equal(graph.to_road[turns[:-1]], graph.from_road[turns[1:]])
                assert turn_s[turns].sum() == pytest.approx(best_s)


def test_of_equally_fast_ways_the_one_over_the_first_road_is_taken() -> None:
    pairs = np.array([(0, 2), (0, 1), (1, 3), (2, 3)])
    pairs = pairs[np.lexsort((-pairs[:, 1], pairs[:, 0]))]
    graph = Graph(
        first=np.array([0, 2, 3, 4, 4], np.int32),
        from_road=pairs[:, 0].astype(np.int32),
        to_road=pairs[:, 1].astype(np.int32),
        through_s=np.ones(4),
        bay=np.full(4, -1, np.int32),
        beside_bay_s=np.zeros(4),
        own_s=np.ones(4),
        length_mm=np.full(4, 1e4),
    )
    way = np.zeros(4, np.int32)
    n = fastest_way(0, 3, graph, _stretches(np.full(4, 10_000)), _search(4, 4), way)
    assert graph.to_road[way[:n]].tolist() == [1, 3]

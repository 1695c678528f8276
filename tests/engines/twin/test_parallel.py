from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.parallel import parts_of, simulate_parallel, simulate_replicas
from cityloop.engines.twin.prepare import TwinRun
from cityloop.engines.twin.simulation import simulate
from cityloop.kernels import lane_queues as lq

from .small_runs import END_S, differing, small_city, small_network, small_run


@pytest.fixture(scope="module")
def city() -> City:
    return small_city()


@pytest.fixture(scope="module")
def network(city: City) -> TwinNetwork:
    return small_network(city)


@pytest.fixture(scope="module")
def alone(network: TwinNetwork, city: City) -> TwinRun:
    run = small_run(network, city, seed=1)
    simulate(network, run, 0, END_S)
    return run


def test_the_small_city_is_a_hard_case(network: TwinNetwork, alone: TwinRun) -> None:
    assert len(network.clusters) > 10
    assert network.window_s == 10
    is_inner = network.lanes["is_inner"] == 1
    assert (is_inner & (network.lane_ix >= 0)).any()
    assert not is_inner.all()
    assert (network.lane_ix < 0).any()  # bays
    assert len(alone.built.dwells)
    assert (alone.state.exits["held_ms"] >= 0).any()  # somebody waits for room


@pytest.mark.parametrize("window_s", [1, 3, 7])
def test_the_window_changes_no_bit(network: TwinNetwork, city: City, alone: TwinRun, window_s: int) -> None:
    run = small_run(network, city, seed=1)
    simulate(network, run, 0, END_S, window_s)
    assert differing(run, alone) == []


@pytest.mark.parametrize(("n_threads", "window_s"), [(1, None), (2, None), (2, 3), (5, None), (100, 9)])
def test_a_city_over_threads_has_the_bits_of_one_core(
    network: TwinNetwork, city: City, alone: TwinRun, n_threads: int, window_s: int | None
) -> None:
    run = small_run(network, city, seed=1)
    for begin_s in range(0, END_S, 200):
        simulate_parallel(network, run, begin_s, begin_s + 200, n_threads, window_s)
    assert differing(run, alone) == []
    assert run.state.known is run.state.tails


def test_clusters_may_run_in_any_order(network: TwinNetwork, city: City, alone: TwinRun) -> None:
    run = small_run(network, city, seed=1)
    order = np.random.default_rng(1)
    for begin_s in range(0, END_S, 10):
        for cluster in order.permutation(len(network.clusters)).tolist():
            lq.advance(cluster, cluster + 1, begin_s, begin_s + 10, 10, run.built, run.state)
    assert differing(run, alone) == []


@pytest.mark.parametrize("n_threads", [1, 2, 8])
def test_replicas_have_the_bits_that_they_have_alone(network: TwinNetwork, city: City, n_threads: int) -> None:
    seeds, sizes = (1, 2, 3, 4), (1500, 300, 900, 1)
    runs = [small_run(network, city, seed, n) for seed, n in zip(seeds, sizes, strict=True)]
    simulate_replicas(network, runs, 0, END_S, n_threads)
    for run, seed, n in zip(runs, seeds, sizes, strict=True):
        own = small_run(network, city, seed, n)
        simulate(network, own, 0, END_S)
        assert differing(run, own) == []
    assert differing(runs[0], runs[2]) != []


def test_no_replica_is_no_work(network: TwinNetwork) -> None:
    simulate_replicas(network, [], 0, 10, 2)


def test_no_thread_is_refused(network: TwinNetwork, alone: TwinRun) -> None:
    with pytest.raises(Unusable, match="give at least 1"):
        simulate_parallel(network, alone, 0, 1, 0)
    with pytest.raises(Unusable, match="give at least 1"):
        simulate_replicas(network, [alone], 0, 1, 0)


@pytest.mark.parametrize("n_parts", [1, 2, 3, 1000])
def test_parts_share_the_lanes_evenly(network: TwinNetwork, n_parts: int) -> None:
    parts = parts_of(network, n_parts)
    assert [first for first, _ in parts[1:]] == [last for _, last in parts[:-1]]
    assert (parts[0][0], parts[-1][1]) == (0, len(network.clusters))
    assert len(parts) <= n_parts
    lanes = network.clusters["last_lane"] - network.clusters["first_lane"]
    largest = max(int(lanes[first:last].sum()) for first, last in parts)
    assert largest <= len(network.lanes) / n_parts + lanes.max()


def test_an_error_in_one_thread_ends_all(network: TwinNetwork, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    run, n_calls = small_run(network, city, seed=1, n_vehicles=10), iter(range(100))

    def advance(first: int, *_: object) -> None:
        if first > 0 and next(n_calls) == 1:
            raise MemoryError("full")

    monkeypatch.setattr(lq, "advance", advance)
    with pytest.raises(MemoryError, match="full"):
        simulate_parallel(network, run, 0, 100, 2)

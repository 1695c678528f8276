from __future__ import annotations

import numpy as np
import pytest

from cityloop.engines.twin import TwinEngine
from cityloop.engines.twin.records import passages_of
from cityloop.engines.twin.routing import Closure

from .fork import END_S, FIXED, TRIPS, Fork
from .small_runs import differing

SHORT, LONG = "in short out", "in down up out"


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Fork:
    return Fork.in_folder(tmp_path_factory.mktemp("fork"))


@pytest.fixture(scope="module")
def crowded(fork: Fork) -> TwinEngine:
    """The end of a run in which the short way jams."""
    return fork.engine(fork.traffic(TRIPS + FIXED), fork.router)


def _trips(ways: dict[str, str]) -> list[str]:
    """Return the ways of the trips in the order of departure."""
    return [way for name, way in ways.items() if name.startswith("trip")]


def test_trips_leave_the_way_that_jams(fork: Fork, crowded: TwinEngine) -> None:
    ways = _trips(fork.ways(crowded))
    assert set(ways[:10]) == {SHORT}
    assert set(ways) == {SHORT, LONG}
    assert ways[150:].count(LONG) > 100


def test_with_few_vehicles_all_take_the_fastest_way(fork: Fork) -> None:
    few = fork.traffic('<flow id="trip" begin="0" end="1200" period="120" from="in" to="out"/>')
    assert set(fork.ways(fork.engine(few, fork.router)).values()) == {SHORT}


def test_without_a_router_nobody_chooses(fork: Fork, crowded: TwinEngine) -> None:
    without = fork.engine(crowded.traffic)
    assert set(fork.ways(without).values()) == {SHORT}
    arrived = [(run.state.steps["passed_ms"][run.steps_end - 1] >= 0).sum() for run in (without.run, crowded.run)]
    assert arrived[1] > 2 * arrived[0]


def test_a_way_that_is_given_stays(fork: Fork, crowded: TwinEngine) -> None:
    assert {way for name, way in fork.ways(crowded).items() if name.startswith("fixed")} == {SHORT}
    given = fork.traffic(FIXED.replace('period="60"', 'period="5"'))
    assert differing(fork.engine(given).run, fork.engine(given, fork.router).run) == []


def test_a_road_that_has_to_be_passed_is_passed(fork: Fork) -> None:
    traffic = fork.traffic(TRIPS.replace('to="out"', 'via="up" to="out"'))
    assert set(fork.ways(fork.engine(traffic, fork.router)).values()) == {LONG}


def test_stops_keep_a_trip_on_its_way(fork: Fork) -> None:
    stop = '<stop edge="out" endPos="100" duration="5"/>'
    traffic = fork.traffic(TRIPS + f'<flow id="z" begin="700" end="900" period="20" from="in" to="out">{stop}</flow>')
    ways = fork.ways(fork.engine(traffic, fork.router))
    assert LONG in _trips(ways)
    assert {way for name, way in ways.items() if name.startswith("z")} == {SHORT}


def test_the_same_run_twice_has_the_same_bits(fork: Fork, crowded: TwinEngine) -> None:
    again = fork.engine(crowded.traffic, fork.router)
    assert differing(crowded.run, again.run) == []
    np.testing.assert_array_equal(crowded.run.roads, again.run.roads)
    with again:  # it begins anew
        again.advance(END_S)
        assert differing(crowded.run, again.run) == []


def test_everybody_waits_once_in_the_order_of_departure(fork: Fork) -> None:
    # so many that they queue before they enter, and choose again while they do
    traffic = fork.traffic(TRIPS.replace('period="4"', 'period="1"') + FIXED)
    run = fork.engine(traffic, fork.router, 300.0).run
    sources, queues, vehicles = run.state.sources, run.built.queues, run.state.vehicles
    assert sorted(queues.tolist()) == list(range(len(run.traffic_ix)))
    waiting = [queues[first:last] for first, last in sources[["next", "end"]].tolist()]
    assert sorted(np.concatenate(waiting).tolist()) == np.flatnonzero(vehicles["entered_ms"] < 0).tolist()
    first_turn = run.state.steps["turn"][run.steps_start]
    assert [len(np.unique(first_turn[queue])) for queue in waiting] == [1, 1]
    for queue in waiting:
        assert (np.diff(vehicles["depart_ms"][queue]) >= 0).all()


def test_whoever_waits_chooses_again(fork: Fork) -> None:
    """Those who are due at once take the long way if they enter when the short one has jammed."""
    burst = '<flow id="trip" begin="0" end="10" number="250" from="in" to="out"/>'
    ways = _trips(fork.ways(fork.engine(fork.traffic(burst), fork.router)))
    assert set(ways[:20]) == {SHORT}
    assert LONG in ways


def test_what_is_recorded_is_what_was_driven(fork: Fork, crowded: TwinEngine) -> None:
    passages = passages_of(fork.network, fork.city, crowded.run, END_S)
    entered = crowded.run.state.vehicles["entered_ms"] >= 0
    ways = list(fork.ways(crowded).values())
    names = fork.city.roads["road_id"]
    for who in range(0, len(ways), 7):
        mine = passages.vehicle == who
        driven = " ".join(names[passages.road_ix[mine]])
        assert ways[who].startswith(driven)
        assert bool(driven) == entered[who]
        assert (passages.left_s[mine][:-1] <= passages.entered_s[mine][1:] + 1e-9).all()
        if passages.is_left[mine].all() and driven:
            assert driven == ways[who]


def test_whoever_departs_while_a_road_is_closed_avoids_it(fork: Fork) -> None:
    traffic, short = fork.traffic(TRIPS.replace('period="4"', 'period="40"')), fork.road("short")

    def graph_of(kind):  # type: ignore[no-untyped-def]
        graph = fork.router._graph_of(kind)
        graph.following = [[pair for pair in pairs if pair[0] != short] for pairs in graph.following]
        return graph

    ways = _trips(fork.ways(fork.engine(traffic, fork.router.with_closure(Closure(graph_of, 200.0, 500.0)))))
    assert [way == LONG for way in ways] == [200 <= 40 * number < 500 for number in range(len(ways))]

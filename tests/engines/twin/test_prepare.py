from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import SMALLEST_SPACE_M, network_of
from cityloop.engines.twin.prepare import TwinRun, run_of
from cityloop.engines.twin.simulation import simulate
from cityloop.kernels import lane_records as lr

from ...theory.twin_streets import LIMIT_MPS, PARAMETERS, Streets, traffic_of

FULL, STRAIGHT = "full.feed full.lane full.out", "straight.in straight.out"


def _with(traffic: Traffic, **columns: Any) -> Traffic:
    """Return the traffic with other columns of its vehicles."""
    return replace(traffic, vehicles=Table("vehicles", {**traffic.vehicles, **columns}))


def _stopping(traffic: Traffic, step: int, stop_s: float = 0.0, until_s: float = np.nan) -> Traffic:
    """Return the traffic with a scheduled stop on one step of all ways."""
    columns = {name: traffic.routes[name].copy() for name in traffic.routes}
    columns["stop_s"][step], columns["stop_until_s"][step] = stop_s, until_s
    return replace(traffic, routes=Table("routes", columns))


def _run(
    streets: Streets, traffic: Traffic, until_s: float = 300.0, seed: int = 1, city: City | None = None
) -> TwinRun:
    city = city or streets.city
    network = streets.network if city is streets.city else network_of(city)
    run = run_of(network, city, traffic, 0.0, until_s, seed)
    simulate(network, run, 0, int(until_s))
    return run


def _left_s(run: TwinRun, step: int = 0) -> np.ndarray:
    """Return when each vehicle left a road of its way, in the order of the traffic."""
    return run.state.steps["passed_ms"][run.steps_start + step] / 1000


def test_vehicles_whose_way_takes_a_turn_that_the_net_does_not_have_are_left_out_with_a_finding(
    streets: Streets,
) -> None:
    traffic = traffic_of(streets.city, {FULL: [0.0, 10.0], "full.feed full.out": [5.0]})
    run = _run(streets, traffic)
    assert traffic.vehicles["vehicle_id"][run.traffic_ix].tolist() == [f"{FULL}/0", f"{FULL}/1"]
    assert len(run.findings) == 1
    assert run.findings[0].kind == "not represented"
    assert run.findings[0].text.startswith("1 vehicles are left out")
    assert (_left_s(run, 2) > 0).all()


def test_a_whole_traffic_has_no_finding(streets: Streets) -> None:
    assert _run(streets, traffic_of(streets.city, {FULL: [0.0]})).findings == ()


def test_vehicles_that_depart_outside_the_window_are_not_taken(streets: Streets) -> None:
    traffic = traffic_of(streets.city, {FULL: [0.0, 50.0, 99.9, 100.0, 150.0]})
    run = run_of(streets.network, streets.city, traffic, 50.0, 100.0, 1)
    assert run.traffic_ix.tolist() == [1, 2]
    assert run.state.vehicles["depart_ms"].tolist() == [0, 49_900]


def test_every_step_has_its_road_and_turn(streets: Streets) -> None:
    traffic = traffic_of(streets.city, {FULL: [0.0], "round.wi round.wr round.so": [1.0]})
    run = run_of(streets.network, streets.city, traffic, 0.0, 100.0, 1)
    assert run.steps_start.tolist() == [0, 3]
    names = streets.city.roads["road_id"]
    assert names[run.roads].tolist() == [*FULL.split(), "round.wi", "round.wr", "round.so"]
    turn = run.state.steps["turn"]
    assert (turn[[2, 5]] == lr.ENDS).all()
    keys = streets.network.turn_keys[turn[[0, 1, 3, 4]]]
    np.testing.assert_array_equal(keys // len(names), run.roads[[0, 1, 3, 4]])
    np.testing.assert_array_equal(keys % len(names), run.roads[[1, 2, 4, 5]])


def test_a_vehicle_takes_its_length_and_its_gap(streets: Streets) -> None:
    traffic = _with(
        traffic_of(streets.city, {FULL: [0.0, 1.0, 2.0]}),
        length_m=np.array([12.0, 4.3, 1.6]),
        min_gap_m=np.array([2.5, 1.5, 0.5]),
    )
    run = run_of(streets.network, streets.city, traffic, 0.0, 100.0, 1)
    assert run.state.vehicles["space_mm"].tolist() == [14_500, 5_800, round(SMALLEST_SPACE_M * 1000)]


def test_a_bus_at_its_stop_holds_the_lane_behind_it(streets: Streets) -> None:
    traffic = traffic_of(streets.city, {FULL: [0.0, 4.0, 8.0]})
    free_s = _left_s(_run(streets, traffic), 1)
    single = Table(
        "routes", {"road_ix": np.tile(traffic.routes["road_ix"], 2), "stop_s": [0.0, 40.0, 0.0, 0.0, 0.0, 0.0]}
    )
    start = np.array([0, 3, 3])  # only the first stops
    stopping = _with(Traffic(traffic.vehicles, single), routes_start=start, routes_end=start + 3)
    held_s = _left_s(_run(streets, stopping), 1)
    assert held_s[0] == pytest.approx(free_s[0] + 40.0, abs=0.001)
    assert (np.diff(held_s) > 1.5).all()
    assert (held_s[1:] < held_s[0] + 6.0).all()


@pytest.mark.parametrize(
    ("stop_s", "until_s", "begin_s"), [(10.0, 200.0, 0.0), (250.0, 200.0, 0.0), (0.0, 230.0, 30.0)]
)
def test_a_scheduled_stop_lasts_its_time_and_until_its_departure(
    streets: Streets, stop_s: float, until_s: float, begin_s: float
) -> None:
    traffic = traffic_of(streets.city, {FULL: [begin_s]})
    free_s = float(_left_s(_run(streets, traffic), 1)[0]) - begin_s
    run = run_of(streets.network, streets.city, _stopping(traffic, 1, stop_s, until_s), begin_s, 500.0, 1)
    simulate(streets.network, run, 0, 500)
    assert float(_left_s(run, 1)[0]) == pytest.approx(max(free_s + stop_s, until_s - begin_s), abs=0.001)


def _bus_lane(streets: Streets) -> City:
    """Return the streets with the outer lane from the west to the signal for buses only."""
    lanes = streets.city.lanes
    columns = {name: lanes[name] & (lanes["lane_id"] != "signal.wi_0") for name in ("allows_cars", "allows_bicycles")}
    movements = dict(streets.city.movements)
    inner = np.flatnonzero(lanes["lane_id"] == "signal.wi_1")[0]
    straight = streets.movement_of("signal.wi", "signal.eo")
    left = streets.movement_of("signal.wi", "signal.no")
    # from both lanes straight on, so that there is a choice
    from_lane_ix, to_lane_ix = movements["from_lane_ix"].copy(), movements["to_lane_ix"].copy()
    to_lane_ix[left], movements["direction"] = to_lane_ix[straight], movements["direction"].copy()
    assert from_lane_ix[left] == inner
    movements |= {"to_lane_ix": to_lane_ix, "wait_m": np.full(len(to_lane_ix), np.nan)}
    return replace(streets.city, lanes=Table("lanes", {**lanes, **columns}), movements=Table("movements", movements))


@pytest.mark.parametrize(
    ("vehicle_class", "lanes"),
    [
        ("passenger", {"signal.wi_1"}),
        ("bicycle", {"signal.wi_1"}),
        ("bus", {"signal.wi_0", "signal.wi_1"}),
        ("emergency", {"signal.wi_0", "signal.wi_1"}),
    ],
)
def test_vehicles_use_only_the_lanes_that_they_may(streets: Streets, vehicle_class: str, lanes: set[str]) -> None:
    city = _bus_lane(streets)
    traffic = traffic_of(city, {"signal.wi signal.eo": np.arange(0.0, 60.0, 1.0)})
    traffic = _with(traffic, **{"class": np.full(60, vehicle_class, object)})
    network = network_of(city)
    run = run_of(network, city, traffic, 0.0, 100.0, 1)
    used = set()
    for second in range(100):
        simulate(network, run, second, second + 1)
        tails = run.state.tails
        used |= {str(city.lanes["lane_id"][network.lane_ix[lane]]) for lane in np.flatnonzero(tails > 0)}
    assert {name for name in used if name.startswith("signal.wi")} == lanes


def _alone_s(streets: Streets, **columns: Any) -> float:
    """Return how long one vehicle needs from the end of the first road to the end of its way."""
    traffic = traffic_of(streets.city, {FULL: [0.0]}, **columns)
    run = _run(streets, traffic, 500.0)
    return float(_left_s(run, 2)[0] - _left_s(run, 0)[0])


def test_a_driver_keeps_its_factor_of_the_limit(streets: Streets) -> None:
    assert _alone_s(streets) / _alone_s(streets, speed_factor=1.2) == pytest.approx(1.2, rel=0.01)


def test_a_slow_vehicle_keeps_to_its_highest_speed(streets: Streets) -> None:
    length_m = streets.lane_m("full.lane") + streets.lane_m("full.out")
    assert _alone_s(streets, max_speed_mps=5.0) == pytest.approx(length_m / 5.0, rel=0.02)
    assert _alone_s(streets, max_speed_mps=55.0) == _alone_s(streets)


def test_on_an_empty_road_one_drives_at_the_limit_but_for_dawdling(streets: Streets) -> None:
    length_m = streets.lane_m("full.lane") + streets.lane_m("full.out")
    assert _alone_s(streets) == pytest.approx(length_m / (LIMIT_MPS - PARAMETERS.dawdle_mps), rel=0.005)


def test_who_departs_or_ends_within_a_road_drives_only_its_part(streets: Streets) -> None:
    def whole_s(**columns: Any) -> float:
        run = _run(streets, traffic_of(streets.city, {FULL: [0.0]}, **columns))
        return float(_left_s(run, 2)[0] - run.state.vehicles["entered_ms"][0] / 1000)

    pace_s_m = 1 / (LIMIT_MPS - PARAMETERS.dawdle_mps)
    assert whole_s() - whole_s(depart_m=400.0) == pytest.approx(400.0 * pace_s_m, rel=0.01)
    assert whole_s() - whole_s(arrival_m=300.0) == pytest.approx(500.0 * pace_s_m, rel=0.01)


def test_factors_spread_as_the_type_says_and_depend_on_seed_and_vehicle_alone(streets: Streets) -> None:
    traffic = _with(
        traffic_of(streets.city, {FULL: np.arange(2000.0)}),
        speed_dev=np.full(2000, 0.1),
        speed_factor=np.full(2000, 1.05),
    )
    runs = [
        run_of(streets.network, streets.city, traffic, *window)
        for window in ((0.0, 2000.0, 1), (500.0, 2000.0, 1), (0.0, 2000.0, 2))
    ]
    slow = [run.state.vehicles["slow"] for run in runs]
    factor = 1024 / slow[0]
    assert factor.mean() == pytest.approx(1.05, abs=0.01)
    assert factor.std() == pytest.approx(0.1, abs=0.01)
    np.testing.assert_array_equal(slow[0][500:], slow[1])
    assert (slow[0] != slow[2]).mean() > 0.9


def test_a_run_without_vehicles_is_possible(streets: Streets) -> None:
    run = run_of(streets.network, streets.city, traffic_of(streets.city, {FULL: [700.0]}), 0.0, 100.0, 1)
    simulate(streets.network, run, 0, 100)
    assert len(run.traffic_ix) == 0
    assert not run.state.tails.any()


def test_a_vehicle_that_may_use_no_lane_of_its_way_is_left_out_with_a_finding(streets: Streets) -> None:
    lanes = streets.city.lanes
    columns = {name: lanes[name] & (lanes["lane_id"] != "full.lane_0") for name in ("allows_cars", "allows_bicycles")}
    city = replace(streets.city, lanes=Table("lanes", {**lanes, **columns}))
    traffic = traffic_of(city, {FULL: [0.0, 10.0, 20.0], STRAIGHT: [30.0]})
    traffic = _with(traffic, **{"class": np.array(["passenger", "bus", "bicycle", "passenger"], object)})
    run = _run(streets, traffic, 400.0, city=city)
    assert run.traffic_ix.tolist() == [1, 3]
    assert len(run.findings) == 1
    assert run.findings[0].text.startswith("2 vehicles are left out")
    assert (_left_s(run) > 0).all()


def test_on_a_full_road_who_was_to_depart_first_enters_first(streets: Streets) -> None:
    ways = [f"stop.si stop.{arm}o" for arm in "enw"]
    departures_s = np.arange(0.0, 600.0, 6.0)
    traffic = traffic_of(streets.city, {way: departures_s + 2.0 * i for i, way in enumerate(ways)})
    run = _run(streets, traffic, 3600.0)
    entered_ms = run.state.vehicles["entered_ms"]
    assert (entered_ms >= 0).all()
    assert (np.diff(entered_ms) > 0).all()

"""What if: closures, other demand, other offsets, gates, on the twin."""

import json
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_traffic
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin import TwinEngine
from cityloop.engines.twin.engine import LaneEvent
from cityloop.engines.twin.prepare import is_trip
from cityloop.engines.twin.records import passages_of
from cityloop.measures.intervals import Verdict
from cityloop.run.detours import Detours, as_taken
from cityloop.run.once import run_once
from cityloop.run.option import Option, closed_rows, with_demand, with_offsets
from cityloop.run.readings import router_of
from cityloop.run.spec import RunSpec
from cityloop.run.whatif import whatif
from cityloop.run.whatif_results import WITHOUT_WAY_FRAC
from cityloop.scenarios import catalogue
from cityloop.sensing import sensor_of

from .block import N_SECONDS

AS_IS = Option("as things are")


@pytest.fixture(scope="module")
def traffic(source, city):
    return read_traffic(source, city, 1)


@pytest.fixture(scope="module")
def answer(block):
    options = (
        AS_IS,
        Option("rest", closed_roads=("rest",)),
        Option("direct", closed_roads=("direct",)),
        Option("for a while", closed_roads=("rest",), from_s=200, until_s=400),
        Option("a lane", closed_lanes=("direct_0",)),
        Option("more", demand_frac=2),
        Option("shifted", offsets_s={"a": 20}),
        Option("gated", gates={"direct": 0.25}),
        Option("again as it is"),
    )
    return whatif(str(block), options, ("field",), (1, 2, 3))


def results_of(answer, option):
    return [result for result in answer.results if result.option == option]


def comparison_of(answer, option):
    (found,) = (comparison for comparison in answer.comparisons if comparison.option == option)
    return found


def roads_of(traffic, row):
    span = slice(traffic.vehicles["routes_start"][row], traffic.vehicles["routes_end"][row])
    return traffic.routes["road_ix"][span].tolist()


def road(city, name):
    return city.roads["road_id"].tolist().index(name)


def played(city, traffic, events=(), end_s=N_SECONDS):
    engine = TwinEngine(city, traffic, sensor_of("ideal", city, 1), 0, N_SECONDS, 1, events=events)
    engine.advance(end_s)
    return engine


# --- options


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"demand_frac": -1}, "--demand"),
        ({"demand_frac": 0}, "--demand"),
        ({"demand_frac": math.nan}, "--demand"),
        ({"demand_frac": math.inf}, "--demand"),
        ({"from_s": 20, "until_s": 20}, "--from"),
        ({"offsets_s": {"a": math.inf}}, "--offset"),
        ({"gates": {"direct": 0}}, "--gate: the gate of direct keeps 0 of the green, .*; use 0.5 for half"),
        ({"gates": {"direct": 1}}, "--close to let nobody in"),
        ({"gates": {"direct": math.nan}}, "--gate"),
    ],
)
def test_options_that_cannot_be_used(changed, words):
    with pytest.raises(Unusable, match=words):
        Option("odd", **changed)


def test_an_unknown_name_is_told_with_those_near_it(city):
    with pytest.raises(Unusable, match="did you mean direct"):
        closed_rows(Option("", closed_roads=("dirct",)), city)
    with pytest.raises(Unusable, match="did you mean direct_"):
        closed_rows(Option("", closed_lanes=("direct_7",)), city)
    with pytest.raises(Unusable, match="no edge '#'; use the name of one of its 8 edges"):
        closed_rows(Option("", closed_roads=("#",)), city)
    with pytest.raises(Unusable, match="--offset"):
        with_offsets(city, {"q": 3})


def test_offsets_move_the_plans_of_their_signal_alone(street):
    moved = with_offsets(street, {"K": 12.5})
    is_moved = street.signals["signal_id"][street.plans["signal_ix"]] == "K"
    assert is_moved.any() and not is_moved.all()
    assert (moved.plans["offset_s"][is_moved] == 12.5).all()
    assert (moved.plans["offset_s"][~is_moved] == street.plans["offset_s"][~is_moved]).all()
    assert with_offsets(street, {}) is street


def many(n):
    vehicles = {
        "vehicle_id": [f"v{row}" for row in range(n)],
        "depart_s": np.arange(n, dtype=float),
        "routes_start": np.zeros(n, int),
        "routes_end": np.ones(n, int),
    }
    return Traffic(Table("vehicles", vehicles), Table("routes", {"road_ix": [0]}))


@given(st.floats(0.05, 4), st.floats(0.05, 4), st.integers(0, 1000))
def test_a_larger_demand_has_all_vehicles_of_a_smaller_one(one, other, seed):
    small, large = (with_demand(many(400), share, seed).vehicles for share in sorted((one, other)))
    there = [set(table["vehicle_id"][np.isfinite(table["depart_s"])]) for table in (small, large)]
    assert there[0] <= there[1]
    assert len(there[1]) == np.isfinite(large["depart_s"]).sum()  # names stay unique
    assert len(there[1]) / 400 == pytest.approx(max(one, other), abs=0.13)


def test_whoever_stays_keeps_row_and_departure_and_repeated_ones_follow_soon():
    before, after = many(400).vehicles, with_demand(many(400), 2.5, 3).vehicles
    assert (after["depart_s"][:400] == before["depart_s"]).all()
    original = np.array([int(name[1:].partition("+")[0]) for name in after["vehicle_id"][400:]])
    later_s = after["depart_s"][400:] - before["depart_s"][original]
    assert ((later_s >= 0) & (later_s < 60)).all()
    assert len(np.unique(later_s)) == len(later_s)
    less = with_demand(many(400), 0.5, 3).vehicles
    assert less.n_rows == 400
    assert set(less["depart_s"][np.isfinite(less["depart_s"])]) <= set(before["depart_s"])


# --- detours


def test_whoever_would_use_a_closed_road_goes_around_it(source, city, traffic):
    detoured = Detours(source, city, (road(city, "rest"),), ()).at_departure(traffic, 0, N_SECONDS)
    assert detoured.stuck == ()
    assert len(detoured.rerouted) > 100
    around = [road(city, name) for name in ("around", "back", "out")]
    for row in range(traffic.vehicles.n_rows):
        roads = roads_of(detoured.traffic, row)
        if row in detoured.rerouted:
            assert roads[1:] == around
        else:
            assert roads == roads_of(traffic, row)
            assert road(city, "rest") not in roads
    assert (detoured.traffic.vehicles["depart_s"] == traffic.vehicles["depart_s"]).all()


def test_stops_stay_on_another_way(source, city, traffic):
    detoured = Detours(source, city, (road(city, "rest"),), ()).at_departure(traffic, 0, N_SECONDS)
    bus = traffic.vehicles["vehicle_id"].tolist().index("bus")
    table = detoured.traffic.vehicles
    stop_s = detoured.traffic.routes["stop_s"][slice(table["routes_start"][bus], table["routes_end"][bus])]
    assert stop_s.tolist() == [0, 0, 0, 20]


def test_whoever_has_no_other_way_departs_never_and_is_counted(source, city, traffic):
    detoured = Detours(source, city, (road(city, "direct"),), ()).at_departure(traffic, 0, N_SECONDS)
    names = traffic.vehicles["vehicle_id"][list(detoured.stuck)]
    assert len(names) == 10
    assert all(name.startswith("delivery") for name in names)
    assert np.isinf(detoured.traffic.vehicles["depart_s"][list(detoured.stuck)]).all()
    assert traffic.vehicles["depart_s"].max() < N_SECONDS  # what was given stays as it was


def test_a_turn_whose_lanes_are_all_closed_is_avoided(source, city, traffic):
    lanes = city.lanes["lane_id"].tolist()
    one, both = (tuple(map(lanes.index, names)) for names in (("direct_0",), ("direct_0", "direct_1")))
    assert Detours(source, city, (), one).at_departure(traffic, 0, N_SECONDS).rerouted == ()
    detoured = Detours(source, city, (), both).at_departure(traffic, 0, N_SECONDS)
    assert (len(detoured.rerouted), len(detoured.stuck)) == (traffic.vehicles.n_rows - 10, 10)


def test_a_closure_concerns_only_those_who_can_come_to_it_while_it_lasts(source, city, traffic):
    detoured = Detours(source, city, (road(city, "rest"),), (), 200, 400).at_departure(traffic, 0, N_SECONDS)
    depart_s = traffic.vehicles["depart_s"][list(detoured.rerouted)]
    assert depart_s.min() >= 200
    assert depart_s.max() < 400 - 300 / 13.9  # who leaves later needs longer to it than it is closed
    assert Detours(source, city, (), ()).at_departure(traffic, 0, N_SECONDS).rerouted == ()


def test_whoever_is_on_its_way_at_the_closing_turns_off(source, city, traffic):
    rest = road(city, "rest")
    detours = Detours(source, city, (rest,), (), 200, 400)
    first = detours.at_departure(traffic, 0, N_SECONDS)
    second = detours.on_the_way(first.traffic, played(city, first.traffic).run, 0)
    assert 3 < len(second.rerouted) < 30
    assert (traffic.vehicles["depart_s"][list(second.rerouted)] < 200).all()
    engine = played(city, second.traffic)
    passages = passages_of(engine.network, city, engine.run, N_SECONDS)
    on_it = (passages.road_ix == rest) & (passages.entered_s > 200) & (passages.entered_s < 400)
    assert set(engine.run.traffic_ix[passages.vehicle[on_it]]) <= set(second.stuck)  # too late: already on ``direct``
    assert 0 < len(second.stuck) < 15
    again = detours.on_the_way(second.traffic, engine.run, 0)
    assert (again.rerouted, again.stuck) == ((), second.stuck)


def test_trips_that_chose_before_the_closing_keep_their_ways(source, city, traffic):
    rest = road(city, "rest")
    detours = Detours(source, city, (rest,), (), 200, 400)
    router = router_of(source, "block").with_closure(detours.closure())
    first = detours.at_departure(traffic, 0, N_SECONDS).traffic
    engine = TwinEngine(city, first, sensor_of("ideal", city, 1), 0, N_SECONDS, 1, router=router)
    engine.advance(N_SECONDS)
    fixed, run = as_taken(first, engine.run, 200), engine.run
    is_early = first.vehicles["depart_s"] < 200
    assert is_trip(first).sum() > 100
    assert not is_trip(fixed)[is_early].any()
    assert (is_trip(fixed)[~is_early] == is_trip(first)[~is_early]).all()
    for at, row in enumerate(run.traffic_ix.tolist()):
        if is_early[row]:
            assert roads_of(fixed, row) == run.roads[run.steps_start[at] : run.steps_end[at]].tolist()
        else:
            assert roads_of(fixed, row) == roads_of(first, row)
    second = detours.on_the_way(first, run, 0)
    assert len(second.rerouted) > 3
    engine = TwinEngine(city, second.traffic, sensor_of("ideal", city, 1), 0, N_SECONDS, 1, router=router)
    engine.advance(N_SECONDS)
    passages = passages_of(engine.network, city, engine.run, N_SECONDS)
    on_it = (passages.road_ix == rest) & (passages.entered_s > 200) & (passages.entered_s < 400)
    assert set(engine.run.traffic_ix[passages.vehicle[on_it]]) <= set(second.stuck)


# --- lanes of the engine


def test_nobody_enters_a_closed_lane_until_it_opens_again(city, traffic):
    lane = city.lanes["lane_id"].tolist().index("direct_0")
    events = [LaneEvent(400, (lane,), is_open=True), LaneEvent(200, (lane,), is_open=False)]
    engine = TwinEngine(city, traffic, sensor_of("ideal", city, 1), 0, N_SECONDS, 1, events=events)
    lanes_before = engine.network.lanes.copy()
    first = engine.network.lane_of[lane]
    n_on_it = []
    for second in range(1, N_SECONDS + 1):
        engine.advance(second)
        n_on_it.append(int(engine.run.state.tails[first]))
    assert n_on_it[199] > 5
    assert n_on_it[399] == n_on_it[200]
    assert n_on_it[-1] > n_on_it[399] + 5
    assert (engine.network.lanes == lanes_before).all()


def test_an_engine_that_starts_again_closes_again(city, traffic):
    lane = city.lanes["lane_id"].tolist().index("direct_0")
    engine = played(city, traffic, [LaneEvent(-math.inf, (lane,), is_open=False)])
    with engine:
        assert engine.run.state.tails[engine.network.lane_of[lane]] == 0
        engine.advance(N_SECONDS)
        assert engine.run.state.tails[engine.network.lane_of[lane]] == 0


# --- whatif


def test_as_things_are_is_what_a_run_gives(answer, block, tmp_path):
    run = run_once(RunSpec(str(block), "field", 2, tmp_path, engine="twin"))
    (mine,) = (result for result in results_of(answer, AS_IS.name) if result.seed == 2)
    for name in ("delay_s", "travel_time_s", "stops", "n_vehicles", "n_unfinished", "queue_mean_veh"):
        assert getattr(mine, name) == getattr(run, name)


def test_every_option_runs_on_every_seed(answer):
    assert answer.failures == ()
    assert {(result.option, result.seed) for result in answer.results} == {
        (option.name, seed) for option in answer.options for seed in (1, 2, 3)
    }
    assert [comparison.option for comparison in answer.comparisons] == [option.name for option in answer.options[1:]]


def test_the_same_option_makes_no_difference(answer):
    found = comparison_of(answer, "again as it is")
    assert found.measures["delay_s"].difference.mean == 0
    assert found.measures["delay_s"].verdict in (Verdict.NO_DIFFERENCE_SHOWN, Verdict.CANNOT_TELL)


def test_a_closed_road_costs_time_and_its_detours_are_counted(answer):
    found = comparison_of(answer, "rest")
    assert (found.n_rerouted, found.n_without_way, found.n_kept) == (131, 0, 0)
    assert found.measures["journey_s"].verdict is Verdict.WORSE
    assert found.measures["journey_s"].difference.low > 5
    for ours, base in zip(results_of(answer, "rest"), results_of(answer, AS_IS.name), strict=True):
        assert ours.n_vehicles == base.n_vehicles


def test_with_other_vehicles_nobody_can_tell(answer):
    found = comparison_of(answer, "direct")
    assert found.n_without_way == 10 > WITHOUT_WAY_FRAC * 141
    assert {compared.verdict for compared in found.measures.values()} == {Verdict.CANNOT_TELL}


def test_a_closure_for_a_while_concerns_fewer(answer):
    found = comparison_of(answer, "for a while")
    assert 20 < found.n_rerouted < 80
    assert found.n_without_way == 0
    assert 0 < found.n_kept < 15
    assert (
        0
        < found.measures["journey_s"].difference.mean
        < comparison_of(answer, "rest").measures["journey_s"].difference.mean
    )


def test_more_traffic_is_worse_and_another_offset_is_another_day(answer):
    assert comparison_of(answer, "more").measures["delay_s"].verdict is Verdict.WORSE
    assert all(result.n_vehicles > 260 for result in results_of(answer, "more"))
    assert comparison_of(answer, "shifted").measures["delay_s"].difference.mean != 0
    assert comparison_of(answer, "a lane").n_rerouted == 0


def test_a_gate_holds_traffic_back_and_is_told(answer):
    found = comparison_of(answer, "gated")
    assert found.is_gated
    assert found.measures["delay_s"].verdict is Verdict.WORSE  # there is no jam to be avoided
    assert found.n_rerouted == 0
    (heads,) = (of_option for of_option in answer.gated_heads.values() if of_option)
    assert heads is answer.gated_heads["gated"]
    assert {(head.road, head.signal) for head in heads} == {("direct", "a")}
    assert not any(comparison.is_gated for comparison in answer.comparisons if comparison.option != "gated")


def test_arms_that_decide_their_greens_know_of_no_gate(block):
    options = (AS_IS, Option("gated", gates={"direct": 0.3}))
    answer = whatif(str(block), options, ("field", "max-pressure"), (1,), window_s=(0, 240), n_workers=1)
    field, served = answer.comparisons
    assert (field.is_gated, served.is_gated) == (True, False)
    assert field.measures["delay_s"].difference.mean > 0
    assert {measure.difference.mean for measure in served.measures.values()} == {0}


def test_it_is_ready_for_json(answer):
    told = json.loads(json.dumps(answer.as_json(), allow_nan=False))
    assert told["schema"] == 1
    assert told["options"][0]["until_s"] is None
    assert told["comparisons"][0]["measures"]["journey_s"]["verdict"] == "worse"
    assert (told["gated_heads"]["gated"][0]["road"], told["gated_heads"]["rest"]) == ("direct", [])
    assert pickle.loads(pickle.dumps(answer)) == answer or math.isnan(answer.results[0].co2_g)


def test_arms_with_a_service_run_in_processes_and_learn_before(block):
    done = []
    options = (AS_IS, Option("for a while", closed_roads=("rest",), from_s=200, until_s=400))
    answer = whatif(
        str(block), options, ("field", "smart"), (1,), window_s=(0, 420), n_workers=2,
        on_progress=lambda n_done, n_runs: done.append((n_done, n_runs)),
    )  # fmt: skip
    assert answer.failures == ()
    assert done == [(n, 4) for n in range(5)]
    assert [(result.option, result.arm) for result in answer.results] == [
        (option.name, arm) for option in options for arm in ("field", "smart")
    ]
    smart = comparison_of(replace(answer, comparisons=answer.comparisons[1:]), "for a while")
    assert smart.measures["delay_s"].verdict is Verdict.CANNOT_TELL  # one seed
    assert smart.n_rerouted > 5
    assert all(result.n_faults == 0 for result in answer.results)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"options": ()}, "no option"),
        ({"options": (AS_IS, AS_IS)}, "named twice"),
        ({"arms": ("clever",)}, "unknown arm"),
        ({"arms": ("sumo-actuated",)}, "SUMO's own control"),
        ({"arms": ()}, "no arm"),
        ({"seeds": ()}, "no seed"),
        ({"options": (AS_IS, Option("late", closed_roads=("rest",), from_s=9000))}, "outside of the window"),
        ({"options": (AS_IS, Option("nowhere", closed_roads=("rast",)))}, "did you mean rest"),
        ({"options": (AS_IS, Option("nobody", demand_frac=1e-9))}, "no vehicle departs"),
        ({"options": (AS_IS, Option("gated", gates={"rest": 0.5}))}, "no signal leads onto 'rest'"),
        ({"options": (AS_IS, Option("gated", gates={"direct": 0.5})), "arms": ("smart",)}, "give --arms field"),
    ],
)
def test_what_cannot_be_used(block, arguments, words):
    asked = {"options": (AS_IS,), "arms": ("field",), "seeds": (1,)} | arguments
    with pytest.raises(Unusable, match=words):
        whatif(str(block), **asked)


@pytest.mark.skipif(
    not any(listing.name == "cologne8" and listing.is_installed for listing in catalogue()),
    reason="needs the scenarios of sumo-rl",
)
def test_a_street_of_cologne_is_closed_for_five_minutes():
    closed = Option("closed", closed_roads=("-186623965#16",), from_s=25500, until_s=25800)
    arms = ("field", "max-pressure")  # what has been read here for one is not sent to the process of the other
    answer = whatif("cologne8", (AS_IS, closed), arms, (1, 2, 3), window_s=(25200, 26400), n_workers=2)
    assert answer.failures == ()
    found, with_service = answer.comparisons
    assert with_service.n_rerouted > 10
    assert found.n_rerouted > 10
    assert found.measures["journey_s"].verdict is Verdict.WORSE

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import codes_of
from cityloop.city.table import Table
from cityloop.engines.twin import TwinEngine
from cityloop.engines.twin.network import TwinNetwork, network_of
from cityloop.engines.twin.prepare import TwinRun, run_of
from cityloop.engines.twin.signals import rules_shown
from cityloop.engines.twin.simulation import simulate
from cityloop.kernels import lane_records as lr
from cityloop.sensing import sensor_of

from ...theory.twin_streets import PARAMETERS, Streets, planned, traffic_of

STRAIGHT = "straight.in straight.out"
CYCLE = (("G", 20.0), ("y", 3.0), ("r", 37.0))
GREEN_S, CYCLE_S = 20.0, 60.0


def _offset(city: City, street: str, offset_s: float) -> City:
    """Return the city with another offset of one signal's plan."""
    plans = city.plans
    signal_ix = [str(name).split(".")[0] for name in city.signals["signal_id"]].index(street)
    offsets_s = np.where(plans["signal_ix"] == signal_ix, offset_s, plans["offset_s"])
    return replace(city, plans=Table("plans", {**plans, "offset_s": offsets_s}))


def _shown(city: City, signal_ix: int, t_s: float) -> str:
    """Return what a signal's plan shows at a time."""
    plan_ix = int(city.signals["plan_ix"][signal_ix])
    first, last = int(city.plans["stages_start"][plan_ix]), int(city.plans["stages_end"][plan_ix])
    durations_s = city.stages["duration_s"][first:last]
    left_s = (t_s - city.plans["offset_s"][plan_ix]) % durations_s.sum()
    for state, duration_s in zip(city.states_of(plan_ix), durations_s, strict=True):
        if left_s < duration_s:
            return state
        left_s -= duration_s
    raise AssertionError("the cycle has ended")


def _may_go(run: TwinRun, move: int) -> bool:
    return bool(run.state.shown["go"][move] != lr.STOP)


@pytest.mark.parametrize("offset_s", [0.0, 7.5, 33.0, 59.5, 200.0, -12.0])
@pytest.mark.parametrize("begin_s", [0.0, 100.0, 3599.0])
def test_a_plan_is_in_step_with_its_offset_from_the_begin_on(streets: Streets, offset_s: float, begin_s: float) -> None:
    city = _offset(planned(streets.city, straight=CYCLE), "straight", offset_s)
    traffic = traffic_of(city, {STRAIGHT: [begin_s]})
    run = run_of(streets.network, city, traffic, begin_s, begin_s + 300.0, 1)
    move = streets.network.move_of[streets.movement_of(*STRAIGHT.split())]
    signal_ix = int(city.movements["signal_ix"][streets.network.movement_ix[move]])
    for second in range(150):
        simulate(streets.network, run, second, second + 1)
        shown = _shown(city, signal_ix, begin_s + second + 0.999)
        assert _may_go(run, move) == (shown == "G"), second


@pytest.mark.parametrize("offset_s", [0.0, 7.5, 33.0])
def test_vehicles_pass_in_step_with_the_offset(streets: Streets, offset_s: float) -> None:
    city = _offset(planned(streets.city, straight=CYCLE), "straight", offset_s)
    traffic = traffic_of(city, {STRAIGHT: np.arange(100.0, 1300.0, 3.0)})
    run = run_of(streets.network, city, traffic, 100.0, 1300.0, 1)
    simulate(streets.network, run, 0, 1200)
    left_s = run.state.steps["passed_ms"][run.steps_start] / 1000
    in_cycle_s = (100.0 + left_s[left_s >= 0] - offset_s) % CYCLE_S
    assert len(in_cycle_s) > 150
    assert in_cycle_s.min() == pytest.approx(PARAMETERS.start_loss_s, abs=0.001)
    assert in_cycle_s.max() <= GREEN_S + 1.1


def _with_second_plan(city: City, street: str, at_s: float, offset_s: float) -> City:
    """Return the city with a plan of all red for a street, in force from a time on, beside the one that it has."""
    signal_ix = [str(name).split(".")[0] for name in city.signals["signal_id"]].index(street)
    n_stages, n_plans = city.stages.n_rows, city.plans.n_rows
    stages = {name: np.append(city.stages[name], city.stages[name][:2]) for name in city.stages}
    stages["plan_ix"][n_stages:] = n_plans
    stages["state"][n_stages:] = ["r", "G"]
    stages["duration_s"][n_stages:] = [45.0, 45.0]
    plans = {name: np.append(city.plans[name], city.plans[name][:1]) for name in city.plans}
    plans["signal_ix"][n_plans], plans["plan_id"][n_plans], plans["offset_s"][n_plans] = signal_ix, "later", offset_s
    plans["stages_start"][n_plans], plans["stages_end"][n_plans] = n_stages, n_stages + 2
    switches = Table("switches", {"signal_ix": [signal_ix], "at_s": [at_s], "plan_ix": [n_plans]})
    return replace(city, plans=Table("plans", plans), stages=Table("stages", stages), switches=switches)


def test_a_switch_brings_the_other_plan_in_step_with_its_own_offset(streets: Streets) -> None:
    at_s, offset_s = 1000.0, 10.0
    city = _with_second_plan(planned(streets.city, straight=CYCLE), "straight", at_s, offset_s)
    traffic = traffic_of(city, {STRAIGHT: np.arange(400.0, 1900.0, 3.0)})
    with TwinEngine(city, traffic, sensor_of("ideal", city, 1), 400.0, 2000.0, 1, streets.network) as engine:
        link = city.links_of(int(city.switches["signal_ix"][0])).start
        for t_s in np.arange(401.0, 1900.0, 1.0):
            engine.advance(t_s)
            shown = chr_of(int(engine.sense().display[link]))
            plan_s = (t_s - offset_s) % 90.0 if t_s > at_s else t_s % CYCLE_S
            expected = (
                ("r" if plan_s < 45 else "G") if t_s > at_s else ("G" if plan_s < 20 else "y" if plan_s < 23 else "r")
            )
            if t_s != at_s:
                assert shown == expected, t_s
        left_s = 400.0 + engine.run.state.steps["passed_ms"][engine.run.steps_start] / 1000
    after_s = left_s[left_s > at_s + 10.0]
    assert len(after_s) > 100
    assert ((after_s - offset_s) % 90.0 >= 45.0).all()


def chr_of(code: int) -> str:
    """Return the character of a code."""
    return next(character for character in "rGy" if codes_of(character)[0] == code)


def _face_moves(run: TwinRun, signal_ix: int) -> list[list[int]]:
    plans = run.plans
    return [
        plans.parts["move"][plans.faces["first_part"][face] : plans.faces["last_part"][face]].tolist()
        for face in plans.faces_of_signal[signal_ix]
    ]


@pytest.fixture(scope="module")
def pair_networks(pair: City) -> dict[str, TwinNetwork]:
    """Return the pair as one cluster, and with a longer road between its junctions, which part them."""
    lanes = Table("lanes", {**pair.lanes, "length_m": np.maximum(pair.lanes["length_m"], 100.0)})
    apart = network_of(replace(pair, lanes=lanes), windows_s=(1,))
    return {"together": network_of(pair), "apart": apart}


@pytest.mark.parametrize("name", ["together", "apart"])
def test_a_signal_has_a_face_in_each_cluster_that_it_rules(
    pair: City, pair_networks: dict[str, TwinNetwork], name: str
) -> None:
    network = pair_networks[name]
    run = run_of(network, pair, traffic_of(pair, {"WA AB": [0.0]}), 0.0, 100.0, 1)
    nodes = pair.nodes["node_id"].tolist()
    clusters = {int(network.cluster_of_node[nodes.index(node)]) for node in "AB"}
    assert len(clusters) == (1 if name == "together" else 2)
    faces = _face_moves(run, 0)
    assert len(faces) == len(clusters)
    ruled = {move for moves in faces for move in moves}
    assert ruled == set(np.flatnonzero(pair.movements["signal_ix"][network.movement_ix] == 0).tolist())


@pytest.mark.parametrize("name", ["together", "apart"])
def test_all_faces_of_a_signal_show_its_plan_together(
    pair: City, pair_networks: dict[str, TwinNetwork], name: str
) -> None:
    day = pair.plans["plan_id"].tolist().index("day")
    pair = replace(pair, signals=Table("signals", {**pair.signals, "plan_ix": [day]}))
    network = pair_networks[name]
    run = run_of(network, pair, traffic_of(pair, {"WA AB": [20.0]}), 17.0, 400.0, 1)
    links = pair.links["index"][pair.movements["link_ix"][network.movement_ix]]
    for second in range(200):
        simulate(network, run, second, second + 1)
        shown = _shown(pair, 0, 17.0 + second + 0.999)
        for move in np.flatnonzero(pair.movements["signal_ix"][network.movement_ix] == 0).tolist():
            assert _may_go(run, move) == (shown[links[move]] in "Ggs"), (second, move)


@pytest.mark.parametrize(
    ("character", "into", "out_of"),
    [
        ("r", lr.STOP, lr.YIELDING),
        ("y", lr.YELLOW, lr.YIELDING),
        ("u", lr.STOP, lr.YIELDING),
        ("g", lr.PROTECTED, lr.YIELDING),
        ("G", lr.PROTECTED, lr.PROTECTED),
        ("s", lr.STOP_THEN_YIELD, lr.YIELDING),
    ],
)
def test_whoever_waits_inside_may_go_on_whatever_the_signal_shows(
    streets: Streets, character: str, into: int, out_of: int
) -> None:
    network = streets.network
    move = network.move_of[streets.movement_of("signal.wi", "signal.no")]
    moves = np.array([move, network.moves["bay_move"][move]])
    codes = np.repeat(codes_of(character), 2)
    assert rules_shown(network, moves, codes).tolist() == [into, out_of]


@pytest.mark.parametrize("character", ["o", "O"])
def test_a_signal_that_is_off_leaves_the_right_of_way_to_the_junction(streets: Streets, character: str) -> None:
    network = streets.network
    moves = np.flatnonzero(streets.city.movements["signal_ix"][network.movement_ix] >= 0)
    rules = rules_shown(network, moves, np.repeat(codes_of(character), len(moves)))
    np.testing.assert_array_equal(rules, network.rules[moves])


@pytest.mark.parametrize(
    ("character", "rule"),
    [
        ("r", lr.STOP),
        ("u", lr.STOP),
        ("y", lr.YELLOW),
        ("g", lr.YIELDING),
        ("G", lr.PROTECTED),
        ("s", lr.STOP_THEN_YIELD),
    ],
)
def test_without_a_place_inside_a_movement_may_do_what_its_head_shows(
    streets: Streets, character: str, rule: int
) -> None:
    move = streets.network.move_of[streets.movement_of("signal.wi", "signal.eo")]
    assert rules_shown(streets.network, np.array([move]), codes_of(character)).tolist() == [rule]


def test_a_turn_that_waits_inside_clears_at_the_end_of_its_green(streets: Streets) -> None:
    shown = {streets.link_of("signal.wi", "signal.no"): "g", streets.link_of("signal.ei", "signal.wo"): "G"}
    green = "".join(shown.get(i, "r") for i in range(streets.n_links("signal")))
    plan = ((green, 60.0), (green.replace("g", "y").replace("G", "y"), 3.0), ("r" * len(green), 57.0))
    left, foes = "signal.wi signal.no", "signal.ei signal.wo"
    day = streets.day({left: np.arange(0.0, 240.0, 2.0), foes: np.arange(0.0, 600.0, 2.0)}, 600.0, signal=plan)
    # foes leave no gap, so that each cycle serves whom it finds inside at its end
    bay = streets.network.moves["to_lane"][streets.network.move_of[streets.movement_of(*left.split())]]
    assert day.run.state.heads[bay] >= 4

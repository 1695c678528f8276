from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise, product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.point_queue import NEVER_S
from cityloop.kernels.stage_search import NO_STAGE

from .junction import LONG_AGO_S, UNTOUCHED, Junction, Model, Queued, plan, queue

SECONDS = (1.0,) * 20
CROSS = ("Gr", "rG")  # two lanes in conflict, a stage for each


# --- what the search chooses ----------------------------------------------------------------------------------------


def test_the_longer_queue_goes_first() -> None:
    for one, other, expected in ((2, 5, 0), (5, 2, 1)):
        junction = Junction(("rr", "rG", "Gr"), (queue(other), queue(one, 1)), delay_s=3.0)
        assert plan([junction], SECONDS).stages == (2 - expected,)


def test_a_short_queue_that_has_green_is_served_before_it_ends() -> None:
    assert plan([Junction(CROSS, (queue(1), queue(6, 1)), delay_s=3.0)], SECONDS).stages == (0,)


def test_a_green_that_nobody_needs_ends() -> None:
    assert plan([Junction(CROSS, ((), queue(1, 1)), delay_s=3.0)], SECONDS).stages == (1,)
    assert plan([Junction(CROSS, ((), ()))], SECONDS).stages == (0,)  # nobody there: all stays as it is


def test_a_platoon_about_to_arrive_keeps_its_green() -> None:
    platoon = tuple(Queued(2.0 + 2.0 * k) for k in range(6))
    assert plan([Junction(CROSS, (platoon, queue(1, 1)), delay_s=5.0)], SECONDS).stages == (0,)


def test_weight_decides_between_equals() -> None:
    heavy = (Queued(0.0, 1, weight=30.0),)
    assert plan([Junction(CROSS, (queue(3), heavy), delay_s=3.0)], SECONDS).stages == (1,)


def test_green_into_a_full_road_is_worth_nothing() -> None:
    queues = (queue(6, 0), queue(2, 1))
    junction = Junction(CROSS, queues, outs=(0, 1), delay_s=3.0, places={0: []})
    assert plan([junction], SECONDS).stages == (1,)
    assert plan([Junction(CROSS, queues, outs=(0, 1), delay_s=3.0)], SECONDS).stages == (0,)


def test_a_longer_horizon_serves_a_longer_queue() -> None:
    long_queue = Junction(CROSS, (queue(30), ()), delay_s=5.0)
    for scale in (1.0, 2.0):
        (departures,) = plan([long_queue], SECONDS, horizon_scale=[scale]).departures_s
        served_s = [t_s for t_s in departures[0] if t_s < NEVER_S]
        assert scale * sum(SECONDS) - 3.0 < max(served_s) < scale * sum(SECONDS)


def test_what_waits_at_the_horizon_counts() -> None:
    # one vehicle could be served just before the horizon: it saves a second, and what it would have waited further
    junction, short = Junction(CROSS, ((), queue(3, 1)), delay_s=5.0), (1.0,) * 6
    assert plan([junction], short, model=Model(switch_cost_s=5.0)).stages == (0,)
    assert plan([junction], short, model=Model(switch_cost_s=5.0, residual_s=20.0)).stages == (1,)
    assert plan([junction], short, model=Model(switch_cost_s=5.0, residual_growth_s=2.0)).stages == (1,)


def test_changing_can_be_made_dear() -> None:
    junction = Junction(CROSS, ((), queue(3, 1)), delay_s=1.0)
    assert plan([junction], SECONDS).stages == (1,)
    assert plan([junction], SECONDS, model=Model(switch_cost_s=1e6)).stages == (0,)


@pytest.mark.parametrize("hold_until_s", [0.5, 3.0, 12.0])
def test_a_stage_is_held_as_long_as_it_must_be(hold_until_s: float) -> None:
    junction = Junction(CROSS, ((), queue(5, 1)), delay_s=2.0, hold_until_s=hold_until_s)
    planned = plan([junction], SECONDS)
    assert planned.stages == (0,)
    assert planned.departures_s[0][1][0] >= hold_until_s + 2.0


def test_a_hold_that_is_over_binds_no_more() -> None:
    assert plan([Junction(CROSS, ((), queue(5, 1)), hold_until_s=-1.0)], SECONDS).stages == (1,)


def test_a_stage_chosen_is_held_as_well() -> None:
    hold_s = np.array([[0.0, 9.0], [0.0, 0.0]])
    junction = Junction(CROSS, (queue(9), queue(1, 1)), hold_s=hold_s, stage=0, delay_s=1.0)
    planned = plan([junction], SECONDS, model=Model(residual_s=50.0))
    first, second = planned.departures_s[0]
    later = [t_s for t_s in first if second[0] < t_s < NEVER_S]
    assert planned.stages == (0,) or (later and min(later) >= 9.0)


def test_a_stage_that_is_not_allowed_is_not_chosen() -> None:
    junction = Junction(CROSS, (queue(9), queue(1, 1)), is_allowed=(False, True), delay_s=3.0)
    assert plan([junction], SECONDS).stages == (1,)


# --- what holds whatever the traffic --------------------------------------------------------------------------------


@st.composite
def junctions(draw: st.DrawFn) -> Junction:
    """Draw a junction with some traffic, some of it in shared lanes and behind full roads."""
    n_movements = draw(st.integers(1, 4))
    n_lanes = draw(st.integers(1, n_movements))
    stages = draw(
        st.lists(st.text("rgG", min_size=n_movements, max_size=n_movements), min_size=1, max_size=4, unique=True)
    )
    lanes = tuple(draw(st.integers(0, n_lanes - 1)) for _ in range(n_movements))
    queues = []
    for lane in range(n_lanes):
        own = [m for m in range(n_movements) if lanes[m] == lane]
        times = draw(st.lists(st.floats(0.0, 25.0), max_size=5)) if own else []
        queues.append(
            tuple(Queued(t_s, draw(st.sampled_from(own)), draw(st.sampled_from([1.0, 3.0]))) for t_s in sorted(times))
        )
    n_stages = len(stages)
    stage = draw(st.integers(0, n_stages - 1))
    allowed = draw(st.lists(st.booleans(), min_size=n_stages, max_size=n_stages))
    allowed[stage] = True  # as while a stage must be held
    return Junction(
        stages=tuple(stages),
        queues=tuple(queues),
        lanes=lanes,
        outs=tuple(draw(st.integers(-1, 1)) for _ in range(n_movements)),
        yields=tuple((a, b) for a, b in pairwise(range(n_movements)) if draw(st.booleans())),
        headway_s=draw(st.sampled_from([1.5, 2.0])),
        delay_s=draw(st.sampled_from([0.0, 3.0, 5.5])),
        hold_s=draw(st.sampled_from([0.0, 6.0])),
        stage=stage,
        before=draw(st.integers(0, n_stages - 1)),
        switched_s=draw(st.sampled_from([LONG_AGO_S, -4.0, 0.0])),
        hold_until_s=draw(st.sampled_from([-3.0, 0.0, 4.0])),
        is_allowed=tuple(allowed),
        obstructed_s=tuple(draw(st.sampled_from([0.0, 2.0])) for _ in range(n_movements)),
        places=draw(st.fixed_dictionaries({}, optional={0: st.sampled_from([(), (0.0, 4.0)])})),
    )


beams = st.sampled_from([1, 2, 3, 8, 32])
MODEL = Model(1.0, 3.0, 1.5, 10.0, 1.0)


@settings(deadline=None, max_examples=80)
@given(junctions(), beams, st.sampled_from([SECONDS[:12], (1.0, 1.0, 2.0, 2.0, 4.0, 4.0)]))
def test_a_beam_of_any_width_gives_a_lawful_plan(junction: Junction, beam: int, steps_s: Sequence[float]) -> None:
    if 0 not in junction.out_of:
        junction = Junction(**{**vars(junction), "places": {}})
    planned = plan([junction], steps_s, beam, MODEL)
    (stage,), (by_lane,) = planned.stages, planned.departures_s
    assert junction.is_allowed is not None
    assert junction.is_allowed[stage]
    assert stage == junction.stage or junction.hold_until_s <= 0.0
    into: dict[int, list[float]] = {}
    for lane, vehicles in enumerate(junction.queues):
        left = [t_s for t_s in by_lane[lane] if t_s < NEVER_S]
        assert all(t_s == NEVER_S for t_s in by_lane[lane][len(left) :])  # first in, first out
        for vehicle, t_s in zip(vehicles, left, strict=False):
            assert max(vehicle.arrival_s, junction.obstructed_s[vehicle.movement]) <= t_s < sum(steps_s)  # type: ignore[index]
            into.setdefault(junction.out_of[vehicle.movement], []).append(t_s)
            assert any(shown[vehicle.movement] != "r" for shown in junction.stages)
        assert all(b - a >= junction.headway_s - 1e-9 for a, b in pairwise(left))
    for out, places_s in junction.places.items():
        entered = sorted(into.get(out, []))
        assert len(entered) <= len(places_s)
        assert all(t_s >= place_s for t_s, place_s in zip(entered, places_s, strict=False))


@settings(deadline=None, max_examples=40)
@given(st.lists(junctions(), min_size=2, max_size=4), beams, st.randoms(use_true_random=False))
def test_neither_order_nor_company_changes_a_plan(drawn: list[Junction], beam: int, rng: Random) -> None:
    cases = [j if 0 in j.out_of else Junction(**{**vars(j), "places": {}}) for j in drawn]
    together = plan(cases, SECONDS[:8], beam, MODEL)
    assert plan(cases, SECONDS[:8], beam, MODEL) == together
    order = list(range(len(cases)))
    rng.shuffle(order)
    assert plan(cases, SECONDS[:8], beam, MODEL, parts=[order]) == together
    assert plan(cases, SECONDS[:8], beam, MODEL, parts=[[k] for k in order]) == together
    for k, junction in enumerate(cases):
        alone = plan([junction], SECONDS[:8], beam, MODEL)
        assert (alone.stages[0], alone.departures_s[0]) == (together.stages[k], together.departures_s[k])


def test_signals_that_are_not_planned_are_left_alone() -> None:
    cross = Junction(CROSS, (queue(1), queue(6, 1)))
    planned = plan([cross, cross], SECONDS, parts=[[1]])
    assert planned.stages == (UNTOUCHED, 1)
    assert set(planned.departures_s[0][1]) == {UNTOUCHED}


@settings(deadline=None, max_examples=60)
@given(st.lists(junctions(), min_size=1, max_size=4), beams, st.data())
def test_work_that_runs_out_leaves_the_last_signals_without_a_stage(
    drawn: list[Junction], beam: int, data: st.DataObject
) -> None:
    cases = [j if 0 in j.out_of else Junction(**{**vars(j), "places": {}}) for j in drawn]
    whole = plan(cases, SECONDS[:8], beam, MODEL)
    work = [plan([junction], SECONDS[:8], beam, MODEL).n_evaluations for junction in cases]
    done = list(accumulate(work))
    assert whole.n_evaluations == done[-1]
    most = data.draw(st.one_of(st.integers(0, done[-1] + 1), st.sampled_from(done)))
    short = plan(cases, SECONDS[:8], beam, MODEL, most_evaluations=most)
    assert short.n_evaluations == min(most, done[-1])
    for k, until in enumerate(done):
        if until <= most:
            assert (short.stages[k], short.departures_s[k]) == (whole.stages[k], whole.departures_s[k])
        else:
            assert short.stages[k] == NO_STAGE
            assert {t_s for lane in short.departures_s[k] for t_s in lane} <= {NEVER_S}


def test_no_work_plans_nothing() -> None:
    planned = plan([Junction(CROSS, (queue(2), queue(2, 1)))], SECONDS, most_evaluations=0)
    assert (planned.stages, planned.n_evaluations) == ((NO_STAGE,), 0)


def test_a_first_decision_with_nothing_to_choose_from_is_no_stage() -> None:
    held = Junction(CROSS, (queue(1), queue(1, 1)), is_allowed=(False, True), hold_until_s=3.0)
    planned = plan([held, Junction(CROSS, (queue(1), ()))], SECONDS)
    assert planned.stages == (NO_STAGE, 0)
    assert planned.departures_s[0] == ((NEVER_S,), (NEVER_S,))


# --- against every sequence of stages -------------------------------------------------------------------------------

N_STEPS, DELAY_S, HOLD_S = 8, 2.0, 3.0
TWO_LANES = Model(start_loss_s=0.5, yellow_use_s=1.0, residual_s=6.0, residual_growth_s=1.0)
lane_arrivals = st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.25, 2.0, 3.5, 5.0, 6.75]), max_size=4).map(sorted)


def _departures_s(arrivals_s: Sequence[float], lane: int, sequence: Sequence[int], headway_s: float) -> list[float]:
    """Serve one lane of a crossing, green in the stage of its number, by its greens as a whole."""
    greens, loss_s = [], TWO_LANES.start_loss_s
    shown = [0, *sequence]  # stage 0 has been shown for long
    for k, (last, now) in enumerate(pairwise(shown)):
        if now == lane and (last != lane or k == 0):
            greens.append([LONG_AGO_S if last == lane else k + DELAY_S, float(N_STEPS)])
        if now != lane and last == lane:
            if k == 0:
                greens.append([LONG_AGO_S, 0.0])
            greens[-1][1] = k + TWO_LANES.yellow_use_s
    departures_s, free_s = [], 0.0
    for arrival_s in arrivals_s:
        for start_s, end_s in greens:
            late_s = start_s + loss_s if arrival_s < start_s + loss_s else start_s
            t_s = max(arrival_s, free_s, late_s, 0.0)
            if t_s < min(end_s, N_STEPS):
                departures_s.append(t_s)
                free_s = t_s + headway_s
                break
        else:
            break
    return departures_s


def _cost(arrivals_s: Sequence[float], departures_s: Sequence[float]) -> float:
    """Return delay within the horizon and what is expected after it."""
    waiting = [t_s for t_s in arrivals_s[len(departures_s) :] if t_s < N_STEPS]
    delay_s = sum(left - came for came, left in zip(arrivals_s, departures_s, strict=False))
    delay_s += sum(N_STEPS - t_s for t_s in waiting)
    return delay_s + len(waiting) * (TWO_LANES.residual_s + TWO_LANES.residual_growth_s * len(waiting))


def _is_lawful(sequence: Sequence[int]) -> bool:
    switches = [k for k, (a, b) in enumerate(pairwise((0, *sequence))) if a != b]
    return all(b - a >= HOLD_S for a, b in pairwise(switches))


LAWFUL = [sequence for sequence in product((0, 1), repeat=N_STEPS) if _is_lawful(sequence)]


@settings(deadline=None, max_examples=80)
@given(lane_arrivals, lane_arrivals)
def test_a_wide_beam_finds_the_best_of_all_sequences(one_s: list[float], other_s: list[float]) -> None:
    arrivals = (one_s, other_s)
    queues = tuple(tuple(Queued(t_s, lane) for t_s in arrivals[lane]) for lane in (0, 1))
    junction = Junction(CROSS, queues, delay_s=DELAY_S, hold_s=HOLD_S)
    costs = [
        sum(_cost(arrivals[lane], _departures_s(arrivals[lane], lane, sequence, 2.0)) for lane in (0, 1))
        for sequence in LAWFUL
    ]
    for beam in (256, 16, 2):
        planned = plan([junction], (1.0,) * N_STEPS, beam, TWO_LANES)
        left = [[t_s for t_s in lane if t_s < NEVER_S] for lane in planned.departures_s[0]]
        cost = sum(_cost(arrivals[lane], left[lane]) for lane in (0, 1))
        if beam == 256:
            assert cost == pytest.approx(min(costs))
            best = [sequence[0] for sequence, c in zip(LAWFUL, costs, strict=True) if c == pytest.approx(min(costs))]
            assert planned.stages[0] in best
        else:
            assert cost >= min(costs) - 1e-9


@settings(deadline=None, max_examples=60)
@given(lane_arrivals, lane_arrivals, beams)
def test_who_leaves_had_green_or_yellow(one_s: list[float], other_s: list[float], beam: int) -> None:
    queues = tuple(tuple(Queued(t_s, lane) for t_s in own) for lane, own in enumerate((one_s, other_s)))
    planned = plan([Junction(CROSS, queues, delay_s=DELAY_S, hold_s=HOLD_S)], (1.0,) * 12, beam, TWO_LANES)
    passages = sorted((t_s, lane) for lane, left in enumerate(planned.departures_s[0]) for t_s in left if t_s < NEVER_S)
    for (a_s, lane_a), (b_s, lane_b) in pairwise(passages):
        if lane_a != lane_b:  # between them lies a switch, less the yellow that was driven, and the clearance
            assert b_s - a_s > DELAY_S - TWO_LANES.yellow_use_s

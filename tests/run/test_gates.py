"""Gates: less green onto a road by the plans in force, and nothing else changed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.city.errors import Unusable
from cityloop.city.link_state import RED, codes_of, is_green, text_of
from cityloop.city.sumo import read_traffic
from cityloop.city.table import Table
from cityloop.control.guard import SignalGuard, can_be_green_together, clearance_of, signal_rules
from cityloop.control.orders import Orders, StageOrder
from cityloop.engines.twin import TwinEngine
from cityloop.engines.twin.records import passages_of
from cityloop.run.gates import ALWAYS_GREEN, CLEARANCE, MINIMUM_GREEN, with_gates
from cityloop.run.option import with_demand
from cityloop.sensing import sensor_of

from .block import N_SECONDS

CHECKER = Path(__file__).parents[2] / "benchmarks" / "check_states.py"


def rules_of(city, clearance="program"):
    return signal_rules(city, clearance_of(clearance))


def gated(city, gates, clearance="program"):
    return with_gates(city, gates, rules_of(city, clearance))


def signal(city, name):
    return city.signals["signal_id"].tolist().index(name)


def steps_of(city, signal_ix):
    """Return states and durations of the plan in force."""
    plan_ix = city.signals["plan_ix"][signal_ix]
    rows = slice(city.plans["stages_start"][plan_ix], city.plans["stages_end"][plan_ix])
    return list(zip(city.states_of(plan_ix), city.stages["duration_s"][rows].tolist(), strict=True))


def film_of(city, signal_ix):
    """Return what every link shows in each second of the cycle; durations are whole."""
    return np.stack(
        [codes_of(state) for state, duration_s in steps_of(city, signal_ix) for _ in range(int(duration_s))]
    )


def heads_onto(city, signal_ix, road):
    """Return the links, counted within their signal, that rule a movement onto a road."""
    moves, links = city.movements, city.links_of(signal_ix)
    to_road = city.roads["road_id"][city.lanes["road_ix"][moves["to_lane_ix"]]]
    own = (moves["to_lane_ix"] >= 0) & (moves["signal_ix"] == signal_ix) & (to_road == road)
    return sorted(set((moves["link_ix"][own] - links.start).tolist()))


def with_plan(city, signal_ix, steps):
    """Return the city with other steps in the plan in force of a signal; a plan stands for each signal here."""
    plan_of = {int(city.signals["plan_ix"][ix]): ix for ix in range(city.signals.n_rows)}
    rows = [
        (plan_ix, *step)
        for plan_ix in range(city.plans.n_rows)
        for step in (steps if plan_of[plan_ix] == signal_ix else steps_of(city, plan_of[plan_ix]))
    ]
    plan_ix, states, durations_s = zip(*rows, strict=True)
    bounds = np.searchsorted(plan_ix, np.arange(city.plans.n_rows + 1))
    plans = {**city.plans, "stages_start": bounds[:-1], "stages_end": bounds[1:]}
    stages = {"plan_ix": plan_ix, "state": np.array(states, object), "duration_s": durations_s}
    return replace(city, plans=Table("plans", plans), stages=Table("stages", stages))


# --- the plan


def test_half_of_the_green_by_hand(city):
    a = signal(city, "a")
    before, after = film_of(city, a), film_of(gated(city, {"direct": 0.5})[0], a)
    own = heads_onto(city, a, "direct")
    others = [link for link in range(before.shape[1]) if link not in own]
    assert others
    assert (after[:, others] == before[:, others]).all()
    for link in own:
        green = np.flatnonzero(is_green(before[:, link]))
        kept = np.flatnonzero(is_green(after[:, link]))
        assert (
            kept.tolist() == green[len(green) - round(len(green) / 2) :].tolist()
        )  # the begin is later, the end stays
        assert (after[green[: len(green) - len(kept)], link] == RED).all()


def test_the_heads_are_told(city):
    heads = gated(city, {"direct": 0.5})[1]
    assert [head.link for head in heads] == heads_onto(city, signal(city, "a"), "direct")
    for head in heads:
        assert (head.road, head.signal, head.plan, head.limit) == ("direct", "a", "0", "")
        assert head.cycle_s == 90
        assert abs(head.green_s - head.green_before_s / 2) <= 0.5


def test_no_gates_leave_the_city_alone(city):
    assert with_gates(city, {}, ())[0] is city


def test_signals_without_a_gate_keep_their_plans(street):
    after = gated(street, {"KE": 0.6})[0]
    j, k = signal(street, "J"), signal(street, "K")
    assert steps_of(after, j) == steps_of(street, j)
    assert steps_of(after, k) != steps_of(street, k)
    for name in ("nodes", "roads", "lanes", "movements", "conflicts", "signals", "links", "switches"):
        assert getattr(after, name) is getattr(street, name)
    for name in ("signal_ix", "plan_id", "kind", "offset_s"):
        assert (after.plans[name] == street.plans[name]).all()


def test_of_two_shares_a_head_gets_the_smaller(city):
    a = signal(city, "a")
    both = gated(city, {"direct": 0.8, "around": 0.4})[0]
    alone = gated(city, {"around": 0.4})[0]
    own = heads_onto(city, a, "around")
    assert (film_of(both, a)[:, own] == film_of(alone, a)[:, own]).all()


def one_head(city):
    """Return the signal ``a``, one head onto ``around``, and what makes a state in which all others are red."""
    a = signal(city, "a")
    link = heads_onto(city, a, "around")[0]
    n_links = film_of(city, a).shape[1]
    return a, link, lambda character: "".join(character if at == link else "r" for at in range(n_links))


def test_a_green_across_the_end_of_the_cycle_is_one_green(city):
    a, link, state = one_head(city)
    wrapped = with_plan(city, a, [(state("G"), 10.0), (state("y"), 3.0), (state("r"), 37.0), (state("G"), 10.0)])
    after = gated(wrapped, {"around": 0.4})[0]
    assert text_of(film_of(after, a)[:, link]) == "rrGGGGGGGG" + "yyy" + "r" * 47
    assert len(steps_of(after, a)) == 5  # one more: all others stay whole


def test_red_with_yellow_moves_along(city):
    a, link, state = one_head(city)
    steps = [(state("u"), 1.0), (state("G"), 20.0), (state("y"), 3.0), (state("r"), 36.0)]
    after = gated(with_plan(city, a, steps), {"around": 0.5})[0]
    assert text_of(film_of(after, a)[:, link]) == "r" * 10 + "u" + "G" * 10 + "yyy" + "r" * 36
    turned = with_plan(city, a, [*steps[1:], steps[0]])  # shown at the end of the cycle, before the green at its begin
    assert text_of(film_of(gated(turned, {"around": 0.5})[0], a)[:, link]) == (
        "r" * 9 + "u" + "G" * 10 + "yyy" + "r" * 37
    )


def test_each_green_keeps_its_minimum(city):
    a, link, state = one_head(city)
    steps = [(state("G"), 30.0), (state("r"), 10.0), (state("g"), 6.0), (state("r"), 10.0)]
    changed = with_plan(city, a, steps)
    after, (head,) = gated(changed, {"around": 0.2})
    assert text_of(film_of(after, a)[:, link]) == "r" * 24 + "G" * 6 + "r" * 10 + "rggggg" + "r" * 10
    assert (head.green_before_s, head.green_s, head.limit) == (36, 11, MINIMUM_GREEN)
    (head,) = gated(changed, {"around": 0.2}, "street")[1]
    assert (head.green_s, head.limit) == (7 + 6, MINIMUM_GREEN)  # 7 s on the street; 6 s are no less than they are


def test_no_green_begins_before_another_that_has_just_ended_is_clear(city):
    a, own = signal(city, "a"), heads_onto(city, signal(city, "a"), "around")
    rules = rules_of(city, "street")[a]
    foe, link = next((i, j) for i, j in np.argwhere(rules.is_conflict).tolist() if j in own and i not in own)
    clear_s = int(rules.yellow_s[foe] + rules.all_red_s[foe, link])

    def beside(character, of_link="g"):
        shown = {foe: character, link: of_link}
        return "".join(shown.get(at, "r") for at in range(rules.n_links))

    steps = [(beside("G"), 20.0), (beside("y"), 3.0), (beside("r"), 27.0), (beside("r", "r"), 10.0)]
    changed = with_plan(city, a, steps)
    for share in np.arange(0.2, 1, 0.02).tolist():
        after, (head,) = gated(changed, {"around": share}, "street")
        begin = int(np.flatnonzero(is_green(film_of(after, a)[:, link]))[0])
        assert begin < 20 or begin >= 20 + clear_s
        assert (head.limit == "") == (begin == round((1 - share) * 50) and share * 50 > 6.5)
        assert head.limit in ("", CLEARANCE, MINIMUM_GREEN)


# --- any plan

CHARACTERS = "rrGGgysu"


@st.composite
def plans(draw, n_links):
    """Steps with anything at all, as long as one is there."""
    lengths = st.integers(1, 40)
    return draw(
        st.lists(
            st.tuples(st.text(CHARACTERS, min_size=n_links, max_size=n_links), lengths.map(float)),
            min_size=1,
            max_size=8,
        )
    )


@settings(deadline=None, max_examples=200)
@given(data=st.data(), road=st.sampled_from(["KE", "KJ", "KN"]), share=st.floats(0.02, 0.98))
@pytest.mark.parametrize("clearance", ["street", "program"])
def test_whatever_the_plan_is_only_the_begins_of_gated_greens_move(street, clearance, data, road, share):
    k = signal(street, "K")
    changed = with_plan(street, k, data.draw(plans(film_of(street, k).shape[1])))
    rules = rules_of(changed, clearance)
    own = heads_onto(changed, k, road)
    try:
        after, heads = with_gates(changed, {road: share}, rules)
    except Unusable as refused:
        assert "cannot become shorter" in str(refused)
        return
    film, held = film_of(changed, k), film_of(after, k)
    assert len(held) == len(film)  # the cycle
    assert set(np.cumsum([step[1] for step in steps_of(changed, k)])) <= set(
        np.cumsum([step[1] for step in steps_of(after, k)])
    )  # every step still begins and ends when it did
    others = [link for link in range(film.shape[1]) if link not in own]
    assert (held[:, others] == film[:, others]).all()
    assert steps_of(after, signal(street, "J")) == steps_of(changed, signal(street, "J"))
    told = {head.link: head for head in heads}
    assert set(told) == {link for link in own if is_green(film[:, link]).any()}
    for link in own:
        green, kept = is_green(film[:, link]), is_green(held[:, link])
        assert (held[kept, link] == film[kept, link]).all()
        assert (held[~green, link] == film[~green, link]).all() or "u" in text_of(film[:, link])
        if not green.any():
            continue
        assert (told[link].green_before_s, told[link].green_s) == (green.sum(), kept.sum())
        if green.all():
            assert kept.all() and told[link].limit == ALWAYS_GREEN
            continue
        check_greens(film, held, link, rules[k], share, told[link].limit)
    for greens in np.where(is_green(held), held, RED).astype(np.uint8):
        assert can_be_green_together(rules[k], greens) is None


def check_greens(film, held, link, rules, share, limit):
    """Assert what holds for each green of a gated head, second by second from its begin as planned."""
    n_seconds = len(film)
    green = is_green(film)
    begins = np.flatnonzero(green[:, link] & ~np.roll(green[:, link], 1)).tolist()
    is_as_asked = True
    for begin in begins:
        length = int(np.argmin(np.roll(green[:, link], -begin)))
        span = (begin + np.arange(length)) % n_seconds
        kept = is_green(held[span, link])
        later = int(np.argmax(kept))
        assert kept[later:].all() and kept.any()  # it begins later and ends as planned
        assert kept.sum() >= min(length, rules.min_green_s[link])
        is_as_asked &= abs(kept.sum() - share * length) <= 0.5 + 1e-9
        if later == 0:
            continue
        for foe in np.flatnonzero(~np.isnan(rules.all_red_s[:, link])).tolist():
            seconds = np.flatnonzero(green[span[: later + 1], foe])
            if len(seconds) and seconds[-1] < later:
                assert later - (seconds[-1] + 1) >= rules.yellow_s[foe] + rules.all_red_s[foe, link]
                assert text_of(film[span[later : later + 1], foe]) != "y"
    assert is_as_asked or limit


# --- what cannot be gated


def test_roads_that_cannot_be_gated(city):
    with pytest.raises(Unusable, match="the city has no edge 'dirct'; did you mean direct"):
        gated(city, {"dirct": 0.5})
    with pytest.raises(Unusable, match="--gate: no signal leads onto 'rest'; give a road that begins at a signal"):
        gated(city, {"direct": 0.5, "rest": 0.5})


def test_greens_that_cannot_become_shorter(city):
    a, _, state = one_head(city)
    short = with_plan(city, a, [(state("G"), 5.0), (state("r"), 40.0)])
    with pytest.raises(Unusable, match=r"'around' cannot become shorter \(minimum green\); gate a road with more"):
        gated(short, {"around": 0.5})
    with pytest.raises(Unusable, match=r"\(always green\)"):
        gated(with_plan(city, a, [(state("G"), 5.0), (state("g"), 40.0)]), {"around": 0.5})
    with pytest.raises(Unusable, match="'around' cannot become shorter; ask for a smaller share"):
        gated(with_plan(city, a, [(state("G"), 8.0), (state("r"), 40.0)]), {"around": 0.96})
    with pytest.raises(Unusable, match="cannot become shorter"):
        gated(with_plan(city, a, [(state("r"), 40.0)]), {"around": 0.5})
    off = replace(city, plans=Table("plans", {**city.plans, "kind": np.full(city.plans.n_rows, "off", object)}))
    with pytest.raises(Unusable, match="cannot become shorter"):
        gated(off, {"around": 0.5})


# --- in the twin


def n_onto(city, traffic, road):
    """Return how many vehicles come onto a road."""
    engine = TwinEngine(city, traffic, sensor_of("ideal", city, 1), 0, N_SECONDS, 1)
    engine.advance(N_SECONDS)
    passages = passages_of(engine.network, city, engine.run, N_SECONDS)
    return int((city.roads["road_id"][passages.road_ix] == road).sum())


def test_half_of_the_green_lets_half_of_a_queue_in(source, city):
    crowd = with_demand(read_traffic(source, city, 1), 10, 1)
    open_veh = n_onto(city, crowd, "direct")
    assert open_veh > 200
    for share in (0.3, 0.5, 0.8):
        assert n_onto(gated(city, {"direct": share})[0], crowd, "direct") / open_veh == pytest.approx(share, abs=0.05)


def test_a_gate_that_nobody_waits_at_lets_all_in(source, city):
    few = with_demand(read_traffic(source, city, 1), 0.1, 1)
    open_veh = n_onto(city, few, "direct")
    assert open_veh > 10
    assert n_onto(gated(city, {"direct": 0.7})[0], few, "direct") >= open_veh - 2  # the last may still wait


def shown_in_the_twin(source, city, guard=None):
    """Return what the signals show in each second under their plans, which a guard may carry out."""
    traffic = read_traffic(source, city, 1)
    begin_s, end_s = source.begin_s, source.begin_s + 300
    engine = TwinEngine(city, traffic, sensor_of("ideal", city, 1), begin_s, end_s, 1)
    links = [city.links_of(ix) for ix in range(city.signals.n_rows)]
    films = [film_of(city, ix) for ix in range(city.signals.n_rows)]
    offsets_s = city.plans["offset_s"][city.signals["plan_ix"]]
    shown, refusals = [], []
    for t_s in np.arange(begin_s + 1, end_s):
        engine.advance(float(t_s))
        view = engine.sense()
        shown.append([text_of(view.display[of_signal]) for of_signal in links])
        if guard is not None:
            now = [film[int(t_s - offset_s) % len(film)] for film, offset_s in zip(films, offsets_s, strict=True)]
            greens = [np.where(is_green(codes), codes, RED).astype(np.uint8) for codes in now]
            permit = guard.permit(view, [Orders(tuple(StageOrder(ix, wish) for ix, wish in enumerate(greens)))])
            refusals += permit.refusals
            engine.act(permit)
    return shown, refusals


def violations(source, city, shown, folder):
    """Return what the outside checker finds in what signals showed."""
    names = city.signals["signal_id"].tolist()
    lines = [
        f'<tlsState time="{t_s}.00" id="{name}" programID="online" phase="0" state="{state}"/>'
        for t_s, states in enumerate(shown)
        for name, state in zip(names, states, strict=True)
    ]
    path = folder / "states.xml"
    path.write_text(f"<tlsStates>{''.join(lines)}</tlsStates>")
    demands = ["--yellow", "3", "--all-red", "0", "--min-green", "5", "--min-walk", "5", "--max-red", "120"]
    command = [sys.executable, str(CHECKER), str(source.net_path), str(path), "--json", "--program-id", "online"]
    done = subprocess.run([*command, *demands], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["violations"]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.85])
def test_gated_plans_are_as_safe_as_they_were(street, street_source, tmp_path, share):
    city = gated(street, {"KE": share, "JK": share, "JS": share})[0]
    assert violations(street_source, street, shown_in_the_twin(street_source, street)[0], tmp_path) == []
    assert violations(street_source, city, shown_in_the_twin(street_source, city)[0], tmp_path) == []


def test_the_guard_carries_gated_plans_out(street, street_source, tmp_path):
    city = gated(street, {"KE": 0.5, "JK": 0.5, "JS": 0.5})[0]
    plan, _ = shown_in_the_twin(street_source, city)
    for rules in (rules_of(street), rules_of(city)):  # of the plans as they were, and of the gated ones
        shown, refusals = shown_in_the_twin(street_source, city, SignalGuard(city, rules))
        assert violations(street_source, city, shown, tmp_path) == []
        assert not [refusal for refusal in refusals if "conflict" in refusal.reason]
        for ix in range(city.signals.n_rows):
            for link in range(len(plan[0][ix])):
                planned, made = (sum(second[ix][link] in "gG" for second in film) for film in (plan, shown))
                assert made == pytest.approx(planned, abs=0.1 * len(plan))

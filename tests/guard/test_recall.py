from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import codes_of, text_of
from cityloop.control.guard import Clearance, signal_rules
from cityloop.control.guard.machine import SignalMachine
from cityloop.control.guard.recall import Recall

CityOf = Callable[[list[dict[str, Any]]], City]
INF = float("inf")


@pytest.fixture
def setting(city_of: CityOf, cross: dict[str, Any]) -> Callable[..., tuple[Recall, SignalMachine]]:
    def made(states: list[str], shown: str, tick_s: float = 1.0, jitter_s: float = 0.0) -> tuple[Recall, SignalMachine]:
        junction = {**cross, "states": [(state, 20.0) for state in states]}
        rules = signal_rules(city_of([junction]), Clearance.street())[0]
        machine = SignalMachine(rules, np.zeros(4, np.uint8), np.zeros(4))
        machine.adopt(0.0, codes_of(shown), np.ones(4, np.bool_))
        machine.advance(1.0)
        return Recall(rules, tick_s, jitter_s), machine

    return made


Setting = Callable[..., tuple[Recall, SignalMachine]]


def _due(**by_link: float) -> Any:
    due_s = np.full(4, INF)
    for link, at_s in by_link.items():
        due_s[int(link[1:])] = at_s
    return due_s


def test_the_margin_counts_minimum_green_yellow_and_all_red(setting: Setting) -> None:
    recall, machine = setting(["Grgr", "rGrr"], "Grgr")
    assert recall.schedule(machine, 1.0, _due()).margin_s == INF
    assert recall.schedule(machine, 1.0, _due(l0=50.0)).margin_s == INF  # is green
    # minimum green until 7, yellow until 10, all-red until 12
    assert recall.schedule(machine, 1.0, _due(l1=50.0)).margin_s == 50 - 12
    # later than the minimum green only the tick counts: switch at 31
    assert recall.schedule(machine, 30.0, _due(l1=50.0)).margin_s == 50 - 36


def test_times_are_rounded_up_to_ticks_and_ticks_may_be_late(setting: Setting) -> None:
    recall, machine = setting(["Grgr", "rGrr"], "Grgr", tick_s=2.0)
    assert recall.schedule(machine, 30.0, _due(l1=50.0)).margin_s == 50 - (32 + 4 + 2)
    recall, machine = setting(["Grgr", "rGrr"], "Grgr", tick_s=2.0, jitter_s=0.5)
    assert recall.schedule(machine, 30.0, _due(l1=50.0)).margin_s == 50 - (32.5 + 4.5 + 2.5)


def test_homes_are_served_one_after_the_other_the_nearest_deadline_first(setting: Setting) -> None:
    recall, machine = setting(["Grrr", "rGrr", "rrgG"], "Grrr")
    due_s = _due(l1=90.0, l2=60.0, l3=70.0)
    # switch at 31: links 2 and 3; link 3 has no conflict with 0 and starts at once, link 2 after 3 + 2 s at 36;
    # both for 7 s: switch at 43; the crossing is clear at 55, link 1 starts
    assert recall.schedule(machine, 30.0, due_s).margin_s == min(60 - 36, 70 - 31, 90 - 55)
    assert recall.schedule(machine, 30.0, _due(l1=90.0, l2=60.0), codes_of("rrgG")).margin_s == min(60 - 35, 90 - 54)


def test_a_transition_on_its_way_is_counted(setting: Setting) -> None:
    recall, machine = setting(["Grrr", "rGrr", "rrgG"], "Grrr")
    machine.aim(20.0, codes_of("rGrr"))
    machine.advance(21.0)
    # green at 25, for 7 s, then 3 + 2 s
    assert recall.schedule(machine, 21.0, _due(l2=60.0)).margin_s == 60 - 37


def test_the_stage_that_serves_the_most_urgent_is_chosen(setting: Setting) -> None:
    recall, machine = setting(["Grrr", "rGrr", "rrgr", "rrgG"], "rGrr")
    assert recall.home_ix.tolist() == [0, 1, 3, 3]
    assert text_of(recall.choose(machine, 30.0, _due(l0=100.0, l2=60.0, l3=100.0))) == "rrgG"
    assert text_of(recall.choose(machine, 30.0, _due(l0=60.0, l3=100.0))) == "Grrr"


def test_a_larger_stage_that_makes_others_late_is_left_out(city_of: CityOf) -> None:
    # links 0 and 1 may be green together, but link 1 has to wait 12 s for the crossing 3; 2 conflicts with 0
    junction = {
        "n_links": 4,
        "crossings": {3},
        "lanes": [(0, 13.9), (1, 13.9), (2, 13.9)],
        "movements": [(0, 0, 9.0, 13.9, "s"), (1, 1, 9.0, 13.9, "s"), (2, 2, 9.0, 13.9, "s"), (3, -1, 12.0, 1.4, "s")],
        "conflicts": [(1, 3, False, 9.0), (3, 1, False, 9.0), (0, 2, False, 9.0), (2, 0, False, 9.0)],
        "states": [("GrrG", 9.0), ("GGrr", 9.0), ("rrGr", 9.0)],
    }
    rules = signal_rules(city_of([junction]), Clearance.street())[0]
    machine = SignalMachine(rules, np.zeros(4, np.uint8), np.zeros(4))
    machine.adopt(0.0, codes_of("rrrG"), np.ones(4, np.bool_))
    recall = Recall(rules, 1.0, 0.0)
    assert recall.home_ix.tolist() == [0, 1, 2, 0]
    # link 2 is green at 30 + 7 + 5 after the home of link 0, and at 30 + 12 + 7 + 5 after both
    assert text_of(recall.choose(machine, 30.0, _due(l0=50.0, l1=100.0, l2=54.0))) == "GGrr"
    assert text_of(recall.choose(machine, 30.0, _due(l0=50.0, l1=100.0, l2=53.0))) == "GrrG"


def test_a_larger_stage_that_cannot_begin_now_is_left_out(city_of: CityOf) -> None:
    # both stages end link 3, which has been green for long; the larger one also link 1, which has just begun
    junction = {
        "n_links": 5,
        "lanes": [(link, 13.9) for link in range(5)],
        "movements": [(link, link, 9.0, 13.9, "s") for link in range(5)],
        "conflicts": [(0, 3, False, 9.0), (3, 0, False, 9.0)],
        "states": [("GGrrr", 9.0), ("GrGrG", 9.0), ("rrGrG", 9.0)],
    }
    rules = signal_rules(city_of([junction]), Clearance.street())[0]
    machine = SignalMachine(rules, np.zeros(5, np.uint8), np.zeros(5))
    machine.adopt(0.0, codes_of("rrrGr"), np.ones(5, np.bool_))
    machine.aim(20.0, codes_of("rGrGr"))
    recall = Recall(rules, 1.0, 0.0)
    recall.home_ix[0] = 0
    due_s = np.array([28.0, INF, 90.0, INF, 90.0])
    assert text_of(recall.choose(machine, 22.0, due_s)) == "GGrrr"
    assert text_of(recall.choose(machine, 27.0, due_s + 10.0)) == "GrGrG"


def test_a_schedule_that_was_kept_stays_good_when_a_call_ends(city_of: CityOf) -> None:
    # link 1 may start at once beside link 2, to which it yields, as the home of link 0 has it; its own home ends link 2
    junction = {
        "n_links": 5,
        "lanes": [(link, 13.9) for link in range(5)],
        "movements": [(link, link, 9.0, 13.9, "s") for link in range(5)],
        "conflicts": [(1, 2, True, 9.0), (2, 1, False, 9.0), (2, 3, False, 9.0), (3, 2, False, 9.0)],
        "states": [("rGrGG", 9.0), ("GgGrr", 9.0)],
    }
    rules = signal_rules(city_of([junction]), Clearance.street())[0]
    assert rules.home_ix.tolist() == [1, 0, 1, 0, 0]
    machine = SignalMachine(rules, np.zeros(5, np.uint8), np.zeros(5))
    machine.adopt(0.0, codes_of("rrGrr"), np.ones(5, np.bool_))
    recall = Recall(rules, 1.0, 0.0)
    both, alone = np.array([30.0, 31.0, INF, INF, INF]), np.array([INF, 31.0, INF, INF, INF])
    assert recall.schedule(machine, 29.0, alone) == (31 - 35, (0,))
    schedule = recall.schedule(machine, 29.0, both)
    assert schedule == (0, (1,))
    recall.keep(schedule)
    assert recall.schedule(machine, 29.0, alone) == (31 - 30, (1,))
    assert text_of(recall.choose(machine, 31.0, alone)) == "GgGrr"
    assert recall.schedule(machine, 40.0, alone) == (31 - 41, (1,))  # too late, but less so


def test_a_start_that_is_tolerated_only_beside_another_waits_for_it(city_of: CityOf) -> None:
    # link 1 may start beside the protected green of link 0 only, which waits for link 2 to clear
    junction = {
        "n_links": 3,
        "lanes": [(0, 13.9), (1, 13.9), (2, 13.9)],
        "movements": [(0, 0, 9.0, 13.9, "s"), (1, 1, 9.0, 13.9, "s"), (2, 2, 9.0, 13.9, "s")],
        "conflicts": [(0, 1, False, 9.0), (1, 0, False, 9.0), (0, 2, True, 9.0), (2, 0, False, 9.0)],
        "states": [("grG", 9.0), ("Ggr", 9.0)],
    }
    rules = signal_rules(city_of([junction]), Clearance.street())[0]
    machine = SignalMachine(rules, np.zeros(3, np.uint8), np.zeros(3))
    machine.adopt(0.0, codes_of("grG"), np.ones(3, np.bool_))
    recall = Recall(rules, 1.0, 0.0)
    due_s = np.array([INF, 60.0, INF])
    assert recall.schedule(machine, 30.0, due_s).margin_s == 60 - (31 + 3 + 2)
    assert recall.schedule(machine, 30.0, due_s, codes_of("Ggr")).margin_s == 60 - (30 + 3 + 2)


def test_accepted_greens_become_the_home_of_links_without_one(setting: Setting) -> None:
    recall, _ = setting(["Grgr"], "Grgr")
    before_s = recall.alarm_s
    assert not recall.learn(codes_of("Grrr"))
    assert recall.learn(codes_of("rGrr"))
    assert recall.home_ix.tolist() == [0, 1, 0, -1]
    assert text_of(recall.stages[1]) == "rGrr"
    assert recall.alarm_s > before_s
    assert not recall.learn(codes_of("rGrr"))

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import codes_of, text_of
from cityloop.control.guard import Clearance, reasons, signal_rules
from cityloop.control.guard.machine import SignalMachine

CityOf = Callable[[list[dict[str, Any]]], City]
Make = Callable[[str], SignalMachine]


@pytest.fixture
def make(city_of: CityOf, cross: dict[str, Any]) -> Make:
    def made(seen: str) -> SignalMachine:
        rules = signal_rules(city_of([cross]), Clearance.street())[0]
        machine = SignalMachine(rules, np.zeros(4, np.uint8), np.zeros(4))
        machine.adopt(0.0, codes_of(seen), np.ones(4, np.bool_))
        return machine

    return made


def _film(machine: SignalMachine, from_s: int, to_s: int) -> dict[int, str]:
    """Return what is shown from each second at which it changes."""
    film: dict[int, str] = {}
    for t_s in range(from_s, to_s):
        machine.advance(float(t_s))
        text = text_of(machine.display)
        if not film or text != list(film.values())[-1]:
            film[t_s] = text
    return film


def test_a_switch_passes_yellow_and_all_red_per_pair(make: Make) -> None:
    machine = make("Grgr")
    machine.aim(10.0, codes_of("rGrr"))
    assert _film(machine, 10, 30) == {10: "yryr", 13: "rrrr", 15: "rGrr"}
    assert machine.complete_s == 15.0


def test_links_without_a_conflict_start_at_once_and_others_stay(make: Make) -> None:
    machine = make("Grrr")
    machine.aim(10.0, codes_of("GrgG"))
    assert _film(machine, 10, 20) == {10: "GrgG"}
    machine.aim(20.0, codes_of("Grrr"))
    assert _film(machine, 20, 30) == {20: "Gryr", 23: "Grrr"}  # a crossing has no yellow


def test_a_crossing_is_cleared_before_the_cars_start(make: Make) -> None:
    machine = make("GrrG")
    machine.aim(10.0, codes_of("rGrr"))
    assert _film(machine, 10, 40) == {10: "yrrr", 13: "rrrr", 22: "rGrr"}  # 12 m at 1 m/s


def test_a_yielding_green_becomes_protected_when_the_other_has_cleared(make: Make) -> None:
    machine = make("Grgr")
    machine.aim(10.0, codes_of("rrGr"))
    assert _film(machine, 10, 30) == {10: "yrgr", 13: "rrgr", 15: "rrGr"}
    machine.aim(30.0, codes_of("Grgr"))
    assert _film(machine, 30, 50) == {30: "Grgr"}  # protected to yielding at once


def test_a_yellow_link_that_is_wanted_again_is_red_first(make: Make) -> None:
    machine = make("Grrr")
    machine.aim(10.0, codes_of("rrrr"))
    machine.aim(11.0, codes_of("Grrr"))
    assert _film(machine, 11, 30) == {11: "yrrr", 13: "rrrr", 14: "Grrr"}


def test_a_start_may_be_added_while_others_end(make: Make) -> None:
    machine = make("Grgr")
    machine.aim(10.0, codes_of("Grrr"))
    assert machine.refusal(11.0, codes_of("GrrG")) is None
    machine.aim(11.0, codes_of("GrrG"))
    assert _film(machine, 11, 20) == {11: "GryG", 13: "GrrG"}


def test_why_a_switch_has_to_wait(make: Make) -> None:
    machine = make("Grgr")
    north = codes_of("rGrr")
    assert machine.refusal(0.0, north) == reasons.TRANSITION  # nothing of it has been seen yet
    assert machine.refusal(1.0, north) == reasons.MINIMUM_GREEN
    assert machine.refusal(6.9, north) == reasons.MINIMUM_GREEN
    assert machine.refusal(7.0, north) is None
    machine.aim(7.0, codes_of("Grrr"))
    assert machine.refusal(9.0, north) == reasons.TRANSITION
    machine.advance(10.0)
    assert machine.refusal(10.0, north) == reasons.TRANSITION
    assert machine.refusal(11.0, north) is None


def test_a_green_that_has_not_begun_may_be_given_up(make: Make) -> None:
    machine = make("Grgr")
    machine.aim(7.0, codes_of("rGrr"))
    machine.advance(8.0)
    assert machine.refusal(8.0, codes_of("Grgr")) is None
    assert not machine.can_recall(8.0, codes_of("Grgr"))  # but not by the guard
    assert machine.can_recall(8.0, codes_of("rGrr"))
    machine.aim(8.0, codes_of("Grgr"))
    assert _film(machine, 8, 20) == {8: "yryr", 10: "rrrr", 12: "Grgr"}


@pytest.mark.parametrize(
    ("seen", "film"),
    [
        ("GrgG", {0: "GrgG"}),
        ("yryG", {0: "yryG", 3: "rrrG"}),
        ("uuuu", {0: "rrrr"}),
        ("oooo", {0: "yyyr", 3: "rrrr"}),
        ("OrsO", {0: "yryr", 3: "rrrr"}),
        ("GGrr", {0: "yyrr", 3: "rrrr"}),  # not together
        ("GrGG", {0: "yryG", 3: "rrrG"}),
        ("xGrr", {0: "yGrr", 3: "rGrr"}),
    ],
)
def test_a_signal_is_taken_over_in_any_state(make: Make, seen: str, film: dict[int, str]) -> None:
    assert _film(make(seen), 0, 9) == film


def test_what_the_street_shows_is_believed(make: Make) -> None:
    machine = make("Grgr")
    machine.aim(10.0, codes_of("rGrr"))
    machine.advance(11.0)
    seen = codes_of("Grgr")  # the head refused
    machine.adopt(11.0, seen, seen != machine.display)
    assert text_of(machine.display) == "Grgr"
    assert machine.refusal(17.0, codes_of("rGrr")) == reasons.MINIMUM_GREEN
    assert machine.refusal(18.0, codes_of("rGrr")) is None
    seen = codes_of("Grrr")
    machine.adopt(18.0, seen, seen != machine.display)
    assert machine.since_s.tolist() == [11.0, 0.0, 18.0, 0.0]


def test_tolerated_greens_change_together_where_only_the_program_s_states_are_safe(city_of: CityOf) -> None:
    junction = {
        "n_links": 3,
        "lanes": [(0, 13.9), (1, 13.9), (2, 13.9)],
        "movements": [(0, 0, 20.0, 13.9, "s"), (1, 1, 20.0, 13.9, "s"), (2, 2, 20.0, 13.9, "s")],
        "conflicts": [(0, 1, False, 9.0), (1, 0, False, 9.0), (1, 2, False, 9.0), (2, 1, False, 9.0)],
        "states": [("GgG", 30.0), ("gGr", 30.0)],
    }
    rules = signal_rules(city_of([junction]), Clearance.street())[0]
    machine = SignalMachine(rules, np.zeros(3, np.uint8), np.zeros(3))
    machine.adopt(0.0, codes_of("Ggr"), np.ones(3, np.bool_))
    machine.aim(10.0, codes_of("gGr"))
    assert text_of(machine.display) == "gGr"  # never gg
    machine.aim(20.0, codes_of("GgG"))
    assert text_of(machine.display) == "GgG"
    machine.aim(30.0, codes_of("gGr"))
    assert _film(machine, 30, 40) == {30: "Ggy", 33: "Ggr", 35: "gGr"}  # link 0 waits for link 1

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.link_state import codes_of
from cityloop.city.table import Table
from cityloop.control.guard import (
    Clearance,
    SignalRules,
    can_be_green_together,
    reasons,
    rule_findings,
    signal_rules,
    start_delay_s,
)
from cityloop.control.guard.rules import home_stages

CityOf = Callable[[list[dict[str, Any]]], City]


def _rules(city_of: CityOf, junction: dict[str, Any], clearance: Clearance | None = None) -> SignalRules:
    return signal_rules(city_of([junction]), clearance or Clearance.street())[0]


def test_conflicts_and_yielding_come_from_the_movements(city_of: CityOf, cross: dict[str, Any]) -> None:
    rules = _rules(city_of, cross)
    conflicting = {(0, 1), (1, 2), (0, 2), (1, 3)}
    expected = np.zeros((4, 4), bool)
    for i, j in conflicting:
        expected[i, j] = expected[j, i] = True
    np.testing.assert_array_equal(rules.is_conflict, expected)
    np.testing.assert_array_equal(np.argwhere(rules.yields_to), [[2, 0]])
    assert not rules.is_tolerated.any()
    assert np.isnan(rules.all_red_s[~expected]).all()
    assert (rules.all_red_s[expected] >= 2).all()


def test_times_of_a_street(city_of: CityOf, cross: dict[str, Any]) -> None:
    rules = _rules(city_of, cross)
    assert rules.yellow_s.tolist() == [3, 3, 3, 0]
    assert rules.min_green_s.tolist() == [7, 7, 7, 7]
    assert rules.all_red_s[3, 1] == 12  # the crossing is 12 m long
    assert rules.all_red_s[1, 3] == 2  # (10 + 6) / 10
    assert rules.max_red_s == 120


def test_times_of_a_program(city_of: CityOf, cross: dict[str, Any]) -> None:
    states = [("GrgG", 30.0), ("yryr", 4.0), ("rGrr", 20.0), ("ryrr", 2.0)]
    junction = {**cross, "states": states}
    rules = _rules(city_of, junction, Clearance.program())
    assert rules.yellow_s.tolist() == [3, 2, 3, 0]  # no longer than in published benchmarks
    uncapped = replace(Clearance.program(), program_yellow_cap_s=np.inf)
    assert _rules(city_of, junction, uncapped).yellow_s.tolist() == [4, 2, 4, 0]
    assert rules.min_green_s.tolist() == [5, 5, 5, 7]
    assert rules.all_red_s[0, 1] == 0
    assert rules.all_red_s[3, 1] == 12


def test_the_fastest_approach_sets_the_yellow(city_of: CityOf, cross: dict[str, Any]) -> None:
    movements = [*cross["movements"], (0, 1, 20.0, 13.9, "s")]
    rules = _rules(city_of, {**cross, "movements": movements, "lanes": [(0, 13.9), (1, 22.3), (2, 13.9)]})
    assert rules.yellow_s.tolist() == [5, 5, 3, 0]


@pytest.mark.parametrize(
    ("greens", "reason"),
    [
        ("GrgG", None),
        ("grgr", None),
        ("GrGr", reasons.CONFLICTING_GREENS),
        ("grGr", reasons.CONFLICTING_GREENS),
        ("Ggrr", reasons.CONFLICTING_GREENS),
        ("rrrr", None),
        ("rGrG", reasons.CONFLICTING_GREENS),
        ("Gryr", reasons.UNKNOWN_CODE),
        ("Gru?", reasons.UNKNOWN_CODE),
        ("Grr", reasons.WRONG_LENGTH),
    ],
)
def test_greens_that_may_be_shown_together(
    city_of: CityOf, cross: dict[str, Any], greens: str, reason: str | None
) -> None:
    rules = _rules(city_of, cross)
    assert can_be_green_together(rules, codes_of(greens)) == reason
    assert rules.fits(codes_of(greens)) == reason


def test_the_program_s_own_conflicts_are_kept_and_not_made_anew(city_of: CityOf, cross: dict[str, Any]) -> None:
    states = [("GrGG", 30.0), ("yryr", 3.0), ("rGrr", 20.0)]
    city = city_of([{**cross, "states": states}])
    rules = signal_rules(city, Clearance.street())
    assert rules[0].is_tolerated[0, 2]
    assert rules[0].is_tolerated.sum() == 2
    assert rules[0].fits(codes_of("GrGr")) is None
    assert rules[0].fits(codes_of("grGr")) is not None  # the program never shows it
    assert rules[0].fits(codes_of("GGrr")) is not None
    assert [(finding.kind, finding.where) for finding in rule_findings(city, rules)] == [
        ("conflicting greens", "signal junction 0")
    ]


def test_two_yielding_greens_need_one_of_every_pair_to_yield(city_of: CityOf) -> None:
    junction = {
        "n_links": 2,
        "lanes": [(0, 13.9), (1, 13.9)],
        "movements": [(0, 0, 20.0, 13.9, "s"), (0, 0, 20.0, 13.9, "l"), (1, 1, 20.0, 13.9, "s")],
        # link 0 yields with its left turn only, link 1 to the other movement of link 0 only
        "conflicts": [(0, 2, False, 9.0), (2, 0, True, 9.0), (1, 2, True, 9.0), (2, 1, False, 9.0)],
        "states": [],
    }
    rules = _rules(city_of, junction)
    assert not rules.yields_to.any()
    assert rules.fits(codes_of("gg")) is None
    assert rules.fits(codes_of("Gg")) is not None
    assert rules.fits(codes_of("gG")) is not None


def test_foes_in_one_link_and_foes_of_other_signals_do_not_count(city_of: CityOf, cross: dict[str, Any]) -> None:
    movements = [(link if link < 2 else 0, lane, *rest) for link, lane, *rest in cross["movements"][:3]]
    junction = {
        **cross,
        "crossings": set(),
        "movements": movements,
        "conflicts": [(0, 2, False, 5.0), (2, 0, False, 5.0)],
    }
    assert not _rules(city_of, junction).is_conflict.any()
    city = city_of([cross, cross])
    across = {"movement_ix": [0], "foe_ix": [4], "must_yield": [False], "conflict_m": [5.0]}
    apart = replace(city, conflicts=Table("conflicts", across))
    assert not any(rules.is_conflict.any() for rules in signal_rules(apart, Clearance.street()))


def test_a_conflict_given_in_one_order_counts_in_both_and_yields_to_nobody(
    city_of: CityOf, cross: dict[str, Any]
) -> None:
    rules = _rules(city_of, {**cross, "conflicts": [(2, 0, True, 10.0)]})
    assert rules.is_conflict[0, 2]
    assert rules.is_conflict[2, 0]
    assert rules.yields_to[2, 0]
    assert not rules.yields_to[0, 2]
    assert rules.all_red_s[0, 2] == 2  # its whole way of 20 m: 26 / 10 - 10 / 11.1
    assert rules.all_red_s[2, 0] == 2  # and it may enter at once: 16 / 7 - 1


def test_start_delay(city_of: CityOf, cross: dict[str, Any]) -> None:
    rules = _rules(city_of, cross)
    delay_s = start_delay_s(rules, codes_of("GrgG"), codes_of("rGrr"))
    assert delay_s.tolist() == [0, 12, 0, 0]  # the crossing: no yellow, 12 s to walk; the cars: 3 + 2 s
    delay_s = start_delay_s(rules, codes_of("Grgr"), codes_of("rGrr"))
    assert delay_s.tolist() == [0, 3 + max(rules.all_red_s[0, 1], rules.all_red_s[2, 1]), 0, 0]
    assert start_delay_s(rules, codes_of("Grrr"), codes_of("GrgG")).tolist() == [0, 0, 0, 0]
    assert start_delay_s(rules, codes_of("Grgr"), codes_of("GrrG")).tolist() == [0, 0, 0, 0]  # 3 has no ending foe
    assert start_delay_s(rules, codes_of("rrrr"), codes_of("rGrr")).tolist() == [0, 0, 0, 0]


def test_homes_are_few_and_serve_many() -> None:
    stages = np.stack([codes_of(text) for text in ("GGrrr", "rrGgr", "rGGGr", "GGGGr")]).astype(np.uint8)
    assert home_stages(stages).tolist() == [3, 3, 3, 3, -1]
    assert home_stages(stages[:2]).tolist() == [0, 0, 1, 1, -1]


def test_what_a_city_should_know(city_of: CityOf, cross: dict[str, Any]) -> None:
    states = [("Gsrr", 30.0), ("yorr", 3.0), ("rGrr", 20.0)]
    city = city_of([{**cross, "states": states}])
    rules = signal_rules(city, Clearance(max_red_s=30.0))
    found = {finding.kind: finding.text for finding in rule_findings(city, rules)}
    assert "links 2, 3" in found["never green"]
    assert "66 s" in found["maximum red"]  # three times 3 + 12 + 7 s
    assert [f.text for f in rule_findings(city, rules) if f.kind == "not represented"] == [
        "the program in force shows 's'; the guard shows red instead",
        "the program in force shows 'o'; the guard shows red instead",
    ]


def test_a_signal_without_a_plan_has_no_stages(city_of: CityOf, cross: dict[str, Any]) -> None:
    city = city_of([cross])
    signals = Table("signals", {**city.signals, "plan_ix": [-1]})
    rules = signal_rules(replace(city, signals=signals), Clearance.program())[0]
    assert rules.stages.shape == (0, 4)
    assert (rules.home_ix == -1).all()
    assert rules.yellow_s.tolist() == [3, 3, 3, 0]


def test_a_state_of_the_wrong_length_is_named(city_of: CityOf, cross: dict[str, Any]) -> None:
    city = city_of([{**cross, "states": [("Grg", 30.0)]}])
    with pytest.raises(Unusable, match="signal junction 0, plan 0: a state of 3 characters for 4 links"):
        signal_rules(city, Clearance.street())


def test_a_city_without_movements_has_rules(city_of: CityOf) -> None:
    rules = _rules(city_of, {"n_links": 2, "lanes": [], "movements": [], "conflicts": [], "states": [("Gr", 5.0)]})
    assert not rules.is_used.any()
    assert rules.fits(codes_of("GG")) is None


def test_rules_are_read_only(city_of: CityOf, cross: dict[str, Any]) -> None:
    rules = _rules(city_of, cross)
    with pytest.raises(ValueError, match="read-only"):
        rules.yellow_s[0] = 0.0

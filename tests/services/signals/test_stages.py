from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED, codes_of, text_of
from cityloop.control.guard import SignalRules, clearance_of, signal_rules
from cityloop.services.signals.network import SignalNetwork
from cityloop.services.signals.stages import candidate_stages

# By link of the street's signals: north 0-2, east 3-6, south 7-9, west 10-13, then crossings.
APPROACHES = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, -1, -1, -1, -1])
NORTH, WEST = slice(0, 3), slice(10, 14)


@pytest.fixture
def rule(rules: tuple[SignalRules, ...]) -> SignalRules:
    return rules[0]


def test_the_stages_of_the_plan_come_first_and_stay(rule: SignalRules) -> None:
    texts = [text_of(stage) for stage in candidate_stages(rule, APPROACHES, 10)]
    # the plan shows each of its two stages without the crossings too, which adds nothing
    assert texts[:2] == ["rrrgGGgrrrgGGgGrGr", "gGgrrrrgGgrrrrrGrG"]
    assert [text_of(stage) for stage in candidate_stages(rule, APPROACHES, 2)] == texts[:2]
    assert [text_of(stage) for stage in candidate_stages(rule, APPROACHES, 0)] == texts[:2]


def test_every_approach_gets_a_stage_of_its_own(rule: SignalRules) -> None:
    stages = candidate_stages(rule, APPROACHES, 10)
    for approach in range(4):
        own = np.flatnonzero(np.equal(APPROACHES, approach))
        assert any((stage[own] == GREEN).all() for stage in stages[2:])


def test_what_fits_beside_an_approach_is_green_too(rule: SignalRules) -> None:
    (west,) = [s for s in candidate_stages(rule, APPROACHES, 10)[2:] if (s[WEST] == GREEN).all()]
    green = np.flatnonzero(west == GREEN)
    assert not rule.is_conflict[np.ix_(green, green)].any()
    others = np.flatnonzero(west == RED)
    assert all(rule.is_conflict[link, green].any() for link in others)


@pytest.mark.parametrize("clearance", ["street", "program"])
def test_every_stage_may_be_shown(street: City, cologne1: City, clearance: str) -> None:
    for city in (street, cologne1):
        for rule in signal_rules(city, clearance_of(clearance)):
            approaches = np.arange(rule.n_links) // 3
            for stage in candidate_stages(rule, approaches, 12):
                assert stage.dtype == np.uint8
                assert rule.fits(stage) is None
                assert stage.any()


def test_no_stage_shows_less_than_another_or_the_same(rule: SignalRules) -> None:
    stages = candidate_stages(rule, APPROACHES, 12)
    for k, one in enumerate(stages):
        assert not any(((other == one) | (one == RED)).all() for j, other in enumerate(stages) if j < k)


def test_there_are_no_more_than_asked_for(rule: SignalRules) -> None:
    for n_most in range(2, 8):
        assert len(candidate_stages(rule, APPROACHES, n_most)) <= n_most


def test_links_that_are_never_green_stay_red(rule: SignalRules) -> None:
    never = rule.stages.copy()
    never[:, NORTH] = RED
    stages = candidate_stages(replace(rule, stages=never), APPROACHES, 12)
    assert all((stage[NORTH] == RED).all() for stage in stages)


def test_an_approach_whose_own_ways_conflict_gets_none(rule: SignalRules) -> None:
    one_road = np.where(APPROACHES >= 0, 0, -1)
    assert len(candidate_stages(rule, one_road, 12)) == 2


def test_a_signal_without_a_plan_has_no_stages(rule: SignalRules) -> None:
    bare = replace(rule, stages=np.empty((0, rule.n_links), np.uint8))
    assert candidate_stages(bare, APPROACHES, 10) == []


def test_the_planner_uses_the_roads_of_the_city(network: SignalNetwork, rule: SignalRules) -> None:
    by_hand = [text_of(stage) for stage in candidate_stages(rule, APPROACHES, 10)]
    assert sorted(text_of(stage) for stage in network.stages[0]) == sorted(by_hand)
    assert codes_of(by_hand[0]).tolist() == network.stages[0][0].tolist()

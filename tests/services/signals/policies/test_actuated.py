from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import is_green
from cityloop.control.guard import SignalRules, clearance_of, signal_rules
from cityloop.services.signals import SignalsConfig, SignalsService

from ..closed_loop import ClosedLoop, queued

J = 0
EAST_WEST, NORTH_SOUTH = 0, 1
PASSAGE_S, MAX_GREEN_S = 3.0, 25.0


@pytest.fixture
def loop(street: City, rules: tuple[SignalRules, ...]) -> ClosedLoop:
    """Return the street under gap-out control; it begins with its eastern and western approaches green."""
    settings = {"passage_s": PASSAGE_S, "max_green_s": MAX_GREEN_S}
    config = SignalsConfig.model_validate({"policy": "actuated", "actuated": settings})
    return ClosedLoop(street, rules, SignalsService(street, rules, config))


def _first_other(stages: list[int], than: int) -> int:
    return next(k for k, stage in enumerate(stages) if stage != than)


def test_a_green_rests_while_nobody_calls(loop: ClosedLoop) -> None:
    assert set(loop.run(100).stages_of(J)) == {EAST_WEST}


def test_a_green_rests_while_only_its_own_traffic_comes(loop: ClosedLoop, street: City) -> None:
    assert set(loop.run(100, queued(street, {"AJ_1": 2})).stages_of(J)) == {EAST_WEST}


def test_a_gap_ends_the_green_once_another_stage_is_called(loop: ClosedLoop, street: City) -> None:
    loop.run(15)
    loop.run(5, queued(street, {"NJ_1": 1}))
    assert _first_other(loop.stages_of(J), EAST_WEST) == 15
    assert loop.stages_of(J)[-1] == NORTH_SOUTH


def test_traffic_within_the_passage_time_extends_the_green(loop: ClosedLoop, street: City) -> None:
    waiting = {"NJ_1": 1}
    coming = queued(street, {**waiting, "KJ_1": 1}, speed_mps=1.0)  # nobody has passed yet
    loop.run(15, coming)
    assert set(loop.stages_of(J)) == {EAST_WEST}
    # the next vehicle is further away than the passage time
    gap = queued(street, waiting)
    loop.run(3, gap)
    assert loop.stages_of(J)[-1] == NORTH_SOUTH


def test_a_green_ends_at_its_maximum(loop: ClosedLoop, street: City) -> None:
    loop.run(90, queued(street, {"NJ_1": 4, "AJ_1": 4}))
    stages = loop.stages_of(J)
    assert _first_other(stages, EAST_WEST) == MAX_GREEN_S
    assert stages[30] == NORTH_SOUTH
    assert set(stages) == {EAST_WEST, NORTH_SOUTH}
    assert EAST_WEST in stages[50:]  # and back again: a right turn alone does not serve a shared lane


def test_a_stage_that_nobody_calls_is_skipped(cologne1: City) -> None:
    # the plan goes from straight on to left turns of one road, then to those of the other
    rules = signal_rules(cologne1, clearance_of("program"))
    loop = ClosedLoop(cologne1, rules, SignalsService(cologne1, rules, SignalsConfig(policy="actuated")))
    loop.run(20, queued(cologne1, {"-32038056#3_0": 1, "-32038056#3_1": 1}))
    assert next(stage for stage in loop.stages_of(0) if stage != 0) == 2


def test_pedestrians_are_served_when_they_call(loop: ClosedLoop) -> None:
    unserved = loop.press_at_red(J, n_walkers=2, n_ticks=30)
    assert any(is_green(display)[unserved] for display in loop.shown)


def test_every_green_lasts_its_minimum(loop: ClosedLoop, street: City, rules: tuple[SignalRules, ...]) -> None:
    loop.run(200, queued(street, {"NJ_1": 1, "AJ_1": 1, "KJ_2": 1, "SJ_1": 1}))
    stages = loop.stages_of(J)
    changes = [k for k in range(1, len(stages)) if stages[k] != stages[k - 1]]
    assert changes
    assert min(np.diff([0, *changes])) >= rules[J].min_green_s.min()

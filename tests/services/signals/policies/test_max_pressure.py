from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import RED, is_green
from cityloop.control.guard import SignalRules
from cityloop.services.signals import SignalsConfig, SignalsService

from ..closed_loop import ClosedLoop, movement_of, queued, together

J = 0
EAST_WEST, NORTH_SOUTH = 0, 1


def _loop(street: City, rules: tuple[SignalRules, ...], **settings: float) -> ClosedLoop:
    config = SignalsConfig.model_validate({"policy": "max-pressure", "max_pressure": settings})
    return ClosedLoop(street, rules, SignalsService(street, rules, config))


def _n_changes(stages: list[int]) -> int:
    return int((np.diff(stages) != 0).sum())


def test_without_traffic_nothing_changes(street: City, rules: tuple[SignalRules, ...]) -> None:
    assert set(_loop(street, rules).run(60).stages_of(J)) == {EAST_WEST}


def test_the_greater_pressure_gets_the_green(street: City, rules: tuple[SignalRules, ...]) -> None:
    loop = _loop(street, rules).run(40, queued(street, {"NJ_1": 9, "SJ_1": 6, "KJ_1": 1}))
    assert loop.stages_of(J)[-1] == NORTH_SOUTH
    loop.run(60, queued(street, {"NJ_1": 1, "KJ_1": 8, "KJ_2": 8, "AJ_1": 1}))
    assert loop.stages_of(J)[-1] == EAST_WEST


@pytest.mark.parametrize("n_more", [0, 1])
def test_a_change_must_pay_for_its_lost_time(street: City, rules: tuple[SignalRules, ...], n_more: int) -> None:
    loop = _loop(street, rules).run(80, queued(street, {"NJ_1": 9 + n_more, "KJ_1": 9}))
    assert set(loop.stages_of(J)) == {EAST_WEST}


def test_it_does_not_flap(street: City, rules: tuple[SignalRules, ...]) -> None:
    loop = _loop(street, rules)
    for k in range(110):  # the queues take turns in being the longer one; later the guard recalls who waits too long
        loop.tick(queued(street, {"NJ_1": 10 + 2 * (k // 3 % 2), "KJ_1": 10 + 2 * (k // 5 % 2)}))
    assert _n_changes(loop.stages_of(J)) <= 1


@pytest.mark.parametrize(("period_s", "pays"), [(5.0, False), (1000.0, True)])
def test_a_small_advantage_pays_only_in_the_long_run(
    street: City, rules: tuple[SignalRules, ...], period_s: float, pays: bool
) -> None:
    loop = _loop(street, rules, switch_period_s=period_s).run(30, queued(street, {"NJ_1": 10, "KJ_1": 9}))
    assert (set(loop.stages_of(J)) != {EAST_WEST}) == pays


def test_a_queue_behind_the_junction_takes_pressure_away(street: City, rules: tuple[SignalRules, ...]) -> None:
    before = {"AJ_1": 2, "AJ_2": 2, "NJ_1": 3}
    upstream = queued(street, {"WA_1": 6, "WA_2": 6}, first_ix=500)
    free = _loop(street, rules).run(40, together(queued(street, before), upstream))
    toward_k = int(street.movements["link_ix"][movement_of(street, "AJ_1", "JK_1")])
    assert free.greens_of(J)[toward_k] != RED
    full = queued(street, {"JK_1": 20, "JK_2": 20}, first_ix=100)
    blocked = _loop(street, rules).run(40, together(queued(street, before), upstream, full))
    assert blocked.greens_of(J)[toward_k] == RED


def test_pedestrians_press_too(street: City, rules: tuple[SignalRules, ...]) -> None:
    loop = _loop(street, rules)
    red = loop.press_at_red(J, n_walkers=10, n_ticks=30)
    assert is_green(loop.display)[red]

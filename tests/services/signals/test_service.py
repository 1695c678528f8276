from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import RED, is_green
from cityloop.control.guard import SignalRules
from cityloop.control.orders import Orders
from cityloop.control.view import Vehicles, View
from cityloop.services.signals import PolicyName, SignalsConfig, SignalsService

from .closed_loop import ClosedLoop, inside, movement_of, queued

J = 0
POLICIES = tuple(policy for policy in get_args(PolicyName) if policy != "field")

Open = Callable[..., SignalsService]


@pytest.fixture
def open_service(street: City, rules: tuple[SignalRules, ...]) -> Open:
    def open_it(policy: str, **settings: object) -> SignalsService:
        return SignalsService(street, rules, SignalsConfig.model_validate({"policy": policy, **settings}))

    return open_it


def _view(street: City, t_s: float = 0.0, vehicles: Vehicles | None = None) -> View:
    display = np.zeros(street.links.n_rows, np.uint8)
    return View(t_s, display, np.zeros(street.links.n_rows, np.int64), vehicles or Vehicles())


def test_it_has_a_name_for_the_log(open_service: Open) -> None:
    assert open_service("smart").name == "signals"


def test_field_leaves_the_plan_in_force_alone(open_service: Open, street: City) -> None:
    service = open_service("field")
    assert service.decide(_view(street, vehicles=queued(street, {"NJ_1": 9}))) == Orders()
    assert service.memory == {}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_signal_with_a_choice_gets_an_order(open_service: Open, street: City, policy: str) -> None:
    orders = open_service(policy).decide(_view(street))
    assert [order.signal_ix for order in orders.stages] == [0, 1]
    assert {order.service for order in orders.stages} == {"signals"}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_city_without_a_choice_gets_none(street: City, rules: tuple[SignalRules, ...], policy: str) -> None:
    bare = tuple(replace(rule, stages=rule.stages[:0]) for rule in rules)
    service = SignalsService(street, bare, SignalsConfig.model_validate({"policy": policy}))
    assert service.decide(_view(street)) == Orders()


@pytest.mark.parametrize("policy", POLICIES)
def test_only_the_planner_learns(open_service: Open, policy: str) -> None:
    assert bool(open_service(policy).memory) == (policy == "smart")


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_decided_is_a_stage_of_the_junction(open_service: Open, street: City, policy: str) -> None:
    service = open_service(policy)
    for t_s in range(5):
        orders = service.decide(_view(street, float(t_s), queued(street, {"NJ_1": 4, "AJ_1": 1, "KJ_2": 2})))
        for order in orders.stages:
            assert any(np.array_equal(order.greens, stage) for stage in service.network.stages[order.signal_ix])


@pytest.mark.parametrize("policy", ["actuated", "max-pressure", "smart"])
def test_no_green_meets_who_was_left_in_the_junction(
    street: City, rules: tuple[SignalRules, ...], open_service: Open, policy: str
) -> None:
    loop = ClosedLoop(street, rules, open_service(policy))
    stuck = movement_of(street, "KJ_2", "JS_1")  # a left turn from the east that cannot leave
    straight = int(street.movements["link_ix"][movement_of(street, "NJ_1", "JS_1")])
    left = inside([(999, stuck)], position_m=9.0, speed_mps=0.0)
    parts = (queued(street, {"NJ_1": 6}), left)
    vehicles = Vehicles(*(np.concatenate([getattr(p, f) for p in parts]) for f in Vehicles.__slots__))
    loop.run(60, vehicles)
    held = [display for display in loop.shown if not is_green(display)[street.links_of(J)][3:7].any()]
    assert held  # the east has ended
    assert not any(is_green(display)[straight] for display in loop.shown)
    assert loop.greens_of(J)[straight] == RED
    loop.run(40, queued(street, {"NJ_1": 6}))
    assert any(is_green(display)[straight] for display in loop.shown[60:])


def test_the_memory_of_one_day_serves_the_next(street: City, rules: tuple[SignalRules, ...]) -> None:
    config = SignalsConfig(policy="smart")
    first = SignalsService(street, rules, config)
    turn = movement_of(street, "NJ_1", "JK_2")
    for k in range(20):
        first.decide(_view(street, 2.0 * k, queued(street, {"NJ_1": 1}, first_ix=k)))
        first.decide(_view(street, 2.0 * k + 1.0, inside([(k, turn)])))
    second = SignalsService(street, rules, config, first.memory)
    assert set(second.memory) == set(first.memory)
    for name, values in first.memory.items():
        np.testing.assert_array_equal(second.memory[name], values)
    assert not np.array_equal(second.memory["share_count"], SignalsService(street, rules, config).memory["share_count"])

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED, codes_of
from cityloop.control.guard import Clearance, SignalRules, reasons, signal_rules
from cityloop.control.guard.machine import SignalMachine
from cityloop.control.guard.merge import merge_orders
from cityloop.control.orders import Orders, Precedence, Refusal, StageOrder

CityOf = Callable[[list[dict[str, Any]]], City]
WEST, NORTH = codes_of("Grrr"), codes_of("rGrr")


@pytest.fixture
def rules(city_of: CityOf, cross: dict[str, Any]) -> tuple[SignalRules, ...]:
    return signal_rules(city_of([cross, cross]), Clearance.street())


def test_the_higher_precedence_goes_first_then_the_service_listed_first(rules: tuple[SignalRules, ...]) -> None:
    orders = [
        Orders((StageOrder(0, WEST, service="a"), StageOrder(1, WEST, Precedence.TRANSIT, "a"))),
        Orders((StageOrder(0, NORTH, service="b"), StageOrder(1, NORTH, Precedence.EMERGENCY, "b"))),
        Orders((StageOrder(0, WEST, service="c"), StageOrder(1, WEST, Precedence.TRAFFIC, "c"))),
    ]
    merged, refusals = merge_orders(orders, rules, {})
    assert merged[0].service == "a"
    assert merged[1].service == "b"
    assert merged[1].greens.tolist() == NORTH.tolist()
    assert refusals == [
        Refusal(0, "b", reasons.PRECEDENCE),
        Refusal(1, "a", reasons.PRECEDENCE),
        Refusal(1, "c", reasons.PRECEDENCE),
    ]


class _Broken:
    @property
    def signal_ix(self) -> int:
        raise RuntimeError("nobody answers")

    service = "broken"


class _Nameless:
    def __str__(self) -> str:
        raise RuntimeError("nobody answers")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (None, reasons.MALFORMED),
        (_Broken(), reasons.MALFORMED),
        (object.__new__(StageOrder), reasons.MALFORMED),
        (StageOrder(0, WEST, service=_Nameless()), reasons.MALFORMED),  # type: ignore[arg-type]
        (StageOrder("0", WEST), reasons.MALFORMED),  # type: ignore[arg-type]
        (StageOrder(0, WEST, 9), reasons.MALFORMED),  # type: ignore[arg-type]
        (StageOrder(0, None), reasons.MALFORMED),  # type: ignore[arg-type]
        (StageOrder(0, [[0], [0, 0]]), reasons.MALFORMED),  # type: ignore[arg-type]
        (StageOrder(0, np.zeros(4)), reasons.MALFORMED),  # type: ignore[arg-type]
        (StageOrder(2, WEST), reasons.UNKNOWN_SIGNAL),
        (StageOrder(-1, WEST), reasons.UNKNOWN_SIGNAL),
        (StageOrder(0, WEST[:3]), reasons.WRONG_LENGTH),
        (StageOrder(0, WEST[:, None]), reasons.WRONG_LENGTH),
        (StageOrder(0, codes_of("Gryr")), reasons.UNKNOWN_CODE),
        (StageOrder(0, np.array([256, 0, 0, 0])), reasons.UNKNOWN_CODE),  # type: ignore[arg-type]
        (StageOrder(0, codes_of("GGrr")), reasons.CONFLICTING_GREENS),
    ],
)
def test_what_cannot_be_shown_is_refused_and_never_raised(
    rules: tuple[SignalRules, ...], item: Any, reason: str
) -> None:
    merged, refusals = merge_orders([Orders((item, StageOrder(1, NORTH)))], rules, {})
    assert list(merged) == [1]
    assert [refusal.reason for refusal in refusals] == [reason]


@pytest.mark.parametrize("orders", [None, 7, Orders(None)])  # type: ignore[arg-type]
def test_a_service_that_hands_over_no_orders_is_refused(rules: tuple[SignalRules, ...], orders: Any) -> None:
    merged, refusals = merge_orders([orders, Orders((StageOrder(0, WEST),))], rules, {})
    assert list(merged) == [0]
    assert refusals == [Refusal(-1, "", reasons.MALFORMED)]


@pytest.mark.parametrize(
    "order",
    [
        StageOrder(0, WEST),
        StageOrder(np.int64(0), WEST),  # type: ignore[arg-type]
        StageOrder(0, [GREEN, RED, RED, RED]),  # type: ignore[arg-type]
        StageOrder(0, WEST.astype(np.int32)),  # type: ignore[arg-type]
        StageOrder(0, WEST, 0),  # type: ignore[arg-type]
    ],
)
def test_an_order_for_what_is_aimed_at_is_the_same_in_any_type(
    rules: tuple[SignalRules, ...], order: StageOrder
) -> None:
    machine = SignalMachine(rules[0], np.zeros(4, np.uint8), np.zeros(4))
    machine.adopt(0.0, WEST, np.ones(4, np.bool_))
    for machines in ({0: machine}, {}):
        merged, refusals = merge_orders([Orders((order,))], rules, machines)
        assert merged[0].greens_bytes == machine.target_bytes
        assert merged[0].precedence is Precedence.TRAFFIC
        assert not refusals


def test_an_order_does_not_change_with_the_array_it_came_in(rules: tuple[SignalRules, ...]) -> None:
    greens = WEST.copy()
    merged, _ = merge_orders([Orders((StageOrder(0, greens),))], rules, {})
    greens[:] = GREEN
    assert merged[0].greens.tolist() == WEST.tolist()

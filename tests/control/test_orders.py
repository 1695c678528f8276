from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cityloop.control.orders import Orders, Permit, Precedence, StageOrder


def test_an_emergency_goes_before_transit_before_traffic() -> None:
    assert Precedence.EMERGENCY > Precedence.TRANSIT > Precedence.TRAFFIC


def test_an_order_is_traffics_unless_it_says_otherwise() -> None:
    order = StageOrder(0, np.zeros(2, np.uint8))
    assert order.precedence is Precedence.TRAFFIC
    assert order.service == "signals"


def test_no_orders_and_nothing_permitted_are_empty() -> None:
    assert Orders().stages == ()
    assert Permit() == Permit((), (), ())


def test_orders_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Orders().stages = ()  # type: ignore[misc]

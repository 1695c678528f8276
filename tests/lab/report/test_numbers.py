from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from cityloop.lab.report.numbers import (
    ABSENT,
    MINUS,
    bounds,
    clock,
    has_bounds,
    is_known,
    number,
    signed,
    signed_bounds,
)
from cityloop.measures.intervals import Interval


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 4))
def test_numbers_read_back(value, digits):
    text = number(value, digits)
    if not math.isfinite(value):
        assert text == ABSENT
        return
    assert "-" not in text
    back = float(text.replace(",", "").replace(MINUS, "-"))
    assert abs(back - value) <= 0.5 * 10**-digits + 1e-9 * abs(value)
    assert math.copysign(1, back) > 0 or back != 0  # no minus zero


def test_signs():
    assert signed(12.4) == "+12"
    assert signed(-0.04, 1) == "0.0"
    assert signed(0.04, 1) == "0.0"
    assert signed(-3.26, 1) == f"{MINUS}3.3"
    assert signed(math.nan) == ABSENT


def test_intervals():
    whole = Interval(5.0, -1.0, 11.0, 3)
    assert has_bounds(whole) and is_known(whole)
    assert bounds(whole) == f"{MINUS}1 … 11"
    assert signed_bounds(whole) == f"{MINUS}1 … +11"
    alone = Interval(5.0, math.nan, math.nan, 1)
    assert is_known(alone) and not has_bounds(alone)
    assert bounds(alone) == signed_bounds(alone) == ""
    assert not is_known(Interval(math.nan, math.nan, math.nan, 0))


def test_clock():
    assert clock(25200) == "07:00"
    assert clock(25290.4) == "07:01:30"
    assert clock(86400 + 60) == "00:01"

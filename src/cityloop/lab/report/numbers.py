"""Numbers as people read them."""

from __future__ import annotations

import math

from cityloop.measures.intervals import Interval

MINUS = "\N{MINUS SIGN}"
ABSENT = "\N{EN DASH}"


def number(value: float, digits: int = 0) -> str:
    """Return ``1,234.5`` with a real minus sign; a dash where there is no value."""
    if not math.isfinite(value):
        return ABSENT
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: float, digits: int = 0) -> str:
    """Return the number with its sign, plus included; zero has none."""
    text = number(value, digits)
    is_positive = value > 0 and any(digit in "123456789" for digit in text)
    return f"+{text}" if is_positive else text


def is_known(estimate: Interval) -> bool:
    """Whether there is a value at all."""
    return math.isfinite(estimate.mean)


def has_bounds(estimate: Interval) -> bool:
    """Whether there is a value with an interval."""
    return math.isfinite(estimate.mean) and math.isfinite(estimate.low) and math.isfinite(estimate.high)


def bounds(estimate: Interval, digits: int = 0) -> str:
    """Return ``low … high``; empty where there is no interval."""
    return f"{number(estimate.low, digits)} … {number(estimate.high, digits)}" if has_bounds(estimate) else ""


def signed_bounds(estimate: Interval) -> str:
    """Return ``−60 … −54``, whole numbers with their signs; empty where there is no interval."""
    return f"{signed(estimate.low)} … {signed(estimate.high)}" if has_bounds(estimate) else ""


def clock(t_s: float) -> str:
    """Return ``07:05`` for seconds after midnight, with seconds where they are not whole minutes."""
    total = round(t_s)
    hours, minutes, seconds = total // 3600 % 24, total // 60 % 60, total % 60
    return f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")

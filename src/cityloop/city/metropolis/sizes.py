"""Checks of what a city or its traffic is asked to be."""

from __future__ import annotations

import math

from cityloop.city.errors import Unusable


def check_count(value: int, where: str, least: int) -> None:
    """Raise `Unusable` where a count is below ``least``."""
    if value < least:
        raise Unusable(f"{value} is too few", where, f"give at least {least}")


def check_positive(value: float, where: str) -> None:
    """Raise `Unusable` where a size is not a finite number above 0."""
    if not math.isfinite(value) or value <= 0:
        raise Unusable(f"{value:g} is no size", where, "give a finite number above 0")


def check_share(value: float, where: str) -> None:
    """Raise `Unusable` where a share is not between 0 and 1."""
    if not 0.0 <= value <= 1.0:
        raise Unusable(f"{value:g} is no share", where, "give a number from 0 to 1")

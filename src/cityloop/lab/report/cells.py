"""Parts of sentences and tables: a value with its interval, a change with its verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cityloop.lab.report.measure_names import Measure
from cityloop.lab.report.model import Paired
from cityloop.lab.report.numbers import ABSENT, bounds, is_known, number, signed, signed_bounds
from cityloop.lab.report.words import NOTHING, Words, same, say
from cityloop.measures.intervals import Interval

BETTER, WORSE, NO_DIFFERENCE, CANNOT_TELL = "better", "worse", "no difference shown", "cannot tell"


@dataclass(frozen=True)
class Cell:
    """A value and, in small print, its interval (empty where there is none) and its change."""

    value: Words
    interval: str
    change: Words = NOTHING
    css: str = ""


@dataclass(frozen=True)
class Change:
    """A change in percent, its interval, and the value that it sorts by."""

    text: Words
    interval: str


@dataclass(frozen=True)
class Badge:
    """A verdict and the class that colours it."""

    name: Words
    css: str


def scaled(estimate: Interval, scale: float) -> Interval:
    """Return the estimate in another unit."""
    return Interval(estimate.mean * scale, estimate.low * scale, estimate.high * scale, estimate.n)


def value_cell(estimate: Interval, measure: Measure) -> Cell:
    """Return a measure as a cell; "cannot tell" where the runs do not have it."""
    printed = scaled(estimate, measure.scale)
    return Cell(finite(printed.mean, measure.digits), bounds(printed, measure.digits))


def compared_cell(estimate: Interval, paired: Paired | None, measure: Measure) -> Cell:
    """Return a measure as a cell with its change against the plan in force, coloured by the verdict."""
    cell = value_cell(estimate, measure)
    if paired is None or not is_known(paired.change_frac):
        return cell
    return Cell(cell.value, cell.interval, change_cell(paired).text, badge(paired.verdict).css)


def change_cell(paired: Paired | None) -> Change:
    """Return a change against the plan in force in percent."""
    if paired is None:
        return Change(same(ABSENT), "")
    change = scaled(paired.change_frac, 100.0)
    return Change(percent(change.mean), signed_bounds(change)) if is_known(change) else Change(say("page.absent"), "")


def percent(value: float) -> Words:
    """Return a signed change in percent as each language writes it."""
    text = signed(value, 0 if abs(value) >= 9.95 else 1)
    return Words(f"{text}\N{NO-BREAK SPACE}%", f"{text}%")


def badge(verdict: str | None) -> Badge:
    """Return a verdict; ``None`` stands for the plan in force, which is compared with nothing."""
    if verdict is None:
        return Badge(say("verdict.base"), "undecided")
    css = verdict if verdict in (BETTER, WORSE) else "undecided"
    return Badge(say("verdict." + verdict.replace(" ", "_")), css)


def finite(value: float, digits: int) -> Words:
    """Return a number, or "cannot tell" where it is nan."""
    return same(number(value, digits)) if math.isfinite(value) else say("page.absent")

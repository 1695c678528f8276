from __future__ import annotations

import math

from cityloop.lab.report.cells import badge, change_cell, compared_cell, finite, percent, scaled, value_cell
from cityloop.lab.report.measure_names import CO2, DELAY
from cityloop.lab.report.model import UNKNOWN, Paired
from cityloop.measures.intervals import Interval


def test_values_in_the_printed_unit():
    cell = value_cell(Interval(462_400.0, 458_000.0, 466_000.0, 3), CO2)
    assert (cell.value.en, cell.interval) == ("462", "458 … 466")
    assert scaled(Interval(2.0, 1.0, 3.0, 3), 10.0) == Interval(20.0, 10.0, 30.0, 3)


def test_what_is_not_known_is_said_never_zero():
    assert value_cell(UNKNOWN, DELAY).value.en == "cannot tell"
    assert value_cell(UNKNOWN, DELAY).interval == ""
    assert finite(math.nan, 1).ko == "판단 불가"
    assert change_cell(Paired("cannot tell", UNKNOWN, UNKNOWN)).text.en == "cannot tell"
    assert compared_cell(UNKNOWN, Paired("cannot tell", UNKNOWN, UNKNOWN), DELAY).change.en == ""


def test_a_change_has_the_colour_of_its_verdict():
    paired = Paired("better", Interval(-5.0, -6.0, -4.0, 3), Interval(-0.5, -0.6, -0.4, 3))
    cell = compared_cell(Interval(5.0, 4.5, 5.5, 3), paired, DELAY)
    assert (cell.value.en, cell.change.en, cell.css) == ("5.0", "−50\N{NO-BREAK SPACE}%", "better")
    assert change_cell(paired).interval == "−60 … −40"
    assert change_cell(None).text.en == "–"


def test_percent_as_each_language_writes_it():
    assert (percent(-3.14).en, percent(-3.14).ko) == ("−3.1\N{NO-BREAK SPACE}%", "−3.1%")
    assert percent(57.4).ko == "+57%"


def test_badges():
    assert badge(None).name.en == "In force"
    assert (badge("worse").css, badge("no difference shown").css) == ("worse", "undecided")

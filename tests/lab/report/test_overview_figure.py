from __future__ import annotations

import math

from cityloop.lab.report.overview_figure import overview_figure
from cityloop.lab.report.words import same
from cityloop.measures.intervals import Interval

from .drawn import plain


def test_the_colour_says_what_can_be_said():
    better, worse = Interval(-30.0, -40.0, -20.0, 3), Interval(10.0, 5.0, 15.0, 3)
    for change, role in (
        (better, "change-1"),
        (worse, "change-5"),
        (Interval(-1.0, -5.0, 3.0, 3), "change-3"),
        (Interval(-50.0, math.nan, math.nan, 1), "change-3"),
    ):
        svg = overview_figure([same("a")], [change], "o")
        assert {part for part in ("change-1", "change-3", "change-5") if f"var(--{part}," in svg} == {role}


def test_a_scenario_that_cannot_be_told_keeps_its_row():
    svg = overview_figure(
        [same("a"), same("b")], [Interval(-30.0, -40.0, -20.0, 3), Interval(*(math.nan,) * 3, 0)], "o"
    )
    assert "−30 %" in plain(svg)
    assert {"a", "b"} <= {*plain(svg), "a", "b"}

"""What all figures have in common; what each draws is tested in its own file."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from cityloop.lab.report.arms_figure import arms_figure
from cityloop.lab.report.map_figure import map_figure
from cityloop.lab.report.overview_figure import overview_figure
from cityloop.lab.report.queues_figure import queues_figure
from cityloop.lab.report.spacetime_figure import spacetime_figure
from cityloop.lab.report.timing_figure import timing_figure
from cityloop.lab.report.trips_figure import trips_figure
from cityloop.lab.report.words import same
from cityloop.measures.intervals import Interval

FIGURES = {
    "arms": lambda made, name: arms_figure(made.report().arms, name),
    "map": lambda made, name: map_figure(made.network(), made.report().roads, {"x": 1}, name),
    "overview": lambda made, name: overview_figure([same("a")], [Interval(-10.0, -15.0, -5.0, 3)], name),
    "queues": lambda made, name: queues_figure(made.report().queues, name),
    "spacetime": lambda made, name: spacetime_figure(made.report().space_times, name),
    "timing": lambda made, name: timing_figure(made.report().timings, name),
    "trips": lambda made, name: trips_figure(made.report().trips[0], made.report().trips[1:], name),
}


@pytest.mark.parametrize("kind", FIGURES)
def test_the_same_data_give_the_same_drawing_with_names_of_its_own(kind, made):
    once, again, other = (FIGURES[kind](made, name) for name in ("one", "one", "two"))
    assert once == again
    assert other == re.sub(r"\bone-", "two-", once)


@pytest.mark.parametrize("kind", FIGURES)
def test_every_figure_speaks_both_languages_and_is_light(kind, made):
    text = FIGURES[kind](made, "f")
    root = etree.fromstring(text)
    assert len(root.xpath("//*[@class='ko']")) == len(root.xpath("//*[@class='en']")) > 0
    assert re.search("[가-힣]", "".join(root.xpath("//*[@class='ko']/text()")))
    assert re.findall(r"(?<!,)#[0-9a-f]{6}\b", text) in ([], ["#000000"])
    assert len(text) < 60_000

"""What all figures have in common; what each draws is tested in its own file."""

from __future__ import annotations

import re
from dataclasses import replace

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


def texts(svg: str, language: str = "en") -> list[str]:
    return etree.fromstring(svg).xpath(f"//*[@class='{language}']/text()")


def plain(svg: str) -> list[str]:
    return etree.fromstring(svg).xpath("//*[local-name()='text'][not(@class)]/text()")


def test_the_map_says_what_happened_on_a_road(made):
    svg = FIGURES["map"](made, "m")
    titles = etree.fromstring(svg).xpath("//*[local-name()='title']/text()")
    assert "Main Street: 40.0 → 5.0 s/veh (−35.0), 900 veh" in titles
    assert [title for title in titles if title.startswith("b:")]  # a road without a name goes by its identifier
    assert not [title for title in titles if title.startswith("c:")]  # at rest
    assert "var(--change-0," in svg and "var(--at-rest," in svg
    assert "1" in plain(svg) and "100 m" not in texts(svg)
    assert any(text.endswith(" m") for text in plain(svg))
    assert "N" in plain(svg)


def test_the_map_takes_a_single_road_and_signals_without_numbers(made):
    network = made.network()
    network = replace(network, road_ids=("a",), road_names=("",), lines=network.lines[:1], ways=())
    roads = made.report().roads
    one = replace(roads, before_s=roads.before_s[:1], after_s=roads.after_s[:1], n_veh=roads.n_veh[:1])
    assert "1" not in plain(map_figure(network, one, {}, "m"))


def test_an_arm_without_an_interval_shows_its_dots(made):
    arm = made.report().arms[0]
    alone = replace(arm, seed_delays_s=(49.0,), figures={"delay_s": Interval(49.0, float("nan"), float("nan"), 1)})
    unknown = replace(arm, arm="smart", seed_delays_s=(), figures={})
    assert "49.0" in plain(arms_figure([alone, unknown], "a"))


def test_the_overview_colours_by_what_can_be_said():
    changes = [
        Interval(-30.0, -40.0, -20.0, 3),
        Interval(10.0, 5.0, 15.0, 3),
        Interval(-1.0, -5.0, 3.0, 3),
        Interval(-50.0, float("nan"), float("nan"), 1),
        Interval(float("nan"), float("nan"), float("nan"), 0),
    ]
    svg = overview_figure([same(str(i)) for i in range(5)], changes, "o")
    assert "−30 %" in plain(svg) and "+10 %" in plain(svg)
    assert all(f"var(--change-{i}," in svg for i in (1, 3, 5))


def test_a_timing_diagram_has_the_states_and_the_arms(made):
    svg = FIGURES["timing"](made, "t")
    assert all(f"var(--{role}," in svg for role in ("green", "yielding", "yellow", "red"))
    assert {"Plan in force", "Smart signals", "from N, straight", "from N, left"} <= set(texts(svg))
    assert "현행 신호" in texts(svg, "ko")


def test_shares_of_trips_are_of_the_pairs_alone(made):
    said = texts(FIGURES["trips"](made, "t"))
    assert "33\N{NO-BREAK SPACE}% gained" in said and "33\N{NO-BREAK SPACE}% lost" in said
    assert "Smart signals: 95th percentile 47 s" in said

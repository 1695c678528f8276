from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cityloop.lab.report.model import Paired
from cityloop.lab.report.scenario_page import headline, interval_words, scenario_page, short_id
from cityloop.measures.intervals import Interval


def paired(verdict: str, mean: float, low: float, high: float, n: int = 3) -> Paired:
    return Paired(verdict, Interval(mean * 49, low * 49, high * 49, n), Interval(mean, low, high, n))


NAN = math.nan


@pytest.mark.parametrize(
    ("comparison", "sentence", "interval"),
    [
        (
            paired("better", -0.571, -0.602, -0.541),
            "Smart signals cut delay in Madetown by 57 %",
            "95 % interval 54 to 60 %",
        ),
        (
            paired("worse", 0.21, 0.05, 0.37),
            "Smart signals raised delay in Madetown by 21 %",
            "95 % interval +5 to +37 %",
        ),
        (
            paired("no difference shown", -0.02, -0.06, 0.02),
            "Smart signals in Madetown: no difference in delay shown",
            "95 % interval −6 to +2 %",
        ),
        (
            paired("cannot tell", -0.5, NAN, NAN, 1),
            "Smart signals in Madetown: these runs cannot tell whether delay changes",
            "no interval can be given",
        ),
        (
            None,
            "Smart signals in Madetown: these runs cannot tell whether delay changes",
            "no interval can be given",
        ),
    ],
)
def test_the_headline_claims_what_the_verdict_allows(made, comparison, sentence, interval):
    report = made.report()
    assert headline(report, comparison).en.replace("\N{NO-BREAK SPACE}", " ") == sentence
    assert interval_words(comparison, 3).en.replace("\N{NO-BREAK SPACE}", " ") == interval


def test_one_run_is_named_as_the_reason(made):
    words = interval_words(paired("cannot tell", -0.5, NAN, NAN, 1), 1)
    assert "one run" in words.en and "−50" in words.en
    assert "1회" in words.ko and "−50" in words.ko


def test_korean_headline(made):
    report = made.report()
    assert (
        headline(report, paired("better", -0.571, -0.602, -0.541)).ko
        == "가상시, 스마트 신호 적용 시 평균 지체 57% 감소"
    )


def test_a_single_arm_is_reported_without_a_comparison(made):
    report = made.report()
    alone = replace(report, ours_arm="field", arms=report.arms[:1], roads=None, trips=())
    page = scenario_page(alone)
    assert page.headline.en == "Plan in force in Madetown: mean delay 49.0 seconds per vehicle"
    assert [figure.key for figure in page.figures if not figure.svg] == ["map", "trips"]
    assert page.is_alone and page.basis.en == "3 runs, 07:00 to 08:00"
    assert page.cards[0].origin is None


def test_cards_and_rows_leave_out_what_no_arm_knows(made):
    page = scenario_page(made.report())
    assert [card.name.en for card in page.cards] == ["Mean delay", "Stops", "Trips that lost over 3 s"]
    assert page.cards[0].origin.en == "Plan in force 49.0 · "
    assert page.cards[0].change.en == "−57\N{NO-BREAK SPACE}%" and page.cards[0].css == "better"
    assert page.cards[1].change.en == "–"  # measured, never compared
    assert [row.name.en for row in page.measures] == ["Mean delay", "Stops", "Teleports"]


def test_trouble_is_printed_where_there_is_any(made):
    report = made.report()
    faults = Interval(0.3, 0.0, 0.9, 3)
    troubled = replace(report.arms[1], figures={**report.arms[1].figures, "n_faults": faults, "n_discarded": faults})
    calm = {"n_discarded": Interval(0.0, 0.0, 0.0, 3)}
    names = [row.name.en for row in scenario_page(replace(report, arms=(report.arms[0], troubled))).measures]
    assert "Ticks without the service" in names and "Given up by the simulator" in names
    quiet = replace(report.arms[1], figures={**report.arms[1].figures, **calm})
    names = [row.name.en for row in scenario_page(replace(report, arms=(report.arms[0], quiet))).measures]
    assert "Given up by the simulator" not in names


def test_emissions_that_nobody_computed_cannot_be_told(made):
    page = scenario_page(made.report())
    assert [row.name.en for row in page.emissions] == ["CO₂", "Fuel"]
    assert {cell.value.en for row in page.emissions for cell in row.cells} == {"cannot tell"}


def test_junctions_sort_by_value_and_unknown_values_by_none(made):
    (row,) = scenario_page(made.report()).junctions
    assert row.place == 1
    keys = [cell.key for cell in row.cells]
    assert keys == ["940", "30", "", "", "60", "40", "50", "70", "80", "120"]
    assert [cell.text.ko for cell in row.cells][2:4] == ["판단 불가", "판단 불가"]


def test_empty_parts_have_no_figure(made):
    page = scenario_page(
        made.report(network=None, roads=None, queues=(), junctions=(), timings=(), space_times=(), trips=())
    )
    assert [figure.svg for figure in page.figures] == [""] * 5
    assert page.junctions == ()


def test_long_names_are_cut():
    assert short_id("gneJ207") == "gneJ207"
    assert len(short_id("cluster_" + "1234567890_" * 40)) == 22

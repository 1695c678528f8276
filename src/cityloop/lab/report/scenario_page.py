"""The part of the page that speaks of one scenario."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from cityloop.lab.report.arms_figure import arms_figure
from cityloop.lab.report.cells import (
    BETTER,
    CANNOT_TELL,
    WORSE,
    Badge,
    Cell,
    Change,
    badge,
    change_cell,
    compared_cell,
    finite,
    scaled,
    value_cell,
)
from cityloop.lab.report.map_figure import map_figure
from cityloop.lab.report.measure_names import ARM_ROWS, CARDS, DELAY, EMISSIONS, Measure
from cityloop.lab.report.model import ArmResult, Junction, Paired, ScenarioReport
from cityloop.lab.report.numbers import clock, has_bounds, is_known, number, signed
from cityloop.lab.report.queues_figure import queues_figure
from cityloop.lab.report.spacetime_figure import spacetime_figure
from cityloop.lab.report.timing_figure import timing_figure
from cityloop.lab.report.trips_figure import SAME_S, trips_figure
from cityloop.lab.report.words import NOTHING, Words, arm_name, mid_sentence, same, say

_LONGEST_ID = 22


@dataclass(frozen=True)
class Card:
    """A key figure: its value after, where it came from and how it changed."""

    name: Words
    value: Words
    unit: Words
    origin: Words | None
    change: Words
    css: str


@dataclass(frozen=True)
class ArmHead:
    """Head of an arm's column: its name, its change of delay and the verdict on it."""

    name: Words
    is_base: bool
    is_ours: bool
    change: Change
    verdict: Badge


@dataclass(frozen=True)
class MeasureRow:
    """A row of a table of measures, one cell an arm."""

    name: Words
    unit: Words
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class SortableCell:
    """A cell of a table that the reader can sort: ``key`` is empty where nothing can be told."""

    text: Words
    key: str
    css: str = ""


@dataclass(frozen=True)
class JunctionRow:
    """A row of the table of junctions; the number is that on the map."""

    place: int
    signal_id: str
    short_id: str
    cells: tuple[SortableCell, ...]


@dataclass(frozen=True)
class FigurePart:
    """A part of the page that is a figure with a sentence; no figure where the runs recorded nothing."""

    key: str
    lead: Words
    svg: str


@dataclass(frozen=True)
class ScenarioPage:
    """What the template prints of one scenario."""

    report: ScenarioReport
    anchor: str
    versus: Words
    headline: Words
    verdict: Badge
    interval: Words
    basis: Words
    is_alone: bool
    change: Change
    cards: tuple[Card, ...]
    arms_lead: Words
    arms_figure: str
    arms: tuple[ArmHead, ...]
    measures: tuple[MeasureRow, ...]
    figures: tuple[FigurePart, ...]
    junctions: tuple[JunctionRow, ...]
    emissions: tuple[MeasureRow, ...]


def scenario_page(report: ScenarioReport, place: int = 1) -> ScenarioPage:
    """Return the part of the page that speaks of one scenario, figures drawn.

    Parameters
    ----------
    report : ScenarioReport
    place : int
        Of the scenario on the page; it makes the names of anchors and drawings unlike those of the others.
    """
    ours = report.arm(report.ours_arm)
    is_alone = report.ours_arm == report.base_arm
    paired = ours.paired.get(DELAY.key)
    anchor = f"s{place}-" + re.sub(r"[^A-Za-z0-9_-]+", "-", report.scenario)
    measures = [measure for measure in ARM_ROWS if _is_printed(measure, report)]
    return ScenarioPage(
        report=report,
        anchor=anchor,
        versus=arm_name(report.ours_arm) if is_alone else arm_name(report.base_arm) + " → " + arm_name(report.ours_arm),
        headline=headline(report, paired),
        verdict=badge(paired.verdict if paired else CANNOT_TELL),
        interval=interval_words(paired, len(report.seeds)),
        basis=say(
            "headline.basis_single" if is_alone else "headline.basis",
            before=finite_or_dash(report.arm(report.base_arm)),
            after=finite_or_dash(ours),
            n=len(report.seeds),
            begin=clock(report.begin_s),
            end=clock(report.end_s),
        ),
        is_alone=is_alone,
        change=change_cell(paired),
        cards=tuple(_cards(report, ours)),
        arms_lead=say("lead.arms", n=len(report.seeds)),
        arms_figure=arms_figure(report.arms, f"{anchor}-arms"),
        arms=tuple(_arm_head(arm, report) for arm in report.arms),
        measures=tuple(_measure_row(measure, report) for measure in measures),
        figures=_figures(report, anchor),
        junctions=tuple(_junction_row(place, junction) for place, junction in enumerate(report.junctions, 1)),
        emissions=tuple(_measure_row(measure, report) for measure in EMISSIONS),
    )


def headline(report: ScenarioReport, paired: Paired | None) -> Words:
    """Return the one sentence that the report is about."""
    if report.ours_arm == report.base_arm:
        delay = finite_or_dash(report.arm(report.base_arm))
        return say("headline.single", arm=arm_name(report.base_arm), place=report.place, delay=delay)
    verdict = paired.verdict if paired else CANNOT_TELL
    change_frac = paired.change_frac.mean if paired else math.nan
    return say(
        "headline." + verdict.replace(" ", "_"),
        arm=arm_name(report.ours_arm),
        place=report.place,
        pct=number(abs(100.0 * change_frac)),
    )


def interval_words(paired: Paired | None, n_seeds: int) -> Words:
    """Return the interval of the headline's change, or why there is none.

    A change for the better is spoken of as a cut, so its interval is turned into cuts as well.
    """
    if paired is None or not is_known(paired.change_frac):
        return say("headline.no_interval")
    change = scaled(paired.change_frac, 100.0)
    if not has_bounds(change):
        return say("headline.only_one" if n_seeds < 2 else "headline.no_interval", pct=signed(change.mean))
    if paired.verdict == BETTER:
        return say("headline.interval", low=number(-change.high), high=number(-change.low))
    return say("headline.interval", low=signed(change.low), high=signed(change.high))


def finite_or_dash(arm: ArmResult) -> str:
    """Return an arm's delay as printed in a sentence."""
    return number(arm.figure(DELAY.key).mean, DELAY.digits)


def short_id(signal_id: str) -> str:
    """Return a name that fits a column: joined junctions have names of hundreds of characters."""
    return signal_id if len(signal_id) <= _LONGEST_ID else signal_id[: _LONGEST_ID - 1] + "…"


def _cards(report: ScenarioReport, ours: ArmResult) -> list[Card]:
    base = report.arm(report.base_arm)
    cards = []
    for measure in CARDS:
        if not (is_known(base.figure(measure.key)) or is_known(ours.figure(measure.key))):
            continue
        paired = ours.paired.get(measure.key)
        change = change_cell(paired)
        origin = value_cell(base.figure(measure.key), measure).value
        cards.append(
            Card(
                name=measure.name,
                value=value_cell(ours.figure(measure.key), measure).value,
                unit=measure.unit_name,
                origin=None if base is ours else arm_name(report.base_arm) + " " + origin + " · ",
                change=change.text,
                css=badge(paired.verdict if paired else CANNOT_TELL).css,
            )
        )
    shares = _trip_shares(report)
    if shares is not None:
        cards.append(
            Card(say("measure.worse_frac"), same(number(shares[1], 0)), say("unit.pct"), None, NOTHING, "undecided")
        )
    return cards


def _arm_head(arm: ArmResult, report: ScenarioReport) -> ArmHead:
    is_base = arm.arm == report.base_arm
    paired = arm.paired.get(DELAY.key)
    return ArmHead(
        name=arm_name(arm.arm),
        is_base=is_base,
        is_ours=arm.arm == report.ours_arm,
        change=change_cell(None if is_base else paired),
        verdict=badge(None if is_base else paired.verdict if paired else CANNOT_TELL),
    )


def _is_printed(measure: Measure, report: ScenarioReport) -> bool:
    known = [mean for arm in report.arms if math.isfinite(mean := arm.figure(measure.key).mean)]
    return any(known) if measure.is_trouble else bool(known)


def _measure_row(measure: Measure, report: ScenarioReport) -> MeasureRow:
    return MeasureRow(
        name=measure.name,
        unit=measure.unit_name,
        cells=tuple(
            compared_cell(arm.figure(measure.key), arm.paired.get(measure.key), measure) for arm in report.arms
        ),
    )


def _trip_shares(report: ScenarioReport) -> tuple[float, float, int] | None:
    """Return the percent of trips that gained and that lost, and how many there are."""
    delays = {trips.arm: trips.delay_s for trips in report.trips}
    if report.base_arm not in delays or report.ours_arm not in delays:
        return None
    change_s = delays[report.ours_arm] - delays[report.base_arm]
    change_s = change_s[np.isfinite(change_s)]
    if change_s.size == 0:
        return None
    return 100.0 * float((change_s < -SAME_S).mean()), 100.0 * float((change_s > SAME_S).mean()), change_s.size


def _figures(report: ScenarioReport, anchor: str) -> tuple[FigurePart, ...]:
    ours = mid_sentence(arm_name(report.ours_arm))
    seed = report.seeds[0] if report.seeds else 0
    shares = _trip_shares(report)
    before = [trips for trips in report.trips if trips.arm == report.base_arm]
    others = [trips for trips in report.trips if trips.arm not in (report.base_arm, report.ours_arm)]
    after = [*others, *(trips for trips in report.trips if trips.arm == report.ours_arm)]
    route = report.space_times[0] if report.space_times else None
    numbers = {junction.signal_id: place for place, junction in enumerate(report.junctions, 1)}
    return (
        FigurePart(
            "map",
            say("lead.map", ours=ours),
            map_figure(report.network, report.roads, numbers, f"{anchor}-map")
            if report.network and report.roads
            else "",
        ),
        FigurePart(
            "queues", say("lead.queues"), queues_figure(report.queues, f"{anchor}-queues") if report.queues else ""
        ),
        FigurePart(
            "timing",
            say("lead.timing", junction=short_id(report.timing_signal_id), seed=seed),
            timing_figure(report.timings, f"{anchor}-timing") if report.timings else "",
        ),
        FigurePart(
            "spacetime",
            say("lead.spacetime", seed=seed, length=number(route.length_m), n=len(route.stop_lines))
            if route
            else NOTHING,
            spacetime_figure(report.space_times, f"{anchor}-spacetime") if route else "",
        ),
        FigurePart(
            "trips",
            say(
                "lead.trips",
                better=number(shares[0]),
                worse=number(shares[1]),
                n=number(shares[2]),
                same=number(SAME_S),
            )
            if shares
            else NOTHING,
            trips_figure(before[0], after, f"{anchor}-trips") if shares else "",
        ),
    )


def _junction_row(place: int, junction: Junction) -> JunctionRow:
    def pair(name: str, digits: int, scale: float = 1.0) -> list[SortableCell]:
        return [
            _sortable(getattr(side, name) * scale, digits, "split" if side is junction.before else "")
            for side in (junction.before, junction.after)
        ]

    change_s = junction.after.delay_s - junction.before.delay_s
    css = "" if not np.isfinite(change_s) or abs(change_s) < 0.5 else BETTER if change_s < 0 else WORSE
    change = SortableCell(
        same(signed(change_s, 1)) if np.isfinite(change_s) else say("page.absent"),
        f"{change_s:.6g}" if np.isfinite(change_s) else "",
        css,
    )
    return JunctionRow(
        place,
        junction.signal_id,
        short_id(junction.signal_id),
        (
            _sortable(junction.n_veh, 0),
            *pair("delay_s", 1),
            change,
            *pair("red_wait_s", 0),
            *pair("green_use_frac", 0, 100.0),
            *pair("switches_per_h", 0),
        ),
    )


def _sortable(value: float, digits: int, css: str = "") -> SortableCell:
    return SortableCell(finite(value, digits), f"{value:.6g}" if np.isfinite(value) else "", css)

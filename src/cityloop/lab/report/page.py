"""The page: everything that a report shows, as one HTML text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from cityloop.lab.report.cells import Cell, scaled, value_cell
from cityloop.lab.report.colours import css_variables
from cityloop.lab.report.measure_names import DELAY
from cityloop.lab.report.model import UNKNOWN, Method
from cityloop.lab.report.model import ScenarioReport as Report
from cityloop.lab.report.overview_figure import overview_figure
from cityloop.lab.report.scenario_page import ScenarioPage, scenario_page
from cityloop.lab.report.words import Words, arm_name, has, mid_sentence, same, say


@dataclass(frozen=True)
class NamedValue:
    """A setting of the trial and its value."""

    name: Words
    value: Words


@dataclass(frozen=True)
class Overview:
    """What comes first where a trial has several scenarios."""

    basis: Words
    lead: Words
    figure: str
    arms: tuple[str, ...]


def render(reports: Sequence[Report], method: Method) -> str:
    """Return the page as HTML that needs nothing from outside itself.

    Parameters
    ----------
    reports : sequence of model.ScenarioReport
        None where no run finished; the page says so.
    method : Method
    """
    import jinja2
    from markupsafe import Markup, escape

    def both(words: Words) -> Markup:
        if words.en == words.ko:
            return escape(words.en)
        return Markup('<span class="en" lang="en">{}</span><span class="ko" lang="ko">{}</span>').format(
            words.en, words.ko
        )

    def text(key: str) -> Markup:
        return both(say(key))

    def note_kind(kind: str) -> Markup:
        key = "finding." + kind.replace(" ", "_")
        return both(say(key)) if has(key) else escape(kind)

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cityloop.lab.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )

    def delay_of(report: Report, arm: str) -> Cell:
        names = [result.arm for result in report.arms]
        return value_cell(report.arm(arm).figure(DELAY.key) if arm in names else UNKNOWN, DELAY)

    environment.globals.update(t=text, w=both, note_kind=note_kind, delay_of=delay_of, arm_name=arm_name, named=named)
    pages = [scenario_page(report, place) for place, report in enumerate(reports, 1)]
    title = pages[0].headline if len(pages) == 1 else say("page.title")
    return environment.get_template("report.html.j2").render(
        title=title,
        light=css_variables(is_dark=False),
        dark=css_variables(is_dark=True),
        style=_file("style.css"),
        behaviour=_file("behaviour.js"),
        scenarios=pages,
        overview=_overview(pages) if len(pages) > 1 else None,
        protocol=named(method.protocol),
        versions=method.versions,
        command=method.command,
        version=method.cityloop_version,
    )


def _file(name: str) -> str:
    return resources.files("cityloop.lab.report").joinpath("templates", name).read_text("utf-8")


def _overview(pages: Sequence[ScenarioPage]) -> Overview:
    arms = list(dict.fromkeys(arm.arm for page in pages for arm in page.report.arms))
    names = [arm_name(arm) for arm in arms]
    changes = [page.report.arm(page.report.ours_arm).paired.get(DELAY.key) for page in pages]
    return Overview(
        basis=say("headline.overview", n=len(pages), arms=joined(names)),
        lead=say("lead.overview", arm=mid_sentence(arm_name(pages[0].report.ours_arm))),
        figure=overview_figure(
            [page.report.place + same(f" ({page.report.scenario})") for page in pages],
            [scaled(change.change_frac, 100.0) if change else UNKNOWN for change in changes],
            "overview",
        ),
        arms=tuple(arms),
    )


def joined(words: Sequence[Words]) -> Words:
    """Return several texts as a list with commas."""
    return Words(", ".join(both.en for both in words), ", ".join(both.ko for both in words))


def named(rows: Sequence[tuple[str, str]]) -> list[NamedValue]:
    """Return settings with the names and values that people use, where the table of texts has them."""
    return [
        NamedValue(
            say(f"protocol.{name}") if has(f"protocol.{name}") else same(name),
            say(f"protocol_value.{value}") if has(f"protocol_value.{value}") else same(value),
        )
        for name, value in rows
    ]

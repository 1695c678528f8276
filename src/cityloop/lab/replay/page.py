"""The page of a replay, as one HTML text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from cityloop.lab.replay.texts import texts
from cityloop.lab.report.colours import css_variables
from cityloop.lab.report.numbers import clock
from cityloop.lab.report.words import Words, arm_name, has, same, say, translated
from cityloop.scenarios import Scenario

VEHICLE_SPACING_M = 7.5
"""Room that a standing vehicle takes: SUMO's passenger car with the gap before it."""
_SCRIPTS = ("unpack.js", "ways.js", "drawing.js", "series.js", "player.js")
_SPOKEN = "js_"  # texts that the scripts say


@dataclass(frozen=True)
class About:
    """What was run.

    Parameters
    ----------
    scenario : Scenario
    arm : str
    seed : int
    engine, sensing : str
    versions : mapping of str to str
        Of the programs that ran it.
    """

    scenario: Scenario
    arm: str
    seed: int
    engine: str
    sensing: str
    versions: Mapping[str, str]


def render(about: About, data: Mapping[str, Any]) -> str:
    """Return the page as HTML that needs nothing from outside itself.

    Parameters
    ----------
    about : About
    data : mapping
        Of ``map_data`` and ``moving_data``.
    """
    import jinja2
    from markupsafe import Markup, escape

    def both(words: Words) -> Markup:
        if words.en == words.ko:
            return escape(words.en)
        return Markup('<span class="en" lang="en">{}</span><span class="ko" lang="ko">{}</span>').format(
            words.en, words.ko
        )

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cityloop.lab.replay", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    spoken = {key: {"en": words.en, "ko": words.ko} for key, words in texts().items() if key.startswith(_SPOKEN)}
    content = {**data, "spacing_m": VEHICLE_SPACING_M, "texts": spoken}
    place, arm = _place(about.scenario.name), arm_name(about.arm)
    environment.globals.update(t=lambda key: both(texts()[key]), w=both)
    return environment.get_template("replay.html.j2").render(
        title=arm + ", " + place,
        facts=_facts(about, data),
        sources=_sources(about.scenario),
        light=css_variables(is_dark=False),
        dark=css_variables(is_dark=True),
        style=_file("style.css"),
        choices=_file("choices.js"),
        scripts=[_file(name) for name in _SCRIPTS],
        # a "<" inside would end the element that holds the data
        content=json.dumps(content, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        version=about.versions.get("cityloop", ""),
    )


def _file(name: str) -> str:
    return resources.files("cityloop.lab.replay").joinpath("templates", name).read_text("utf-8")


def _place(scenario: str) -> Words:
    return say(f"place.{scenario}") if has(f"place.{scenario}") else same(scenario)


def _facts(about: About, data: Mapping[str, Any]) -> list[tuple[Words, Words]]:
    of_protocol = say("protocol.engine"), say("protocol.sensing")
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    return [
        (texts()["scenario"], same(about.scenario.name)),
        (texts()["arm"], arm_name(about.arm) + same(f" ({about.arm})")),
        (texts()["seed"], same(about.seed)),
        (of_protocol[0], texts().get(f"engine_{about.engine}", same(about.engine))),
        (of_protocol[1], same(about.sensing)),
        (texts()["window"], same(f"{clock(data['begin_s'])} – {clock(data['end_s'])}")),
        (texts()["versions"], same(versions)),
    ]


def _sources(scenario: Scenario) -> list[tuple[Words, Words]]:
    unknown = say("source.unknown")
    return [
        (say("source.real"), translated(scenario.real, "real") if scenario.real else unknown),
        (say("source.synthetic"), translated(scenario.synthetic, "synthetic") if scenario.synthetic else unknown),
        (say("source.licence"), same(scenario.licence) if scenario.licence else unknown),
    ]

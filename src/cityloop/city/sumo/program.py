"""A ``<tlLogic>`` as it stands in a net or an additional file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.link_state import codes_of
from cityloop.city.sumo.xml_file import required, seconds, where


@dataclass(frozen=True, slots=True)
class Phase:
    """A step of a program; ``min_s`` and ``max_s`` are nan where absent."""

    state: str
    duration_s: float
    min_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Program:
    """A signal program; ``offset`` is a time, ``"begin"`` (of the scenario), or None where it is not given."""

    signal_id: str
    program_id: str
    kind: str
    offset: str | None
    phases: tuple[Phase, ...]
    place: str


def program_of(element: etree._Element, path: Path) -> Program:
    """Return the program of a ``<tlLogic>``.

    Raises
    ------
    Unusable
        When it lacks what it must have, its states differ in length or hold unknown characters.
    """
    place = where(element, path)
    phases = tuple(_phase_of(phase, path) for phase in element.iterchildren("phase"))
    if len({len(phase.state) for phase in phases}) > 1:
        raise Unusable("its states differ in length", place, "give one character a link in every phase")
    return Program(
        signal_id=required(element, "id", path),
        program_id=required(element, "programID", path),
        kind=element.get("type", "static"),
        offset=element.get("offset"),
        phases=phases,
        place=place,
    )


def _phase_of(element: etree._Element, path: Path) -> Phase:
    place = where(element, path)
    state = required(element, "state", path)
    if not state or not state.isascii() or bool(np.any(codes_of(state) == 255)):
        raise Unusable(f"unknown state {state!r}", place, "use the characters r y g G u s o O")
    duration_s = seconds(element, "duration", path)
    if duration_s < 0:
        raise Unusable(f"duration {duration_s:g} is negative", place, "give a duration from 0 s on")
    return Phase(
        state, duration_s, seconds(element, "minDur", path, math.nan), seconds(element, "maxDur", path, math.nan)
    )

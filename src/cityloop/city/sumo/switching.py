"""Time-of-day switching between signal programs (SUMO's WAUT)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.xml_file import required, seconds, where

SWITCHING_TAGS = frozenset({"WAUT", "wautJunction"})
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Timetable:
    """A ``<WAUT>``: the program it starts with and ``(time, program)`` in order of time.

    ``period_s`` is 0 where the switches do not come round again.
    """

    start_program_id: str
    switches: tuple[tuple[float, str], ...]
    period_s: float
    place: str

    def over_day(self) -> list[tuple[float, str]]:
        """Return the switches of a day, those of a shorter period repeated."""
        if not 0 < self.period_s < _DAY_S:
            return list(self.switches)
        n_rounds = math.ceil(_DAY_S / self.period_s)
        rounds = [(at_s + k * self.period_s, name) for k in range(n_rounds) for at_s, name in self.switches]
        return [(at_s, name) for at_s, name in rounds if at_s < _DAY_S]


@dataclass(frozen=True)
class Switching:
    """The timetables and the signals that follow them."""

    timetables: dict[str, Timetable] = field(default_factory=dict)
    timetable_of_signal: dict[str, str] = field(default_factory=dict)

    def add(self, element: etree._Element, path: Path) -> None:
        """Take a ``<WAUT>`` or ``<wautJunction>``.

        Raises
        ------
        Unusable
            When it lacks what it must have, its switches are out of order, or it names an unknown timetable.
        """
        if element.tag == "WAUT":
            self.timetables[required(element, "id", path)] = _timetable_of(element, path)
            return
        name = required(element, "wautID", path)
        if name not in self.timetables:
            raise Unusable(f"WAUT {name} is not defined before it is used", where(element, path), "define it first")
        self.timetable_of_signal[required(element, "junctionID", path)] = name

    def program_ids_of(self, signal_id: str) -> set[str]:
        """Return the programs that a signal's timetable names."""
        timetable = self.timetables.get(self.timetable_of_signal.get(signal_id, ""))
        return {timetable.start_program_id, *(name for _, name in timetable.switches)} if timetable else set()

    def of(self, signal_id: str, program_ids: Sequence[str], begin_s: float) -> tuple[str, list[tuple[float, str]]]:
        """Return the program in force at a time, and the switches of a signal over the day.

        Parameters
        ----------
        signal_id : str
        program_ids : sequence of str
            The programs of the signal in the order in which they were loaded.
        begin_s : float

        Raises
        ------
        Unusable
            When the timetable names a program that the signal does not have.
        """
        timetable = self.timetables.get(self.timetable_of_signal.get(signal_id, ""))
        if timetable is None:
            return program_ids[-1], []
        for name in sorted(self.program_ids_of(signal_id) - set(program_ids)):
            raise Unusable(
                f"signal {signal_id} is switched to program {name}, which it does not have",
                timetable.place,
                f"use one of {', '.join(program_ids)}, or off",
            )
        past = [name for at_s, name in timetable.switches if at_s <= begin_s]
        return past[-1] if past else timetable.start_program_id, timetable.over_day()


def _timetable_of(element: etree._Element, path: Path) -> Timetable:
    reference_s = seconds(element, "refTime", path, 0.0)
    period_s = seconds(element, "period", path, 0.0)
    switches = [
        (reference_s + seconds(switch, "time", path), required(switch, "to", path))
        for switch in element.iterchildren("wautSwitch")
    ]
    if period_s > 0:
        switches = [(at_s % period_s, name) for at_s, name in switches]
    if switches != sorted(switches, key=lambda switch: switch[0]):
        raise Unusable("its switches are out of order", where(element, path), "sort them by time of day")
    return Timetable(required(element, "startProg", path), tuple(switches), max(period_s, 0.0), where(element, path))

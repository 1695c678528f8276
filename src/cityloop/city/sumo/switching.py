"""Time-of-day switching between signal programs (SUMO's WAUT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from cityloop.city.city import Finding
from cityloop.city.sumo.xml_file import required, seconds

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Timetable:
    """The program a ``<WAUT>`` starts with, and ``(time, program)`` in order of time."""

    start_program_id: str
    switches: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Switching:
    """The timetables and the signals that follow them."""

    timetables: dict[str, Timetable] = field(default_factory=dict)
    timetable_of_signal: dict[str, str] = field(default_factory=dict)

    def take(self, element: etree._Element, path: Path) -> bool:
        """Take a ``<WAUT>`` or ``<wautJunction>``; False where it is neither.

        Raises
        ------
        Unusable
            When it lacks what it must have.
        """
        if element.tag == "WAUT":
            self.timetables[required(element, "id", path)] = _timetable_of(element, path)
        elif element.tag == "wautJunction":
            self.timetable_of_signal[required(element, "junctionID", path)] = required(element, "wautID", path)
        else:
            return False
        return True

    def program_ids_of(self, signal_id: str) -> set[str]:
        """Return the programs that a signal's timetable names."""
        timetable = self.timetables.get(self.timetable_of_signal.get(signal_id, ""))
        return {timetable.start_program_id, *(name for _, name in timetable.switches)} if timetable else set()

    def of(
        self, signal_id: str, program_ids: Sequence[str], begin_s: float
    ) -> tuple[str, list[tuple[float, str]], list[Finding]]:
        """Return the program in force at a time, the switches of a signal, and what is amiss with them.

        Parameters
        ----------
        signal_id : str
        program_ids : sequence of str
            The programs of the signal in the order in which they were loaded.
        begin_s : float
        """
        in_force = program_ids[-1]
        timetable = self.timetables.get(self.timetable_of_signal.get(signal_id, ""))
        if timetable is None:
            return in_force, [], []
        findings = [
            Finding("not represented", f"signal {signal_id}", f"a switch names program {name}, which it does not have")
            for name in sorted(self.program_ids_of(signal_id) - set(program_ids))
        ]
        switches = [(at_s, name) for at_s, name in timetable.switches if name in program_ids]
        if timetable.start_program_id in program_ids:
            in_force = timetable.start_program_id
        for at_s, name in switches:
            if at_s <= begin_s:
                in_force = name
        return in_force, switches, findings


def _timetable_of(element: etree._Element, path: Path) -> Timetable:
    reference_s = seconds(element, "refTime", path, 0.0)
    period_s = seconds(element, "period", path, 0.0)
    switches: list[tuple[float, str]] = []
    for switch in element.iterchildren("wautSwitch"):
        at_s, name = reference_s + seconds(switch, "time", path), required(switch, "to", path)
        if period_s <= 0:
            switches.append((at_s, name))
            continue
        at_s %= period_s
        while at_s < max(_DAY_S, period_s):  # a period below a day comes round several times
            switches.append((at_s, name))
            at_s += period_s
    return Timetable(required(element, "startProg", path), tuple(sorted(switches, key=lambda switch: switch[0])))

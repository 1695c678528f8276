"""Time-of-day switching between signal programs (SUMO's WAUT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from cityloop.city.city import Finding
from cityloop.city.sumo.xml_file import required, seconds


@dataclass(frozen=True, slots=True)
class Waut:
    """A timetable of programs: the one it starts with and ``(time, program)`` in order of time."""

    start_program_id: str
    switches: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Switching:
    """The timetables and the signals that follow them."""

    timetables: dict[str, Waut] = field(default_factory=dict)
    waut_of_signal: dict[str, str] = field(default_factory=dict)

    def add(self, element: etree._Element, path: Path) -> None:
        """Take a ``<WAUT>`` or ``<wautJunction>``.

        Raises
        ------
        Unusable
            When it lacks what it must have.
        """
        if element.tag == "WAUT":
            reference_s = seconds(element, "refTime", path, 0.0)
            switches = [
                (reference_s + seconds(switch, "time", path), required(switch, "to", path))
                for switch in element.iterchildren("wautSwitch")
            ]
            waut = Waut(required(element, "startProg", path), tuple(sorted(switches, key=lambda switch: switch[0])))
            self.timetables[required(element, "id", path)] = waut
        else:
            self.waut_of_signal[required(element, "junctionID", path)] = required(element, "wautID", path)

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
        waut = self.timetables.get(self.waut_of_signal.get(signal_id, ""))
        if waut is None:
            return in_force, [], []
        findings = [
            Finding("not represented", f"signal {signal_id}", f"a switch names program {name}, which it does not have")
            for name in sorted({waut.start_program_id, *(name for _, name in waut.switches)} - set(program_ids))
        ]
        switches = [(at_s, name) for at_s, name in waut.switches if name in program_ids]
        if waut.start_program_id in program_ids:
            in_force = waut.start_program_id
        for at_s, name in switches:
            if at_s <= begin_s:
                in_force = name
        return in_force, switches, findings

"""Signals, their links, plans, stages and the switches between plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.net import Net
from cityloop.city.sumo.program import Phase, Program
from cityloop.city.sumo.switching import Switching
from cityloop.city.sumo.xml_file import seconds_of
from cityloop.city.table import Table, table_of_rows

OFF_ID = "off"  # SUMO's name for a signal that is switched off
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Signals:
    """Signals and what hangs on them; ``movements`` are complete here."""

    movements: Table
    signals: Table
    links: Table
    plans: Table
    stages: Table
    switches: Table
    findings: tuple[Finding, ...]


@dataclass
class _Rows:
    """Rows of the tables while they grow."""

    signals: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    plans: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    switches: list[dict[str, Any]] = field(default_factory=list)


def signals_of(
    net: Net, programs: Sequence[Program], switching: Switching, begin_s: float, *, is_all_off: bool = False
) -> Signals:
    """Return signals, links, plans, stages and switches, and the movements with their signals.

    As in SUMO the program that was loaded last is in force, unless time-of-day switching names another.

    Parameters
    ----------
    net : Net
    programs : sequence of Program
        In the order in which SUMO loads them: those of the net, then those of the additional files.
    switching : Switching
    begin_s : float
        Begin of the scenario.
    is_all_off : bool
        The scenario switches all signals off (SUMO's option ``tls.all-off``).

    Raises
    ------
    Unusable
        When a program has fewer states than its signal has links, two programs of a signal share a name, or
        a timetable names a program that the signal does not have: SUMO refuses these as well.
    """
    movements_of: dict[str, list[int]] = defaultdict(list)
    for movement_ix, (signal_id, _) in enumerate(net.signal_links):
        if signal_id:
            movements_of[signal_id].append(movement_ix)
    programs_of, findings = _programs_by_signal(programs)
    findings += _without_program(net, movements_of, programs_of)
    rows = _Rows()
    signal_ix = np.full(len(net.signal_links), -1, np.int64)
    link_ix = np.full(len(net.signal_links), -1, np.int64)
    for signal_id, by_id in programs_of.items():
        if signal_id not in movements_of:
            findings.append(Finding("not represented", f"signal {signal_id}", "no movement hangs on it"))
            continue
        at = movements_of[signal_id]
        signal_ix[at] = len(rows.signals)
        link_ix[at] = len(rows.links) + np.array([net.signal_links[movement_ix][1] for movement_ix in at])
        follows_off = is_all_off or OFF_ID in switching.program_ids_of(signal_id)
        if follows_off and OFF_ID not in by_id:
            by_id[OFF_ID] = _off_program(net, signal_id, at)
        in_force, switches = switching.of(signal_id, list(by_id), begin_s)
        if is_all_off:
            in_force, switches = OFF_ID, []
            findings.append(Finding("switched off", f"signal {signal_id}", "the scenario switches all signals off"))
        findings += _add_signal(rows, net, at, list(by_id.values()), in_force, switches, begin_s)
    movement_rows = [
        {**movement, "signal_ix": signal, "link_ix": link}
        for movement, signal, link in zip(net.movement_rows, signal_ix.tolist(), link_ix.tolist(), strict=True)
    ]
    return Signals(
        movements=table_of_rows("movements", movement_rows),
        signals=table_of_rows("signals", rows.signals),
        links=table_of_rows("links", rows.links),
        plans=table_of_rows("plans", rows.plans),
        stages=table_of_rows("stages", rows.stages),
        switches=table_of_rows("switches", rows.switches),
        findings=tuple(findings),
    )


def _programs_by_signal(programs: Sequence[Program]) -> tuple[dict[str, dict[str, Program]], list[Finding]]:
    programs_of: dict[str, dict[str, Program]] = defaultdict(dict)
    findings: list[Finding] = []
    for program in programs:
        known = programs_of[program.signal_id].get(program.program_id)
        if not program.phases:
            # SUMO takes a program without phases as a new offset for the one of the same name
            if known is None:
                text = f"program {program.program_id} has no phases"
                findings.append(Finding("not represented", f"signal {program.signal_id}", text))
            elif program.offset is not None:
                programs_of[program.signal_id][program.program_id] = replace(known, offset=program.offset)
            continue
        if known is not None:
            raise Unusable(
                f"signal {program.signal_id} has two programs {program.program_id}",
                program.place,
                "give them different programIDs",
            )
        programs_of[program.signal_id][program.program_id] = program
    return programs_of, findings


def _without_program(
    net: Net, movements_of: dict[str, list[int]], programs_of: dict[str, dict[str, Program]]
) -> list[Finding]:
    findings = []
    for signal_id, at in movements_of.items():
        if signal_id in programs_of:
            continue
        kinds = {str(net.nodes["kind"][net.movement_rows[movement_ix]["node_ix"]]) for movement_ix in at}
        is_rail = kinds <= {"rail_signal", "rail_crossing"}
        text = "rail signals and crossings follow the trains" if is_rail else "it has no program"
        text += "; its movements count as unsignalised"
        findings.append(Finding("not represented", f"signal {signal_id}", text))
    return findings


def _off_program(net: Net, signal_id: str, movements: list[int]) -> Program:
    """Return the program of a signal that is off: dark for major, blinking for minor links."""
    state = ["O"] * (1 + max(net.signal_links[movement_ix][1] for movement_ix in movements))
    for movement_ix in movements:
        if net.movement_rows[movement_ix]["is_minor"]:
            state[net.signal_links[movement_ix][1]] = "o"
    phase = Phase("".join(state), _DAY_S, float("nan"), float("nan"))
    return Program(signal_id, OFF_ID, "off", None, (phase,), f"signal {signal_id}")


def _add_signal(
    rows: _Rows,
    net: Net,
    movements: list[int],
    programs: list[Program],
    in_force: str,
    switches: list[tuple[float, str]],
    begin_s: float,
) -> list[Finding]:
    """Add a signal with its links, plans and switches."""
    row, first_link = len(rows.signals), len(rows.links)
    n_needed = 1 + max(net.signal_links[movement_ix][1] for movement_ix in movements)
    n_links = max(n_needed, *(len(program.phases[0].state) for program in programs))
    rows.links += _link_rows(net, row, movements, n_links)
    findings = []
    plan_ix: dict[str, int] = {}
    for program in programs:
        n_states = len(program.phases[0].state)
        if n_states < n_needed:
            raise Unusable(
                f"its states have {n_states} characters, its signal has {n_needed} links",
                program.place,
                "give one character a link",
            )
        if n_states < n_links:
            text = f"program {program.program_id} has fewer links than another program; the rest is kept red"
            findings.append(Finding("unused links", f"signal {program.signal_id}", text))
        plan_ix[program.program_id] = len(rows.plans)
        _add_plan(rows, row, program, n_links, begin_s)
    rows.switches += [{"signal_ix": row, "at_s": at_s, "plan_ix": plan_ix[name]} for at_s, name in switches]
    nodes = sorted({net.movement_rows[movement_ix]["node_ix"] for movement_ix in movements})
    rows.signals.append(
        {
            "signal_id": programs[0].signal_id,
            "links_start": first_link,
            "links_end": first_link + n_links,
            "plan_ix": plan_ix[in_force],
            "x_m": float(net.nodes["x_m"][nodes].mean()),
            "y_m": float(net.nodes["y_m"][nodes].mean()),
        }
    )
    return findings


def _link_rows(net: Net, signal_ix: int, movements: list[int], n_links: int) -> list[dict[str, Any]]:
    used = {net.signal_links[movement_ix][1] for movement_ix in movements}
    walked = {
        net.signal_links[movement_ix][1] for movement_ix in movements if net.movement_rows[movement_ix]["is_crossing"]
    }
    return [
        {"signal_ix": signal_ix, "index": link, "is_used": link in used, "is_crossing": link in walked}
        for link in range(n_links)
    ]


def _add_plan(rows: _Rows, signal_ix: int, program: Program, n_links: int, begin_s: float) -> None:
    plan, start = len(rows.plans), len(rows.stages)
    rows.stages += [
        {
            "plan_ix": plan,
            "state": phase.state.ljust(n_links, "r"),
            "duration_s": phase.duration_s,
            "min_s": phase.min_s,
            "max_s": phase.max_s,
        }
        for phase in program.phases
    ]
    rows.plans.append(
        {
            "signal_ix": signal_ix,
            "plan_id": program.program_id,
            "kind": program.kind,
            "offset_s": begin_s if program.offset == "begin" else seconds_of(program.offset or "0", program.place),
            "stages_start": start,
            "stages_end": len(rows.stages),
        }
    )

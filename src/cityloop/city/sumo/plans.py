"""Signals, their links, plans, stages and the switches between plans."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.net import Net
from cityloop.city.sumo.program import Program
from cityloop.city.sumo.switching import Switching
from cityloop.city.table import Table, table_of_rows


@dataclass(frozen=True)
class Signals:
    """Signals and what hangs on them; ``movements`` are complete here."""

    movements: Table
    signals: Table
    links: Table
    plans: Table
    stages: Table
    switches: Table
    findings: tuple[Finding, ...] = field(default=())


def signals_of(net: Net, programs: Sequence[Program], switching: Switching, begin_s: float) -> Signals:
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

    Raises
    ------
    Unusable
        When a program has fewer states than its signal has links, or two programs of a signal share a name.
    """
    movements_of: dict[str, list[int]] = defaultdict(list)
    for movement_ix, (signal_id, _) in enumerate(net.signal_links):
        if signal_id:
            movements_of[signal_id].append(movement_ix)
    programs_of: dict[str, dict[str, Program]] = defaultdict(dict)
    for program in programs:
        if program.program_id in programs_of[program.signal_id]:
            raise Unusable(
                f"signal {program.signal_id} has two programs {program.program_id}",
                program.place,
                "give them different programIDs",
            )
        programs_of[program.signal_id][program.program_id] = program
    findings = _without_program(net, movements_of, programs_of)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    signal_ix = np.full(len(net.signal_links), -1, np.int64)
    link_ix = np.full(len(net.signal_links), -1, np.int64)
    for signal_id, by_id in programs_of.items():
        if signal_id not in movements_of:
            findings.append(Finding("not represented", f"signal {signal_id}", "no movement hangs on it"))
            continue
        usable = [program for program in by_id.values() if program.phases]
        findings += [
            Finding("not represented", f"signal {signal_id}", f"program {program.program_id} has no phases")
            for program in by_id.values()
            if not program.phases
        ]
        if not usable:
            continue
        at = movements_of[signal_id]
        n_links = max(len(program.phases[0].state) for program in usable)
        n_needed = 1 + max(net.signal_links[movement_ix][1] for movement_ix in at)
        row = len(rows["signals"])
        first_link = len(rows["links"])
        for movement_ix in at:
            signal_ix[movement_ix] = row
            link_ix[movement_ix] = first_link + net.signal_links[movement_ix][1]
        rows["links"] += _link_rows(net, row, at, n_links)
        plan_ix: dict[str, int] = {}
        for program in usable:
            if len(program.phases[0].state) < n_needed:
                raise Unusable(
                    f"its states have {len(program.phases[0].state)} characters, its signal has {n_needed} links",
                    program.place,
                    "give one character a link",
                )
            if len(program.phases[0].state) < n_links:
                findings.append(
                    Finding(
                        "unused links",
                        f"signal {signal_id}",
                        f"program {program.program_id} has fewer links than another program; the rest is kept red",
                    )
                )
            plan_ix[program.program_id] = len(rows["plans"])
            _add_plan(rows, row, program, n_links)
        in_force, switches, missing = switching.of(signal_id, list(plan_ix), begin_s)
        findings += missing
        rows["switches"] += [
            {"signal_ix": row, "at_s": at_s, "plan_ix": plan_ix[program_id]} for at_s, program_id in switches
        ]
        nodes = sorted({net.movement_rows[movement_ix]["node_ix"] for movement_ix in at})
        rows["signals"].append(
            {
                "signal_id": signal_id,
                "links_start": first_link,
                "links_end": first_link + n_links,
                "plan_ix": plan_ix[in_force],
                "x_m": float(net.nodes["x_m"][nodes].mean()),
                "y_m": float(net.nodes["y_m"][nodes].mean()),
            }
        )
    movement_rows = [
        {**movement, "signal_ix": signal, "link_ix": link}
        for movement, signal, link in zip(net.movement_rows, signal_ix.tolist(), link_ix.tolist(), strict=True)
    ]
    tables = {name: table_of_rows(name, rows[name]) for name in ("signals", "links", "plans", "stages", "switches")}
    return Signals(movements=table_of_rows("movements", movement_rows), findings=tuple(findings), **tables)


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
        findings.append(
            Finding("not represented", f"signal {signal_id}", f"{text}; its movements count as unsignalised")
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


def _add_plan(rows: dict[str, list[dict[str, Any]]], signal_ix: int, program: Program, n_links: int) -> None:
    plan = len(rows["plans"])
    start = len(rows["stages"])
    for phase in program.phases:
        rows["stages"].append(
            {
                "plan_ix": plan,
                "state": phase.state.replace("Y", "y").ljust(n_links, "r"),
                "duration_s": phase.duration_s,
                "min_s": phase.min_s,
                "max_s": phase.max_s,
            }
        )
    rows["plans"].append(
        {
            "signal_ix": signal_ix,
            "plan_id": program.program_id,
            "kind": program.kind,
            "offset_s": program.offset_s if math.isfinite(program.offset_s) else 0.0,
            "stages_start": start,
            "stages_end": len(rows["stages"]),
        }
    )

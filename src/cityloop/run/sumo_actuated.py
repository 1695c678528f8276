"""The program in force, run by SUMO's own actuated control.

SUMO's type ``actuated`` prolongs a green while its detectors see gaps below ``max-gap`` (3 s). It needs bounds for
every green stage: 5 s to 50 s here, what SUMO's netconvert gives programs that it makes itself
(``--tls.min-dur`` 5, ``--tls.max-dur`` 50); stages with yellow or without any green keep their length. Stages stay as
they are: greens that follow each other without a yellow are not merged, although SUMO's control does better on
programs where they are. A signal that switches plans by the time of day goes over to its own plan at the next switch.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import numpy as np

from cityloop.city.city import City

MIN_GREEN_S, MAX_GREEN_S = 5.0, 50.0
PROGRAM_ID = "cityloop sumo-actuated"


def actuated_programs(city: City) -> str:
    """Return an additional file with the plan in force of every signal as a program of type ``actuated``.

    A program loaded last is the one in force in SUMO. A signal whose plan is not static (SUMO runs it already, or
    it is off) or shows one stage alone keeps it.
    """
    lines = ["<additional>"]
    for signal_ix, signal_id in enumerate(city.signals["signal_id"]):
        plan_ix = int(city.signals["plan_ix"][signal_ix])
        stages = np.arange(city.plans["stages_start"][plan_ix], city.plans["stages_end"][plan_ix])
        if plan_ix < 0 or len(stages) < 2 or city.plans["kind"][plan_ix] != "static":
            continue
        lines.append(
            f'<tlLogic id={quoteattr(str(signal_id))} type="actuated" programID={quoteattr(PROGRAM_ID)}'
            f' offset="{city.plans["offset_s"][plan_ix]:g}">'
        )
        lines += [_phase(city, int(stage_ix)) for stage_ix in stages]
        lines.append("</tlLogic>")
    lines.append("</additional>")
    return "\n".join(lines) + "\n"


def _phase(city: City, stage_ix: int) -> str:
    state = str(city.stages["state"][stage_ix])
    duration_s = float(city.stages["duration_s"][stage_ix])
    is_green_stage = ("g" in state or "G" in state) and "y" not in state.lower()
    min_s, max_s = (MIN_GREEN_S, MAX_GREEN_S) if is_green_stage else (duration_s, duration_s)
    return f'<phase duration="{duration_s:g}" minDur="{min_s:g}" maxDur="{max_s:g}" state="{state}"/>'

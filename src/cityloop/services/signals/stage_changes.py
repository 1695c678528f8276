"""What a change from one stage to another costs: when its greens begin, and how long it must be held."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cityloop.city.link_state import GREEN, GREEN_YIELDING, is_green
from cityloop.control.guard import start_delay_s
from cityloop.services.signals.coupling import PlannedSignal
from cityloop.services.signals.short_links import EMPTYING_S

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def stage_arrays(
    planned: Sequence[PlannedSignal], movement_start: Sequence[int], movement_link: Sequence[int]
) -> tuple[NDArray[np.int8], Ints, Floats, Ints, Floats]:
    """Return what stages show, their start delays and how long they must be held, flat over signals.

    Parameters
    ----------
    planned : sequence of PlannedSignal
    movement_start : sequence of int
        First movement of every signal, and one more.
    movement_link : sequence of int
        Link of every movement, counted from the first of its signal.

    Returns
    -------
    shown : int8, (stages, widest signal's movements)
        0 red, 1 yielding green, 2 green.
    delay_start, start_delay_s : int64, float64
        Seconds from the switch until a movement may be green; flat (stage before, stage, movement) a signal.
    hold_start, hold_after_s : int64, float64
        Seconds from the switch for which a stage must be held; flat (stage before, stage) a signal.
    """
    widest = max([b - a for a, b in pairwise(movement_start)], default=0)
    shown = np.zeros((sum(len(signal.stages) for signal in planned), widest), np.int8)
    delay_start, hold_start = [0], [0]
    delays: list[Floats] = []
    holds: list[float] = []
    stage_row = 0
    for row, signal in enumerate(planned):
        links = np.array(movement_link[movement_start[row] : movement_start[row + 1]], np.int64)
        for greens in signal.stages:
            shown[stage_row, : len(links)] = np.where(
                greens[links] == GREEN, 2, np.where(greens[links] == GREEN_YIELDING, 1, 0)
            )
            stage_row += 1
        for before in range(len(signal.stages)):
            for after in range(len(signal.stages)):
                delay_s, hold_s = _change(signal, before, after)
                delays.append(delay_s[links])
                holds.append(hold_s)
        delay_start.append(delay_start[-1] + len(signal.stages) ** 2 * len(links))
        hold_start.append(hold_start[-1] + len(signal.stages) ** 2)
    flat = np.concatenate(delays) if delays else np.empty(0)
    return (
        shown,
        np.array(delay_start, np.int64),
        np.ascontiguousarray(flat, np.float64),
        np.array(hold_start, np.int64),
        np.array(holds, np.float64),
    )


def _change(signal: PlannedSignal, before: int, after: int) -> tuple[Floats, float]:
    """Return how long after a switch each link may be green, and how long the later stage must be held."""
    delays: list[Floats] = []
    longest_s = 0.0
    for member, (rule, own) in enumerate(zip(signal.members, signal.links_of_members, strict=True)):
        greens_before, greens_after = signal.stages[before][own], signal.stages[after][own]
        if np.array_equal(greens_before, greens_after):
            delays.append(np.zeros(rule.n_links))
            continue
        was_green, will_be_green = is_green(greens_before), is_green(greens_after)
        late_s = EMPTYING_S if signal.is_emptied_first(before, after)[member] else 0.0
        delay_s = start_delay_s(rule, greens_before, greens_after) + np.where(will_be_green & ~was_green, late_s, 0.0)
        # A turn that no longer yields is a green of its own: ended at once, it would flap and serve nobody.
        is_protected = (greens_before == GREEN_YIELDING) & (greens_after == GREEN)
        hold_s = (delay_s + rule.min_green_s)[(will_be_green & ~was_green) | is_protected]
        ends = rule.yellow_s[was_green & ~will_be_green] + late_s
        longest_s = max(longest_s, float(hold_s.max(initial=0.0)), float(ends.max(initial=0.0)))
        delays.append(delay_s)
    return np.concatenate(delays), longest_s

"""What the program in force shows: its green stages, its yellows and the greens it shows together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.link_state import GREEN_YIELDING, RED, RED_YELLOW, YELLOW, codes_of, is_green

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Program:
    """The plan in force of a signal, reduced to what the guard may show.

    Parameters
    ----------
    stages : uint8[k, n]
        Distinct green stages: ``GREEN``, ``GREEN_YIELDING`` or ``RED`` for each link.
    step_stage_ix : int64[m]
        The stages in the order of the plan.
    step_duration_s : float64[m]
        Planned duration of each.
    yellow_s : float64[n]
        Longest yellow that the plan shows for a link, nan where it shows none.
    greens_together : bool[2n, 2n]
        Greens that some state of the plan shows together; row and column ``2 * link + is_protected``.
    other_states : tuple of str
        Characters among ``u s o O`` that the plan shows and the guard never will, in that order.
    """

    stages: Codes
    step_stage_ix: NDArray[np.int64]
    step_duration_s: Floats
    yellow_s: Floats
    greens_together: NDArray[np.bool_]
    other_states: tuple[str, ...]


def read_program(states: Sequence[str], duration_s: Floats, n_links: int) -> Program:
    """Return what a plan shows.

    States without yellow or red-yellow are stages; a state that is all red is a transition. Where a link
    is green only beside others' yellow, that state is a stage too, with everything but its greens red.
    ``s u o O`` count as red.

    Parameters
    ----------
    states : sequence of str, each ``n_links`` long
    duration_s : float64, one a state
    n_links : int
    """
    codes = np.stack([codes_of(state) for state in states]) if len(states) else np.empty((0, n_links), np.uint8)
    shows_green = is_green(codes)
    greens = np.where(shows_green, codes, np.uint8(RED)).astype(np.uint8)
    is_transition = ((codes == YELLOW) | (codes == RED_YELLOW)).any(axis=1)
    is_stage = shows_green.any(axis=1) & ~is_transition
    is_covered = shows_green[is_stage].any(axis=0)
    for row in np.flatnonzero(is_transition).tolist():
        if (shows_green[row] & ~is_covered).any():
            is_stage[row] = True
            is_covered |= shows_green[row]
    stages: dict[bytes, int] = {}
    steps: list[tuple[int, float]] = []
    for row in np.flatnonzero(is_stage).tolist():
        stage = stages.setdefault(greens[row].tobytes(), len(stages))
        if steps and steps[-1][0] == stage:
            steps[-1] = (stage, steps[-1][1] + float(duration_s[row]))
        else:
            steps.append((stage, float(duration_s[row])))
    together = np.zeros((2 * n_links, 2 * n_links), np.bool_)
    for row in range(len(states)):
        heads = head_rows(greens[row])
        together[np.ix_(heads, heads)] = True
    shown = "".join(states)
    return Program(
        stages=np.frombuffer(b"".join(stages), np.uint8).reshape(len(stages), n_links),
        step_stage_ix=np.array([stage for stage, _ in steps], np.int64),
        step_duration_s=np.array([duration for _, duration in steps], np.float64),
        yellow_s=_longest_yellow_s(codes, duration_s),
        greens_together=together,
        other_states=tuple(character for character in "usoO" if character in shown),
    )


def head_rows(greens: Codes) -> NDArray[np.int64]:
    """Return ``2 * link + is_protected`` of the green links among ``greens``."""
    links = np.flatnonzero(greens)
    return np.asarray(2 * links + greens[links] - GREEN_YIELDING, np.int64)


def _longest_yellow_s(codes: Codes, duration_s: Floats) -> Floats:
    """Return each link's longest run of yellow, across the end of the cycle too; nan where it has none."""
    is_yellow = codes == YELLOW
    run_s = np.zeros(codes.shape[1])
    longest_s = np.zeros(codes.shape[1])
    for row in [*range(len(codes)), *range(len(codes))]:
        run_s = np.where(is_yellow[row], run_s + duration_s[row], 0.0)
        longest_s = np.maximum(longest_s, run_s)
    return np.where((longest_s > 0) & ~is_yellow.all(axis=0), longest_s, np.nan)

"""Which stages a junction may choose from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cityloop.city.link_state import GREEN, RED, text_of
from cityloop.control.guard import SignalRules

Greens = NDArray[np.uint8]


def candidate_stages(rules: SignalRules, approach_of_link: NDArray[np.int64], n_most: int) -> list[Greens]:
    """Return the stages of the plan in force and further ones that its conflicts allow.

    The further ones give one whole approach its green and add whatever fits beside it without any
    conflict, approach after approach: what an engineer would draw as an extra stage.

    Parameters
    ----------
    rules : SignalRules
    approach_of_link : int64, one a link
        Road that a link is entered from; -1 for a crossing or a link without a movement.
    n_most : int
        Most stages to return; none of the plan's is left out for it.

    Returns
    -------
    list of uint8 arrays, one code a link
    """
    stages: list[Greens] = []
    for program_stage in rules.stages:
        _add(stages, program_stage)
    n_links = approach_of_link.shape[0]
    is_used = approach_of_link >= 0
    ever_green = (rules.stages != RED).any(axis=0) if len(stages) else np.zeros(n_links, np.bool_)
    roads = list(dict.fromkeys(int(road) for road in approach_of_link[is_used]))
    for road in roads:
        greens = np.full(n_links, RED, np.uint8)
        own = np.flatnonzero((approach_of_link == road) & ever_green)
        if _has_conflict(rules, own):
            continue
        greens[own] = GREEN
        others = [link for other in roads if other != road for link in np.flatnonzero(approach_of_link == other)]
        crossings = list(np.flatnonzero(rules.is_crossing))
        for link in others + crossings:
            if ever_green[link] and not rules.is_conflict[link, greens == GREEN].any():
                greens[link] = GREEN
        if len(stages) < n_most and (greens == GREEN).any() and rules.fits(greens) is None:
            _add(stages, greens)
    return stages


def n_plan_stages(states: Sequence[str], stages: Sequence[Greens]) -> int:
    """Return how many of a junction's candidate stages come from its plan in force; they stand first.

    Parameters
    ----------
    states : sequence of str
        The plan's states.
    stages : sequence of uint8 arrays
        What `candidate_stages` returned.
    """
    greens = {"".join(c if c in "gG" else "r" for c in state) for state in states}
    return max(2, sum(text_of(stage) in greens for stage in stages))


def _has_conflict(rules: SignalRules, links: NDArray[np.int64]) -> bool:
    return bool(rules.is_conflict[np.ix_(links, links)].any())


def _add(stages: list[Greens], greens: Greens) -> None:
    """Add a stage unless another already shows at least as much."""
    for known in stages:
        if ((known == greens) | (greens == RED) | ((known == GREEN) & (greens != RED))).all():
            return
    stages.append(np.ascontiguousarray(greens, np.uint8))

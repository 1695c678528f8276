"""The beam of the planner's search: which branches are kept after a step.

The best are kept, with two exceptions:

* While a switch pays its clearance it looks worse than holding. A quota for each first decision and each stage keeps it
  in the beam until it has shown what it gains.
* Two branches in the same stage that have served the same vehicles have the same future; the first one kept stands for
  both.

The room to rank them in is the caller's, made once for all steps.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from cityloop.kernels.point_queue import Flags, Floats, Ints, Queues

# Branches that changed to a stage at different times differ while its greens come up, and no longer.
AGE_TOLD_APART_S = 8
_UNUSED = -1


class Branches(NamedTuple):
    """Branches at one time, one row each.

    Parameters
    ----------
    queues : Queues
    stage, before : int64
        Stage shown and the one before it.
    since_s, until_s : float64
        When it was switched to and until when it must be held, in seconds from now.
    cost : float64
        Cost so far.
    first : int64
        Stage that the branch chose first of all.
    """

    queues: Queues
    stage: Ints
    before: Ints
    since_s: Floats
    until_s: Floats
    cost: Floats
    first: Ints


class Ranking(NamedTuple):
    """What is known of the branches after a step, and room to rank them.

    Parameters
    ----------
    score : float64
        Cost so far and what is expected to come.
    key : int64
        Equal for branches with the same future.
    is_kept : bool
    kept : int64, beam width
        Rows of the branches that are kept, the best one first.
    order : int64
        Rows of the branches, the best one first.
    known : int64, a power of two of at least twice the beam width
        Hash table of those kept, by ``key``.
    n_by_first, n_by_stage : int64, one a stage
        Number of those kept.
    """

    score: Floats
    key: Ints
    is_kept: Flags
    kept: Ints
    order: Ints
    known: Ints
    n_by_first: Ints
    n_by_stage: Ints


@njit(cache=True, error_model="numpy", forceinline=True)
def key_of(branch: int, to_s: float, lane_start: int, lanes: Ints, n_busy: int, branches: Branches) -> int:
    """Return the key of a branch at ``to_s``, by its stage, how long it is shown and who has been served.

    Parameters
    ----------
    branch : int
        Row in ``branches``.
    to_s : float
    lane_start : int
        First lane of the junction.
    lanes : int64
        The first ``n_busy`` of them are those with vehicles.
    n_busy : int
    branches : Branches
    """
    age_s = min(AGE_TOLD_APART_S, int(to_s - branches.since_s[branch]))
    key: int = branches.stage[branch] * 16 + age_s
    for busy in range(n_busy):
        key = key * 1000003 + branches.queues.served[branch, lanes[busy] - lane_start]
    return key


@njit(cache=True, error_model="numpy", forceinline=True)
def keep_best(n_branches: int, n_stages: int, branches: Branches, ranking: Ranking) -> int:
    """Write the rows of the branches to keep to ``ranking.kept``, the best one first, and return their number."""
    width = ranking.kept.shape[0]
    quota = max(1, width // (3 * n_stages))
    mask = ranking.known.shape[0] - 1
    order = ranking.order
    _sort_by_score(n_branches, ranking.score, order)
    ranking.known[:] = _UNUSED
    ranking.is_kept[:n_branches] = False
    ranking.n_by_first[:n_stages] = 0
    ranking.n_by_stage[:n_stages] = 0
    n_kept = 0
    for is_over_quota in (False, True):
        for rank in range(n_branches):
            if n_kept >= width:
                break
            branch = order[rank]
            if ranking.is_kept[branch]:
                continue
            place = ranking.key[branch] & mask
            while ranking.known[place] != _UNUSED and ranking.key[ranking.known[place]] != ranking.key[branch]:
                place = (place + 1) & mask
            if ranking.known[place] != _UNUSED:
                continue
            first, stage = branches.first[branch], branches.stage[branch]
            if is_over_quota or ranking.n_by_first[first] < quota or ranking.n_by_stage[stage] < quota:
                ranking.is_kept[branch] = True
                ranking.known[place] = branch
                ranking.n_by_first[first] += 1
                ranking.n_by_stage[stage] += 1
                n_kept += 1
    n_kept = 0
    for rank in range(n_branches):
        if ranking.is_kept[order[rank]]:
            ranking.kept[n_kept] = order[rank]
            n_kept += 1
    return n_kept


@njit(cache=True, error_model="numpy", forceinline=True)
def _sort_by_score(n_branches: int, score: Floats, order: Ints) -> None:
    """Write the rows of the branches by score to ``order``; ties keep their order.

    By insertion: branches come in the order of those that they follow from, so they are nearly sorted.
    """
    for branch in range(n_branches):
        rank = branch
        while rank > 0 and score[order[rank - 1]] > score[branch]:
            order[rank] = order[rank - 1]
            rank -= 1
        order[rank] = branch

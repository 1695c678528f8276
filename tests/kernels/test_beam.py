from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.beam import AGE_TOLD_APART_S, Branches, Ranking, keep_best, key_of
from cityloop.kernels.point_queue import Queues

N_STAGES = 3


def branches(stages: Sequence[int], firsts: Sequence[int], served: Sequence[Sequence[int]] = ()) -> Branches:
    """Return branches of a junction with three stages."""
    n = len(stages)
    gone = np.array(served, np.int16) if served else np.zeros((n, 1), np.int16)
    queues = Queues(gone, np.zeros(gone.shape), np.zeros((n, 1), np.int16))
    stage, first = np.array(stages, np.int64), np.array(firsts, np.int64)
    return Branches(queues, stage, np.zeros(n, np.int64), np.zeros(n), np.zeros(n), np.zeros(n), first)


def kept(those: Branches, scores: Sequence[float], width: int, keys: Sequence[int] | None = None) -> list[int]:
    """Return the rows kept, the best first."""
    n = len(scores)
    n_known = 2
    while n_known < 2 * width:
        n_known *= 2
    ranking = Ranking(
        score=np.array(scores, np.float64),
        key=np.array(range(n) if keys is None else keys, np.int64),
        is_kept=np.ones(n, np.bool_),  # what an earlier step left behind
        kept=np.zeros(width, np.int64),
        order=np.zeros(n, np.int64),
        known=np.zeros(n_known, np.int64),
        n_by_first=np.full(N_STAGES, 99, np.int64),
        n_by_stage=np.full(N_STAGES, 99, np.int64),
    )
    n_kept = keep_best(n, N_STAGES, those, ranking)
    return [int(row) for row in ranking.kept[:n_kept]]


def test_the_best_are_kept_and_ties_keep_their_order() -> None:
    assert kept(branches([0] * 6, [0] * 6), [5.0, 1.0, 3.0, 1.0, 9.0, 3.0], 4) == [1, 3, 2, 5]


def test_every_first_decision_and_stage_has_a_quota() -> None:
    scores = [float(k) for k in range(20)]
    assert kept(branches([0] * 20, [0] * 19 + [2]), scores, 9) == [*range(8), 19]
    assert kept(branches([0] * 19 + [1], [0] * 20), scores, 9) == [*range(8), 19]
    assert kept(branches([0] * 20, [0] * 20), scores, 9) == [*range(9)]  # a quota that nobody needs is not left empty


def test_of_branches_with_one_future_the_cheapest_is_kept() -> None:
    keys = [7, 7, 8, 7 + 4096, 8]  # the fourth meets the first in the hash table, and differs
    assert kept(branches([0] * 5, [0] * 5), [2.0, 1.0, 4.0, 3.0, 5.0], 8, keys) == [1, 3, 2]


@settings(deadline=None, max_examples=100)
@given(st.data(), st.integers(1, 40), st.integers(2, 12))
def test_what_is_kept_is_sorted_of_many_futures_and_never_more_than_the_beam(
    data: st.DataObject, n: int, width: int
) -> None:
    rows = st.lists(st.integers(0, N_STAGES - 1), min_size=n, max_size=n)
    scores = data.draw(st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0]), min_size=n, max_size=n))
    keys = data.draw(st.lists(st.integers(-12, 12), min_size=n, max_size=n))
    rows_kept = kept(branches(data.draw(rows), data.draw(rows)), scores, width, keys)
    assert len(rows_kept) == min(width, len(set(keys)))
    assert len({keys[row] for row in rows_kept}) == len(rows_kept)
    assert [(scores[row], row) for row in rows_kept] == sorted((scores[row], row) for row in rows_kept)
    best = min(range(n), key=lambda row: (scores[row], row))
    assert rows_kept[0] == best


@settings(deadline=None, max_examples=50)
@given(st.data(), st.integers(1, 40), st.integers(2, 12))
def test_without_quotas_the_cheapest_of_every_future_are_kept(data: st.DataObject, n: int, width: int) -> None:
    scores = data.draw(st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0]), min_size=n, max_size=n))
    keys = data.draw(st.lists(st.integers(-12, 12), min_size=n, max_size=n))
    cheapest = [min((scores[k], k) for k in range(n) if keys[k] == key) for key in set(keys)]
    assert kept(branches([0] * n, [0] * n), scores, width, keys) == [row for _, row in sorted(cheapest)][:width]


def _key(stage: int, since_s: float, served: Sequence[int], to_s: float = 20.0) -> int:
    those = branches([stage], [0], [served])
    those.since_s[0] = since_s
    return int(key_of(0, to_s, 5, np.array([5, 7]), 2, those))  # of lanes 5 to 7 the middle one is empty


def test_stage_age_and_who_was_served_tell_branches_apart() -> None:
    keys = {
        _key(stage, 20.0 - age_s, (one, 0, other))
        for stage in range(3)
        for age_s in range(AGE_TOLD_APART_S + 1)
        for one in range(4)
        for other in range(4)
    }
    assert len(keys) == 3 * (AGE_TOLD_APART_S + 1) * 16


@pytest.mark.parametrize("since_s", [-100.0, 0.0, 20.0 - AGE_TOLD_APART_S])
def test_an_old_stage_has_no_age_and_an_empty_lane_does_not_count(since_s: float) -> None:
    assert _key(1, since_s, (2, 0, 3)) == _key(1, 5.0, (2, 9, 3))

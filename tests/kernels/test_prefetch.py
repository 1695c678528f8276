from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cityloop.kernels.prefetch import prefetch


@njit
def _last_of_each(rows: NDArray[np.void], chosen: NDArray[np.int64]) -> int:
    total = 0
    for i in range(len(chosen)):
        prefetch(rows, chosen[min(i + 4, len(chosen) - 1)])
        total += rows[chosen[i]].last
    return total


def test_asking_for_records_changes_nothing() -> None:
    rows = np.zeros(50_000, np.dtype([("first", np.int32), ("last", np.int32)]))
    rows["last"] = np.arange(len(rows))
    chosen = np.random.default_rng(1).integers(0, len(rows), 1000)
    before = rows.copy()
    assert _last_of_each(rows, chosen) == chosen.sum()
    assert _last_of_each(rows[::2], chosen // 2) == (chosen // 2 * 2).sum()
    np.testing.assert_array_equal(rows, before)

"""Names of many rows in one go."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Texts = NDArray[np.str_]


def numbered(prefix: str, number: Ints) -> Texts:
    """Return ``prefix`` followed by each number."""
    return np.strings.add(prefix, number.astype(np.str_))


def joined(first: Texts, between: str, second: Texts) -> Texts:
    """Return each first name, ``between`` and each second name as one name."""
    return np.strings.add(np.strings.add(first, between), second)


def repeated(text: str, n_rows: int) -> NDArray[Any]:
    """Return a column that says the same in every row; the rows share one object."""
    return np.full(n_rows, text, dtype=object)

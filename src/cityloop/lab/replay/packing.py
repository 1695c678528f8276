"""Arrays as short text inside a page: the smallest whole numbers that hold them, deflated, in base64."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPES = ("u1", "i1", "u2", "i2", "i4")
"""Those of the page's typed arrays, the smallest first; ``templates/unpack.js`` reads them."""


def pack(values: NDArray[Any], is_delta: bool = False) -> dict[str, Any]:
    """Return whole numbers packed.

    Parameters
    ----------
    values : integer array of any shape
        Row after row.
    is_delta : bool
        Keep the difference of each row from the row before in place of the row, for rows that change little.

    Returns
    -------
    dict
        ``dtype`` (``u2``: unsigned, two bytes, little-endian), ``width`` (values a row), ``delta``, ``data``.

    Raises
    ------
    OverflowError
        For numbers beyond 32 bits.
    """
    rows = np.asarray(values, np.int64)
    width = rows.shape[1] if rows.ndim > 1 else 1
    rows = rows.reshape(-1, width)
    if is_delta:
        rows = np.diff(rows, axis=0, prepend=np.zeros((1, width), np.int64))
    low, high = (int(rows.min()), int(rows.max())) if rows.size else (0, 0)
    fitting = [name for name in _DTYPES if np.iinfo(name).min <= low and high <= np.iinfo(name).max]
    if not fitting:
        raise OverflowError(f"{low} to {high} do not fit into 32 bits")
    data = zlib.compress(rows.astype(f"<{fitting[0]}").tobytes(), 9)
    return {"dtype": fitting[0], "width": width, "delta": is_delta, "data": base64.b64encode(data).decode("ascii")}

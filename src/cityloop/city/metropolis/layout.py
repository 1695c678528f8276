"""Which rows of a table belong to which node, where nodes of a kind have equally many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cityloop.city.metropolis.junction import Junction
from cityloop.city.metropolis.streets import Streets

Ints = NDArray[np.int64]


class Layout:
    """The rows of one table, node after node.

    Parameters
    ----------
    streets : Streets
    n_rows_of : callable
        Rows that a kind of junction has; a dead end has none.
    """

    def __init__(self, streets: Streets, n_rows_of: Callable[[Junction], int]) -> None:
        self._kinds: Sequence[Junction] = streets.kinds
        kind_ix = streets.nodes.kind_ix
        self._nodes_of = [np.flatnonzero(kind_ix == kind) for kind in range(len(streets.kinds))]
        self._n_of = [n_rows_of(kind) for kind in streets.kinds]
        self._n_rows = np.array([*self._n_of, 0], np.int64)[kind_ix]  # the last entry: a dead end
        self.start: Ints = np.concatenate(([0], np.cumsum(self._n_rows)))
        """First row of each node, and behind the last node the number of rows."""

    def fill(self, dtype: DTypeLike, values_of: Callable[[Junction, Ints], Any]) -> NDArray[Any]:
        """Return a column of the table.

        Parameters
        ----------
        dtype : dtype
        values_of : callable
            Given a kind and its ``k`` nodes, the values of its rows: shape (rows,) or (k, rows).
        """
        column = np.empty(int(self.start[-1]), dtype)
        for kind, nodes, n_rows in zip(self._kinds, self._nodes_of, self._n_of, strict=True):
            if n_rows and len(nodes):
                column[self.start[nodes][:, None] + np.arange(n_rows)] = values_of(kind, nodes)
        return column

    def node(self) -> Ints:
        """Return the node of each row."""
        return np.repeat(np.arange(len(self._n_rows)), self._n_rows)

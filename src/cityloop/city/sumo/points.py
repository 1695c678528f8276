"""Shapes as rows of points."""

from __future__ import annotations

import numpy as np

from cityloop.city.sumo.net_file import Shape
from cityloop.city.table import Table


class Points:
    """Shapes laid one behind the other."""

    def __init__(self) -> None:
        self.xy: list[tuple[float, float]] = []

    def add(self, shape: Shape) -> tuple[int, int]:
        """Add a shape and return its first row and the row after its last."""
        start = len(self.xy)
        self.xy.extend(shape)
        return start, len(self.xy)

    def table(self) -> Table:
        """Return the points as a table."""
        xy = np.array(self.xy, np.float64).reshape(-1, 2)
        return Table("points", {"x_m": xy[:, 0], "y_m": xy[:, 1]})

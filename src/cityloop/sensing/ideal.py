"""The ideal sensor of the literature: positions and speeds near the stop lines, no routes."""

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.view import Detectors, Vehicles
from cityloop.sensing.coverage import RANGE_M, coverage_of
from cityloop.sensing.selection import vehicles_where


class IdealSensor:
    """Sees every vehicle within a range of a stop line, not where it wants to go.

    This is what published signal controllers assume: position and speed of all vehicles on the
    approaches (here 200 m), inside the junction and behind it. The way of a vehicle shows only once it
    is inside a junction.

    Parameters
    ----------
    city : City
    range_m : float
        Sight along the road from the stop line, upstream and downstream.
    """

    def __init__(self, city: City, range_m: float = RANGE_M) -> None:
        self._coverage = coverage_of(city, range_m)
        self._loops = Table("detectors")

    @property
    def loops(self) -> Table:
        """None are needed."""
        return self._loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return the vehicles in sight; on lanes they have announced nothing."""
        movement_ix = np.where(truth.lane_ix >= 0, np.int64(-1), truth.movement_ix)
        return vehicles_where(truth, self._coverage.sees(truth), movement_ix), detectors

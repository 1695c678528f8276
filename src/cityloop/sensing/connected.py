"""Connected vehicles: a share of them tells where it is and where it turns; loops count the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.view import Detectors, Ints, Source, Vehicles
from cityloop.kernels.chance import uniforms
from cityloop.sensing.coverage import RANGE_M, coverage_of
from cityloop.sensing.loop_layout import loop_layout
from cityloop.sensing.selection import as_from, vehicles_where


def uniform_of(number: Ints, seed: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each integer, the same for the same seed.

    It is that of `uniforms`: no state, so that the order of asking does not matter.

    Parameters
    ----------
    number : int64
    seed : int

    Returns
    -------
    float64
    """
    return uniforms(number + 1, seed)


class ConnectedSensor:
    """A share of the vehicles announces position, speed and next signalised movement within range.

    The others are unseen, except by a loop at each stop line. Where all are connected no loops are needed.

    Parameters
    ----------
    city : City
    share_frac : float
        Share of connected vehicles, above 0 and at most 1.
    seed : int
        Which vehicles they are.
    range_m : float
        How far from the stop line the junction receives them.
    """

    def __init__(self, city: City, share_frac: float, seed: int, range_m: float = RANGE_M) -> None:
        self._coverage = coverage_of(city, range_m)
        self._share_frac, self._seed = share_frac, seed
        self._loops = Table("detectors") if share_frac >= 1.0 else loop_layout(city, is_upstream_wanted=False)

    @property
    def loops(self) -> Table:
        """One at each stop line, none where every vehicle is connected."""
        return self._loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return the connected vehicles within range, with what they announce, and the loops."""
        is_connected = uniform_of(truth.vehicle_ix, self._seed) < self._share_frac
        seen = vehicles_where(truth, is_connected & self._coverage.sees(truth), truth.movement_ix)
        return as_from(seen, Source.CONNECTED), detectors

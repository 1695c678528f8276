"""A queue at a stop line whose sensor has failed: what comes and goes by what is known otherwise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.control.view import Floats

START_LOSS_S = 2.0
"""Time from the start of green until a queue discharges at saturation flow."""
SATURATION_VPS = 0.5
"""Saturation flow of an ordinary lane, 1,800 vehicles an hour (Highway Capacity Manual: base 1,900)."""
MOST_VEH = 25.0
"""A modelled queue is no longer: beyond that nothing is known any more."""


class StandInQueues:
    """Vehicles that have come to and gone from each stop line, as fractions: a deterministic queue.

    They come at a given flow and go at saturation flow while the line is green (the deterministic queue of the Highway
    Capacity Manual's uniform delay), or as they are counted.

    Parameters
    ----------
    n : int
        Number of stop lines.
    """

    def __init__(self, n: int) -> None:
        self.arrived_veh: Floats = np.zeros(n)
        self.left_veh: Floats = np.zeros(n)

    def step(
        self,
        elapsed_s: float,
        arrivals_veh: Floats,
        green_s: Floats,
        counted_veh: Floats | None = None,
        is_empty: NDArray[np.bool_] | None = None,
    ) -> Floats:
        """Go on by some time and return how many have left each line in it.

        Parameters
        ----------
        elapsed_s : float
        arrivals_veh : float64, one a line
            Who came meanwhile.
        green_s : float64, one a line
            Time since the start of green; nan at red.
        counted_veh : float64, one a line, optional
            Who was counted leaving; nan where nobody counts.
        is_empty : bool, one a line, optional
            Nobody stands there, that is known.
        """
        self.arrived_veh += arrivals_veh
        is_served = green_s >= START_LOSS_S
        served_veh = np.where(is_served, SATURATION_VPS * elapsed_s, 0.0)
        if counted_veh is not None:
            served_veh = np.where(np.isnan(counted_veh), served_veh, counted_veh)
            # who was counted was there
            self.arrived_veh = np.maximum(self.arrived_veh, self.left_veh + np.nan_to_num(counted_veh))
        served_veh = np.minimum(served_veh, self.arrived_veh - self.left_veh)
        self.left_veh += served_veh
        self.arrived_veh = np.minimum(self.arrived_veh, self.left_veh + MOST_VEH)
        if is_empty is not None:
            self.arrived_veh = np.where(is_empty, self.left_veh, self.arrived_veh)
        return served_veh

    @property
    def queue_veh(self) -> Floats:
        """Vehicles at each stop line."""
        return self.arrived_veh - self.left_veh

"""Vehicles that cross a stop line, counted by movement as they are seen inside the junction."""

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Ints, Vehicles


class Crossings:
    """Counts each vehicle once when it is first seen making a signalised movement.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        self._n_movements = city.movements.n_rows
        self._is_signalised = (city.movements["signal_ix"] >= 0) & ~city.movements["is_crossing"]
        self._inside: Ints = np.empty(0, np.int64)

    def read(self, vehicles: Vehicles) -> tuple[Ints, Ints]:
        """Return the rows of vehicles that have crossed since the view before, and the movement of each."""
        rows = np.flatnonzero((vehicles.lane_ix < 0) & (vehicles.movement_ix >= 0))
        rows = rows[self._is_signalised[vehicles.movement_ix[rows]]]
        key = vehicles.vehicle_ix[rows] * self._n_movements + vehicles.movement_ix[rows]
        is_new = ~np.isin(key, self._inside)
        self._inside = key
        return rows[is_new], vehicles.movement_ix[rows[is_new]]

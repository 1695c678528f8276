"""The port of the sensors: from everything that is on the street to what is seen of it."""

from __future__ import annotations

from typing import Protocol

from cityloop.city.table import Table
from cityloop.control.view import Detectors, Vehicles


class Sensor(Protocol):
    """Hides from the services what real sensors would not tell."""

    @property
    def loops(self) -> Table:
        """Induction loops that the engine must put on the street, of schema ``detectors``; none: no rows."""

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return what is seen.

        Parameters
        ----------
        t_s : float
            Time of the readings.
        truth : Vehicles
            Every vehicle, with its true next signalised movement in ``movement_ix`` (-2 none ahead).
        detectors : Detectors
            Readings of ``loops``, in that order.

        Returns
        -------
        Vehicles
            Those seen.
        Detectors
            Readings that reach the services.
        """

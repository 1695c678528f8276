"""Induction loops alone: counts and occupancies, no vehicles."""

from __future__ import annotations

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.view import Detectors, Vehicles
from cityloop.sensing.loop_layout import from_stop_line, loop_layout, loop_places


class LoopSensor:
    """Only what induction loops tell: one at each stop line and one upstream.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        self._loops, self._places = loop_layout(city), loop_places(city)

    @property
    def loops(self) -> Table:
        """One at each stop line and those upstream of it."""
        return self._loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return no vehicle and every loop."""
        return Vehicles(), from_stop_line(detectors, self._places)

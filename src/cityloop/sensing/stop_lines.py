"""What stop-line loops and signal heads tell of every stop lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import is_green
from cityloop.control.view import Ints, View

STALE_S = 10.0
"""A loop reading older than this tells nothing."""


@dataclass(slots=True)
class StopLine:
    """One stop lane, tick by tick.

    Parameters
    ----------
    n_left : int
        Vehicles that have left over the stop line since the view before.
    is_occupied : bool
        A vehicle is on the loop.
    idle_s : float or None
        Time since one was, None where it cannot be told.
    green_s : float or None
        Time since the start of green, None at red.
    """

    n_left: int = 0
    is_occupied: bool = False
    idle_s: float | None = None
    green_s: float | None = None


class StopLineReader:
    """Follows the stop lanes of a city from view to view.

    Parameters
    ----------
    city : City
    stop_lane_ix : sequence of int
        Stop lanes in the order of the readings.
    loop_ix : sequence of int
        Row of the stop-line loop of each in the views' detectors.
    n_loops : int
        Number of loops in a full view.
    """

    def __init__(self, city: City, stop_lane_ix: Sequence[int], loop_ix: Sequence[int], n_loops: int) -> None:
        self._loop_ix, self._n_loops = list(loop_ix), n_loops
        movements = city.movements
        self._links: list[Ints] = [
            np.unique(movements["link_ix"][(movements["from_lane_ix"] == lane_ix) & (movements["link_ix"] >= 0)])
            for lane_ix in stop_lane_ix
        ]
        self._green_from_s: list[float | None] = [None] * len(self._loop_ix)
        self.lines = [StopLine() for _ in self._loop_ix]

    def can_read(self, view: View) -> bool:
        """Return whether the view has the loops."""
        return len(view.detectors.lane_ix) == self._n_loops

    def read(self, view: View) -> list[StopLine]:
        """Return the state of every stop lane at a view; without readings only its green."""
        green: NDArray[np.bool_] = is_green(view.display)
        detectors, has_loops = view.detectors, self.can_read(view)
        for at, (line, loop_ix) in enumerate(zip(self.lines, self._loop_ix, strict=True)):
            if green[self._links[at]].any():
                begin_s = self._green_from_s[at]
                begin_s = self._green_from_s[at] = view.t_s if begin_s is None else begin_s
                line.green_s = view.t_s - begin_s
            else:
                line.green_s = self._green_from_s[at] = None
            line.n_left = 0
            if not has_loops or not detectors.age_s[loop_ix] <= STALE_S:
                line.is_occupied, line.idle_s = False, None
                continue
            was_occupied = line.is_occupied
            line.idle_s = float(detectors.since_s[loop_ix])
            line.is_occupied = line.idle_s <= 0.0
            # entries since the view before, and who was on the loop then, but not who is on it now
            line.n_left = max(int(detectors.n_veh[loop_ix]) + int(was_occupied) - int(line.is_occupied), 0)
        return self.lines

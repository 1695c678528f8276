"""How long each stop line has had green."""

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.city.link_state import is_green
from cityloop.control.view import Floats, View


class GreenTimes:
    """Follows the signal heads of a city from view to view.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        movements = city.movements
        rows = np.flatnonzero((movements["link_ix"] >= 0) & ~movements["is_crossing"])
        self._lane_ix, self._link_ix = movements["from_lane_ix"][rows], movements["link_ix"][rows]
        self.is_stop_lane = np.zeros(city.lanes.n_rows, np.bool_)
        self.is_stop_lane[self._lane_ix] = True
        self._since_s = np.full(city.lanes.n_rows, np.nan)

    def read(self, view: View) -> Floats:
        """Return by lane the time since some movement of it got green.

        Returns
        -------
        float64, one a lane
            nan at red, infinity where no signal is.
        """
        is_lane_green = np.zeros(len(self._since_s), np.bool_)
        is_lane_green[self._lane_ix[is_green(view.display)[self._link_ix]]] = True
        self._since_s = np.where(is_lane_green, np.where(np.isnan(self._since_s), view.t_s, self._since_s), np.nan)
        return np.where(self.is_stop_lane, view.t_s - self._since_s, np.inf)

"""Onlookers: what a run keeps of the traffic besides the simulator's own outputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import RED, RED_YELLOW
from cityloop.control.view import Vehicles, View

AT_STOP_LINE_M = 10.0
"""A vehicle standing so close to the end of its lane waits for its signal."""
STANDING_MPS = 0.1

_TRACKED: dict[str, type[np.generic]] = {
    "vehicle_ix": np.int32,
    "lane_ix": np.int32,
    "movement_ix": np.int32,
    "position_m": np.float32,
    "speed_mps": np.float32,
}


class Tracks:
    """Keeps where every vehicle was in a stretch of time.

    Parameters
    ----------
    begin_s, end_s : float
        The stretch of time.
    """

    def __init__(self, begin_s: float, end_s: float) -> None:
        self._begin_s, self._end_s = begin_s, end_s
        self._kept: dict[str, list[NDArray[np.generic]]] = {name: [] for name in ("t_s", *_TRACKED)}

    def see(self, t_s: float, truth: Vehicles) -> None:
        """Take in where the vehicles are."""
        if self._begin_s <= t_s < self._end_s:
            self._kept["t_s"].append(np.full(len(truth.vehicle_ix), t_s))
            for name, dtype in _TRACKED.items():
                self._kept[name].append(getattr(truth, name).astype(dtype))

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return one row a vehicle and tick: time, vehicle, lane (-1 in a junction), movement, position, speed."""
        return {name: np.concatenate(parts) if parts else np.empty(0) for name, parts in self._kept.items()}


class Standing:
    """Counts every few seconds how many vehicles stand and drive on each way, and where its queue begins.

    The ways are the rows of ``city.lanes`` and behind them those of ``city.movements``, for who is inside a junction.

    Parameters
    ----------
    city : City
    begin_s : float
        Begin of the window.
    step_s : float
        Time from the begin to the first count, and from one count to the next.
    """

    def __init__(self, city: City, begin_s: float, step_s: float) -> None:
        self._n_lanes = city.lanes.n_rows
        self._length_m = np.concatenate([city.lanes["length_m"], city.movements["length_m"]])
        self._begin_s, self._step_s = begin_s, step_s
        self._t_s: list[float] = []
        self._first: list[int] = [0]
        self._kept: dict[str, list[NDArray[np.generic]]] = {
            name: [] for name in ("way_ix", "n_standing", "n_moving", "head_m")
        }

    def see(self, t_s: float, truth: Vehicles) -> None:
        """Count, where it is time to."""
        if t_s < self._begin_s + (len(self._t_s) + 1) * self._step_s - 1e-6:
            return
        rows = np.flatnonzero((truth.lane_ix >= 0) | (truth.movement_ix >= 0))
        lane_ix, movement_ix = truth.lane_ix[rows], truth.movement_ix[rows]
        ways, place = np.unique(np.where(lane_ix >= 0, lane_ix, self._n_lanes + movement_ix), return_inverse=True)
        is_standing = truth.speed_mps[rows] < STANDING_MPS
        n_standing = np.bincount(place[is_standing], minlength=len(ways))
        head_m = np.full(len(ways), np.inf)
        to_end_m = self._length_m[ways[place]] - truth.position_m[rows]
        np.minimum.at(head_m, place[is_standing], to_end_m[is_standing])
        self._t_s.append(t_s)
        self._first.append(self._first[-1] + len(ways))
        self._kept["way_ix"].append(ways.astype(np.int32))
        self._kept["n_standing"].append(n_standing.astype(np.int16))
        self._kept["n_moving"].append((np.bincount(place, minlength=len(ways)) - n_standing).astype(np.int16))
        self._kept["head_m"].append(np.where(n_standing > 0, np.maximum(head_m, 0.0), np.nan).astype(np.float32))

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return what was counted.

        ``t_s``: when. ``first``: rows ``first[i]`` to ``first[i + 1]`` are those of ``t_s[i]``, one a way that
        somebody was on. ``way_ix``, ``n_standing``, ``n_moving``, and ``head_m``: from the end of the way back to the
        first that stands, nan where none does.
        """
        kept = {name: np.concatenate(parts) if parts else np.empty(0) for name, parts in self._kept.items()}
        return {"t_s": np.array(self._t_s), "first": np.array(self._first), **kept}


class RedWatch:
    """Measures how long somebody had to wait at red without a break, link by link.

    A wait begins when a vehicle stands within ``AT_STOP_LINE_M`` of the stop line, on a lane from which its next
    movement starts, and that movement's link is red; pedestrians wait at the crossings where they are counted. It
    ends when the link is no longer red or nobody is there any more. A red that began long before anybody came is
    no wait.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        from_lane_ix = city.movements["from_lane_ix"]
        # nobody is on lane -2: what begins on no lane, and at the end what is announced as no movement (-1 and -2)
        self._from_lane_ix = np.append(np.where(from_lane_ix < 0, -2, from_lane_ix), [-2, -2])
        self._link_ix = city.movements["link_ix"]
        self._length_m = city.lanes["length_m"]
        self._since_s = np.full(city.links.n_rows, np.inf)
        self._is_there = np.zeros(city.links.n_rows, np.bool_)
        self._is_standing = np.zeros(city.links.n_rows, np.bool_)
        self.longest_s = np.zeros(city.links.n_rows)
        """Longest wait at red of each link so far."""

    def see(self, t_s: float, truth: Vehicles) -> None:
        """Take in who is at the stop lines."""
        (rows,) = (self._from_lane_ix[truth.movement_ix] == truth.lane_ix).nonzero()
        rows = rows[self._length_m[truth.lane_ix[rows]] - truth.position_m[rows] <= AT_STOP_LINE_M]
        link_ix = self._link_ix[truth.movement_ix[rows]]
        self._is_there[:] = self._is_standing[:] = False
        self._is_there[link_ix] = True
        self._is_standing[link_ix[truth.speed_mps[rows] < STANDING_MPS]] = True

    def look(self, view: View) -> None:
        """Take in what the signals show."""
        is_red = (view.display == RED) | (view.display == RED_YELLOW)
        is_walked = view.n_walkers > 0
        goes_on = is_red & (self._is_there | is_walked) & np.isfinite(self._since_s)
        begins = is_red & (self._is_standing | is_walked) & ~goes_on
        self._since_s[~goes_on] = np.inf
        self._since_s[begins] = view.t_s
        np.maximum(self.longest_s, view.t_s - self._since_s, out=self.longest_s)

"""What happened on each road, period by period."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.sumo.xml_file import elements, number

_SUMS = {
    "time_loss_s": ("timeLoss",),
    "waiting_s": ("waitingTime",),
    "driven_m": ("distance",),
    "sampled_s": ("sampledSeconds",),
    "n_entered": ("entered", "departed"),
    "n_left": ("left", "arrived"),
}


@dataclass(frozen=True, slots=True)
class RoadPeriods:
    """Sums over the vehicles on each road in each period.

    Parameters
    ----------
    begin_s, end_s : float64, shape (n_periods,)
    time_loss_s, waiting_s, sampled_s : float64, shape (n_periods, n_roads)
        Time lost against free flow, time standing, and time spent on the road, in vehicle-seconds.
    driven_m : float64, shape (n_periods, n_roads)
        Vehicle-metres driven on it.
    n_entered, n_left : float64, shape (n_periods, n_roads)
        Vehicles that came onto the road, and that went from it, starts and ends of trips included.
    """

    begin_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    time_loss_s: NDArray[np.float64]
    waiting_s: NDArray[np.float64]
    sampled_s: NDArray[np.float64]
    driven_m: NDArray[np.float64]
    n_entered: NDArray[np.float64]
    n_left: NDArray[np.float64]


def read_roads(edges_path: Path, city: City) -> RoadPeriods:
    """Return the sums per road and period from SUMO's ``edgeData`` output; roads it does not name had no vehicle.

    Raises
    ------
    Unusable
        When the file is missing or not whole.
    """
    road_ix = {str(road_id): ix for ix, road_id in enumerate(city.roads["road_id"])}
    bounds: list[tuple[float, float]] = []
    periods: dict[str, list[NDArray[np.float64]]] = {name: [] for name in _SUMS}
    for interval in elements(edges_path, "meandata"):
        bounds.append((number(interval, "begin", edges_path), number(interval, "end", edges_path)))
        for name in _SUMS:
            periods[name].append(np.zeros(len(road_ix)))
        for edge in interval:
            ix = road_ix.get(str(edge.get("id")))
            if ix is not None:
                for name, attributes in _SUMS.items():
                    periods[name][-1][ix] = sum(number(edge, name, edges_path, 0.0) for name in attributes)
    begin_s, end_s = np.array(bounds, np.float64).reshape(-1, 2).T
    shape = (len(bounds), len(road_ix))
    return RoadPeriods(begin_s, end_s, **{name: np.array(rows).reshape(shape) for name, rows in periods.items()})

"""The graph of roads: which road leads to which, and how long that takes on empty streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cityloop.city.city import City

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """Roads as places, the turns between them as ways.

    Parameters
    ----------
    seconds : csr_array[r, r]
        Free-flow time from the begin of a road to the begin of each road that it leads to: along the road at its
        limit and through the junction. Only turns that cars may make are in it.
    x_m, y_m : float64[r]
        Middle of each road.
    lane_m : float64[r]
        Length of its lanes for cars together; 0 where cars may not go.
    """

    seconds: csr_array
    x_m: Floats
    y_m: Floats
    lane_m: Floats

    @property
    def has_exit(self) -> NDArray[np.bool_]:
        """Which roads lead to another road."""
        return np.diff(self.seconds.indptr) > 0


def road_graph(city: City) -> RoadGraph:
    """Return the graph of a city's roads for cars.

    Where several movements lead from one road to the next, the quickest counts.

    Parameters
    ----------
    city : City
    """
    lanes, roads, movements, nodes = city.lanes, city.roads, city.movements, city.nodes
    n, road_of = roads.n_rows, lanes["road_ix"]
    driven = np.flatnonzero(~movements["is_crossing"])
    from_lane, to_lane = movements["from_lane_ix"][driven], movements["to_lane_ix"][driven]
    is_open = lanes["allows_cars"][from_lane] & lanes["allows_cars"][to_lane]
    driven, from_lane, to_lane = driven[is_open], from_lane[is_open], to_lane[is_open]
    time_s = lanes["length_m"][from_lane] / lanes["speed_mps"][from_lane]
    time_s += movements["length_m"][driven] / movements["speed_mps"][driven]
    turn = road_of[from_lane] * n + road_of[to_lane]
    order = np.lexsort((time_s, turn))
    turn, time_s = turn[order], time_s[order]
    is_first = np.concatenate(([True], turn[1:] != turn[:-1]))[: len(turn)]
    from_road, to_road = np.divmod(turn[is_first], n)
    start = np.concatenate(([0], np.cumsum(np.bincount(from_road, minlength=n))))
    seconds = csr_array((time_s[is_first], to_road.astype(np.int32), start.astype(np.int32)), shape=(n, n))
    ends = roads["from_node_ix"], roads["to_node_ix"]
    car_m = np.where(lanes["allows_cars"], lanes["length_m"], 0.0)
    return RoadGraph(
        seconds=seconds,
        x_m=nodes["x_m"][ends[0]] / 2 + nodes["x_m"][ends[1]] / 2,
        y_m=nodes["y_m"][ends[0]] / 2 + nodes["y_m"][ends[1]] / 2,
        lane_m=np.bincount(road_of, car_m, minlength=n).astype(np.float64),
    )

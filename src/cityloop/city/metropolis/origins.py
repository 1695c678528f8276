"""Where the trips of a city begin: one road for each cell of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable
from cityloop.city.metropolis.road_graph import RoadGraph
from cityloop.kernels.chance import uniforms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Origins:
    """The cells of a city that have a road to begin on.

    Parameters
    ----------
    road_ix : int64[c]
        The road of each cell that shortest ways are computed from.
    share : float64[c]
        Share of the city's trips that begin in it; in proportion to the length of its lanes.
    cell_m : float
        Side of a cell.
    """

    road_ix: Ints
    share: Floats
    cell_m: float


def origins_of(graph: RoadGraph, n_origins: int, seed: int) -> Origins:
    """Return the cells of a city, square and about ``n_origins`` in number.

    The road of a cell is drawn from those in it that lead on.

    Parameters
    ----------
    graph : RoadGraph
    n_origins : int
    seed : int

    Raises
    ------
    Unusable
        Where no road leads to another.
    """
    lanes_m, is_start = graph.lane_m, graph.has_exit
    if not is_start.any():
        raise Unusable("no road leads to another", "gravity_traffic city", "give a city with movements")
    wide_m, high_m = float(np.ptp(graph.x_m)), float(np.ptp(graph.y_m))
    cell_m = max(np.sqrt(wide_m * high_m / n_origins), max(wide_m, high_m, 1.0) / n_origins)
    across = ((graph.x_m - graph.x_m.min()) / cell_m).astype(np.int64)
    up = ((graph.y_m - graph.y_m.min()) / cell_m).astype(np.int64)
    cell_of_road = np.unique(across * (up.max() + 1) + up, return_inverse=True)[1].ravel()
    weight_m = np.bincount(cell_of_road, lanes_m)
    roads = np.flatnonzero(is_start)
    lot = uniforms(roads, seed)
    roads = roads[np.lexsort((lot, cell_of_road[roads]))]
    cells, first = np.unique(cell_of_road[roads], return_index=True)
    return Origins(roads[first], weight_m[cells] / weight_m[cells].sum(), float(cell_m))

"""From SUMO's lane names to rows of the city."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Floats, Ints


@dataclass(frozen=True)
class LaneMap:
    """Codes of SUMO's lanes: below ``n_lanes`` a row of the city's lanes, from there on an internal lane.

    Parameters
    ----------
    code_of : dict of str to int
        By SUMO's lane name; lanes that the city does not know are missing.
    n_lanes : int
    movement_ix : int64, one an internal lane
        The movement that it belongs to.
    offset_m : float64, one an internal lane
        Distance from the stop line to its begin.
    """

    code_of: dict[str, int]
    n_lanes: int
    movement_ix: Ints
    offset_m: Floats


def lane_map_of(city: City, lane_length_m: Callable[[str], float]) -> LaneMap:
    """Return the codes of all lanes.

    Parameters
    ----------
    city : City
    lane_length_m : callable
        Length of an internal lane by its name.
    """
    code_of = {str(lane_id): ix for ix, lane_id in enumerate(city.lanes["lane_id"])}
    n_lanes = city.lanes.n_rows
    movement_ix: list[int] = []
    offset_m: list[float] = []
    for ix in np.flatnonzero(~city.movements["is_crossing"]):
        begin_m = 0.0
        for via_id in str(city.movements["via_ids"][ix]).split():
            if via_id not in code_of:
                code_of[via_id] = n_lanes + len(movement_ix)
                movement_ix.append(int(ix))
                offset_m.append(begin_m)
            begin_m += lane_length_m(via_id)
    return LaneMap(code_of, n_lanes, np.array(movement_ix, np.int64), np.array(offset_m, np.float64))

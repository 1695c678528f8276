"""Shapes of lanes and movements: straight lines of two points each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.metropolis.streets import Lines, Streets
from cityloop.city.metropolis.ways import CROSSING_DEPTH_M, LANE_WIDTH_M

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight lines.

    Parameters
    ----------
    x_m, y_m : float64[k, 2]
        Their begins and ends.
    """

    x_m: Floats
    y_m: Floats


def lane_segments(streets: Streets, lines: Lines, road_ix: Ints, index: Ints) -> Segments:
    """Return the lanes, each beside the middle line of its road.

    Parameters
    ----------
    streets : Streets
    lines : Lines
    road_ix, index : int64[l]
        Road and place of each lane.
    """
    roads = streets.roads
    offset_m = roads.inner_m[road_ix] + (roads.n_lanes[road_ix] - index - 0.5) * LANE_WIDTH_M
    along_x, along_y, length_m = lines.along_x[road_ix], lines.along_y[road_ix], lines.length_m[road_ix]
    x_m = lines.start_x_m[road_ix] + along_y * offset_m
    y_m = lines.start_y_m[road_ix] - along_x * offset_m
    return Segments(
        np.stack((x_m, x_m + along_x * length_m), axis=1),
        np.stack((y_m, y_m + along_y * length_m), axis=1),
    )


def movement_segments(
    lanes: Segments,
    lines: Lines,
    lane_road_ix: Ints,
    from_lane_ix: Ints,
    to_lane_ix: Ints,
    is_crossing: NDArray[np.bool_],
) -> Segments:
    """Return the movements: from the end of the in-lane to the begin of the out-lane, crossings from kerb to kerb.

    Parameters
    ----------
    lanes : Segments
    lines : Lines
    lane_road_ix : int64[l]
        Road of each lane.
    from_lane_ix, to_lane_ix : int64[m]
        In-lane and out-lane; of a crossing the outermost lanes of its arm.
    is_crossing : bool[m]
    """
    x_m = np.stack((lanes.x_m[from_lane_ix, 1], lanes.x_m[to_lane_ix, 0]), axis=1)
    y_m = np.stack((lanes.y_m[from_lane_ix, 1], lanes.y_m[to_lane_ix, 0]), axis=1)
    walked = np.flatnonzero(is_crossing)
    in_road, out_road = lane_road_ix[from_lane_ix[walked]], lane_road_ix[to_lane_ix[walked]]
    half_m = LANE_WIDTH_M / 2
    # behind the stop line, that is further along the in-road and further back along the out-road
    for side, road, towards in ((0, in_road, CROSSING_DEPTH_M), (1, out_road, -CROSSING_DEPTH_M)):
        x_m[walked, side] += lines.along_x[road] * towards + lines.along_y[road] * half_m
        y_m[walked, side] += lines.along_y[road] * towards - lines.along_x[road] * half_m
    return Segments(x_m, y_m)

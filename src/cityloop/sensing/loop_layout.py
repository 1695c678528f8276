"""Where induction loops lie: at every stop line, and upstream of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.view import Detectors, Floats, Ints

STOP_LINE_M = 2.0
"""Distance of a stop-line loop from the end of its lane: a vehicle that waits there covers it."""
UPSTREAM_M = 80.0
"""Distance of an upstream loop from the stop line."""
MARGIN_M = 0.5
"""A loop lies at least so far from either end of its lane."""


@dataclass(frozen=True, slots=True)
class LoopPlaces:
    """Loops, and which stop lines each of them serves.

    Parameters
    ----------
    lane_ix : int64, one a loop
        Lane it lies on.
    distance_m : float64, one a loop
        Distance upstream of the end of that lane.
    stop_line_m : float64, one a loop
        Distance upstream of the nearest stop line that it serves.
    serves_loop_ix, serves_stop_lane_ix : int64, one a pair
        Which loop tells of which stop lane.
    serves_m : float64, one a pair
        How far upstream of that stop line; a stop-line loop lies within ``STOP_LINE_M`` of its own.
    is_upstream : bool, one a pair
    """

    lane_ix: Ints
    distance_m: Floats
    stop_line_m: Floats
    serves_loop_ix: Ints
    serves_stop_lane_ix: Ints
    serves_m: Floats
    is_upstream: NDArray[np.bool_]


def loop_places(city: City, is_upstream_wanted: bool = True) -> LoopPlaces:
    """Return where the loops lie and what they serve.

    A stop lane that is shorter than the distance of the upstream loop is followed upstream; where it
    begins at a stop line or at the edge of the city before that, the loop lies at its begin. A loop
    upstream of several stop lanes serves all of them.

    Parameters
    ----------
    city : City
    is_upstream_wanted : bool
        False for loops at the stop lines only.
    """
    approaches = approach_lanes(city, UPSTREAM_M)
    length_m = city.lanes["length_m"]
    loop_of: dict[tuple[int, float], int] = {}
    pairs: dict[tuple[int, int], tuple[float, bool]] = {}

    def add(stop_lane_ix: int, lane_ix: int, wanted_m: float, offset_m: float, is_upstream: bool) -> None:
        lane_m = float(length_m[lane_ix])
        margin_m = min(MARGIN_M, lane_m / 2)
        distance_m = round(min(max(wanted_m, margin_m), lane_m - margin_m), 2)
        loop_ix = loop_of.setdefault((lane_ix, distance_m), len(loop_of))
        pairs.setdefault((loop_ix, stop_lane_ix), (offset_m + distance_m, is_upstream))

    for stop_lane_ix in np.unique(approaches["stop_lane_ix"]):
        add(int(stop_lane_ix), int(stop_lane_ix), STOP_LINE_M, 0.0, is_upstream=False)
    if is_upstream_wanted:
        stop_lanes = set(approaches["stop_lane_ix"].tolist())
        from_lane_ix, to_lane_ix = city.movements["from_lane_ix"], city.movements["to_lane_ix"]
        fed = {
            (int(stop_lane_ix), int(to_lane_ix[movement_ix]))
            for stop_lane_ix, movement_ix in zip(approaches["stop_lane_ix"], approaches["movement_ix"], strict=True)
            if movement_ix >= 0 and int(from_lane_ix[movement_ix]) not in stop_lanes
        }
        for row in range(approaches.n_rows):
            stop_lane_ix, lane_ix = int(approaches["stop_lane_ix"][row]), int(approaches["lane_ix"][row])
            offset_m, entry_m = float(approaches["offset_m"][row]), float(approaches["entry_m"][row])
            if lane_ix < 0:
                # the distance falls into a junction: the loop lies at the end of the lane before it
                before = int(from_lane_ix[approaches["movement_ix"][row]])
                if offset_m < UPSTREAM_M <= entry_m and before not in stop_lanes:
                    add(stop_lane_ix, before, 0.0, entry_m, is_upstream=True)
            elif entry_m >= UPSTREAM_M > offset_m or (stop_lane_ix, lane_ix) not in fed:
                add(stop_lane_ix, lane_ix, UPSTREAM_M - offset_m, offset_m, is_upstream=True)
    stop_line_m = np.full(len(loop_of), np.inf)
    for (loop_ix, _), (serves_m, _) in pairs.items():
        stop_line_m[loop_ix] = min(stop_line_m[loop_ix], serves_m)
    return LoopPlaces(
        lane_ix=np.array([lane_ix for lane_ix, _ in loop_of], np.int64),
        distance_m=np.array([distance_m for _, distance_m in loop_of], np.float64),
        stop_line_m=stop_line_m,
        serves_loop_ix=np.array([loop_ix for loop_ix, _ in pairs], np.int64),
        serves_stop_lane_ix=np.array([stop_lane_ix for _, stop_lane_ix in pairs], np.int64),
        serves_m=np.array([serves_m for serves_m, _ in pairs.values()], np.float64),
        is_upstream=np.array([is_upstream for _, is_upstream in pairs.values()], np.bool_),
    )


def from_stop_line(detectors: Detectors, places: LoopPlaces) -> Detectors:
    """Return readings whose distances count from the stop line that they serve, not from the end of their lane."""
    if len(detectors.lane_ix) != len(places.lane_ix):
        return detectors
    return dataclasses.replace(detectors, distance_m=places.stop_line_m)


def loop_layout(city: City, is_upstream_wanted: bool = True) -> Table:
    """Return the loops that an engine must put on the street.

    Parameters
    ----------
    city : City
    is_upstream_wanted : bool
        False for loops at the stop lines only.

    Returns
    -------
    Table
        Of schema ``detectors``.
    """
    places = loop_places(city, is_upstream_wanted)
    names = [
        f"loop {city.lanes['lane_id'][lane_ix]} {distance_m:g}"
        for lane_ix, distance_m in zip(places.lane_ix, places.distance_m, strict=True)
    ]
    return Table("detectors", {"detector_id": names, "lane_ix": places.lane_ix, "distance_m": places.distance_m})

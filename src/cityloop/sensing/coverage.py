"""Where the sensors of a signalised junction see: so far upstream, the junction itself, so far downstream."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.control.view import Floats, Ints, Vehicles

RANGE_M = 200.0
"""Sight of the sensors along the road from the stop line, as published signal controllers assume it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which part of each place is seen.

    A place is a lane (its row) or a movement (the number of lanes plus its row). Seen is what lies at or
    behind ``from_m`` (towards a stop line ahead) or up to ``until_m`` (away from a stop line behind).

    Parameters
    ----------
    from_m : float64, one a place
        Positive infinity where no stop line lies ahead within range.
    until_m : float64, one a place
        Negative infinity where none lies behind within range.
    stop_lane_ix : int64, one a place
        Stop lane ahead, the nearest one; -1 where none lies ahead within range.
    entry_m : float64, one a place
        Distance from its begin to that stop line; nan where there is none.
    movement_ix : int64, one a place
        Signalised movement behind, the nearest one; -1 where none lies behind within range.
    n_lanes : int
    """

    from_m: Floats
    until_m: Floats
    stop_lane_ix: Ints
    entry_m: Floats
    movement_ix: Ints
    n_lanes: int

    def place_of(self, vehicles: Vehicles) -> Ints:
        """Return the place of each vehicle, -1 for one that is neither on a lane nor in a junction."""
        place = np.where(vehicles.lane_ix >= 0, vehicles.lane_ix, self.n_lanes + vehicles.movement_ix)
        return np.where((vehicles.lane_ix >= 0) | (vehicles.movement_ix >= 0), place, -1)

    def sees(self, vehicles: Vehicles) -> NDArray[np.bool_]:
        """Return which of the vehicles are in sight; those neither on a lane nor in a junction are not."""
        place = self.place_of(vehicles)
        is_placed = place >= 0
        is_near = (vehicles.position_m >= self.from_m[place]) | (vehicles.position_m <= self.until_m[place])
        return np.asarray(is_placed & is_near)


def coverage_of(city: City, range_m: float = RANGE_M) -> Coverage:
    """Return what is seen within ``range_m`` along the road from the stop lines of the city's signals.

    Upstream the lanes are followed past unsignalised nodes; downstream to the next stop line. The inside
    of signalised junctions is seen whole.
    """
    movements, length_m = city.movements, city.lanes["length_m"]
    n_lanes = city.lanes.n_rows
    from_m = np.full(n_lanes + movements.n_rows, np.inf)
    until_m = np.full(n_lanes + movements.n_rows, -np.inf)

    approaches = approach_lanes(city, range_m)
    is_lane = approaches["lane_ix"] >= 0
    place = np.where(is_lane, approaches["lane_ix"], n_lanes + approaches["movement_ix"])
    np.minimum.at(from_m, place, np.maximum(0.0, approaches["entry_m"] - range_m))
    stop_lane_ix, entry_m = np.full(len(from_m), -1), np.full(len(from_m), np.nan)
    furthest_first = np.argsort(-approaches["entry_m"], kind="stable")
    stop_lane_ix[place[furthest_first]] = approaches["stop_lane_ix"][furthest_first]
    entry_m[place[furthest_first]] = approaches["entry_m"][furthest_first]

    is_signalised = (movements["signal_ix"] >= 0) & ~movements["is_crossing"]
    inside = n_lanes + np.flatnonzero(is_signalised)
    from_m[inside] = 0.0
    stop_lane_ix[inside] = movements["from_lane_ix"][is_signalised]
    movement_behind_ix = np.full(len(from_m), -1)
    movement_behind_ix[inside] = np.flatnonzero(is_signalised)

    leavers: dict[int, list[int]] = defaultdict(list)
    for movement_ix in np.flatnonzero(~movements["is_crossing"]).tolist():
        leavers[int(movements["from_lane_ix"][movement_ix])].append(movement_ix)
    ends_at_stop_line = set(movements["from_lane_ix"][is_signalised].tolist())
    front = [
        (range_m - float(movements["length_m"][ix]), int(movements["to_lane_ix"][ix]), ix)
        for ix in np.flatnonzero(is_signalised).tolist()
    ]
    while front:
        left_m, lane_ix, behind_ix = front.pop()
        if left_m <= until_m[lane_ix] or left_m <= 0:
            continue
        until_m[lane_ix], movement_behind_ix[lane_ix] = left_m, behind_ix
        left_m -= float(length_m[lane_ix])
        if left_m <= 0 or lane_ix in ends_at_stop_line:
            continue
        for movement_ix in leavers[lane_ix]:
            place_ix = n_lanes + movement_ix
            if left_m > until_m[place_ix]:
                until_m[place_ix], movement_behind_ix[place_ix] = left_m, behind_ix
            after_m = left_m - float(movements["length_m"][movement_ix])
            front.append((after_m, int(movements["to_lane_ix"][movement_ix]), behind_ix))
    return Coverage(from_m, until_m, stop_lane_ix, entry_m, movement_behind_ix, n_lanes)

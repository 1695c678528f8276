"""The way from somewhere upstream to a stop line, and places on it by their distance from the stop line."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from cityloop.city.city import City
from cityloop.city.table import Table


@dataclass(frozen=True, slots=True)
class ApproachPath:
    """Lanes and movements one behind the other, from a stop line upstream.

    Parameters
    ----------
    stop_lane_ix : int
    lane_ix, movement_ix : tuple of int, one a stretch
        As in the ``approaches`` table: the other one is -1.
    offset_m, entry_m : tuple of float, one a stretch
        Distances of its end and its begin from the stop line.
    """

    stop_lane_ix: int
    lane_ix: tuple[int, ...]
    movement_ix: tuple[int, ...]
    offset_m: tuple[float, ...]
    entry_m: tuple[float, ...]

    def place_of(self, distance_m: float) -> tuple[int, int, float]:
        """Return lane, movement and position from its begin of a distance from the stop line.

        What lies beyond the path is put at its begin.
        """
        at = max(bisect_right(self.offset_m, distance_m) - 1, 0)
        return self.lane_ix[at], self.movement_ix[at], max(self.entry_m[at] - distance_m, 0.0)


def path_from(city: City, approaches: Table, stop_lane_ix: int, lane_ix: int) -> ApproachPath:
    """Return the path from a lane down to a stop line.

    Parameters
    ----------
    city : City
    approaches : Table
        Of schema ``approaches``; it has a row for that lane and stop lane, or for a movement that leaves it.
    stop_lane_ix, lane_ix : int
    """
    rows = np.flatnonzero(approaches["stop_lane_ix"] == stop_lane_ix)
    row_of_lane = {int(approaches["lane_ix"][row]): int(row) for row in rows if approaches["lane_ix"][row] >= 0}
    rows_from: dict[int, list[int]] = {}
    for row in rows.tolist():
        movement_ix = int(approaches["movement_ix"][row])
        if movement_ix >= 0:
            rows_from.setdefault(int(city.movements["from_lane_ix"][movement_ix]), []).append(row)
    stretches: list[tuple[int, int, float, float]] = []
    while True:
        if lane_ix in row_of_lane:
            row = row_of_lane[lane_ix]
            offset_m, entry_m = float(approaches["offset_m"][row]), float(approaches["entry_m"][row])
        else:
            # just beyond the reach: the lane begins where the nearest movement that leaves it does
            offset_m = min(float(approaches["entry_m"][row]) for row in rows_from[lane_ix])
            entry_m = offset_m + float(city.lanes["length_m"][lane_ix])
        stretches.append((lane_ix, -1, offset_m, entry_m))
        if lane_ix == stop_lane_ix:
            break
        row = min(rows_from[lane_ix], key=lambda other: float(approaches["entry_m"][other]))
        movement_ix = int(approaches["movement_ix"][row])
        stretches.append((-1, movement_ix, float(approaches["offset_m"][row]), float(approaches["entry_m"][row])))
        lane_ix = int(city.movements["to_lane_ix"][movement_ix])
    stretches.reverse()
    lanes, movements, offsets_m, entries_m = zip(*stretches, strict=True)
    return ApproachPath(stop_lane_ix, lanes, movements, offsets_m, entries_m)


def longest_path(city: City, approaches: Table, stop_lane_ix: int) -> ApproachPath:
    """Return the path to a stop line that reaches furthest upstream."""
    is_lane = (approaches["stop_lane_ix"] == stop_lane_ix) & (approaches["lane_ix"] >= 0)
    rows = np.flatnonzero(is_lane)
    furthest = rows[np.argmax(approaches["entry_m"][rows])]
    return path_from(city, approaches, stop_lane_ix, int(approaches["lane_ix"][furthest]))

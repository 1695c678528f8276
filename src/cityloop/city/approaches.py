"""Approaches: the lanes that feed a stop line, followed upstream past unsignalised nodes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from cityloop.city.city import City
from cityloop.city.table import Table, table_of_rows


def lane_feeders(city: City) -> dict[int, list[int]]:
    """Return by lane the unsignalised movements that end in it; a lane without any gives an empty list."""
    movements = city.movements
    feeders: dict[int, list[int]] = defaultdict(list)
    for movement_ix in np.flatnonzero((movements["signal_ix"] < 0) & ~movements["is_crossing"]).tolist():
        feeders[int(movements["to_lane_ix"][movement_ix])].append(movement_ix)
    return feeders


def approach_lanes(city: City, reach_m: float) -> Table:
    """Return every lane and unsignalised movement from which a stop line is reached within ``reach_m``.

    A stop line often sits at the end of a lane that is shorter than its queue; what feeds it stands
    further upstream, past nodes without a signal. A lane upstream of several stop lines has a row for each.

    Parameters
    ----------
    city : City
    reach_m : float
        How far upstream of the stop line to follow, in metres.

    Returns
    -------
    Table
        Of schema ``approaches``, sorted by stop lane, then by distance.
    """
    movements, length_m = city.movements, city.lanes["length_m"]
    feeders = lane_feeders(city)
    signal_of_stop_lane: dict[int, int] = {}
    for movement_ix in np.flatnonzero((movements["signal_ix"] >= 0) & ~movements["is_crossing"]).tolist():
        signal_ix = int(movements["signal_ix"][movement_ix])
        signal_of_stop_lane[int(movements["from_lane_ix"][movement_ix])] = signal_ix
    rows: list[dict[str, Any]] = []
    for stop_lane_ix, signal_ix in sorted(signal_of_stop_lane.items()):
        nearest = {stop_lane_ix: 0.0}
        front = [(0.0, stop_lane_ix, -1)]
        while front:
            front.sort(reverse=True)
            offset_m, lane_ix, movement_ix = front.pop()
            is_lane = movement_ix < 0
            span_m = float(length_m[lane_ix]) if is_lane else float(movements["length_m"][movement_ix])
            if is_lane and nearest[lane_ix] < offset_m:
                continue
            rows.append(
                {
                    "stop_lane_ix": stop_lane_ix,
                    "signal_ix": signal_ix,
                    "lane_ix": lane_ix if is_lane else -1,
                    "movement_ix": movement_ix,
                    "offset_m": offset_m,
                    "entry_m": offset_m + span_m,
                }
            )
            entry_m = offset_m + span_m
            if entry_m >= reach_m:
                continue
            if is_lane:
                front.extend((entry_m, -1, feeder) for feeder in feeders[lane_ix])
            else:
                upstream = int(movements["from_lane_ix"][movement_ix])
                if upstream in signal_of_stop_lane:
                    continue  # that lane ends at a stop line of its own
                if entry_m < nearest.get(upstream, float("inf")):
                    nearest[upstream] = entry_m
                    front.append((entry_m, upstream, -1))
    return table_of_rows("approaches", rows)

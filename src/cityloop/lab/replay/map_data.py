"""What the map of a replay is drawn from: the ways, and the signal heads at their ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.lab.replay.packing import pack

_SCALE_PER_M = 10  # places are kept to the decimetre
_LEFT_TO_RIGHT = "tlLsRr"


def map_data(city: City, codes: NDArray[np.uint8]) -> dict[str, Any]:
    """Return the ways and signal heads for the page.

    The ways are the lanes and behind them the movements, as in ``cityloop.run.onlookers.Standing``.

    Parameters
    ----------
    city : City
    codes : uint8, shape (n, n_links)
        What the links showed in the run: heads of a lane that always showed the same are drawn as one.
    """
    lanes, movements = city.lanes, city.movements
    points, ends = _shapes(city, (lanes, movements))
    low_m = points.min(axis=0) if len(points) else np.zeros(2)
    from_middle = city.roads["n_lanes"][lanes["road_ix"]] - 1 - lanes["index"]
    heads = _heads(city, codes)
    return {
        "n_lanes": lanes.n_rows,
        "scale_per_m": _SCALE_PER_M,
        "roads": [_label(city, road_ix) for road_ix in range(city.roads.n_rows)],
        "points": pack(np.round((points - low_m) * _SCALE_PER_M), is_delta=True),
        "ends": pack(ends, is_delta=True),
        "road_ix": pack(lanes["road_ix"]),
        "from_middle": pack(from_middle),
        "from_lane_ix": pack(movements["from_lane_ix"]),
        "to_lane_ix": pack(movements["to_lane_ix"]),
        "length_dm": pack(np.round(np.concatenate([lanes["length_m"], movements["length_m"]]) * 10)),
        "width_dm": pack(np.round(lanes["width_m"] * 10)),
        "is_driven": pack(_is_driven(lanes)),
        "head_lane_ix": pack(heads[:, 0]),
        "head_link_ix": pack(heads[:, 1]),
    }


def _label(city: City, road_ix: int) -> str:
    name, road_id = str(city.roads["name"][road_ix]), str(city.roads["road_id"][road_ix])
    return f"{name} ({road_id})" if name else road_id


def _is_driven(lanes: Table) -> NDArray[np.bool_]:
    driven: NDArray[np.bool_] = lanes["allows_cars"] | lanes["allows_buses"] | lanes["allows_bicycles"]
    return driven


def _shapes(city: City, tables: tuple[Table, ...]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the points of all rows one after the other, and where each row's points end."""
    all_points = np.stack([city.points["x_m"], city.points["y_m"]], axis=1)
    starts = np.concatenate([table["points_start"] for table in tables])
    counts = np.concatenate([table["points_end"] for table in tables]) - starts
    ends = np.cumsum(counts)
    rows = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts) + np.repeat(starts, counts)
    return all_points[rows], ends


def _heads(city: City, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return lane and link of each head: lane by lane, the one that turns left first; none shows what another does."""
    movements = city.movements
    is_head = (movements["link_ix"] >= 0) & (movements["from_lane_ix"] >= 0) & ~movements["is_crossing"]
    heads: list[tuple[int, int]] = []
    seen: set[tuple[int, bytes]] = set()
    order = sorted(
        np.flatnonzero(is_head).tolist(),
        key=lambda ix: (movements["from_lane_ix"][ix], _LEFT_TO_RIGHT.find(str(movements["direction"][ix])), ix),
    )
    for movement_ix in order:
        lane_ix, link_ix = int(movements["from_lane_ix"][movement_ix]), int(movements["link_ix"][movement_ix])
        shown = (lane_ix, codes[:, link_ix].tobytes())
        if shown not in seen:
            seen.add(shown)
            heads.append((lane_ix, link_ix))
    return np.array(heads, np.int64).reshape(-1, 2)

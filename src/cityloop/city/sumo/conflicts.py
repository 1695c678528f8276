"""Conflicts of movements: who meets whom, where, and who yields."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from cityloop.city.sumo.net import Net
from cityloop.city.sumo.net_file import NetFile
from cityloop.city.table import Table

_TOUCH_M = 0.05  # shapes are written in centimetres; ends that come this close meet
_PAIRS_AT_ONCE = 20_000  # bounds the memory of the geometry, whatever the size of the city


def conflicts_of(source: NetFile, net: Net, movements: Table) -> Table:
    """Return the conflicts that the net's right-of-way matrices name, each pair in both orders.

    The matrices (``<request foes response>``) say which ways of a junction cross or join; where along
    the way they meet comes from the shapes of the lanes inside the junction.

    Parameters
    ----------
    source : NetFile
    net : Net
    movements : Table

    Returns
    -------
    Table
        Of schema ``conflicts``, sorted by movement, then by foe.
    """
    rows_at_node: dict[int, list[int]] = defaultdict(list)
    for row, (node, request) in enumerate(zip(movements["node_ix"], net.request_ix, strict=True)):
        if request >= 0:
            rows_at_node[int(node)].append(row)
    own: list[NDArray[np.int64]] = []
    foe: list[NDArray[np.int64]] = []
    yields: list[NDArray[np.bool_]] = []
    request_ix = np.array(net.request_ix, np.int64)
    for node, rows in rows_at_node.items():
        junction = source.junctions[node]
        at = np.array(rows, np.int64)
        requests = request_ix[at]
        foes = _matrix(junction.foes)[np.ix_(requests, requests)]
        responses = _matrix(junction.responses)[np.ix_(requests, requests)]
        i, j = np.nonzero(foes | foes.T | responses | responses.T)
        is_pair = i != j
        i, j = i[is_pair], j[is_pair]
        own.append(at[i])
        foe.append(at[j])
        yields.append(responses[i, j])
    if not own:
        return Table("conflicts")
    movement_ix, foe_ix = np.concatenate(own), np.concatenate(foe)
    order = np.lexsort((foe_ix, movement_ix))
    movement_ix, foe_ix = movement_ix[order], foe_ix[order]
    to_lane_ix, from_lane_ix = movements["to_lane_ix"], movements["from_lane_ix"]
    shares_lane = (to_lane_ix[movement_ix] == to_lane_ix[foe_ix]) | (from_lane_ix[movement_ix] == from_lane_ix[foe_ix])
    is_crossing = movements["is_crossing"][movement_ix] | movements["is_crossing"][foe_ix]
    return Table(
        "conflicts",
        {
            "movement_ix": movement_ix,
            "foe_ix": foe_ix,
            "must_yield": np.concatenate(yields)[order],
            "is_merge": shares_lane & ~is_crossing,
            "conflict_m": _meeting_m(movement_ix, foe_ix, movements, net.points),
        },
    )


def _matrix(rows: list[str]) -> NDArray[np.bool_]:
    """Return bit strings as a square matrix; the last character of a string is column 0."""
    n = len(rows)
    bits = np.zeros((n, n), np.bool_)
    for i, row in enumerate(rows):
        values = np.frombuffer(row.encode("ascii", "replace"), np.uint8)[::-1][:n] == ord("1")
        bits[i, : len(values)] = values
    return bits


def _meeting_m(
    movement_ix: NDArray[np.int64], foe_ix: NDArray[np.int64], movements: Table, points: Table
) -> NDArray[np.float64]:
    """Return the distance along each movement to where its shape first meets the foe's.

    Where they do not meet, or meet at their common end, it is the length of the movement.
    """
    xy = np.column_stack((points["x_m"], points["y_m"]))
    meeting_m = np.empty(len(movement_ix), np.float64)
    for start in range(0, len(movement_ix), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        meeting_m[part] = _first_meeting_m(movement_ix[part], foe_ix[part], movements, xy)
    return meeting_m


def _first_meeting_m(
    movement_ix: NDArray[np.int64], foe_ix: NDArray[np.int64], movements: Table, xy: NDArray[np.float64]
) -> NDArray[np.float64]:
    first_point, n_segments = movements["points_start"], movements["points_end"] - movements["points_start"] - 1
    # one row for each pair of a segment of the movement and a segment of its foe
    n_own, n_foe = n_segments[movement_ix], n_segments[foe_ix]
    n_rows = n_own * n_foe
    pair = np.repeat(np.arange(len(movement_ix)), n_rows)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(n_rows) - n_rows, n_rows)
    own_segment, foe_segment = np.divmod(within, n_foe[pair])
    a = first_point[movement_ix][pair] + own_segment
    b = first_point[foe_ix][pair] + foe_segment
    p, r = xy[a], xy[a + 1] - xy[a]
    q, s = xy[b], xy[b + 1] - xy[b]
    r_m, s_m = np.hypot(*r.T), np.hypot(*s.T)
    # p + t r = q + u s, solved with cross products
    cross = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    d = q - p
    is_parallel = np.abs(cross) <= 1e-9 * r_m * s_m + 1e-12
    safe = np.where(is_parallel, 1.0, cross)
    t = (d[:, 0] * s[:, 1] - d[:, 1] * s[:, 0]) / safe
    u = (d[:, 0] * r[:, 1] - d[:, 1] * r[:, 0]) / safe
    slack_t, slack_u = _TOUCH_M / np.maximum(r_m, 1e-9), _TOUCH_M / np.maximum(s_m, 1e-9)
    meets = ~is_parallel & (t >= -slack_t) & (t <= 1 + slack_t) & (u >= -slack_u) & (u <= 1 + slack_u)
    # parallel segments meet where they lie on one line and overlap: from the nearer end of the foe's on
    along, across = _overlap_m(d, r, r_m, s)
    overlaps = is_parallel & (r_m > 0) & (across <= _TOUCH_M) & (along[1] >= -_TOUCH_M) & (along[0] <= r_m + _TOUCH_M)
    at_m = np.where(overlaps, along[0], t * r_m)
    length_m = movements["length_m"]
    row_start_m = _distance_m(xy)  # running length over all points; differences within a shape are its own
    offset_m = row_start_m[a] - row_start_m[first_point[movement_ix][pair]]
    drawn_m = row_start_m[movements["points_end"][movement_ix] - 1] - row_start_m[first_point[movement_ix]]
    distance_m = np.where(meets | overlaps, offset_m + np.clip(at_m, 0.0, r_m), np.inf)
    first_m = np.full(len(movement_ix), np.inf)
    np.minimum.at(first_m, pair, distance_m)
    scale = length_m[movement_ix] / np.maximum(drawn_m, 1e-9)  # the driven length may differ from the drawn one
    return np.where(np.isfinite(first_m), np.minimum(first_m * scale, length_m[movement_ix]), length_m[movement_ix])


def _overlap_m(
    d: NDArray[np.float64], r: NDArray[np.float64], r_m: NDArray[np.float64], s: NDArray[np.float64]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]:
    """Return where a parallel segment begins and ends along r, and its distance from the line of r."""
    unit = r / np.maximum(r_m, 1e-9)[:, None]
    begin_m = (d * unit).sum(1)
    end_m = ((d + s) * unit).sum(1)
    across_m = np.abs(d[:, 0] * unit[:, 1] - d[:, 1] * unit[:, 0])
    return (np.minimum(begin_m, end_m), np.maximum(begin_m, end_m)), across_m


def _distance_m(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.hypot(*np.diff(xy, axis=0).T)
    return np.concatenate(([0.0], np.cumsum(steps)))

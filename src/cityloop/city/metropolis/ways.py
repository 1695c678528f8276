"""The ways of vehicles and walkers through one junction, in metres around its centre.

A junction has up to four arms, counted clockwise from the north: 0 north, 1 east, 2 south, 3 west. Traffic keeps to
the right. Where a junction stands turned or bent in its city, these are still the lengths that its vehicles drive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LANE_WIDTH_M = 3.2  # SUMO's default, also that of the schema
CROSSING_DEPTH_M = 3.0  # from the stop line to the middle of the crossing behind it; our assumption
LATERAL_MPS2 = 5.5  # sideways acceleration that a turn is driven at: SUMO's --junctions.limit-turn-speed
_U_TURN_DEPTH_M = 4.0
_N_POINTS = 9
_OUTWARD = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]])
_ARM_AFTER = {"r": 3, "s": 2, "p": 2, "l": 1, "t": 0}
_ANGLE_RAD = {"r": np.pi / 2, "l": np.pi / 2, "t": np.pi}


def target_arm(arm: int, turn: str) -> int:
    """Return the arm that a turn (``r s p l t``) from ``arm`` leaves by."""
    return (arm + _ARM_AFTER[turn]) % 4


def way_of(arm: int, in_offset_m: float, turn: str, out_offset_m: float, radius_m: tuple[float, ...]) -> Floats:
    """Return the points of a vehicle's way from the stop line to the begin of the road that it leaves by.

    Parameters
    ----------
    arm : int
        Arm that it comes from.
    in_offset_m, out_offset_m : float
        Distance of the middle of the in-lane and of the out-lane from the middle of their road, to the right.
    turn : str
        ``r``, ``s``, ``p`` (straight on into a pocket), ``l`` or ``t``.
    radius_m : tuple of float
        Distance of the stop line of each arm from the centre.

    Returns
    -------
    float64[k, 2]
        Two points straight on, a quarter of a Bézier curve in a turn.
    """
    to_arm = target_arm(arm, turn)
    outward, leaving = _OUTWARD[arm], _OUTWARD[to_arm]
    start = outward * radius_m[arm] + _right_of(-outward) * in_offset_m
    end = leaving * radius_m[to_arm] + _right_of(leaving) * out_offset_m
    if turn in "sp":
        return np.stack((start, end))
    t = np.linspace(0.0, 1.0, _N_POINTS)[:, None]
    if turn == "t":
        deep_start, deep_end = start - outward * _U_TURN_DEPTH_M, end - outward * _U_TURN_DEPTH_M
        inner = 3 * t * (1 - t) * ((1 - t) * deep_start + t * deep_end)
        return np.asarray((1 - t) ** 3 * start + inner + t**3 * end)
    corner = start - (start @ outward) * outward + end - (end @ leaving) * leaving
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)


def crossing_way(arm: int, in_edge_m: float, out_edge_m: float, radius_m: float) -> Floats:
    """Return the two ends of the pedestrian crossing over an arm, from the kerb of its in-lanes on.

    Parameters
    ----------
    arm : int
    in_edge_m, out_edge_m : float
        Distance of the kerb beside the in-lanes and of that beside the out-lanes from the middle of the road.
    radius_m : float
        Distance of the stop line from the centre.
    """
    outward = _OUTWARD[arm]
    middle = outward * (radius_m - CROSSING_DEPTH_M)
    return np.stack((middle + _right_of(-outward) * in_edge_m, middle + _right_of(outward) * out_edge_m))


def length_of(way: Floats) -> float:
    """Return the length of a way in metres."""
    return float(np.hypot(*np.diff(way, axis=0).T).sum())


def turn_speed_mps(turn: str, length_m: float) -> float:
    """Return the highest speed in a turn of that length; infinite straight on.

    The square root of radius times `LATERAL_MPS2`, as SUMO's netconvert limits the speed in turns.
    """
    return float(np.sqrt(LATERAL_MPS2 * length_m / _ANGLE_RAD[turn])) if turn in _ANGLE_RAD else np.inf


def meeting_m(way: Floats, foe: Floats) -> float:
    """Return the distance along ``way`` to where it first crosses ``foe``; nan where it does not."""
    p, r = way[:-1, None], np.diff(way, axis=0)[:, None]
    q, s = foe[None, :-1], np.diff(foe, axis=0)[None, :]
    cross = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
    is_parallel = np.abs(cross) < 1e-9
    safe, d = np.where(is_parallel, 1.0, cross), q - p
    t = (d[..., 0] * s[..., 1] - d[..., 1] * s[..., 0]) / safe
    u = (d[..., 0] * r[..., 1] - d[..., 1] * r[..., 0]) / safe
    meets = ~is_parallel & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    if not meets.any():
        return float("nan")
    steps_m = np.hypot(*np.diff(way, axis=0).T)
    offset_m = np.concatenate(([0.0], np.cumsum(steps_m)[:-1]))
    return float(min((offset_m[:, None] + t * steps_m[:, None])[meets].min(), steps_m.sum()))


def _right_of(heading: Floats) -> Floats:
    return np.array([heading[1], -heading[0]])

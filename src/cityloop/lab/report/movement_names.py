"""What people call a movement: where it comes from and where it turns."""

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.lab.report.words import Words, say

_SECTORS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_TURNS = {"s": "straight", "l": "left", "L": "left", "r": "right", "R": "right", "t": "turn"}
_TURN_ORDER = ("right", "straight", "left", "turn")


def origin_deg(city: City, lane_ix: int) -> float:
    """Return the compass bearing from a stop line back along its lane: 0 for traffic that comes from the north."""
    rows = slice(int(city.lanes["points_start"][lane_ix]), int(city.lanes["points_end"][lane_ix]))
    x_m, y_m = city.points["x_m"][rows], city.points["y_m"][rows]
    # a few metres upstream rather than the last segment, which may be a short bend
    away = np.hypot(x_m - x_m[-1], y_m - y_m[-1])
    near = np.flatnonzero(away >= min(25.0, float(away.max())))
    start = int(near[-1]) if near.size else 0
    return float(np.degrees(np.arctan2(x_m[start] - x_m[-1], y_m[start] - y_m[-1])) % 360.0)


def origin_name(bearing_deg: float) -> Words:
    """Return the compass sector that a bearing lies in."""
    return say(f"direction.from_{_SECTORS[round(bearing_deg / 45.0) % 8]}")


def turn_rank(direction: str) -> int:
    """Return the place of a turn in a list: right, straight, left, back."""
    return _TURN_ORDER.index(_TURNS.get(direction, "straight"))


def movement_name(bearing_deg: float, directions: set[str]) -> Words:
    """Return for example "from N, straight and left" for the turns of one origin."""
    turns = sorted({_TURNS.get(direction, "straight") for direction in directions}, key=_TURN_ORDER.index)
    names = [say(f"direction.{turn}") for turn in turns]
    joined = Words("/".join(name.en for name in names), "·".join(name.ko for name in names))
    return say("direction.movement", origin=origin_name(bearing_deg), turns=joined)

"""A kind of junction, of which a city has thousands: its movements, conflicts, links and plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cityloop.city.metropolis.right_of_way import must_yield
from cityloop.city.metropolis.timing import Stage, Timing, states_of
from cityloop.city.metropolis.ways import (
    LANE_WIDTH_M,
    crossing_way,
    length_of,
    meeting_m,
    target_arm,
    turn_speed_mps,
    way_of,
)

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WALKING_MPS = 1.0  # Korean National Police Agency, see ``control.guard.clearance``
_CORNER_M = 4.0  # from the kerb of the crossing road to the stop line; our assumption
_CORNER_WITH_CROSSING_M = 8.0  # the same with a pedestrian crossing in between; our assumption
_ORDER = "rsplt"
_Row = tuple[int, int, int, int, str]  # from arm, from lane, to arm, to lane, turn


@dataclass(frozen=True)
class Arm:
    """One arm of a junction.

    Parameters
    ----------
    turns : tuple of str
        Turns that each in-lane allows, the outermost lane first: ``r s l t`` as in the schema, ``p`` straight on into
        a pocket that begins here; empty where nothing comes in.
    n_out : int
        Lanes that leave.
    speed_mps : float
        Speed limit.
    in_inner_m, out_inner_m : float
        Distance of the left edge of the in-lanes and of the out-lanes from the middle of the road.
    has_crossing : bool
        Pedestrians cross it.
    """

    turns: tuple[str, ...]
    n_out: int
    speed_mps: float
    in_inner_m: float = 0.0
    out_inner_m: float = 0.0
    has_crossing: bool = False

    @property
    def in_edge_m(self) -> float:
        """Distance of the kerb beside the in-lanes from the middle of the road."""
        return self.in_inner_m + len(self.turns) * LANE_WIDTH_M

    @property
    def out_edge_m(self) -> float:
        """Distance of the kerb beside the out-lanes from the middle of the road."""
        return self.out_inner_m + self.n_out * LANE_WIDTH_M


@dataclass(frozen=True, eq=False)
class Junction:
    """A kind of junction; all row numbers count within it.

    Parameters
    ----------
    kind : str
        Right of way as in the schema ``nodes``.
    radius_m : tuple of float
        Distance of the stop line of each arm from the centre, which is also where the road that leaves begins.
    arms : tuple of Arm or None
    from_arm, from_lane, to_arm, to_lane : int64[m]
        Way of each movement; lane -1 for a crossing, whose arm is in both arm columns.
    turn : tuple of str
        ``r s p l t`` for vehicles, ``w`` for a crossing.
    link : int64[m]
        Link of each movement, -1 where there is no signal; a U-turn hangs on the link of its left turn.
    length_m, speed_mps : float64[m]
    movement, foe : int64[c]
        Conflicting pairs in both orders, sorted.
    yields, is_merge : bool[c]
    conflict_m : float64[c]
    states : tuple of (str, float)
        States of the plan with their durations; empty where there is no signal.
    """

    kind: str
    radius_m: tuple[float, ...]
    arms: tuple[Arm | None, ...]
    from_arm: Ints
    from_lane: Ints
    to_arm: Ints
    to_lane: Ints
    turn: tuple[str, ...]
    link: Ints
    length_m: Floats
    speed_mps: Floats
    movement: Ints
    foe: Ints
    yields: Bools
    is_merge: Bools
    conflict_m: Floats
    states: tuple[tuple[str, float], ...] = ()

    @property
    def n_links(self) -> int:
        """Number of links."""
        return int(self.link.max(initial=-1)) + 1

    @property
    def is_crossing(self) -> Bools:
        """Which movements are pedestrian crossings."""
        return self.from_lane < 0

    @property
    def direction(self) -> list[str]:
        """Direction of each movement as in the schema ``movements``."""
        return ["s" if turn in "wp" else turn for turn in self.turn]

    @property
    def is_minor(self) -> Bools:
        """Which movements yield to some other."""
        return np.bincount(self.movement[self.yields], minlength=len(self.turn)) > 0

    def links_of(self, arms: Sequence[int], turns: str) -> frozenset[int]:
        """Return the links of the movements from these arms with one of these turns."""
        chosen = [turn in turns and arm in arms for arm, turn in zip(self.from_arm.tolist(), self.turn, strict=True)]
        return frozenset(self.link[chosen].tolist())

    def walking_clearance_s(self, arms: Sequence[int]) -> float:
        """Return how long a pedestrian needs over the longest crossing of these arms, in whole seconds."""
        rows = [row for row, turn in enumerate(self.turn) if turn == "w" and self.from_arm[row] in arms]
        return float(np.ceil(self.length_m[rows].max(initial=0.0) / WALKING_MPS - 1e-9))

    def with_plan(self, stages: Callable[[Junction], Sequence[Stage]], timing: Timing) -> Junction:
        """Return the junction with the plan that ``stages`` makes for it."""
        return replace(self, states=states_of(stages(self), self.n_links, timing))


def junction_of(
    kind: str,
    arms: Sequence[Arm | None],
    *,
    radius_m: float | None = None,
    major_axis: int = 1,
) -> Junction:
    """Return a kind of junction with these arms, without a plan.

    Right turns enter the outermost lanes of their road, left turns, U-turns and ways into a pocket the innermost; who
    goes straight on keeps the lane. Ways conflict where they cross or end in the same lane.

    Parameters
    ----------
    kind : str
        ``traffic_light`` or, without signals, ``priority``.
    arms : sequence of Arm or None
        Four, clockwise from the north.
    radius_m : float or None
        Distance of all stop lines from the centre; None for as much as the crossing roads need.
    major_axis : int
        Which arms have priority where there is no signal: 0 for arms 0 and 2, 1 for arms 1 and 3.
    """
    radii_m = _radii_m(arms) if radius_m is None else (radius_m,) * 4
    rows: list[_Row] = []
    for arm_ix, arm in enumerate(arms):
        for lane, turns in enumerate(arm.turns if arm else ()):
            for turn in sorted(turns, key=_ORDER.index):
                to_arm = target_arm(arm_ix, turn)
                rows.append((arm_ix, lane, to_arm, _to_lane(arms, arm_ix, lane, turn), turn))
    rows += [(ix, -1, ix, -1, "w") for ix, arm in enumerate(arms) if arm and arm.has_crossing]
    ways = [_way(arms, row, radii_m) for row in rows]
    length_m = [length_of(way) for way in ways]
    is_signalised = kind == "traffic_light"
    pairs = []
    for i, j in np.ndindex(len(rows), len(rows)):
        own, foe = rows[i], rows[j]
        if i == j or own[:2] == foe[:2]:  # vehicles of the same lane follow each other
            continue
        merges = own[2:4] == foe[2:4] and own[4] != "w"
        at_m = meeting_m(ways[i], ways[j])
        if merges or not np.isnan(at_m):
            yields = must_yield((own[0], own[4]), (foe[0], foe[4]), is_signalised=is_signalised, major_axis=major_axis)
            pairs.append((i, j, yields, merges, length_m[i] if np.isnan(at_m) else at_m))
    columns = list(zip(*pairs, strict=True)) if pairs else [()] * 5
    return Junction(
        kind=kind,
        radius_m=radii_m,
        arms=tuple(arms),
        from_arm=np.array([row[0] for row in rows], np.int64),
        from_lane=np.array([row[1] for row in rows], np.int64),
        to_arm=np.array([row[2] for row in rows], np.int64),
        to_lane=np.array([row[3] for row in rows], np.int64),
        turn=tuple(row[4] for row in rows),
        link=_links(rows) if is_signalised else np.full(len(rows), -1, np.int64),
        length_m=np.array(length_m),
        speed_mps=np.array([_speed_mps(arms, row, length) for row, length in zip(rows, length_m, strict=True)]),
        movement=np.array(columns[0], np.int64),
        foe=np.array(columns[1], np.int64),
        yields=np.array(columns[2], np.bool_),
        is_merge=np.array(columns[3], np.bool_),
        conflict_m=np.array(columns[4], np.float64),
    )


def lane_offset_m(inner_m: float, n_lanes: int, lane: int) -> float:
    """Return how far right of the middle of its road a lane has its middle; lane 0 is the outermost."""
    return inner_m + (n_lanes - lane - 0.5) * LANE_WIDTH_M


def _arm(arms: Sequence[Arm | None], ix: int) -> Arm:
    arm = arms[ix]
    assert arm is not None, f"a movement uses arm {ix}, which the junction does not have"
    return arm


def _radii_m(arms: Sequence[Arm | None]) -> tuple[float, ...]:
    """Return how far from the centre the stop line of each arm has to be, because of the road that crosses it."""
    corner_m = _CORNER_WITH_CROSSING_M if any(arm and arm.has_crossing for arm in arms) else _CORNER_M
    edges_m = [max(arm.in_edge_m, arm.out_edge_m) if arm else 0.0 for arm in arms]
    return tuple(max(edges_m[ix - 1], edges_m[(ix + 1) % 4]) + corner_m for ix in range(4))


def _to_lane(arms: Sequence[Arm | None], arm_ix: int, lane: int, turn: str) -> int:
    turns, n_out = _arm(arms, arm_ix).turns, _arm(arms, target_arm(arm_ix, turn)).n_out
    if turn == "s":
        return min(lane, n_out - 1)
    with_turn = [other for other, allowed in enumerate(turns) if turn in allowed]
    if turn == "p":
        return n_out - 1
    if turn == "r":
        return min(with_turn.index(lane), n_out - 1)
    return max(n_out - len(with_turn) + with_turn.index(lane), 0)


def _way(arms: Sequence[Arm | None], row: _Row, radius_m: tuple[float, ...]) -> Floats:
    from_arm, from_lane, to_arm, to_lane, turn = row
    arm, leaving = _arm(arms, from_arm), _arm(arms, to_arm)
    if turn == "w":
        return crossing_way(from_arm, arm.in_edge_m, arm.out_edge_m, radius_m[from_arm])
    in_offset_m = lane_offset_m(arm.in_inner_m, len(arm.turns), from_lane)
    return way_of(from_arm, in_offset_m, turn, lane_offset_m(leaving.out_inner_m, leaving.n_out, to_lane), radius_m)


def _speed_mps(arms: Sequence[Arm | None], row: _Row, length_m: float) -> float:
    from_arm, _, to_arm, _, turn = row
    if turn == "w":
        return WALKING_MPS
    return min(_arm(arms, from_arm).speed_mps, _arm(arms, to_arm).speed_mps, turn_speed_mps(turn, length_m))


def _links(rows: Sequence[_Row]) -> Ints:
    """Return a link for each movement; a U-turn goes with the left turn of its lane."""
    links: list[int] = []
    n_links = 0
    for row in rows:
        left = [i for i, other in enumerate(rows[: len(links)]) if other[:2] == row[:2] and other[4] == "l"]
        if row[4] == "t" and left:
            links.append(links[left[0]])
        else:
            links.append(n_links)
            n_links += 1
    return np.array(links, np.int64)

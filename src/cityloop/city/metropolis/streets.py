"""Where the junctions of a made-up city stand and which roads join them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable
from cityloop.city.metropolis.junction import Junction
from cityloop.city.metropolis.names import Texts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEAD_END = -1
_SHORTEST_M = 10.0  # a shorter road holds hardly a vehicle


@dataclass(frozen=True, eq=False)
class Nodes:
    """Junctions and dead ends.

    Parameters
    ----------
    name : str[n]
    x_m, y_m : float64[n]
    kind_ix : int64[n]
        Row of its kind of junction, `DEAD_END` where the city ends.
    offset_s : float64[n]
        Offset of its plan, without meaning where it has no signal.
    """

    name: Texts
    x_m: Floats
    y_m: Floats
    kind_ix: Ints
    offset_s: Floats


@dataclass(frozen=True, eq=False)
class Roads:
    """Roads, one a direction.

    Parameters
    ----------
    from_node, to_node : int64[r]
    from_arm, to_arm : int64[r]
        Arm of the kind of junction that it leaves and enters; without meaning at a dead end.
    n_lanes : int64[r]
    inner_m : float64[r]
        Distance of the left edge of its lanes from the line between its nodes.
    speed_mps : float64[r]
    priority : int64[r]
    """

    from_node: Ints
    to_node: Ints
    from_arm: Ints
    to_arm: Ints
    n_lanes: Ints
    inner_m: Floats
    speed_mps: Floats
    priority: Ints


@dataclass(frozen=True, eq=False)
class Streets:
    """Nodes, roads and the kinds of junctions that they are made of."""

    nodes: Nodes
    roads: Roads
    kinds: tuple[Junction, ...]

    def in_road(self) -> Ints:
        """Return the road that enters each node by each arm, int64[n, 4], -1 where none does."""
        return self._by_arm(self.roads.to_node, self.roads.to_arm)

    def out_road(self) -> Ints:
        """Return the road that leaves each node by each arm, int64[n, 4], -1 where none does."""
        return self._by_arm(self.roads.from_node, self.roads.from_arm)

    def _by_arm(self, node: Ints, arm: Ints) -> Ints:
        road = np.full((len(self.nodes.kind_ix), 4), -1, np.int64)
        road[node, arm] = np.arange(len(node))
        return road


@dataclass(frozen=True)
class Class:
    """A class of roads.

    Parameters
    ----------
    speed_mps : float
        Speed limit.
    n_lanes : int
        Lanes a direction.
    inner_m : float
        Half of its median.
    priority : int
        Rank.
    """

    speed_mps: float
    n_lanes: int
    inner_m: float = 0.0
    priority: int = 0


def both_ways(road_class: Class, node: Ints, arm: Ints, other_node: Ints, other_arm: Ints) -> Roads:
    """Return two roads for each pair of nodes: there, then back.

    Parameters
    ----------
    road_class : Class
    node, other_node : int64[k]
    arm, other_arm : int64[k]
        The arms by which they leave and enter these nodes.
    """
    ends = (np.stack((one, two), axis=1).ravel() for one, two in ((node, other_node), (arm, other_arm)))
    turned = (np.stack((two, one), axis=1).ravel() for one, two in ((node, other_node), (arm, other_arm)))
    (from_node, from_arm), (to_node, to_arm), n = ends, turned, 2 * len(node)
    return Roads(
        from_node=from_node,
        to_node=to_node,
        from_arm=from_arm,
        to_arm=to_arm,
        n_lanes=np.full(n, road_class.n_lanes, np.int64),
        inner_m=np.full(n, road_class.inner_m),
        speed_mps=np.full(n, road_class.speed_mps),
        priority=np.full(n, road_class.priority, np.int64),
    )


def all_roads(parts: Sequence[Roads]) -> Roads:
    """Return roads one behind the other."""
    return Roads(*(np.concatenate([getattr(part, name) for part in parts]) for name in Roads.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Lines:
    """The middle lines of roads between their stop lines.

    Parameters
    ----------
    start_x_m, start_y_m : float64[r]
    along_x, along_y : float64[r]
        Direction of travel, of length 1.
    length_m : float64[r]
    """

    start_x_m: Floats
    start_y_m: Floats
    along_x: Floats
    along_y: Floats
    length_m: Floats


def lines_of(streets: Streets) -> Lines:
    """Return the middle line of each road, from junction to junction without their insides.

    Raises
    ------
    Unusable
        Where junctions are so near to each other that no road is left between them.
    """
    nodes, roads = streets.nodes, streets.roads
    radius_m = np.array([*(kind.radius_m for kind in streets.kinds), (0.0,) * 4])  # the last row: a dead end
    from_radius_m = radius_m[nodes.kind_ix[roads.from_node], roads.from_arm]
    to_radius_m = radius_m[nodes.kind_ix[roads.to_node], roads.to_arm]
    dx = nodes.x_m[roads.to_node] - nodes.x_m[roads.from_node]
    dy = nodes.y_m[roads.to_node] - nodes.y_m[roads.from_node]
    distance_m = np.hypot(dx, dy)
    length_m = distance_m - from_radius_m - to_radius_m
    if (length_m < _SHORTEST_M).any():
        row = int(length_m.argmin())
        where = f"road from {nodes.name[roads.from_node[row]]} to {nodes.name[roads.to_node[row]]}"
        need_m = distance_m[row] - length_m[row] + _SHORTEST_M
        what = f"{distance_m[row]:.0f} m between junctions that need {need_m:.0f} m"
        raise Unusable(what, where, "put the junctions further apart")
    along_x, along_y = dx / distance_m, dy / distance_m
    return Lines(
        start_x_m=nodes.x_m[roads.from_node] + along_x * from_radius_m,
        start_y_m=nodes.y_m[roads.from_node] + along_y * from_radius_m,
        along_x=along_x,
        along_y=along_y,
        length_m=length_m,
    )

"""A city of Korean superblocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.metropolis.assemble import city_of
from cityloop.city.metropolis.grid import lattice
from cityloop.city.metropolis.junction import Arm, Junction, junction_of
from cityloop.city.metropolis.names import joined
from cityloop.city.metropolis.plans import korean_four_stages, korean_two_stages
from cityloop.city.metropolis.sizes import check_count, check_positive
from cityloop.city.metropolis.streets import Class, Nodes, Roads, Streets, all_roads
from cityloop.city.metropolis.timing import Timing
from cityloop.city.metropolis.ways import LANE_WIDTH_M

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

ARTERIAL_MPS = 50 / 3.6  # Korean speed limit in cities since April 2021 ("Safe Speed 5030")
STREET_MPS = 30 / 3.6  # the same for side streets
_HALF_MEDIAN_M = LANE_WIDTH_M / 2  # the median is one lane wide, into which the left pocket is cut; our assumption
_POCKET_RADIUS_M = 2.0  # where a pocket begins the road is only parted
_LARGE, _MIDDLE, _SIDE, _INNER, _POCKET = range(5)  # kinds of junctions


def superblock_city(
    n_rows: int,
    n_columns: int,
    block_m: float = 700.0,
    *,
    n_lanes: int = 3,
    n_streets: int = 1,
    pocket_m: float = 80.0,
    timing: Timing | None = None,
) -> City:
    """Return a city of Korean superblocks: wide arterials far apart, narrow streets between them.

    - Arterials cross at large signals: a left pocket, protected left turns after straight on, U-turns with them,
      right turns that yield, crosswalks over all arms (see `plans.korean_four_stages`).
    - Half-way between two of them the middle street of the block crosses the arterial at a small signal with
      crosswalks. The arterial has no left turn there, those of the street yield, and its lane serves all turns.
    - The other streets join the arterial without a signal and, as its median is closed, by right turns only.
    - Streets cross each other inside the block without a signal; those that run from west to east have priority.

    Speed limits and the order of stages are Korea's; arterials 600 m to 800 m apart, lanes, pockets, cycle and
    streets are assumptions about a city like Gangnam. At its border every arterial and street goes on for as far as
    to its next neighbour.

    Parameters
    ----------
    n_rows, n_columns : int
        Arterials ``R`` from west to east and ``C`` from south to north: ``R * C`` large and
        ``R * (C - 1) + (R - 1) * C`` small signals.
    block_m : float
        Distance of arterials.
    n_lanes : int
        Lanes of an arterial in each direction, 3 or 4 as a rule.
    n_streets : int
        Streets through each block in each of the two directions, an odd number.
    pocket_m : float
        Length of the left pocket.
    timing : Timing or None
        None for a cycle of 150 s with 30 % of the green for left turns.

    Raises
    ------
    Unusable
        Where a count or size is below what makes a city, the number of streets is even, or the cycle is too short
        for walkers over the arterial.
    """
    check_count(n_rows, "superblock_city n_rows", 1)
    check_count(n_columns, "superblock_city n_columns", 1)
    check_count(n_lanes, "superblock_city n_lanes", 2)
    check_count(n_streets, "superblock_city n_streets", 1)
    check_positive(block_m, "superblock_city block_m")
    check_positive(pocket_m, "superblock_city pocket_m")
    if n_streets % 2 == 0:
        raise Unusable(f"{n_streets} is even", "superblock_city n_streets", "give an odd number: one is in the middle")
    timing = timing or Timing(cycle_s=150.0, left_frac=0.3)
    step = n_streets + 1
    rows, columns = (n_rows - 1) * step + 1, (n_columns - 1) * step + 1
    row, column = (axis.ravel() for axis in np.indices((rows, columns)))
    kind_ix, is_turned = _kinds_at(row % step, column % step, step)
    wave_s = (row + column) * (block_m / step) / ARTERIAL_MPS % timing.cycle_s
    arterial = Class(ARTERIAL_MPS, n_lanes, _HALF_MEDIAN_M, priority=1)
    nodes, roads = lattice(rows, columns, block_m / step, kind_ix, np.round(wave_s), arterial)
    roads = _narrowed(roads, nodes, block_m / step, step, Class(STREET_MPS, n_lanes=1))
    roads = _turned(roads, np.concatenate((is_turned, np.zeros(len(nodes.kind_ix) - len(is_turned), np.bool_))))
    kinds = _junctions(n_lanes, timing)
    before_m = pocket_m + kinds[_LARGE].radius_m[0] + _POCKET_RADIUS_M
    nodes, roads = _with_pockets(nodes, roads, n_lanes, before_m)
    return city_of(Streets(nodes, roads, kinds), f"superblocks of {n_rows} x {n_columns}")


def _kinds_at(row: Ints, column: Ints, step: int) -> tuple[Ints, Bools]:
    """Return the kind of junction at each place of a block, and where the arterial runs from south to north.

    Parameters
    ----------
    row, column : int64[n]
        Place within the block, from 0 to ``step - 1``; 0 is on an arterial.
    step : int
    """
    along = row + column  # on an arterial one of them is 0
    on_arterial = np.where(along * 2 == step, _MIDDLE, _SIDE)
    is_large, is_inner = (row == 0) & (column == 0), (row > 0) & (column > 0)
    return np.where(is_large, _LARGE, np.where(is_inner, _INNER, on_arterial)), (row > 0) & (column == 0)


def _junctions(n_lanes: int, timing: Timing) -> tuple[Junction, ...]:
    """Return the kinds of junctions, those with a side street as if their arterial ran from west to east."""
    straight = ("s",) * (n_lanes - 1)
    through = Arm(("sr", *straight), n_lanes, ARTERIAL_MPS, _HALF_MEDIAN_M, _HALF_MEDIAN_M)
    walked = replace(through, has_crossing=True)
    pocket_inner_m = _HALF_MEDIAN_M - LANE_WIDTH_M
    with_pocket = replace(walked, turns=("sr", *straight, "lt"), in_inner_m=pocket_inner_m)
    before = Arm((*straight, "sp"), 0, ARTERIAL_MPS, in_inner_m=_HALF_MEDIAN_M)
    behind = Arm((), n_lanes + 1, ARTERIAL_MPS, out_inner_m=pocket_inner_m)
    street = Arm(("rsl",), 1, STREET_MPS)
    walked_street, ending_street = replace(street, has_crossing=True), replace(street, turns=("r",))
    return (
        junction_of("traffic_light", [with_pocket] * 4).with_plan(korean_four_stages(timing), timing),
        junction_of("traffic_light", [walked_street, walked] * 2).with_plan(korean_two_stages(timing), timing),
        junction_of("priority", [ending_street, through] * 2),
        junction_of("priority", [street] * 4),
        junction_of("priority", [behind, None, before, None], radius_m=_POCKET_RADIUS_M),
    )


def _narrowed(roads: Roads, nodes: Nodes, pitch_m: float, step: int, street: Class) -> Roads:
    """Return the roads with those that are on no arterial as streets."""
    is_northward = roads.from_arm % 2 == 0
    line = np.rint(np.where(is_northward, nodes.x_m[roads.from_node], nodes.y_m[roads.from_node]) / pitch_m)
    is_street = line.astype(np.int64) % step > 0
    return replace(
        roads,
        n_lanes=np.where(is_street, street.n_lanes, roads.n_lanes),
        inner_m=np.where(is_street, street.inner_m, roads.inner_m),
        speed_mps=np.where(is_street, street.speed_mps, roads.speed_mps),
        priority=np.where(is_street, street.priority, roads.priority),
    )


def _turned(roads: Roads, is_turned: Bools) -> Roads:
    """Return the roads with the arms of turned nodes counted from the west instead of the north."""
    return replace(
        roads,
        from_arm=(roads.from_arm + is_turned[roads.from_node]) % 4,
        to_arm=(roads.to_arm + is_turned[roads.to_node]) % 4,
    )


def _with_pockets(nodes: Nodes, roads: Roads, n_lanes: int, before_m: float) -> tuple[Nodes, Roads]:
    """Return nodes and roads with every road into a large signal parted ``before_m`` ahead of its centre."""
    parted = np.flatnonzero(nodes.kind_ix[roads.to_node] == _LARGE)
    large, origin = roads.to_node[parted], roads.from_node[parted]
    dx, dy = nodes.x_m[origin] - nodes.x_m[large], nodes.y_m[origin] - nodes.y_m[large]
    distance_m = np.hypot(dx, dy)
    if (before_m >= distance_m).any():
        what = f"the pocket begins {before_m:.0f} m before a junction {distance_m.min():.0f} m away"
        raise Unusable(what, "superblock_city pocket_m", "shorten the pocket or put the junctions further apart")
    share = before_m / distance_m
    n, pocket = len(parted), len(nodes.kind_ix) + np.arange(len(parted))
    all_nodes = Nodes(
        name=np.concatenate((nodes.name, joined(nodes.name[large], "", np.array(list("NESW"))[roads.to_arm[parted]]))),
        x_m=np.concatenate((nodes.x_m, nodes.x_m[large] + share * dx)),
        y_m=np.concatenate((nodes.y_m, nodes.y_m[large] + share * dy)),
        kind_ix=np.concatenate((nodes.kind_ix, np.full(n, _POCKET))),
        offset_s=np.concatenate((nodes.offset_s, np.zeros(n))),
    )
    last = Roads(
        from_node=pocket,
        to_node=large,
        from_arm=np.zeros(n, np.int64),
        to_arm=roads.to_arm[parted],
        n_lanes=np.full(n, n_lanes + 1),
        inner_m=np.full(n, _HALF_MEDIAN_M - LANE_WIDTH_M),
        speed_mps=roads.speed_mps[parted],
        priority=roads.priority[parted],
    )
    to_node, to_arm = roads.to_node.copy(), roads.to_arm.copy()
    to_node[parted], to_arm[parted] = pocket, 2
    return all_nodes, all_roads([replace(roads, to_node=to_node, to_arm=to_arm), last])

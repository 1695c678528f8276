"""A city of equal square blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.metropolis.assemble import city_of
from cityloop.city.metropolis.junction import Arm, junction_of
from cityloop.city.metropolis.names import joined, numbered
from cityloop.city.metropolis.plans import four_stages
from cityloop.city.metropolis.sizes import check_count, check_positive
from cityloop.city.metropolis.streets import DEAD_END, Class, Nodes, Roads, Streets, all_roads, both_ways
from cityloop.city.metropolis.timing import Timing

Ints = NDArray[np.int64]


def grid_city(
    n_rows: int,
    n_columns: int,
    block_m: float = 300.0,
    *,
    speed_mps: float = 50 / 3.6,
    timing: Timing | None = None,
) -> City:
    """Return a city of equal blocks in which every junction has a signal.

    Each junction has four arms of three lanes, one each for the left turn, straight on and the right turn, and a plan
    of four stages with protected left turns. Offsets make a green wave to the north and to the east. At its border
    every street goes on for one block, to where the traffic comes from and goes to. All figures are assumptions.

    Parameters
    ----------
    n_rows, n_columns : int
        Junctions from south to north and from west to east; ``n_rows * n_columns`` signals,
        ``4 * n_rows * n_columns + 2 * (n_rows + n_columns)`` roads.
    block_m : float
        Distance of neighbouring junctions.
    speed_mps : float
        Speed limit, and speed of the green wave; the default is the 50 km/h of Korean cities.
    timing : Timing or None
        None for a cycle of 100 s.

    Raises
    ------
    Unusable
        Where a count or size is below what makes a city, or the cycle is too short for four stages.
    """
    check_count(n_rows, "grid_city n_rows", 1)
    check_count(n_columns, "grid_city n_columns", 1)
    check_positive(block_m, "grid_city block_m")
    check_positive(speed_mps, "grid_city speed_mps")
    timing = timing or Timing()
    arm = Arm(turns=("r", "s", "l"), n_out=3, speed_mps=speed_mps)
    kind = junction_of("traffic_light", [arm] * 4).with_plan(four_stages(timing), timing)
    row, column = (axis.ravel() for axis in np.indices((n_rows, n_columns)))
    wave_s = (row + column) * block_m / speed_mps % timing.cycle_s
    nodes, roads = lattice(
        n_rows, n_columns, block_m, np.zeros(len(row), np.int64), np.round(wave_s), Class(speed_mps, n_lanes=3)
    )
    return city_of(Streets(nodes, roads, (kind,)), f"grid of {n_rows} x {n_columns}")


def lattice(
    n_rows: int, n_columns: int, pitch_m: float, kind_ix: Ints, offset_s: NDArray[np.float64], road_class: Class
) -> tuple[Nodes, Roads]:
    """Return junctions in rows and columns, numbered row by row from the south-west, and dead ends around them.

    Parameters
    ----------
    n_rows, n_columns : int
    pitch_m : float
        Distance of neighbours.
    kind_ix : int64[n_rows * n_columns]
    offset_s : float64[n_rows * n_columns]
    road_class : Class
        Of all roads.
    """
    row, column = (axis.ravel() for axis in np.indices((n_rows, n_columns)))
    number = np.arange(n_rows * n_columns).reshape(n_rows, n_columns)
    border = [(0, number[-1], 0, 1), (1, number[:, -1], 1, 0), (2, number[0], 0, -1), (3, number[:, 0], -1, 0)]
    n_inner = number.size
    pairs = [
        (number[:, :-1].ravel(), 1, number[:, 1:].ravel(), 3),
        (number[:-1].ravel(), 0, number[1:].ravel(), 2),
    ]
    x, y, name = [column], [row], [joined(numbered("r", row), "c", column.astype(np.str_))]
    n_nodes = n_inner
    for arm, inside, dx, dy in border:
        outside = n_nodes + np.arange(len(inside))
        n_nodes += len(inside)
        x.append(column[inside] + dx)
        y.append(row[inside] + dy)
        name.append(numbered("NESW"[arm], np.arange(len(inside))))
        pairs.append((inside, arm, outside, (arm + 2) % 4))
    n_outer = n_nodes - n_inner
    nodes = Nodes(
        name=np.concatenate(name),
        x_m=np.concatenate(x).astype(np.float64) * pitch_m,
        y_m=np.concatenate(y).astype(np.float64) * pitch_m,
        kind_ix=np.concatenate((kind_ix, np.full(n_outer, DEAD_END))),
        offset_s=np.concatenate((offset_s, np.zeros(n_outer))),
    )
    roads = [
        both_ways(road_class, one, np.full(len(one), arm), other, np.full(len(one), other_arm))
        for one, arm, other, other_arm in pairs
    ]
    return nodes, all_roads(roads)

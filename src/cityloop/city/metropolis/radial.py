"""A city of ring roads and radial roads."""

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.city.metropolis.assemble import city_of
from cityloop.city.metropolis.junction import Arm, junction_of
from cityloop.city.metropolis.names import joined, numbered
from cityloop.city.metropolis.plans import four_stages, three_stages
from cityloop.city.metropolis.sizes import check_count, check_positive
from cityloop.city.metropolis.streets import DEAD_END, Class, Nodes, Streets, all_roads, both_ways
from cityloop.city.metropolis.timing import Timing

_OUTWARD, _CLOCKWISE, _INWARD, _COUNTER = range(4)  # arms, as if outward were north


def radial_city(
    n_rings: int,
    n_spokes: int,
    ring_m: float = 400.0,
    *,
    speed_mps: float = 50 / 3.6,
    timing: Timing | None = None,
) -> City:
    """Return a city of ring roads and radial roads in which every junction has a signal.

    The rings are polygons with a corner at every radial road. The innermost, around a centre without cars, has sides
    of ``ring_m`` and T junctions; all others are crossroads. Roads have three lanes a direction as in `grid_city`, at
    a T junction two of them for the stronger turn; the middle lane behind such a turn is reached by changing lanes
    only. Offsets make a green wave outward. The radial roads go on for
    ``ring_m`` beyond the last ring, to where the traffic comes from and goes to. All figures are assumptions.

    Parameters
    ----------
    n_rings, n_spokes : int
        At least one ring and three radial roads; ``n_rings * n_spokes`` signals and
        ``4 * n_rings * n_spokes`` roads.
    ring_m : float
        Distance of neighbouring rings.
    speed_mps : float
        Speed limit, and speed of the green wave; the default is the 50 km/h of Korean cities.
    timing : Timing or None
        None for a cycle of 100 s.

    Raises
    ------
    Unusable
        Where a count or size is below what makes a city, or the cycle is too short for its stages.
    """
    check_count(n_rings, "radial_city n_rings", 1)
    check_count(n_spokes, "radial_city n_spokes", 3)
    check_positive(ring_m, "radial_city ring_m")
    check_positive(speed_mps, "radial_city speed_mps")
    timing = timing or Timing()
    cross_arm = Arm(turns=("r", "s", "l"), n_out=3, speed_mps=speed_mps)
    cross = junction_of("traffic_light", [cross_arm] * 4).with_plan(four_stages(timing), timing)
    tee_turns = (("r", "l", "l"), ("r", "s", "s"), None, ("s", "s", "l"))
    tee_arms = [Arm(turns, n_out=3, speed_mps=speed_mps) if turns else None for turns in tee_turns]
    tee = junction_of("traffic_light", tee_arms).with_plan(three_stages(timing), timing)

    ring, spoke = (axis.ravel() for axis in np.indices((n_rings + 1, n_spokes)))  # the last ring: dead ends
    radius_m = ring_m / (2 * np.sin(np.pi / n_spokes)) + ring * ring_m
    angle_rad = 2 * np.pi * spoke / n_spokes
    nodes = Nodes(
        name=joined(numbered("r", ring), "s", spoke.astype(np.str_)),
        x_m=radius_m * np.sin(angle_rad),  # from the north clockwise
        y_m=radius_m * np.cos(angle_rad),
        kind_ix=np.where(ring == n_rings, DEAD_END, np.where(ring == 0, 1, 0)),
        offset_s=np.round(ring * ring_m / speed_mps % timing.cycle_s),
    )
    number = np.arange(len(ring)).reshape(n_rings + 1, n_spokes)
    inner, outer = number[:-1].ravel(), number[1:].ravel()
    neighbour = np.roll(number[:-1], -1, axis=1).ravel()
    arms = [np.full(len(inner), arm) for arm in range(4)]
    road_class = Class(speed_mps, n_lanes=3)
    rings = both_ways(road_class, inner, arms[_CLOCKWISE], neighbour, arms[_COUNTER])
    spokes = both_ways(road_class, inner, arms[_OUTWARD], outer, arms[_INWARD])
    return city_of(Streets(nodes, all_roads([rings, spokes]), (cross, tee)), f"{n_rings} rings x {n_spokes} spokes")

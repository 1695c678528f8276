"""Where cameras hang: one for every arm of a signalised junction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Ints
from cityloop.sensing.coverage import Coverage, coverage_of


@dataclass(frozen=True, slots=True)
class CameraLayout:
    """The cameras of a city and what each looks at.

    An arm is what leads from a junction to a neighbouring node, both ways. Its camera sees the lanes towards the stop
    line and those away from it; the inside of a junction is seen by the camera of the arm that a vehicle comes from and
    by that of the arm that it leaves to.

    Parameters
    ----------
    name : tuple of str, one a camera
    signal_ix : int64, one a camera
    ahead_ix, behind_ix : int64, one a place (see `Coverage`)
        Camera at the stop line ahead, and at the junction behind; -1 none.
    stop_lanes : tuple of int64 arrays, one a camera
        Stop lanes of its arm.
    coverage : Coverage
    """

    name: tuple[str, ...]
    signal_ix: Ints
    ahead_ix: Ints
    behind_ix: Ints
    stop_lanes: tuple[Ints, ...]
    coverage: Coverage

    @property
    def n(self) -> int:
        """Number of cameras."""
        return len(self.name)


def camera_layout(city: City, range_m: float) -> CameraLayout:
    """Return a camera for every arm of every signal.

    Parameters
    ----------
    city : City
    range_m : float
        Sight along the road from the stop line, both ways.
    """
    coverage = coverage_of(city, range_m)
    movements, roads = city.movements, city.roads
    rows = np.flatnonzero((movements["signal_ix"] >= 0) & ~movements["is_crossing"])
    signal_ix = movements["signal_ix"][rows]
    from_lane_ix, to_lane_ix = movements["from_lane_ix"][rows], movements["to_lane_ix"][rows]
    road_of = city.lanes["road_ix"]
    came_from = roads["from_node_ix"][road_of[from_lane_ix]]
    leads_to = roads["to_node_ix"][road_of[to_lane_ix]]
    n_nodes = city.nodes.n_rows
    keys = np.unique(np.concatenate([signal_ix * n_nodes + came_from, signal_ix * n_nodes + leads_to]))
    of_stop_lane = np.full(city.lanes.n_rows, -1)
    of_stop_lane[from_lane_ix] = np.searchsorted(keys, signal_ix * n_nodes + came_from)
    of_movement = np.full(movements.n_rows, -1)
    of_movement[rows] = np.searchsorted(keys, signal_ix * n_nodes + leads_to)
    ahead_ix = np.where(coverage.stop_lane_ix >= 0, of_stop_lane[coverage.stop_lane_ix], -1)
    behind_ix = np.where(coverage.movement_ix >= 0, of_movement[coverage.movement_ix], -1)
    names = [
        f"camera {city.signals['signal_id'][key // n_nodes]} to {city.nodes['node_id'][key % n_nodes]}"
        for key in keys.tolist()
    ]
    return CameraLayout(
        name=tuple(names),
        signal_ix=keys // n_nodes,
        ahead_ix=ahead_ix,
        behind_ix=behind_ix,
        stop_lanes=tuple(np.flatnonzero(of_stop_lane == camera) for camera in range(len(keys))),
        coverage=coverage,
    )

"""The network of a city as lines for a map, and the delay on its roads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.lab.report.model import Floats, Network, RoadDelays
from cityloop.measures.roads import RoadPeriods


def network_of(city: City) -> Network:
    """Return the roads as the shapes of their middle lanes, and the signals as points.

    A road whose lanes have no shape in the source is left out of the drawing: its line is empty.
    """
    lanes, movements = city.lanes, city.movements
    lanes_of: list[list[int]] = [[] for _ in range(city.roads.n_rows)]
    for lane_ix in np.argsort(lanes["index"], kind="stable"):
        lanes_of[int(lanes["road_ix"][lane_ix])].append(int(lane_ix))
    lines = []
    for of_road in lanes_of:
        middle = of_road[len(of_road) // 2] if of_road else None
        lines.append(np.empty((0, 2)) if middle is None else _line(city, lanes, middle))
    ways = [_line(city, movements, int(ix)) for ix in np.flatnonzero(~movements["is_crossing"])]
    return Network(
        road_ids=tuple(str(road_id) for road_id in city.roads["road_id"]),
        road_names=tuple(str(name) for name in city.roads["name"]),
        lines=tuple(lines),
        ways=tuple(way for way in ways if len(way) > 1),
        signal_ids=tuple(str(signal_id) for signal_id in city.signals["signal_id"]),
        signal_xy_m=np.stack([city.signals["x_m"], city.signals["y_m"]], axis=1),
    )


def _line(city: City, table: Table, row: int) -> Floats:
    rows = slice(int(table["points_start"][row]), int(table["points_end"][row]))
    return np.stack([city.points["x_m"][rows], city.points["y_m"][rows]], axis=1)


def road_delays(before: Sequence[RoadPeriods], after: Sequence[RoadPeriods]) -> RoadDelays:
    """Return the delay of each road in both arms, over all their runs.

    A road belongs to the mean of an arm with every vehicle that came onto it, finished with it or not.
    """
    before_s, n_before = _per_vehicle(before)
    after_s, n_after = _per_vehicle(after)
    return RoadDelays(before_s, after_s, np.maximum(n_before / len(before), n_after / len(after)))


def _per_vehicle(runs: Sequence[RoadPeriods]) -> tuple[Floats, Floats]:
    lost_s = np.sum([run.time_loss_s.sum(axis=0) for run in runs], axis=0)
    n_veh = np.sum([np.maximum(run.n_entered.sum(axis=0), run.n_left.sum(axis=0)) for run in runs], axis=0)
    mean_s = np.full(len(lost_s), np.nan)
    np.divide(lost_s, n_veh, out=mean_s, where=n_veh > 0)
    return mean_s, n_veh

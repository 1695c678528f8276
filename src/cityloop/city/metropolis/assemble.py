"""Streets as a `City`: every table filled for all junctions of a kind at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.metropolis.junction import Junction
from cityloop.city.metropolis.layout import Layout
from cityloop.city.metropolis.names import Texts, joined, repeated
from cityloop.city.metropolis.shapes import Segments, lane_segments, movement_segments
from cityloop.city.metropolis.streets import Lines, Streets, lines_of
from cityloop.city.metropolis.ways import LANE_WIDTH_M
from cityloop.city.table import Table

Ints = NDArray[np.int64]


def city_of(streets: Streets, name: str) -> City:
    """Return the city of these streets; time and memory grow with the number of roads.

    The rows of movements, conflicts, links and stages follow the order of the nodes, those of lanes that of the
    roads. Lanes and movements have straight shapes of two points; the length of a movement is that of its curve.

    Parameters
    ----------
    streets : Streets
    name : str
        Name of the city; it also stands for the file that the city was not read from.

    Raises
    ------
    Unusable
        Where junctions are so near to each other that no road is left between them.
    """
    lines = lines_of(streets)
    links = Layout(streets, lambda kind: kind.n_links)
    stages = Layout(streets, lambda kind: len(kind.states))
    movement_rows = Layout(streets, lambda kind: len(kind.turn))
    lanes = _lanes(streets, lines)
    lane_shapes = lane_segments(streets, lines, lanes["road_ix"], lanes["index"])
    movements, movement_shapes = _movements(streets, lines, movement_rows, links, lanes, lane_shapes)
    signals, plans = _signals_and_plans(streets, links, stages)
    return City(
        name=name,
        net_path=Path(name),
        nodes=_nodes(streets),
        roads=_roads(streets, lines),
        lanes=lanes,
        points=_points(lane_shapes, movement_shapes),
        movements=movements,
        conflicts=_conflicts(streets, movement_rows),
        signals=signals,
        links=_links(streets, links),
        plans=plans,
        stages=_stages(streets, stages),
        switches=Table("switches"),
        stops=Table("stops"),
        detectors=Table("detectors"),
        demand=Table("demand"),
    )


def _nodes(streets: Streets) -> Table:
    nodes = streets.nodes
    kinds = np.array([*(kind.kind for kind in streets.kinds), "dead_end"], dtype=object)
    columns = {"node_id": nodes.name, "kind": kinds[nodes.kind_ix], "x_m": nodes.x_m, "y_m": nodes.y_m}
    return Table("nodes", columns)


def _road_names(streets: Streets) -> Texts:
    name = streets.nodes.name
    return joined(name[streets.roads.from_node], "-", name[streets.roads.to_node])


def _roads(streets: Streets, lines: Lines) -> Table:
    roads = streets.roads
    return Table(
        "roads",
        {
            "road_id": _road_names(streets),
            "from_node_ix": roads.from_node,
            "to_node_ix": roads.to_node,
            "n_lanes": roads.n_lanes,
            "length_m": lines.length_m,
            "speed_mps": roads.speed_mps,
            "priority": roads.priority,
        },
    )


def _lanes(streets: Streets, lines: Lines) -> Table:
    roads = streets.roads
    road_ix = np.repeat(np.arange(len(roads.n_lanes)), roads.n_lanes)
    index = np.arange(len(road_ix)) - _lane_start(streets)[road_ix]
    start = 2 * np.arange(len(road_ix))
    return Table(
        "lanes",
        {
            "lane_id": joined(_road_names(streets)[road_ix], "_", index.astype(np.str_)),
            "road_ix": road_ix,
            "index": index,
            "length_m": lines.length_m[road_ix],
            "speed_mps": roads.speed_mps[road_ix],
            "width_m": np.full(len(road_ix), LANE_WIDTH_M),
            "points_start": start,
            "points_end": start + 2,
        },
    )


def _lane_start(streets: Streets) -> Ints:
    return np.concatenate(([0], np.cumsum(streets.roads.n_lanes)[:-1]))


def _points(lanes: Segments, movements: Segments) -> Table:
    return Table(
        "points",
        {
            "x_m": np.concatenate((lanes.x_m.ravel(), movements.x_m.ravel())),
            "y_m": np.concatenate((lanes.y_m.ravel(), movements.y_m.ravel())),
        },
    )


def _movements(
    streets: Streets, lines: Lines, rows: Layout, links: Layout, lanes: Table, lane_shapes: Segments
) -> tuple[Table, Segments]:
    lane_start, in_road, out_road = _lane_start(streets), streets.in_road(), streets.out_road()

    def lane_ix(road: Ints, nodes: Ints, arm: Ints, lane: Ints) -> Ints:
        return np.asarray(lane_start[road[nodes[:, None], arm]] + np.maximum(lane, 0))

    # of a crossing these are the outermost lanes of its arm, until its shape is drawn
    from_lane_ix = rows.fill(np.int64, lambda kind, nodes: lane_ix(in_road, nodes, kind.from_arm, kind.from_lane))
    to_lane_ix = rows.fill(np.int64, lambda kind, nodes: lane_ix(out_road, nodes, kind.to_arm, kind.to_lane))
    is_crossing = rows.fill(np.bool_, lambda kind, nodes: kind.is_crossing)
    shapes = movement_segments(lane_shapes, lines, lanes["road_ix"], from_lane_ix, to_lane_ix, is_crossing)
    from_lane_ix[is_crossing] = to_lane_ix[is_crossing] = -1
    signal_ix = np.cumsum(np.diff(links.start) > 0) - 1

    def signal_of(kind: Junction, nodes: Ints) -> Ints:
        return np.where(kind.link >= 0, signal_ix[nodes][:, None], -1)

    def link_of(kind: Junction, nodes: Ints) -> Ints:
        return np.where(kind.link >= 0, links.start[nodes][:, None] + kind.link, -1)

    start = 2 * (lanes.n_rows + np.arange(len(from_lane_ix)))
    table = Table(
        "movements",
        {
            "from_lane_ix": from_lane_ix,
            "to_lane_ix": to_lane_ix,
            "node_ix": rows.node(),
            "signal_ix": rows.fill(np.int64, signal_of),
            "link_ix": rows.fill(np.int64, link_of),
            "direction": rows.fill(object, lambda kind, nodes: kind.direction),
            "is_minor": rows.fill(np.bool_, lambda kind, nodes: kind.is_minor),
            "is_crossing": is_crossing,
            "length_m": rows.fill(np.float64, lambda kind, nodes: kind.length_m),
            "speed_mps": rows.fill(np.float64, lambda kind, nodes: kind.speed_mps),
            "points_start": start,
            "points_end": start + 2,
        },
    )
    return table, shapes


def _conflicts(streets: Streets, movements: Layout) -> Table:
    rows = Layout(streets, lambda kind: len(kind.movement))
    start = movements.start
    return Table(
        "conflicts",
        {
            "movement_ix": rows.fill(np.int64, lambda kind, nodes: start[nodes][:, None] + kind.movement),
            "foe_ix": rows.fill(np.int64, lambda kind, nodes: start[nodes][:, None] + kind.foe),
            "must_yield": rows.fill(np.bool_, lambda kind, nodes: kind.yields),
            "is_merge": rows.fill(np.bool_, lambda kind, nodes: kind.is_merge),
            "conflict_m": rows.fill(np.float64, lambda kind, nodes: kind.conflict_m),
        },
    )


def _signals_and_plans(streets: Streets, links: Layout, stages: Layout) -> tuple[Table, Table]:
    nodes = streets.nodes
    at = np.flatnonzero(np.diff(links.start))
    ix = np.arange(len(at))
    signals = {
        "signal_id": nodes.name[at],
        "links_start": links.start[at],
        "links_end": links.start[at + 1],
        "plan_ix": ix,
        "x_m": nodes.x_m[at],
        "y_m": nodes.y_m[at],
    }
    plans = {
        "signal_ix": ix,
        "plan_id": repeated("0", len(at)),
        "offset_s": nodes.offset_s[at],
        "stages_start": stages.start[at],
        "stages_end": stages.start[at + 1],
    }
    return Table("signals", signals), Table("plans", plans)


def _links(streets: Streets, rows: Layout) -> Table:
    def is_crossing(kind: Junction, nodes: Ints) -> NDArray[np.bool_]:
        walked = np.zeros(kind.n_links, np.bool_)
        walked[kind.link[kind.is_crossing]] = True
        return walked

    node = rows.node()
    signal_of_node = np.cumsum(np.diff(rows.start) > 0) - 1
    return Table(
        "links",
        {
            "signal_ix": signal_of_node[node],
            "index": np.arange(len(node)) - rows.start[node],
            "is_crossing": rows.fill(np.bool_, is_crossing),
        },
    )


def _stages(streets: Streets, rows: Layout) -> Table:
    plan_of_node = np.cumsum(np.diff(rows.start) > 0) - 1
    return Table(
        "stages",
        {
            "plan_ix": plan_of_node[rows.node()],
            "state": rows.fill(object, lambda kind, nodes: [state for state, _ in kind.states]),
            "duration_s": rows.fill(np.float64, lambda kind, nodes: [duration_s for _, duration_s in kind.states]),
        },
    )

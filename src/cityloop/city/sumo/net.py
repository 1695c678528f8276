"""Nodes, roads, lanes and movements of a SUMO net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.movements import Movements
from cityloop.city.sumo.net_file import EdgeElement, LaneElement, NetFile
from cityloop.city.sumo.points import Points
from cityloop.city.table import Table, table_of_rows


@dataclass(frozen=True)
class Net:
    """The tables of a net, and what other readers look up in it.

    Parameters
    ----------
    nodes, roads, lanes, points : Table
    movement_rows : list of dict
        Rows of ``movements`` without ``signal_ix`` and ``link_ix``, which the signals add.
    signal_links : list of (str, int)
        Name of the signal and index of the link that rule each movement, ``("", -1)`` where none does.
    request_ix : list of int
        Request of each movement at its node, -1 where the node has none for it.
    node_ix, road_ix, lane_ix : dict
        Row by name.
    findings : tuple of Finding
    """

    nodes: Table
    roads: Table
    lanes: Table
    points: Table
    movement_rows: list[dict[str, Any]]
    signal_links: list[tuple[str, int]]
    request_ix: list[int]
    node_ix: dict[str, int]
    road_ix: dict[str, int]
    lane_ix: dict[str, int]
    findings: tuple[Finding, ...]


def net_of(source: NetFile) -> Net:
    """Return the tables of a net.

    Raises
    ------
    Unusable
        When an element names a node, road or lane that is not in the net.
    """
    points = Points()
    node_ix = {junction.junction_id: i for i, junction in enumerate(source.junctions)}
    nodes = table_of_rows(
        "nodes",
        [
            {
                "node_id": junction.junction_id,
                "kind": junction.kind,
                "x_m": junction.x_m,
                "y_m": junction.y_m,
                "keeps_clear": junction.keeps_clear,
            }
            for junction in source.junctions
        ],
    )
    edges = [edge for edge in source.edges.values() if edge.from_id]
    roads = table_of_rows("roads", [_road_row(edge, node_ix, source) for edge in edges])
    road_ix = {edge.edge_id: i for i, edge in enumerate(edges)}
    lane_elements = [(road_ix[edge.edge_id], lane) for edge in edges for lane in edge.lanes]
    lanes = table_of_rows("lanes", [_lane_row(road, lane, points) for road, lane in lane_elements])
    lane_ix = {lane.lane_id: i for i, (_, lane) in enumerate(lane_elements)}
    movements = Movements(source, points, node_ix, lane_ix)
    movements.add_ways()
    movements.add_crossings()
    return Net(
        nodes=nodes,
        roads=roads,
        lanes=lanes,
        points=points.table(),
        movement_rows=movements.rows,
        signal_links=movements.signal_links,
        request_ix=movements.request_ix,
        node_ix=node_ix,
        road_ix=road_ix,
        lane_ix=lane_ix,
        findings=tuple(movements.findings),
    )


def _road_row(edge: EdgeElement, node_ix: dict[str, int], source: NetFile) -> dict[str, Any]:
    for node_id in (edge.from_id, edge.to_id):
        if node_id not in node_ix:
            raise Unusable(
                f"edge {edge.edge_id} names junction {node_id}, which the net does not have",
                str(source.path),
                "build the net again with netconvert",
            )
    return {
        "road_id": edge.edge_id,
        "from_node_ix": node_ix[edge.from_id],
        "to_node_ix": node_ix[edge.to_id],
        "n_lanes": len(edge.lanes),
        "length_m": edge.lanes[0].length_m,
        "speed_mps": max(lane.speed_mps for lane in edge.lanes),
        "priority": edge.priority,
        "name": edge.name,
    }


def _lane_row(road_ix: int, lane: LaneElement, points: Points) -> dict[str, Any]:
    start, end = points.add(lane.shape)
    return {
        "lane_id": lane.lane_id,
        "road_ix": road_ix,
        "index": lane.index,
        "length_m": lane.length_m,
        "speed_mps": lane.speed_mps,
        "width_m": lane.width_m,
        "allows_cars": lane.allows("passenger"),
        "allows_buses": lane.allows("bus"),
        "allows_bicycles": lane.allows("bicycle"),
        "allows_pedestrians": lane.allows("pedestrian"),
        "points_start": start,
        "points_end": end,
    }

"""Nodes, roads, lanes and movements of a SUMO net."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.net_file import ConnectionElement, EdgeElement, LaneElement, NetFile, Shape
from cityloop.city.table import Table, table_of_rows


class Points:
    """Shapes laid one behind the other."""

    def __init__(self) -> None:
        self.xy: list[tuple[float, float]] = []

    def add(self, shape: Shape) -> tuple[int, int]:
        """Add a shape and return its first row and the row after its last."""
        start = len(self.xy)
        self.xy.extend(shape)
        return start, len(self.xy)

    def table(self) -> Table:
        """Return the points as a table."""
        xy = np.array(self.xy, np.float64).reshape(-1, 2)
        return Table("points", {"x_m": xy[:, 0], "y_m": xy[:, 1]})


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
    movements = _Movements(source, points, node_ix, lane_ix)
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


class _Movements:
    """Collects the movements of a net."""

    def __init__(self, source: NetFile, points: Points, node_ix: dict[str, int], lane_ix: dict[str, int]) -> None:
        self.source, self.points, self.node_ix, self.lane_ix = source, points, node_ix, lane_ix
        self.rows: list[dict[str, Any]] = []
        self.signal_links: list[tuple[str, int]] = []
        self.request_ix: list[int] = []
        self.findings: list[Finding] = []
        # the internal lane that stands for each request; of a way with several lanes only one is listed
        self._request_of_lane = {
            lane_id: (node, request)
            for node, junction in enumerate(source.junctions)
            for request, lane_id in enumerate(junction.internal_lane_ids)
        }
        self._inner_lanes = {
            lane.lane_id: lane for edge in source.edges.values() if not edge.from_id for lane in edge.lanes
        }
        self._next_via = {
            f"{connection.from_id}_{connection.from_lane}": connection.via_id
            for connection in source.connections
            if connection.from_id.startswith(":") and connection.via_id
        }
        self._request_by_order = self._requests_without_internal_lanes()

    def _requests_without_internal_lanes(self) -> dict[tuple[str, int, str, int], int]:
        """Return the request of each connection in a net that was built without internal lanes.

        SUMO then counts the connections of the incoming lanes in their order.
        """
        if any(junction.internal_lane_ids for junction in self.source.junctions):
            return {}
        leaving: dict[str, list[ConnectionElement]] = {}
        for connection in self.source.connections:
            leaving.setdefault(f"{connection.from_id}_{connection.from_lane}", []).append(connection)
        requests: dict[tuple[str, int, str, int], int] = {}
        for junction in self.source.junctions:
            connections = [c for lane_id in junction.in_lane_ids for c in leaving.get(lane_id, [])]
            for request, c in enumerate(connections):
                requests[c.from_id, c.from_lane, c.to_id, c.to_lane] = request
        return requests

    def add_ways(self) -> None:
        """Add the ways of vehicles, signalised or not."""
        for connection in self.source.connections:
            if connection.from_id.startswith(":") or connection.to_id.startswith(":"):
                continue
            from_lane_ix = self._lane_row(connection.from_id, connection.from_lane)
            to_lane_ix = self._lane_row(connection.to_id, connection.to_lane)
            node = self.node_ix[self.source.edges[connection.from_id].to_id]
            vias = self._chain(connection.via_id)
            request = next(
                (self._request_of_lane[via.lane_id][1] for via in vias if via.lane_id in self._request_of_lane),
                self._request_by_order.get(
                    (connection.from_id, connection.from_lane, connection.to_id, connection.to_lane), -1
                ),
            )
            from_lane = self.source.edges[connection.from_id].lanes[connection.from_lane]
            to_lane = self.source.edges[connection.to_id].lanes[connection.to_lane]
            if vias:
                shape = _joined([via.shape for via in vias])
                length_m = sum(via.length_m for via in vias)
                speed_mps = min(via.speed_mps for via in vias)
            else:
                shape = [from_lane.shape[-1], to_lane.shape[0]]
                length_m = math.dist(*shape)
                speed_mps = min(from_lane.speed_mps, to_lane.speed_mps)
            self._add(
                node,
                request,
                (connection.signal_id, connection.link),
                shape,
                from_lane_ix=from_lane_ix,
                to_lane_ix=to_lane_ix,
                direction=connection.direction,
                is_minor=self._yields(node, request) or connection.state in "mswoZ",
                length_m=length_m,
                speed_mps=speed_mps,
                via_ids=" ".join(via.lane_id for via in vias),
            )
            if connection.second_link >= 0 and connection.signal_id:
                self.findings.append(
                    Finding(
                        "not represented",
                        f"signal {connection.signal_id}",
                        f"the turn in two steps from {connection.from_id} to {connection.to_id} obeys link "
                        f"{connection.link}; its second stop at link {connection.second_link} is left out",
                    )
                )

    def add_crossings(self) -> None:
        """Add pedestrian crossings; one that has a link of its own in each direction is added twice."""
        heads: dict[str, list[tuple[str, int, bool]]] = {}
        for connection in self.source.connections:
            if self._function(connection.to_id) == "crossing":
                heads.setdefault(connection.to_id, []).append((connection.signal_id, connection.link, True))
            elif self._function(connection.from_id) == "crossing" and connection.signal_id:
                heads.setdefault(connection.from_id, []).append((connection.signal_id, connection.link, False))
        for edge in self.source.edges.values():
            if edge.function != "crossing":
                continue
            lane = edge.lanes[0]
            node, request = self._request_of_lane.get(lane.lane_id, (-1, -1))
            if node < 0:
                self.findings.append(
                    Finding("not represented", f"crossing {edge.edge_id}", "no junction lists it among its ways")
                )
                continue
            for signal_id, link, is_forward in sorted(set(heads.get(edge.edge_id, [("", -1, True)]))):
                self._add(
                    node,
                    request,
                    (signal_id, link),
                    lane.shape if is_forward else lane.shape[::-1],
                    from_lane_ix=-1,
                    to_lane_ix=-1,
                    direction="s",
                    is_minor=self._yields(node, request),
                    is_crossing=True,
                    length_m=lane.length_m,
                    speed_mps=lane.speed_mps,
                    via_ids=lane.lane_id,
                )

    def _function(self, edge_id: str) -> str:
        edge = self.source.edges.get(edge_id)
        return edge.function if edge else ""

    def _add(
        self,
        node: int,
        request: int,
        signal_link: tuple[str, int],
        shape: Shape,
        *,
        is_crossing: bool = False,
        **row: Any,
    ) -> None:
        start, end = self.points.add(shape)
        self.rows.append({"node_ix": node, "is_crossing": is_crossing, "points_start": start, "points_end": end, **row})
        self.signal_links.append(signal_link if signal_link[0] and signal_link[1] >= 0 else ("", -1))
        self.request_ix.append(request if request < len(self.source.junctions[node].foes) else -1)

    def _yields(self, node: int, request: int) -> bool:
        responses = self.source.junctions[node].responses
        return 0 <= request < len(responses) and "1" in responses[request]

    def _lane_row(self, edge_id: str, index: int) -> int:
        row = self.lane_ix.get(f"{edge_id}_{index}")
        if row is None:
            raise Unusable(
                f"a connection names lane {edge_id}_{index}, which the net does not have",
                str(self.source.path),
                "build the net again with netconvert",
            )
        return row

    def _chain(self, via_id: str) -> list[LaneElement]:
        """Return the internal lanes of a way in order of travel, past internal junctions."""
        lanes: list[LaneElement] = []
        while via_id and len(lanes) < 100:
            lane = self._inner_lanes.get(via_id)
            if lane is None:
                raise Unusable(
                    f"a connection leads over lane {via_id}, which the net does not have",
                    str(self.source.path),
                    "build the net again with netconvert",
                )
            lanes.append(lane)
            via_id = self._next_via.get(via_id, "")
        return lanes


def _joined(shapes: list[Shape]) -> Shape:
    joined = list(shapes[0])
    for shape in shapes[1:]:
        joined.extend(shape[1:] if shape[0] == joined[-1] else shape)
    return joined

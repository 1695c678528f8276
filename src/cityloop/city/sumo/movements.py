"""Movements of a SUMO net: the ways of vehicles through its junctions, and its crossings."""

from __future__ import annotations

import math
from typing import Any

from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.net_file import ConnectionElement, EdgeElement, LaneElement, NetFile, Shape
from cityloop.city.sumo.points import Points


class Movements:
    """Collects the movements of a net.

    Parameters
    ----------
    source : NetFile
    points : Points
        Takes the shapes.
    node_ix, lane_ix : dict
        Row by name.
    """

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
        self._road_lanes = {
            (edge.edge_id, lane.index): (edge, lane)
            for edge in source.edges.values()
            if edge.from_id
            for lane in edge.lanes
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
            from_edge, from_lane = self._road_lane(connection.from_id, connection.from_lane)
            _, to_lane = self._road_lane(connection.to_id, connection.to_lane)
            node = self.node_ix[from_edge.to_id]
            vias = self._chain(connection.via_id)
            request = next(
                (self._request_of_lane[via.lane_id][1] for via in vias if via.lane_id in self._request_of_lane),
                self._request_by_order.get(
                    (connection.from_id, connection.from_lane, connection.to_id, connection.to_lane), -1
                ),
            )
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
                from_lane_ix=self.lane_ix[from_lane.lane_id],
                to_lane_ix=self.lane_ix[to_lane.lane_id],
                direction=connection.direction,
                is_minor=self._yields(node, request) or connection.state in "mswoZ",
                length_m=length_m,
                speed_mps=speed_mps,
                wait_m=vias[0].length_m if len(vias) > 1 else math.nan,
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
                    wait_m=math.nan,
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

    def _road_lane(self, edge_id: str, index: int) -> tuple[EdgeElement, LaneElement]:
        found = self._road_lanes.get((edge_id, index))
        if found is None:
            raise Unusable(
                f"a connection names lane {edge_id}_{index}, which the net does not have",
                str(self.source.path),
                "build the net again with netconvert",
            )
        return found

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

"""A SUMO net file as it stands, element by element."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.program import Program, program_of
from cityloop.city.sumo.xml_file import elements, number, required, where, whole_number

Shape = list[tuple[float, float]]
_DEFAULT_WIDTH_M = 3.2  # SUMO's default lane width


def is_allowed(vehicle_class: str, allow: str, disallow: str) -> bool:
    """Whether a lane with these attributes is open to a class; as in SUMO ``allow`` goes before ``disallow``."""
    if allow:
        return allow == "all" or vehicle_class in allow.split()
    return not (disallow == "all" or vehicle_class in disallow.split())


@dataclass(frozen=True, slots=True)
class LaneElement:
    """A ``<lane>`` of a road or, inside a junction, of a way, crossing or walking area."""

    lane_id: str
    index: int
    speed_mps: float
    length_m: float
    width_m: float
    shape: Shape
    allow: str
    disallow: str

    def allows(self, vehicle_class: str) -> bool:
        """Whether a vehicle class may use the lane."""
        return is_allowed(vehicle_class, self.allow, self.disallow)


@dataclass(frozen=True, slots=True)
class EdgeElement:
    """An ``<edge>``; ``from_id`` and ``to_id`` are empty inside junctions."""

    edge_id: str
    function: str
    from_id: str
    to_id: str
    priority: int
    name: str
    lanes: list[LaneElement]


@dataclass(frozen=True, slots=True)
class JunctionElement:
    """A ``<junction>``; responses and foes are bit strings, the last character is request 0."""

    junction_id: str
    kind: str
    x_m: float
    y_m: float
    in_lane_ids: list[str]
    internal_lane_ids: list[str]
    keeps_clear: bool
    responses: list[str]
    foes: list[str]


@dataclass(frozen=True, slots=True)
class ConnectionElement:
    """A ``<connection>``; ``via_id``, ``signal_id`` are empty and ``link`` and ``second_link`` -1 where absent."""

    from_id: str
    from_lane: int
    to_id: str
    to_lane: int
    via_id: str
    signal_id: str
    link: int
    second_link: int
    direction: str
    state: str


@dataclass(frozen=True)
class NetFile:
    """The elements of a net in the order of the file."""

    path: Path
    edges: dict[str, EdgeElement] = field(default_factory=dict)
    junctions: list[JunctionElement] = field(default_factory=list)
    connections: list[ConnectionElement] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)


def read_net_file(path: Path) -> NetFile:
    """Read a ``.net.xml`` or ``.net.xml.gz``.

    Raises
    ------
    Unusable
        When the file is missing or damaged, is no net, or an element lacks what it must have.
    """
    net = NetFile(path)
    for element in elements(path, root_tag="net"):
        match element.tag:
            case "edge":
                edge = _edge_of(element, path)
                net.edges[edge.edge_id] = edge
            case "junction":
                if element.get("type") != "internal":
                    net.junctions.append(_junction_of(element, path))
            case "connection":
                net.connections.append(_connection_of(element, path))
            case "tlLogic":
                net.programs.append(program_of(element, path))
    if not net.edges or not net.junctions:
        raise Unusable("the net has no roads or no junctions", str(path), "build it again with netconvert")
    return net


def _edge_of(element: etree._Element, path: Path) -> EdgeElement:
    function = element.get("function", "normal")
    is_inner = function in ("internal", "crossing", "walkingarea")
    lanes = [_lane_of(lane, path) for lane in element.iterchildren("lane")]
    if not lanes:
        raise Unusable("the edge has no lanes", where(element, path), "build the net again with netconvert")
    return EdgeElement(
        edge_id=required(element, "id", path),
        function=function,
        from_id="" if is_inner else required(element, "from", path),
        to_id="" if is_inner else required(element, "to", path),
        priority=whole_number(element, "priority", path, 0),
        name=element.get("name", ""),
        lanes=lanes,
    )


def _lane_of(element: etree._Element, path: Path) -> LaneElement:
    lane = LaneElement(
        lane_id=required(element, "id", path),
        index=whole_number(element, "index", path),
        speed_mps=number(element, "speed", path),
        length_m=number(element, "length", path),
        width_m=number(element, "width", path, _DEFAULT_WIDTH_M),
        shape=shape_of(required(element, "shape", path), where(element, path)),
        allow=element.get("allow", ""),
        disallow=element.get("disallow", ""),
    )
    if min(lane.speed_mps, lane.length_m, lane.width_m) < 0:
        raise Unusable("speed, length or width is negative", where(element, path), "give values from 0 on")
    return lane


def shape_of(text: str, place: str) -> Shape:
    """Return the points of a shape ``"x,y x,y"``; heights are left out.

    Raises
    ------
    Unusable
        When it holds something else than points, or fewer than two.
    """
    try:
        points = [(float(x), float(y)) for x, y, *_ in (point.split(",") for point in text.split())]
        if len(points) < 2 or not all(math.isfinite(x + y) for x, y in points):
            raise ValueError
    except ValueError as error:
        raise Unusable(f"no shape: {text[:40]!r}", place, "write points as x,y separated by blanks") from error
    return points


def _junction_of(element: etree._Element, path: Path) -> JunctionElement:
    requests = sorted(element.iterchildren("request"), key=lambda request: whole_number(request, "index", path))
    return JunctionElement(
        junction_id=required(element, "id", path),
        kind=element.get("type", "unknown"),
        x_m=number(element, "x", path),
        y_m=number(element, "y", path),
        in_lane_ids=element.get("incLanes", "").split(),
        internal_lane_ids=element.get("intLanes", "").split(),
        keeps_clear=element.get("keepClear", "true").lower() not in ("false", "0", "no", "off"),
        responses=[required(request, "response", path) for request in requests],
        foes=[required(request, "foes", path) for request in requests],
    )


def _connection_of(element: etree._Element, path: Path) -> ConnectionElement:
    return ConnectionElement(
        from_id=required(element, "from", path),
        from_lane=whole_number(element, "fromLane", path),
        to_id=required(element, "to", path),
        to_lane=whole_number(element, "toLane", path),
        via_id=element.get("via", ""),
        signal_id=element.get("tl", ""),
        link=whole_number(element, "linkIndex", path, -1),
        second_link=whole_number(element, "linkIndex2", path, -1),
        direction=element.get("dir", "s"),
        state=element.get("state", "M"),
    )

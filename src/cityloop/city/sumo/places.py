"""Stops and detectors from additional files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from cityloop.city.city import Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.net_file import LaneElement, NetFile
from cityloop.city.sumo.xml_file import number, required, where
from cityloop.city.table import Table, table_of_rows

_STOP_TAGS = frozenset({"busStop", "trainStop", "containerStop", "chargingStation", "parkingArea"})
_LOOP_TAGS = frozenset({"inductionLoop", "e1Detector", "instantInductionLoop"})
_AREA_TAGS = frozenset({"laneAreaDetector", "e2Detector"})
_ENTRY_EXIT_TAGS = frozenset({"entryExitDetector", "e3Detector"})
PLACE_TAGS = _STOP_TAGS | _LOOP_TAGS | _AREA_TAGS | _ENTRY_EXIT_TAGS


@dataclass
class Places:
    """Collects stops and detectors.

    Parameters
    ----------
    lane_ix : mapping of str to int
        Row of each lane.
    lanes : mapping of str to LaneElement
        All lanes of the net, those inside junctions included.
    """

    lane_ix: Mapping[str, int]
    lanes: Mapping[str, LaneElement]
    findings: list[Finding] = field(default_factory=list)
    _stops: list[dict[str, Any]] = field(default_factory=list)
    _detectors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, element: etree._Element, path: Path) -> None:
        """Take an element with one of ``PLACE_TAGS``.

        Raises
        ------
        Unusable
            When it lacks what it must have or names a lane that the net does not have.
        """
        if element.tag in _STOP_TAGS:
            self._add_stop(element, path)
        elif element.tag in _LOOP_TAGS:
            self._add_detector(element, element, "loop", path)
        elif element.tag in _AREA_TAGS:
            self._add_area(element, path)
        else:
            for part in element.iterchildren("detEntry", "detExit"):
                self._add_detector(element, part, "multi", path)

    def stops(self) -> Table:
        """Return the stops as a table."""
        return table_of_rows("stops", self._stops)

    def detectors(self) -> Table:
        """Return the detectors as a table."""
        return table_of_rows("detectors", self._detectors)

    def _lane(self, lane_id: str, element: etree._Element, path: Path) -> tuple[int, LaneElement] | None:
        """Return row and element of a lane; None, with a finding, where it lies inside a junction."""
        if lane_id not in self.lanes:
            raise Unusable(f"lane {lane_id} is not in the net", where(element, path), "correct the lane")
        if lane_id not in self.lane_ix:
            name = f"{element.tag} {element.get('id', '')}"
            self.findings.append(Finding("not represented", name, f"its lane {lane_id} lies inside a junction"))
            return None
        return self.lane_ix[lane_id], self.lanes[lane_id]

    def _add_stop(self, element: etree._Element, path: Path) -> None:
        found = self._lane(required(element, "lane", path), element, path)
        if found is None:
            return
        lane_ix, lane = found
        self._stops.append(
            {
                "stop_id": required(element, "id", path),
                "lane_ix": lane_ix,
                "start_m": _from_begin(number(element, "startPos", path, 0.0), lane),
                "end_m": _from_begin(number(element, "endPos", path, lane.length_m), lane),
                "kind": _stop_kind(str(element.tag), lane),
            }
        )

    def _add_detector(self, element: etree._Element, part: etree._Element, kind: str, path: Path) -> None:
        found = self._lane(required(part, "lane", path), element, path)
        if found is None:
            return
        lane_ix, lane = found
        self._detectors.append(
            {
                "detector_id": required(element, "id", path),
                "lane_ix": lane_ix,
                "distance_m": lane.length_m - _from_begin(number(part, "pos", path), lane),
                "kind": kind,
            }
        )

    def _add_area(self, element: etree._Element, path: Path) -> None:
        """Add a lane area detector at its downstream end."""
        lane_ids = element.get("lanes", "").split() or [required(element, "lane", path)]
        found = self._lane(lane_ids[-1], element, path)
        if found is None:
            return
        lane_ix, lane = found
        if element.get("endPos") is not None:
            end_m = _from_begin(number(element, "endPos", path), lane)
        else:
            start_m = _from_begin(number(element, "pos", path, 0.0), lane)
            end_m = min(start_m + number(element, "length", path, lane.length_m), lane.length_m)
        self._detectors.append(
            {
                "detector_id": required(element, "id", path),
                "lane_ix": lane_ix,
                "distance_m": lane.length_m - end_m,
                "kind": "area",
            }
        )


def lanes_of(source: NetFile) -> dict[str, LaneElement]:
    """Return every lane of a net by name."""
    return {lane.lane_id: lane for edge in source.edges.values() for lane in edge.lanes}


def _from_begin(position_m: float, lane: LaneElement) -> float:
    """Return a position from the begin of the lane; SUMO counts negative ones from its end."""
    position_m = position_m + lane.length_m if position_m < 0 else position_m
    return min(max(position_m, 0.0), lane.length_m)


def _stop_kind(tag: str, lane: LaneElement) -> str:
    if tag == "busStop":
        return "tram" if lane.allows("tram") and not lane.allows("bus") else "bus"
    return {
        "trainStop": "train",
        "containerStop": "container",
        "chargingStation": "charging",
        "parkingArea": "parking",
    }[tag]

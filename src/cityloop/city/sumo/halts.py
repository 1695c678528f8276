"""Scheduled stops of vehicles: where a vehicle stands on its way, how long and until when."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo.xml_file import number, seconds, where

_PLACES = ("busStop", "trainStop", "containerStop", "chargingStation", "parkingArea")


@dataclass(frozen=True, slots=True)
class Halt:
    """A scheduled stop; ``until_s`` is nan where it has no timetable."""

    road_ix: int
    stop_m: float
    stop_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class WayRow:
    """A row of schema ``routes``."""

    road_ix: int
    stop_s: float = 0.0
    stop_until_s: float = math.nan
    stop_m: float = math.nan
    is_chosen: bool = False


class HaltReader:
    """Reads ``<stop>`` elements.

    Parameters
    ----------
    city : City
    road_ix : mapping of str to int
        Row of each road.
    """

    def __init__(self, city: City, road_ix: Mapping[str, int]) -> None:
        self._city, self._road_ix = city, road_ix

    def halts_of(self, owner: etree._Element, path: Path) -> tuple[Halt, ...]:
        """Return the stops below a vehicle, flow or route.

        Raises
        ------
        Unusable
            When a stop names no place, or one that the city does not have.
        """
        return tuple(self._halt(element, path) for element in owner.iterchildren("stop"))

    def _halt(self, element: etree._Element, path: Path) -> Halt:
        road_ix, stop_m = self._place(element, path)
        return Halt(
            road_ix=road_ix,
            stop_m=stop_m,
            stop_s=max(seconds(element, "duration", path, 0.0), 0.0),
            until_s=seconds(element, "until", path, math.nan),
        )

    def _place(self, element: etree._Element, path: Path) -> tuple[int, float]:
        for kind in _PLACES:
            name = element.get(kind)
            if name is not None:
                if name not in self._stops:
                    raise Unusable(f"{kind} {name} is not in the city", where(element, path), "define it")
                return self._stops[name]
        lane, edge = element.get("lane"), element.get("edge")
        edge = lane.rpartition("_")[0] if lane is not None else edge
        if edge is None or edge not in self._road_ix:
            raise Unusable("the stop is on no road of the net", where(element, path), "correct its lane or edge")
        road_ix = self._road_ix[edge]
        length_m = float(self._city.roads["length_m"][road_ix])
        stop_m = number(element, "endPos", path, length_m)
        return road_ix, min(max(stop_m + length_m if stop_m < 0 else stop_m, 0.0), length_m)

    @cached_property
    def _stops(self) -> dict[str, tuple[int, float]]:
        stops, road_of = self._city.stops, self._city.lanes["road_ix"]
        return {
            str(name): (int(road_of[lane]), float(end_m))
            for name, lane, end_m in zip(stops["stop_id"], stops["lane_ix"], stops["end_m"], strict=True)
        }


def rows_of(way: Sequence[int], halts: Sequence[Halt]) -> tuple[tuple[WayRow, ...], int]:
    """Return the rows of a way with its stops, and how many stops have no row of their own.

    Each stop takes the next road of the way on which it lies. A stop behind another one on the same road is merged
    with it: their durations add up, and the later timetable and the further place count. A stop that is not on the
    rest of the way is left out.
    """
    if not halts:
        return tuple(map(WayRow, way)), 0
    rows = [WayRow(road) for road in way]
    place, n_without = 0, 0
    for halt in halts:
        at = place
        if rows[at].stop_m > halt.stop_m:  # it lies behind the vehicle: on the next time round, if there is one
            at += 1
        while at < len(rows) and rows[at].road_ix != halt.road_ix:
            at += 1
        if at == len(rows):
            n_without += 1
            continue
        row, place = rows[at], at
        n_without += not math.isnan(row.stop_m)
        rows[at] = WayRow(
            road_ix=row.road_ix,
            stop_s=row.stop_s + halt.stop_s,
            stop_until_s=float(max((row.stop_until_s, halt.until_s), key=lambda t: -math.inf if math.isnan(t) else t)),
            stop_m=halt.stop_m,
        )
    return tuple(rows), n_without

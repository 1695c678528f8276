"""Where a vehicle enters its first road and ends on its last one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cityloop.city.errors import Unusable
from cityloop.city.sumo.departures import Due
from cityloop.city.sumo.draws import Draws, Purpose
from cityloop.city.sumo.xml_file import number, where

_GAP_BEHIND_M = 0.1  # SUMO's POSITION_EPS: a vehicle enters with its rear this far into the road
_RANDOM = ("random", "random_free")
_BASE = ("base", "free", "last", "stop")


class Positions:
    """Reads ``departPos``, ``arrivalPos``, ``departEdge`` and ``arrivalEdge``.

    Parameters
    ----------
    length_m : sequence of float
        Length of each road.
    draws : Draws
    """

    def __init__(self, length_m: Sequence[float], draws: Draws) -> None:
        self._length_m, self._draws = length_m, draws

    def depart_m(self, due: Due, road: int, vehicle_length_m: float, halt_m: float) -> float:
        """Return the place of the front of a vehicle when it enters.

        ``free`` and ``last``, which depend on the traffic, are taken as ``base``: just inside the road.

        Parameters
        ----------
        due : Due
        road : int
            Its first road.
        vehicle_length_m : float
        halt_m : float
            Place of its stop on that road, nan where it has none.

        Raises
        ------
        Unusable
            When the position is neither a number nor a word that SUMO knows.
        """
        length_m, text = self._length_m[road], due.element.get("departPos", "base")
        if text in _RANDOM:
            return self._draws.uniform(Purpose.DEPART_POSITION, due.name, due.index) * length_m
        if text == "stop" and not math.isnan(halt_m):
            return halt_m
        if text in _BASE:
            base_m = min(vehicle_length_m + _GAP_BEHIND_M, length_m)
            return base_m if math.isnan(halt_m) else min(base_m, halt_m)
        return _on_road(number(due.element, "departPos", due.path), length_m)

    def arrival_m(self, due: Due, road: int) -> float:
        """Return the place at which a vehicle ends on its last road; nan at the end of the road.

        Raises
        ------
        Unusable
            When the position is neither a number nor a word that SUMO knows.
        """
        text = due.element.get("arrivalPos", "max")
        if text == "max":
            return math.nan
        length_m = self._length_m[road]
        if text == "random":
            return self._draws.uniform(Purpose.ARRIVAL_POSITION, due.name, due.index) * length_m
        place_m = length_m / 2 if text == "center" else _on_road(number(due.element, "arrivalPos", due.path), length_m)
        return math.nan if place_m >= length_m else place_m

    def has_to_turn_back(self, due: Due) -> bool:
        """Whether both places are numbers, and on one and the same road it would end behind its start."""
        depart, arrival = due.element.get("departPos"), due.element.get("arrivalPos")
        if depart is None or arrival is None or depart in (*_RANDOM, *_BASE) or arrival in ("random", "max", "center"):
            return False
        return number(due.element, "departPos", due.path) > number(due.element, "arrivalPos", due.path)

    def cut(self, due: Due, roads: tuple[int, ...]) -> tuple[int, ...]:
        """Return the part of a route from ``departEdge`` to ``arrivalEdge``.

        Raises
        ------
        Unusable
            When one of them is no place in the route.
        """
        if due.element.get("departEdge") is None and due.element.get("arrivalEdge") is None:
            return roads
        start = self._place(due, "departEdge", Purpose.DEPART_ROAD, range(len(roads)), 0)
        end = self._place(due, "arrivalEdge", Purpose.ARRIVAL_ROAD, range(start, len(roads)), len(roads) - 1)
        return roads[start : end + 1]

    def _place(self, due: Due, attribute: str, purpose: Purpose, places: range, default: int) -> int:
        text = due.element.get(attribute)
        if text is None:
            return default
        if text == "random":
            return places[int(self._draws.uniform(purpose, due.name, due.index) * len(places))]
        place = number(due.element, attribute, due.path)
        if place not in places:
            raise Unusable(
                f"{attribute} {text} is no place in the route",
                where(due.element, due.path),
                f"give one from {places[0]} to {places[-1]}",
            )
        return int(place)


def _on_road(place_m: float, length_m: float) -> float:
    """Return a place on a road; as in SUMO a negative one counts from its end."""
    return min(max(place_m + length_m if place_m < 0 else place_m, 0.0), length_m)

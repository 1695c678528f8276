"""Demand: vehicles, trips, flows and persons."""

from __future__ import annotations

from cityloop.city.errors import Unusable
from cityloop.city.sumo.config import SumoInput
from cityloop.city.sumo.xml_file import elements, seconds


def last_departure_s(source: SumoInput) -> float:
    """Return the last departure of a scenario's demand.

    Raises
    ------
    Unusable
        When nothing departs.
    """
    last_s = [
        seconds(element, "depart", path)
        for path in source.route_paths
        for element in elements(path)
        if element.tag in ("trip", "vehicle", "person")
    ]
    if not last_s:
        raise Unusable("nothing departs", str(source.config_path), "give route files, or an end")
    return max(last_s)

"""How many vehicles or persons a flow sends, and until when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.xml_file import number, seconds, seconds_of, where, whole_number

_PER_HOUR = ("vehsPerHour", "personsPerHour", "perHour")


@dataclass(frozen=True, slots=True)
class Flow:
    """Begin, last departure and expected number; the last two are inf where a flow never ends."""

    begin_s: float
    until_s: float
    n: float


def flow_of(element: etree._Element, path: Path, begin_s: float, end_s: float) -> Flow:
    """Return what a ``<flow>`` or ``<personFlow>`` sends.

    The attributes are those of
    https://sumo.dlr.de/docs/Definition_of_Vehicles,_Vehicle_Types,_and_Routes.html#repeated_vehicles_flows

    Parameters
    ----------
    element : Element
    path : Path
        Its file, for errors.
    begin_s, end_s : float
        Window of the scenario, for a flow that names no own; inf for an open end.

    Raises
    ------
    Unusable
        When it has no rate, ends before it begins, or has a rate and both an end and a number, which SUMO
        refuses.
    """
    if element.get("begin") not in (None, "begin"):
        begin_s = seconds(element, "begin", path)
    end_s = seconds(element, "end", path, end_s)
    if end_s < begin_s:
        raise Unusable("the flow ends before it begins", where(element, path), "give an end after its begin")
    rate, is_random = rate_per_s(element, path)
    n = float(whole_number(element, "number", path)) if element.get("number") is not None else None
    if rate is None:
        if n is None or math.isinf(end_s):
            raise Unusable("the flow has no rate", where(element, path), "add vehsPerHour, period or probability")
        # so many, spread evenly
        return Flow(begin_s, begin_s + (end_s - begin_s) * max(n - 1, 0) / max(n, 1), n)
    if n is not None and element.get("end") is not None:
        raise Unusable("the flow has a rate, an end and a number", where(element, path), "leave one of them out")
    if rate < 0 or (math.isinf(rate) and n is None):
        raise Unusable("the rate of the flow is no rate", where(element, path), "give a positive rate or period")
    if rate == 0:
        return Flow(begin_s, begin_s, 0.0)
    if n is not None:
        return Flow(begin_s, begin_s + max(n - 1, 0) / rate, n)
    n = rate * (end_s - begin_s)
    if is_random or math.isinf(n):
        return Flow(begin_s, end_s, n)
    # a regular flow sends its first vehicle at its begin, and none at its end
    n = float(math.ceil(n - 1e-9))
    return Flow(begin_s, min(end_s, begin_s + max(n - 1, 0) / rate), n)


def rate_per_s(element: etree._Element, path: Path) -> tuple[float | None, bool]:
    """Return the rate, None where only a number is given, and whether the headways are random."""
    if element.get("probability") is not None:
        return number(element, "probability", path), True
    for name in _PER_HOUR:
        if element.get(name) is not None:
            return number(element, name, path) / 3600.0, False
    period = element.get("period")
    if period is None:
        return None, False
    if period.startswith("exp(") and period.endswith(")"):
        try:
            return float(period[4:-1]), True
        except ValueError as error:
            raise Unusable(f"no period: {period!r}", where(element, path), "write seconds or exp(rate)") from error
    period_s = seconds_of(period, where(element, path))
    return (math.inf if period_s == 0 else 1.0 / period_s), False

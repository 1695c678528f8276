"""Vehicles that are due, and when those of a flow are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.config import SumoInput
from cityloop.city.sumo.draws import Draws, Purpose
from cityloop.city.sumo.flows import Flow, flow_of, rate_per_s
from cityloop.city.sumo.xml_file import required, where, whole_number


@dataclass(frozen=True, slots=True)
class Due:
    """A vehicle that is due.

    Parameters
    ----------
    element : Element
        Its ``<vehicle>``, ``<trip>`` or ``<flow>``.
    path : Path
        The file of that, for errors.
    name : str
        Name of the element.
    index : int
        Its number in the flow, 0 where it is none.
    depart_s : float
    since_s : float
        Time since the begin of its flow, 0 where it is none.
    """

    element: etree._Element
    path: Path
    name: str
    index: int
    depart_s: float
    since_s: float

    @property
    def is_of_flow(self) -> bool:
        """Whether a flow sends it."""
        return self.element.tag == "flow"

    @property
    def vehicle_id(self) -> str:
        """Name of the vehicle, as SUMO gives it."""
        return f"{self.name}.{self.index}" if self.is_of_flow else self.name


def departures_of(element: etree._Element, path: Path, source: SumoInput, draws: Draws) -> tuple[float, list[float]]:
    """Return the begin of a flow and the departures of its vehicles within the window of the scenario.

    As in SUMO, regular headways are whole milliseconds, vehicles due before the window are left out without a number,
    random headways (``period="exp(rate)"``) start with a headway, and ``probability`` is tried in every step.

    Parameters
    ----------
    element : Element
        A ``<flow>``.
    path : Path
        Its file, for errors.
    source : SumoInput
    draws : Draws

    Returns
    -------
    begin_s : float
    departures_s : list of float
        In ascending order.

    Raises
    ------
    Unusable
        When the flow is not one (see ``flow_of``), or it never ends and the scenario does neither.
    """
    end_s = math.inf if source.end_s is None else source.end_s
    flow = flow_of(element, path, source.begin_s, end_s)
    rate, is_random = rate_per_s(element, path)
    n_most = math.inf if element.get("number") is None else whole_number(element, "number", path)
    flow_end_s = flow.until_s if is_random and math.isinf(n_most) else math.inf
    if math.isinf(end_s) and math.isinf(n_most) and math.isinf(flow_end_s if is_random else flow.until_s):
        raise Unusable("the flow has no end", where(element, path), "give it an end, or the scenario")
    if flow.n == 0:
        return flow.begin_s, []
    name = required(element, "id", path)
    last_s = min(end_s, flow_end_s)
    if not is_random:
        departures_s = _regular(flow, rate, element, source.begin_s, last_s)
    elif element.get("probability") is not None:
        departures_s = _by_step(flow, rate or 0.0, n_most, name, source, last_s, draws)
    else:
        departures_s = _exponential(flow, rate or 0.0, n_most, name, last_s, draws)
    return flow.begin_s, [time_s for time_s in departures_s if time_s >= source.begin_s]


def _regular(
    flow: Flow, rate: float | None, element: etree._Element, window_begin_s: float, last_s: float
) -> list[float]:
    if rate is None:  # so many between begin and end
        period_ms = math.floor(1000.0 * (flow.until_s - flow.begin_s) / max(flow.n - 1, 1) + 1e-6)
    else:
        period_ms = 0 if math.isinf(rate) else math.floor(1000.0 / rate + 0.5)
    if period_ms == 0:
        return [flow.begin_s] * int(flow.n) if flow.begin_s < last_s else []
    begin_ms = round(1000.0 * flow.begin_s)
    n = flow.n if math.isinf(last_s) else min(flow.n, math.ceil((1000.0 * last_s - begin_ms) / period_ms))
    n_before = max(0, math.ceil((1000.0 * window_begin_s - begin_ms) / period_ms))
    return [(begin_ms + k * period_ms) / 1000.0 for k in range(n_before, int(n))]


def _exponential(flow: Flow, rate: float, n_most: float, name: str, last_s: float, draws: Draws) -> list[float]:
    departures_s: list[float] = []
    time_s = flow.begin_s
    while len(departures_s) < n_most:
        # of a number in (0, 1], whose logarithm exists
        time_s -= math.log(1.0 - draws.uniform(Purpose.DEPARTURE, name, len(departures_s))) / rate
        if time_s >= last_s:
            break
        departures_s.append(round(time_s, 3))
    return departures_s


def _by_step(
    flow: Flow, probability: float, n_most: float, name: str, source: SumoInput, last_s: float, draws: Draws
) -> list[float]:
    departures_s: list[float] = []
    step = math.ceil(max(flow.begin_s, source.begin_s) / source.step_s - 1e-9)
    while step * source.step_s < last_s and len(departures_s) < n_most:
        if draws.uniform(Purpose.DEPARTURE, name, step) < probability * source.step_s:
            departures_s.append(step * source.step_s)
        step += 1
    return departures_s

"""A SUMO scenario as a city."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lxml import etree

from cityloop.city.city import City, Finding
from cityloop.city.errors import Unusable
from cityloop.city.sumo.config import SumoInput
from cityloop.city.sumo.conflicts import conflicts_of
from cityloop.city.sumo.demand import DEMAND_TAGS, Demand
from cityloop.city.sumo.findings import signal_findings
from cityloop.city.sumo.net import net_of
from cityloop.city.sumo.net_file import read_net_file
from cityloop.city.sumo.places import PLACE_TAGS, Places, lanes_of
from cityloop.city.sumo.plans import signals_of
from cityloop.city.sumo.program import Program, program_of
from cityloop.city.sumo.switching import SWITCHING_TAGS, Switching
from cityloop.city.sumo.xml_file import elements, required, where

_OWN_TAGS = frozenset({"tlLogic"}) | SWITCHING_TAGS | PLACE_TAGS | DEMAND_TAGS


def read_city(source: SumoInput, name: str) -> City:
    """Read net, signal programs, demand, stops and detectors of a SUMO scenario.

    Parameters
    ----------
    source : SumoInput
    name : str
        Name of the city.

    Returns
    -------
    City
        What it cannot represent is named in ``findings``.

    Raises
    ------
    Unusable
        When a file is missing, damaged or at odds with the net.
    """
    net_file = read_net_file(source.net_path)
    net = net_of(net_file)
    programs: list[Program] = list(net_file.programs)
    switching = Switching()
    demand = Demand(source, net.road_ix)
    places = Places(net.lane_ix, lanes_of(net_file))
    unread: Counter[tuple[str, str]] = Counter()
    for element, path in extra_elements(source):
        if element.tag == "tlLogic":
            programs.append(program_of(element, path))
        elif element.tag in SWITCHING_TAGS:
            switching.add(element, path)
        elif element.tag in PLACE_TAGS:
            places.add(element, path)
        elif element.tag in DEMAND_TAGS:
            demand.add(element, path)
        else:
            unread[path.name, str(element.tag)] += 1
    signals = signals_of(net, programs, switching, source.begin_s, is_all_off=source.is_on("tls.all-off"))
    city = City(
        name=name,
        net_path=source.net_path,
        nodes=net.nodes,
        roads=net.roads,
        lanes=net.lanes,
        points=net.points,
        movements=signals.movements,
        conflicts=conflicts_of(net_file, net, signals.movements),
        signals=signals.signals,
        links=signals.links,
        plans=signals.plans,
        stages=signals.stages,
        switches=signals.switches,
        stops=places.stops(),
        detectors=places.detectors(),
        demand=demand.table(),
    )
    not_read = [Finding("not represented", file, f"{n} <{tag}> not read") for (file, tag), n in unread.items()]
    findings = [*net.findings, *signals.findings, *places.findings, *demand.findings(), *not_read]
    return replace(city, findings=(*findings, *signal_findings(city)))


def last_departure_s(source: SumoInput) -> float:
    """Return the last departure of a scenario's demand, in seconds after midnight.

    Raises
    ------
    Unusable
        When nothing departs, a flow never ends, or a file cannot be used.
    """
    demand = Demand(source)
    for element, path in extra_elements(source):
        if element.tag in DEMAND_TAGS:
            demand.add(element, path)
    return demand.last_departure_s()


def require_signals(city: City) -> None:
    """Refuse a city without signals.

    Raises
    ------
    Unusable
        When it has none.
    """
    if city.signals.n_rows == 0:
        raise Unusable("the net has no signals", str(city.net_path), "give a net with traffic lights (tlLogic)")


def extra_elements(source: SumoInput) -> Iterator[tuple[etree._Element, Path]]:
    """Yield the elements of the additional files, then of the route files, as SUMO loads them."""
    for path in (*source.additional_paths, *source.route_paths):
        yield from _with_included(path, ())


def _with_included(path: Path, including: tuple[Path, ...]) -> Iterator[tuple[etree._Element, Path]]:
    for element in elements(path, own_tags=_OWN_TAGS):
        if element.tag != "include":
            yield element, path
            continue
        included = path.parent / required(element, "href", path)
        if included in (*including, path):
            raise Unusable("the file includes itself", where(element, path), "take the include out")
        yield from _with_included(included, (*including, path))

"""A SUMO scenario as a city."""

from __future__ import annotations

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo.config import SumoInput
from cityloop.city.sumo.conflicts import conflicts_of
from cityloop.city.sumo.net import net_of
from cityloop.city.sumo.net_file import read_net_file
from cityloop.city.sumo.plans import signals_of
from cityloop.city.sumo.program import Program, program_of
from cityloop.city.sumo.switching import Switching
from cityloop.city.sumo.xml_file import elements
from cityloop.city.table import Table


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
    for path in source.additional_paths:
        for element in elements(path):
            if element.tag == "tlLogic":
                programs.append(program_of(element, path))
            elif element.tag in ("WAUT", "wautJunction"):
                switching.add(element, path)
    signals = signals_of(net, programs, switching, source.begin_s)
    return City(
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
        stops=Table("stops"),
        detectors=Table("detectors"),
        demand=Table("demand"),
        findings=net.findings + signals.findings,
    )


def require_signals(city: City) -> None:
    """Refuse a city without signals.

    Raises
    ------
    Unusable
        When it has none.
    """
    if city.signals.n_rows == 0:
        raise Unusable("the net has no signals", str(city.net_path), "give a net with traffic lights (tlLogic)")

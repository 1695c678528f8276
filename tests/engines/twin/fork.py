"""A fork: a short way to a signal that hardly lets anybody through, and a long way that it does.

``in`` has a lane for each way, ``short`` and ``down``, ``up``; behind the signal ``m`` both are one road, ``out``.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import sumo

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city, read_traffic
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.routing import Penalties, RoadGraph
from cityloop.city.traffic import Traffic
from cityloop.engines.twin import TwinEngine
from cityloop.engines.twin.network import TwinNetwork, network_of
from cityloop.engines.twin.routing import Kind, Router
from cityloop.sensing import sensor_of

from ...theory.twin_streets import planned

END_S = 1200.0
NODES = """<nodes><node id="w" x="-500" y="0"/><node id="a" x="0" y="0"/><node id="n" x="200" y="-400"/>
<node id="m" x="400" y="0" type="traffic_light"/><node id="e" x="900" y="0"/></nodes>"""
EDGES = """<edges><edge id="in" from="w" to="a" numLanes="2"/><edge id="short" from="a" to="m" numLanes="2"/>
<edge id="down" from="a" to="n" disallow="bicycle"/><edge id="up" from="n" to="m"/>
<edge id="out" from="m" to="e"/></edges>"""
CONNECTIONS = """<connections><connection from="in" to="down" fromLane="0" toLane="0"/>
<connection from="in" to="short" fromLane="1" toLane="1"/><connection from="short" to="out" fromLane="1" toLane="0"/>
</connections>"""
TRIPS = '<flow id="trip" begin="0" end="1200" period="4" from="in" to="out"/>'
FIXED = """<route id="way" edges="in short out"/>
<flow id="fixed" begin="2" end="1200" period="60" route="way"/>"""


@dataclass(frozen=True)
class Fork:
    """The fork, its network and its router."""

    folder: Path
    city: City
    network: TwinNetwork
    router: Router

    @classmethod
    def in_folder(cls, folder: Path) -> Fork:
        for name, text in (("nod", NODES), ("edg", EDGES), ("con", CONNECTIONS)):
            (folder / f"{name}.xml").write_text(text)
        command = [Path(sumo.SUMO_HOME) / "bin" / "netconvert", "-n", "nod.xml", "-e", "edg.xml", "-x", "con.xml"]
        subprocess.run([*command, "-o", "net.xml", "--no-turnarounds"], cwd=folder, check=True, capture_output=True)
        city = read_city(SumoInput(None, folder / "net.xml"), "fork")
        city = planned(city, m=_states(city))
        network, details = network_of(city), NetDetails(city)

        def graph_of(kind: Kind) -> RoadGraph:
            return RoadGraph(details, *kind, Penalties())

        return cls(folder, city, network, Router(network, city, graph_of))

    def traffic(self, text: str) -> Traffic:
        """Return the traffic of a route file."""
        path = self.folder / "traffic.rou.xml"
        path.write_text(f"<routes>{text}</routes>")
        return read_traffic(SumoInput(None, self.folder / "net.xml", (path,), (), 0.0, END_S), self.city)

    def engine(self, traffic: Traffic, router: Router | None = None, until_s: float = END_S) -> TwinEngine:
        """Return the twin after some time."""
        engine = TwinEngine(
            self.city, traffic, sensor_of("ideal", self.city, 1), 0.0, END_S, 1, self.network, router=router
        )
        engine.advance(until_s)
        return engine

    def road(self, name: str) -> int:
        """Return the row of a road."""
        return self.city.roads["road_id"].tolist().index(name)

    def ways(self, engine: TwinEngine) -> dict[str, str]:
        """Return the names of the roads on the way of each vehicle."""
        run, names = engine.run, self.city.roads["road_id"]
        ids = engine.traffic.vehicles["vehicle_id"][run.traffic_ix].tolist()
        spans = zip(ids, run.steps_start.tolist(), run.steps_end.tolist(), strict=True)
        return {vehicle: " ".join(names[run.roads[start:end]]) for vehicle, start, end in spans}


def _states(city: City) -> list[tuple[str, float]]:
    """Return a plan that is green for ``short`` for 5 s of 60."""
    moves = city.movements
    from_road = city.roads["road_id"][city.lanes["road_ix"][moves["from_lane_ix"]]]
    link = {str(name): int(city.links["index"][at]) for name, at in zip(from_road, moves["link_ix"], strict=True)}
    states = ("".join("G" if at == link[name] else "r" for at in range(2)) for name in ("short", "up"))
    return list(zip(states, (5.0, 55.0), strict=True))

"""Small streets for the twin, traffic on them, and when it passes their stop lines."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import TwinNetwork, network_of
from cityloop.engines.twin.parameters import TwinParameters
from cityloop.engines.twin.prepare import TwinRun, run_of
from cityloop.engines.twin.simulation import simulate

Floats = NDArray[np.float64]
States = Sequence[tuple[str, float]]

PARAMETERS = TwinParameters()
LIMIT_MPS = 13.89
SPACING_M = 7.5
"""Length of a passenger car and the gap that it keeps."""
FULL_M = 300.0
"""Length of the lanes that queues fill."""
APART_M = 3000.0
ARMS = {"w": (-300.0, 0.0), "s": (0.0, -300.0), "e": (300.0, 0.0), "n": (0.0, 300.0)}
APPROACHES = {
    "straight": (LIMIT_MPS, None),
    "slow": (8.33, None),
    "fast": (19.44, None),
    "right": (LIMIT_MPS, (5.0, 9.0)),
    "left": (LIMIT_MPS, (8.0, 15.0)),
}
"""Streets with one signal: the limit, and speed and length of the way through the junction where it is a turn."""
CROSSROADS = {
    "signal": "traffic_light",
    "priority": "priority",
    "stop": "priority_stop",
    "allway": "allway_stop",
}


@dataclass
class _Plain:
    """A net of plain XML; each street is put where no other is."""

    nodes: list[str]
    edges: list[str]
    connections: list[str]

    def node(self, name: str, x: float, y: float, kind: str = "priority") -> None:
        street = name.split(".")[0]
        at_m = APART_M * [*APPROACHES, "full", "narrow", *CROSSROADS, "round"].index(street)
        self.nodes.append(f'<node id="{name}" x="{x}" y="{y + at_m}" type="{kind}"/>')

    def edge(self, name: str, start: str, end: str, limit_mps: float = LIMIT_MPS, rest: str = "") -> None:
        ends = f'from="{start}" to="{end}"'
        self.edges.append(f'<edge id="{name}" {ends} numLanes="1" speed="{limit_mps}" {rest}/>')

    def connection(self, start: str, end: str, rest: str = 'fromLane="0" toLane="0"') -> None:
        self.connections.append(f'<connection from="{start}" to="{end}" {rest}/>')


def _approaches(net: _Plain) -> None:
    for name, (limit_mps, turn) in APPROACHES.items():
        end = {"right": (600.0, -800.0), "left": (600.0, 800.0)}.get(name, (1400.0, 0.0))
        net.node(f"{name}.a", 0.0, 0.0)
        net.node(f"{name}.b", 600.0, 0.0, "traffic_light")
        net.node(f"{name}.c", *end)
        net.edge(f"{name}.in", f"{name}.a", f"{name}.b", limit_mps)
        net.edge(f"{name}.out", f"{name}.b", f"{name}.c", limit_mps)
        inside = f'speed="{turn[0]}" length="{turn[1]}"' if turn else ""
        net.connection(f"{name}.in", f"{name}.out", f'fromLane="0" toLane="0" {inside}')


def _rows(net: _Plain) -> None:
    """Three roads in a row, the second of which queues fill: before a signal, and before a slow junction."""
    for name, kind, inside in (("full", "traffic_light", ""), ("narrow", "priority", ' speed="4" length="4"')):
        for node, x, node_kind in (("a", 0.0, ""), ("b", 600.0, ""), ("c", 600.0 + FULL_M, kind), ("d", 1700.0, "")):
            net.node(f"{name}.{node}", x, 0.0, node_kind or "priority")
        for edge, start, end in (("feed", "a", "b"), ("lane", "b", "c"), ("out", "c", "d")):
            net.edge(f"{name}.{edge}", f"{name}.{start}", f"{name}.{end}")
        net.connection(f"{name}.feed", f"{name}.lane")
        net.connection(f"{name}.lane", f"{name}.out", f'fromLane="0" toLane="0"{inside}')


def _crossroads(net: _Plain) -> None:
    """Four arms of one lane; at the signal a lane of its own for the left turn from the west."""
    for name, kind in CROSSROADS.items():
        net.node(f"{name}.c", 0.0, 0.0, kind)
        for arm, (x, y) in ARMS.items():
            has_way = f'priority="{2 if arm in "we" and name != "allway" else 1}"'
            net.node(f"{name}.{arm}", x, y)
            net.edge(f"{name}.{arm}i", f"{name}.{arm}", f"{name}.c", rest=has_way)
            net.edge(f"{name}.{arm}o", f"{name}.c", f"{name}.{arm}", rest=has_way)
    net.edges = [
        edge.replace('numLanes="1"', 'numLanes="2"') if 'id="signal.wi"' in edge else edge for edge in net.edges
    ]
    for lane, arm in ((0, "s"), (0, "e"), (1, "n")):
        net.connection("signal.wi", f"signal.{arm}o", f'fromLane="{lane}" toLane="0"')


def _roundabout(net: _Plain, radius_m: float = 16.0) -> None:
    around = "wsen"
    for arm, (x, y) in ARMS.items():
        net.node(f"round.{arm}", x, y)
        net.node(f"round.r{arm}", x / 300.0 * radius_m, y / 300.0 * radius_m)
        net.edge(f"round.{arm}i", f"round.{arm}", f"round.r{arm}")
        net.edge(f"round.{arm}o", f"round.r{arm}", f"round.{arm}")
    for i, arm in enumerate(around):
        following = around[(i + 1) % 4]
        net.edge(f"round.{arm}r", f"round.r{arm}", f"round.r{following}", 8.33, 'priority="3"')


def built(folder: Path) -> City:
    """Have netconvert make all streets at once, and read them."""
    net = _Plain([], [], [])
    _approaches(net)
    _rows(net)
    _crossroads(net)
    _roundabout(net)
    for name, parts in (("nod", net.nodes), ("edg", net.edges), ("con", net.connections)):
        tag = {"nod": "nodes", "edg": "edges", "con": "connections"}[name]
        (folder / f"{name}.xml").write_text(f"<{tag}>{''.join(parts)}</{tag}>")
    netconvert = Path(sys.executable).parent / "netconvert"
    files = ["-n", "nod.xml", "-e", "edg.xml", "-x", "con.xml", "-o", "streets.net.xml", "--no-turnarounds"]
    subprocess.run([str(netconvert), *files], cwd=folder, check=True, capture_output=True)
    return read_city(SumoInput(None, folder / "streets.net.xml"), "streets")


def traffic_of(city: City, streams: Mapping[str, Sequence[float] | Floats], **columns: object) -> Traffic:
    """Return traffic of passenger cars that drive exactly at the limit.

    Parameters
    ----------
    city : City
    streams : mapping of str to floats
        Departures [s] by way; a way is names of roads, separated by blanks.
    **columns
        Of the schema ``vehicles``; one value for all.
    """
    roads = {name: ix for ix, name in enumerate(city.roads["road_id"].tolist())}
    ways = [[roads[name] for name in way.split()] for way in streams]
    counts = [len(times_s) for times_s in streams.values()]
    ends = np.repeat(np.cumsum([len(way) for way in ways]), counts)
    lengths = np.repeat([len(way) for way in ways], counts)
    depart_s = np.concatenate([np.asarray(times_s, float) for times_s in streams.values()])
    names = np.array([f"{way}/{i}" for way, n in zip(streams, counts, strict=True) for i in range(n)], object)
    order = np.argsort(depart_s, kind="stable")
    table = {
        "vehicle_id": names[order],
        "depart_s": depart_s[order],
        "routes_start": (ends - lengths)[order],
        "routes_end": ends[order],
        "speed_dev": np.zeros(len(order)),
    }
    table |= {name: np.full(len(order), value) for name, value in columns.items()}
    return Traffic(Table("vehicles", table), Table("routes", {"road_ix": [ix for way in ways for ix in way]}))


def planned(city: City, **states: States) -> City:
    """Return the city with other plans: the states of each street's signal with their durations."""
    plans, stages = [], []
    signals = {str(name).split(".")[0]: ix for ix, name in enumerate(city.signals["signal_id"].tolist())}
    plan_ix = city.signals["plan_ix"].copy()
    for name, signal_ix in signals.items():
        n_links = len(city.states_of(int(city.signals["plan_ix"][signal_ix]))[0])
        shown = states.get(name, [("G" * n_links, 1000.0)])
        plan_ix[signal_ix] = len(plans)
        plans.append((signal_ix, len(stages), len(stages) + len(shown)))
        stages += [(len(plans) - 1, state, float(duration_s)) for state, duration_s in shown]
    owner, first, last = zip(*plans, strict=True)
    of_plan, state, duration_s = zip(*stages, strict=True)
    columns = {"signal_ix": owner, "plan_id": [str(ix) for ix in owner], "stages_start": first, "stages_end": last}
    return replace(
        city,
        signals=Table("signals", {**city.signals, "plan_ix": plan_ix}),
        plans=Table("plans", columns),
        stages=Table("stages", {"plan_ix": of_plan, "state": state, "duration_s": duration_s}),
    )


@dataclass(frozen=True)
class Day:
    """A run that has ended."""

    city: City
    network: TwinNetwork
    traffic: Traffic
    run: TwinRun

    def left_s(self, way: str, road: int = 0) -> Floats:
        """Return when each vehicle of a way left one of its roads, in the order of departure; nan: not yet."""
        first = self.run.steps_start[self._rows(way)] + road
        return np.where(self._has_left(first), self.run.state.steps["passed_ms"][first] / 1000, np.nan)

    def entered_s(self, way: str) -> Floats:
        """Return when each vehicle of a way came onto its first road; negative: not yet."""
        return self.run.state.vehicles["entered_ms"][self._rows(way)] / 1000

    def depart_s(self, way: str) -> Floats:
        """Return the planned departures of a way."""
        return self.traffic.vehicles["depart_s"][self._rows(way)]

    def _has_left(self, steps: NDArray[np.int64]) -> NDArray[np.bool_]:
        return self.run.state.steps["passed_ms"][steps] >= 0

    def _rows(self, way: str) -> NDArray[np.int64]:
        names = self.traffic.vehicles["vehicle_id"].tolist()
        rows = [row for row, name in enumerate(names) if name.rsplit("/", 1)[0] == way]
        return np.array(sorted(rows, key=lambda row: int(names[row].rsplit("/", 1)[1])), np.int64)


@dataclass(frozen=True)
class Streets:
    """All streets and their network."""

    city: City
    network: TwinNetwork

    @classmethod
    def in_folder(cls, folder: Path) -> Streets:
        city = built(folder)
        return cls(city, network_of(city, PARAMETERS))

    def day(
        self, streams: Mapping[str, Sequence[float] | Floats], until_s: float, seed: int = 1, **states: States
    ) -> Day:
        """Run traffic until a time; signals of other streets than those in ``states`` are green throughout."""
        city = planned(self.city, **states)
        traffic = traffic_of(city, streams)
        run = run_of(self.network, city, traffic, 0.0, until_s, seed)
        simulate(self.network, run, 0, math.ceil(until_s))
        return Day(city, self.network, traffic, run)

    def lane_m(self, road: str) -> float:
        """Return the length of a road's first lane."""
        return float(self.city.roads["length_m"][self.city.roads["road_id"].tolist().index(road)])

    def n_links(self, street: str) -> int:
        signal_ix = [str(name).split(".")[0] for name in self.city.signals["signal_id"].tolist()].index(street)
        links = self.city.links_of(signal_ix)
        return links.stop - links.start

    def link_of(self, start: str, end: str) -> int:
        """Return the place in the signal's state of the movement between two roads."""
        return int(self.city.links["index"][self.city.movements["link_ix"][self.movement_of(start, end)]])

    def movement_of(self, start: str, end: str) -> int:
        """Return the row of the movement between two roads."""
        names, road_ix = self.city.roads["road_id"], self.city.lanes["road_ix"]
        table = self.city.movements
        is_it = ~table["is_crossing"]
        is_it &= names[road_ix[table["from_lane_ix"]]] == start
        is_it &= names[road_ix[table["to_lane_ix"]]] == end
        return int(np.flatnonzero(is_it)[0])


def poisson_s(rate_vph: float, until_s: float, seed: int) -> Floats:
    """Return departures with exponential headways."""
    if rate_vph <= 0:
        return np.zeros(0)
    rng = np.random.default_rng(seed)
    times_s = np.cumsum(rng.exponential(3600 / rate_vph, int(until_s * rate_vph / 3600 * 1.3) + 50))
    return times_s[times_s < until_s]

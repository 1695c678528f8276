"""A city and its traffic as SUMO's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cityloop.city.city import City
from cityloop.city.traffic import Traffic
from twin_parts.process import BIN, run_process

_TYPE = {
    "length": "length_m",
    "minGap": "min_gap_m",
    "maxSpeed": "max_speed_mps",
    "speedFactor": "speed_factor",
    "speedDev": "speed_dev",
    "accel": "accel_mps2",
    "decel": "decel_mps2",
    "tau": "tau_s",
    "sigma": "sigma",
}


def write_net(city: City, folder: Path) -> Path:
    """Write a made-up city as a SUMO net with the same roads, movements and plans; netconvert draws the junctions.

    Parameters
    ----------
    city : City
        One of ``city.metropolis``: roads are straight, lengths are between stop lines.
    folder : Path

    Returns
    -------
    Path
        The net.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "node": ("nodes", _nodes(city)),
        "edge": ("edges", _edges(city)),
        "connection": ("connections", _connections(city, is_signalised=False)),
        "tllogic": ("tlLogics", [*logics_of(city, "0"), *_connections(city, is_signalised=True)]),
    }
    command: list[str | Path] = [BIN / "netconvert", "--no-turnarounds", "--no-warnings"]
    for name, (root, lines) in texts.items():
        path = folder / f"{name}.xml"
        path.write_text("\n".join([f"<{root}>", *lines, f"</{root}>", ""]), "utf-8")
        command += [f"--{name}-files", path]
    net_path = folder / "city.net.xml"
    run_process([*command, "--output-file", net_path])
    return net_path


def _nodes(city: City) -> list[str]:
    nodes = city.nodes
    kinds = ["priority" if kind == "dead_end" else kind for kind in nodes["kind"].tolist()]
    return [
        f'<node id="{name}" x="{x:.2f}" y="{y:.2f}" type="{kind}"/>'
        for name, x, y, kind in zip(nodes["node_id"], nodes["x_m"], nodes["y_m"], kinds, strict=True)
    ]


def _edges(city: City) -> list[str]:
    roads, name = city.roads, city.nodes["node_id"]
    return [
        f'<edge id="{road}" from="{name[begin]}" to="{name[end]}" numLanes="{n}" speed="{speed:.3f}" '
        f'length="{length:.2f}"/>'
        for road, begin, end, n, speed, length in zip(
            roads["road_id"],
            roads["from_node_ix"],
            roads["to_node_ix"],
            roads["n_lanes"],
            roads["speed_mps"],
            roads["length_m"],
            strict=True,
        )
    ]


def _connections(city: City, *, is_signalised: bool) -> list[str]:
    lanes, table, road_id = city.lanes, city.movements, city.roads["road_id"]
    lines = []
    for begin, end, signal, link in zip(
        table["from_lane_ix"], table["to_lane_ix"], table["signal_ix"], table["link_ix"], strict=True
    ):
        if begin < 0 or end < 0:
            continue
        ruled = f' tl="{city.signals["signal_id"][signal]}" linkIndex="{city.links["index"][link]}"'
        lines.append(
            f'<connection from="{road_id[lanes["road_ix"][begin]]}" to="{road_id[lanes["road_ix"][end]]}" '
            f'fromLane="{lanes["index"][begin]}" toLane="{lanes["index"][end]}"{ruled if is_signalised else ""}/>'
        )
    return lines


def logics_of(city: City, program: str, signals: Sequence[str] | None = None) -> list[str]:
    """Return the plans in force of some signals, by default of all, as lines of XML under a name of their own."""
    lines = []
    for name, plan_ix in zip(city.signals["signal_id"].tolist(), city.signals["plan_ix"].tolist(), strict=True):
        if signals is not None and name not in signals:
            continue
        offset_s = city.plans["offset_s"][plan_ix]
        lines.append(f'<tlLogic id={quoteattr(name)} type="static" programID="{program}" offset="{offset_s:g}">')
        first, last = city.plans["stages_start"][plan_ix], city.plans["stages_end"][plan_ix]
        for row in range(first, last):
            state, duration_s = city.stages["state"][row], city.stages["duration_s"][row]
            lines.append(f'<phase duration="{duration_s:g}" state="{state}"/>')
        lines.append("</tlLogic>")
    return lines


def write_routes(city: City, traffic: Traffic, path: Path) -> Path:
    """Write every vehicle with its type, planned departure and way; returns the path."""
    table, road_id = traffic.vehicles, city.roads["road_id"][traffic.routes["road_ix"]].tolist()
    columns = [table["class"].tolist(), *(table[column].tolist() for column in _TYPE.values())]
    type_of: dict[tuple[str | float, ...], str] = {}
    lines = []
    for vehicle, depart_s, first, last, key in zip(
        table["vehicle_id"].tolist(),
        table["depart_s"].tolist(),
        table["routes_start"].tolist(),
        table["routes_end"].tolist(),
        zip(*columns, strict=True),
        strict=True,
    ):
        type_id = type_of.setdefault(key, f"type{len(type_of)}")
        lines.append(
            f'<vehicle id={quoteattr(vehicle)} type="{type_id}" depart="{depart_s:.2f}" departLane="best">'
            f'<route edges="{" ".join(road_id[first:last])}"/></vehicle>'
        )
    types = []
    for (kind, *values), type_id in type_of.items():
        figures = " ".join(f'{name}="{value:g}"' for name, value in zip(_TYPE, values, strict=True))
        types.append(f'<vType id="{type_id}" vClass="{kind}" {figures}/>')
    path.write_text("\n".join(["<routes>", *types, *lines, "</routes>", ""]), "utf-8")
    return path


def ways_of(traffic: Traffic) -> list[list[int]]:
    """Return the roads of every vehicle."""
    roads = traffic.routes["road_ix"].tolist()
    bounds = zip(traffic.vehicles["routes_start"].tolist(), traffic.vehicles["routes_end"].tolist(), strict=True)
    return [roads[first:last] for first, last in bounds]

import subprocess
import sys
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.routing import Penalties, RoadGraph, penalties_of

MAX_MPS = 200 / 3.6


def _graph(city: City, vehicle_class: str = "passenger") -> RoadGraph:
    return RoadGraph(NetDetails(city), vehicle_class, MAX_MPS, 1.0, Penalties())


def _row(city: City, road_id: str) -> int:
    return city.roads["road_id"].tolist().index(road_id)


def _net(tmp_path: Path, edges: str, nodes: str, *options: str) -> Path:
    """Build a net with turnarounds."""
    (tmp_path / "x.nod.xml").write_text(f"<nodes>{nodes}</nodes>")
    (tmp_path / "x.edg.xml").write_text(f"<edges>{edges}</edges>")
    target = tmp_path / "x.net.xml"
    command = [str(Path(sys.executable).parent / "netconvert"), "-n", str(tmp_path / "x.nod.xml")]
    command += ["-e", str(tmp_path / "x.edg.xml"), "-o", str(target), *options]
    subprocess.run(command, check=True, capture_output=True)
    return target


def _check_times(net_path: Path, city: City) -> int:
    """Compare the time over each pair of roads with SUMO's, and return the number of pairs."""
    libsumo = pytest.importorskip("libsumo")
    graph, road_ids, n = _graph(city), city.roads["road_id"].tolist(), 0
    libsumo.start(["sumo", "-n", str(net_path), "--no-warnings", "true"])
    try:
        for road, followers in enumerate(graph.following):
            for follower, through_s in followers:
                stage = libsumo.simulation.findRoute(road_ids[road], road_ids[follower], "DEFAULT_VEHTYPE")
                if list(stage.edges) == [road_ids[road], road_ids[follower]]:
                    ours_s = graph.road_s[road] + through_s + graph.road_s[follower]
                    assert ours_s == pytest.approx(stage.travelTime, abs=1e-3), stage.edges
                    n += 1
    finally:
        libsumo.close()
    return n


@pytest.mark.parametrize(
    "kind", ["priority", "right_before_left", "allway_stop", "zipper", "traffic_light", "priority_stop", "unregulated"]
)
def test_times_through_every_kind_of_junction_are_sumos(tmp_path: Path, kind: str) -> None:
    ends = {"N": (0, 100), "E": (100, 0), "S": (0, -100), "W": (-100, 0)}
    nodes = f'<node id="C" x="0" y="0" type="{kind}"/>' + "".join(
        f'<node id="{name}" x="{x}" y="{y}"/>' for name, (x, y) in ends.items()
    )
    edges = "".join(
        f'<edge id="{start}{end}" from="{start}" to="{end}" numLanes="{2 if name in "EW" else 1}" '
        f'priority="{2 if name in "EW" else 1}" speed="{13.89 if name in "EW" else 8.33}"/>'
        for name in ends
        for start, end in ((name, "C"), ("C", name))
    )
    net_path = _net(tmp_path, edges, nodes)
    assert _check_times(net_path, read_city(SumoInput(None, net_path), "x")) >= 16


def test_times_in_a_real_city_are_sumos(resco_configs: dict[str, Path]) -> None:
    source = read_sumo_config(resco_configs["cologne8"])
    assert _check_times(source.net_path, read_city(source, "cologne8")) > 300


def test_ways_between_sets_of_roads(pair: City) -> None:
    graph = _graph(pair)
    whole = tuple(_row(pair, road_id) for road_id in ("WA", "AB", "BM", "ME"))
    assert graph.way(whole[:1], whole[3:]) == whole
    assert graph.way(whole[:2], (whole[3], whole[2])) == whole[1:3]
    assert graph.way(whole[2:3], whole[2:3]) == whole[2:3]
    assert graph.way(whole[3:], whole[:1]) is None
    assert graph.loop(whole[0]) is None
    assert graph.gap(whole) is None
    assert graph.gap((whole[0], whole[2])) == (whole[0], whole[2])


def test_a_loop_leaves_the_road_and_comes_back(tmp_path: Path) -> None:
    net_path = _net(
        tmp_path,
        '<edge id="out" from="A" to="B" speed="10"/><edge id="back" from="B" to="A" speed="10"/>',
        '<node id="A" x="0" y="0"/><node id="B" x="100" y="0"/>',
    )
    city = read_city(SumoInput(None, net_path), "x")
    out, back = _row(city, "out"), _row(city, "back")
    assert _graph(city).loop(out) == (out, back, out)


def test_among_equal_ways_the_one_first_in_the_net_stays(tmp_path: Path) -> None:
    nodes = '<node id="A" x="0" y="0"/><node id="B" x="100" y="0"/><node id="C" x="200" y="0"/>'
    nodes += '<node id="D" x="300" y="0"/>'
    edges = "".join(
        f'<edge id="{name}" from="{name[0]}" to="{name[1]}" length="100" speed="10"/>'
        for name in ("AB", "BC_2", "BC_1", "CD")
    )
    net_path = _net(tmp_path, edges, nodes, "--no-internal-links", "--no-turnarounds")
    city = read_city(SumoInput(None, net_path), "x")
    road_ids = city.roads["road_id"].tolist()
    way = _graph(city).way((_row(city, "AB"),), (_row(city, "CD"),))
    assert way is not None
    libsumo = pytest.importorskip("libsumo")
    libsumo.start(["sumo", "-n", str(net_path), "--no-warnings", "true"])
    try:
        theirs = libsumo.simulation.findRoute("AB", "CD", "DEFAULT_VEHTYPE").edges
    finally:
        libsumo.close()
    assert [road_ids[road] for road in way] == list(theirs)


def test_closed_lanes_are_not_taken(tmp_path: Path) -> None:
    net_path = _net(
        tmp_path,
        '<edge id="AB" from="A" to="B" speed="10"/><edge id="BC" from="B" to="C" speed="10" allow="bus emergency"/>',
        '<node id="A" x="0" y="0"/><node id="B" x="100" y="0"/><node id="C" x="200" y="0"/>',
    )
    city = read_city(SumoInput(None, net_path), "x")
    ends = ((_row(city, "AB"),), (_row(city, "BC"),))
    assert all(_graph(city, name).way(*ends) is None for name in ("passenger", "truck"))
    assert _graph(city, "truck").gap(ends[1]) == (*ends[1], *ends[1])
    assert all(_graph(city, name).way(*ends) is not None for name in ("bus", "emergency", "ignoring"))


def test_penalties_come_from_the_options_of_the_scenario(pair_net: Path) -> None:
    assert penalties_of(SumoInput(None, pair_net)) == Penalties()
    source = SumoInput(None, pair_net, options=(("weights.minor-penalty", "4"), ("weights.turnaround-penalty", "9")))
    assert penalties_of(source) == Penalties(4.0, 9.0)
    with pytest.raises(Unusable, match=r"weights\.minor-penalty"):
        penalties_of(SumoInput(None, pair_net, options=(("weights.minor-penalty", "x"),)))

from pathlib import Path

import pytest

from cityloop.city.errors import Unusable
from cityloop.city.sumo.net_file import LaneElement, read_net_file, shape_of

LANE = '<lane id="a_0" index="0" speed="10" length="50" shape="0,0 50,0"/>'
NODES = '<junction id="A" type="priority" x="0" y="0"/><junction id="B" type="dead_end" x="50" y="0"/>'


def _net(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "x.net.xml"
    path.write_text(f"<net>{body}</net>")
    return path


def _lane(allow: str = "", disallow: str = "") -> LaneElement:
    return LaneElement("a_0", 0, 10.0, 50.0, 3.2, [(0.0, 0.0), (50.0, 0.0)], allow, disallow)


def test_permissions_follow_sumo() -> None:
    assert _lane().allows("pedestrian")
    assert _lane(allow="bus taxi").allows("bus")
    assert not _lane(allow="bus taxi").allows("passenger")
    assert _lane(allow="all", disallow="bus").allows("bus")
    assert not _lane(disallow="bus tram").allows("bus")
    assert _lane(disallow="bus tram").allows("passenger")
    assert not _lane(disallow="all").allows("passenger")


def test_shapes_leave_heights_out() -> None:
    assert shape_of("1,2,9 3.5,-4,9", "here") == [(1.0, 2.0), (3.5, -4.0)]
    for text in ("", "1,2", "1 2", "1,x 1,2", "1;2 3;4", "nan,1 2,3"):
        with pytest.raises(Unusable, match="no shape"):
            shape_of(text, "here")


def test_reads_what_stands_in_the_file(tmp_path: Path) -> None:
    net = read_net_file(
        _net(
            tmp_path,
            f"""<location netOffset="0,0"/><edge id="a" from="A" to="B" priority="3" name="High St">{LANE}</edge>
            <junction id="A" type="priority" x="0" y="0" keepClear="0"/>
            <junction id="B" type="traffic_light" x="50" y="0" incLanes="a_0" intLanes=":B_0_0">
                <request index="1" response="01" foes="01" cont="0"/><request index="0" response="00" foes="10"/>
            </junction>
            <junction id=":B_1_0" type="internal" x="50" y="0"/>
            <connection from="a" to="a" fromLane="0" toLane="0" tl="B" linkIndex="4" linkIndex2="5" dir="t" state="o"/>
            """,
        )
    )
    assert net.edges["a"].name == "High St"
    assert [j.junction_id for j in net.junctions] == ["A", "B"]
    assert [j.keeps_clear for j in net.junctions] == [False, True]
    assert net.junctions[1].foes == ["10", "01"]
    assert (net.connections[0].link, net.connections[0].second_link, net.connections[0].via_id) == (4, 5, "")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "no roads or no junctions"),
        (f'<edge id="a" from="A" to="B">{LANE}</edge>', "no roads or no junctions"),
        ('<edge id="a" from="A" to="B"/>' + NODES, "has no lanes"),
        (f'<edge id="a" to="B">{LANE}</edge>' + NODES, "attribute from is missing"),
        ('<edge id="a" from="A" to="B"><lane id="a_0" index="0" speed="x"/></edge>', "attribute speed is no number"),
        ('<edge id="a" from="A" to="B"><lane id="a_0" index="z"/></edge>', "attribute index is no whole number"),
        (f'<edge id="a" from="A" to="B">{LANE.replace("50", "-5", 1)}</edge>', "length or width is negative"),
        (f'<edge id="a" from="A" to="B">{LANE}</edge>{NODES}<connection from="a"/>', "attribute fromLane is missing"),
        (NODES + '<tlLogic id="A" programID="0"><phase duration="1" state="Gx"/></tlLogic>', "unknown state 'Gx'"),
    ],
)
def test_broken_nets_are_unusable(tmp_path: Path, body: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        read_net_file(_net(tmp_path, body))

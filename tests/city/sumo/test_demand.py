import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, last_departure_s, read_city


def _row(city: City, i: int = 0) -> dict[str, Any]:
    return {name: values[i] for name, values in city.demand.items()}


def _roads(city: City, i: int = 0) -> tuple[str | None, str | None]:
    ids = city.roads["road_id"]
    ends = (int(city.demand["from_road_ix"][i]), int(city.demand["to_road_ix"][i]))
    return tuple(None if row < 0 else str(ids[row]) for row in ends)  # type: ignore[return-value]


def test_trips_and_vehicles(city_with: Callable[..., City]) -> None:
    city = city_with(
        """<vType id="coach" vClass="coach"/>
        <route id="through" edges="WA AB BM ME"/>
        <trip id="t" depart="7.5" from="WA" to="ME" via="AB"/>
        <vehicle id="v" type="coach" depart="0:1:0" route="through"/>
        <vehicle id="own" depart="3"><route edges="BSB BM"/></vehicle>
        <trip id="zone" depart="4" fromTaz="1" toTaz="2"/>
        <trip id="stops" depart="begin" type="coach"><stop busStop="x"/></trip>
        <vehicle id="waits" depart="triggered" route="through"/>""",
        begin_s=2.0,
    )
    demand = city.demand
    assert list(demand["demand_id"]) == ["t", "v", "own", "zone", "stops", "waits"]
    assert list(demand["kind"]) == ["trip", "vehicle", "vehicle", "trip", "trip", "vehicle"]
    assert list(demand["class"]) == ["passenger", "coach", "passenger", "passenger", "coach", "passenger"]
    assert list(demand["depart_s"][:5]) == [7.5, 60.0, 3.0, 4.0, 2.0]
    assert math.isnan(demand["depart_s"][5])
    assert list(demand["until_s"][:5]) == list(demand["depart_s"][:5])
    assert [_roads(city, i) for i in range(5)] == [
        ("WA", "ME"),
        ("WA", "ME"),
        ("BSB", "BM"),
        (None, None),
        (None, None),
    ]


def test_flows_inherit_the_window_of_the_scenario(city_with: Callable[..., City]) -> None:
    row = _row(city_with('<flow id="f" from="WA" to="ME" period="10"/>', begin_s=100.0, end_s=200.0))
    assert (row["depart_s"], row["until_s"], row["n_veh"]) == (100.0, 190.0, 10.0)
    row = _row(city_with('<flow id="f" from="WA" to="ME" period="10"/>'))
    assert (row["until_s"], row["n_veh"]) == (math.inf, math.inf)


def test_flow_departures_are_sumos(pair_net: Path, tmp_path: Path, city_with: Callable[..., City]) -> None:
    import libsumo

    flows = "".join(
        f'<flow id="f{i}" begin="3" end="{end}" from="{start}" to="ME" {rate}/>'
        for i, (start, end, rate) in enumerate(
            [("WA", 100, 'period="9"'), ("ANA", 103, 'vehsPerHour="360"'), ("MNM", 60, 'number="4"')]
        )
    )
    city = city_with(flows)
    # the vehicles may wait for a gap: what counts is how many were due, which SUMO tells when it loads them
    libsumo.start(["sumo", "-n", str(pair_net), "-a", str(tmp_path / "extra.add.xml"), "--no-warnings", "true"])
    try:
        loaded: list[str] = []
        for _ in range(120):
            libsumo.simulationStep()
            loaded += libsumo.simulation.getLoadedIDList()
    finally:
        libsumo.close()
    for i in range(3):
        assert city.demand["n_veh"][i] == sum(name.startswith(f"f{i}.") for name in loaded)


def test_persons(city_with: Callable[..., City]) -> None:
    city = city_with(
        """<person id="p" depart="5"><walk edges="WA AB"/><ride to="ME" lines="1"/></person>
        <person id="stops" depart="6"><stop lane="BM_0" duration="3"/><walk to="ME"/></person>
        <person id="to stop" depart="7"><walk from="WA" busStop="b"/></person>
        <person id="still" depart="8"/>
        <personFlow id="f" begin="0" end="100" period="10"><personTrip from="WA" to="ME"/></personFlow>"""
    )
    assert set(city.demand["kind"]) == {"person"}
    assert set(city.demand["class"]) == {"pedestrian"}
    assert [_roads(city, i) for i in range(5)] == [
        ("WA", "ME"),
        ("BM", "ME"),
        ("WA", None),
        (None, None),
        ("WA", "ME"),
    ]
    assert list(city.demand["n_veh"]) == [1.0, 1.0, 1.0, 1.0, 10.0]


def test_route_distributions(city_with: Callable[..., City]) -> None:
    city = city_with(
        """<route id="a" edges="WA AB BM"/>
        <routeDistribution id="d"><route id="b" edges="WA AB BM ME"/><route refId="a"/></routeDistribution>
        <routeDistribution id="names" routes="a b" probabilities="1 1"/>
        <vehicle id="x" depart="0" route="d"/><vehicle id="y" depart="0" route="names"/>
        <vehicle id="z" depart="0" route="b"/>"""
    )
    assert [_roads(city, i) for i in range(3)] == [("WA", None), ("WA", None), ("WA", "ME")]


@pytest.mark.parametrize(
    ("additional", "what"),
    [
        ('<trip id="car 7" depart="0" from="WA" to="nowhere"/>', "<trip car 7>: edge nowhere is not in the net"),
        ('<trip id="t" depart="0" from="WA" via="AB zz" to="ME"/>', "edge zz is not in the net"),
        ('<vehicle id="v" depart="0"><route edges="WA zz"/></vehicle>', "<vehicle v>: edge zz is not in the net"),
        ('<route id="r" edges="WA zz"/>', "<route r>: edge zz is not in the net"),
        ('<flow id="f" from="zz" to="ME" end="9" period="1"/>', "<flow f>: edge zz"),
        ('<person id="p" depart="0"><walk edges="zz"/></person>', "<walk>: edge zz is not in the net"),
        ('<person id="p" depart="0"><stop lane="zz_0"/></person>', "edge zz is not in the net"),
        ('<vehicle id="v" depart="0" route="r"/>', "route r is not defined before it is used"),
        ('<vehicle id="v" depart="0"><route edges=""/></vehicle>', "the route has no edges"),
        ('<trip id="t" from="WA" to="ME"/>', "attribute depart is missing"),
        ('<trip depart="0" from="WA" to="ME"/>', "attribute id is missing"),
        ('<trip id="t" depart="noon" from="WA" to="ME"/>', "no time: 'noon'"),
    ],
)
def test_broken_demand_names_vehicle_and_edge(city_with: Callable[..., City], additional: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        city_with(additional)


def test_ignoring_route_errors_does_not_help_as_in_sumo(city_with: Callable[..., City]) -> None:
    with pytest.raises(Unusable, match="edge zz is not in the net"):
        city_with('<trip id="t" depart="0" from="WA" to="zz"/>', options=(("ignore-route-errors", "true"),))


def test_last_departure(pair_net: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.rou.xml"
    source = SumoInput(None, pair_net, route_paths=(path,))
    path.write_text('<routes><trip id="a" depart="9" from="?" to="?"/><flow id="f" end="50" number="3"/></routes>')
    assert last_departure_s(source) == pytest.approx(50 * 2 / 3)
    path.write_text('<routes><vehicle id="a" depart="triggered"/></routes>')
    with pytest.raises(Unusable, match="nothing departs, so that the end of the scenario is open"):
        last_departure_s(source)
    path.write_text('<routes><flow id="f" period="3"/></routes>')
    with pytest.raises(Unusable, match="a flow has no end"):
        last_departure_s(source)


def test_files_may_include_others_but_not_themselves(pair_net: Path, tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer.rou.xml", tmp_path / "inner.rou.xml"
    outer.write_text('<routes><include href="inner.rou.xml"/><vehicle id="v" depart="1" route="r"/></routes>')
    inner.write_text('<routes><route id="r" edges="WA AB"/></routes>')
    source = SumoInput(None, pair_net, route_paths=(outer,))
    assert list(read_city(source, "x").demand["demand_id"]) == ["v"]
    inner.write_text('<routes><include href="outer.rou.xml"/></routes>')
    with pytest.raises(Unusable, match="the file includes itself"):
        read_city(source, "x")

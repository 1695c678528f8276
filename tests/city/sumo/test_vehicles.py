import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config, read_traffic
from cityloop.city.traffic import Traffic

WHOLE = "WA AB BM ME"


@pytest.fixture
def traffic_of(pair_net: Path, pair: City, tmp_path: Path) -> Callable[..., Traffic]:
    """Read the traffic of a route file with the given content on the pair."""

    def traffic_of(routes: str, seed: int = 0, **options: Any) -> Traffic:
        path = tmp_path / "x.rou.xml"
        path.write_text(f"<routes>{routes}</routes>")
        return read_traffic(SumoInput(None, pair_net, route_paths=(path,), **options), pair, seed)

    return traffic_of


def _ids(traffic: Traffic) -> list[str]:
    return traffic.vehicles["vehicle_id"].tolist()


def _ways(traffic: Traffic, city: City) -> dict[str, str]:
    road_ids, rows = city.roads["road_id"], traffic.routes["road_ix"]
    columns = (traffic.vehicles[name] for name in ("vehicle_id", "routes_start", "routes_end"))
    return {name: " ".join(road_ids[rows[start:end]]) for name, start, end in zip(*columns, strict=True)}


def _sumo(source: SumoInput, target: Path, *options: str) -> dict[str, etree._Element]:
    """Return the vehicles of SUMO's route output by name."""
    sumo = pytest.importorskip("sumo")
    files = [f"--route-files={','.join(map(str, source.route_paths))}"] if source.route_paths else []
    files += [f"--additional-files={','.join(map(str, source.additional_paths))}"] if source.additional_paths else []
    command = [str(Path(sumo.__file__).parent / "bin" / "sumo"), "-n", str(source.net_path), *files]
    command += ["-b", str(source.begin_s), "-e", str(source.end_s), "--vehroute-output", str(target), "--no-warnings"]
    command += ["--vehroute-output.write-unfinished", "--vehroute-output.last-route", "--no-step-log", *options]
    command += ["--vehroute-output.intended-depart"]
    subprocess.run(command, check=True, capture_output=True)
    return {str(vehicle.get("id")): vehicle for vehicle in etree.parse(target).getroot().iterchildren("vehicle")}


def test_vehicles_trips_and_flows_become_vehicles_with_a_way(traffic_of: Callable[..., Traffic], pair: City) -> None:
    traffic = traffic_of(
        f"""<vType id="bus" vClass="bus"/><route id="line" edges="{WHOLE}"/>
        <trip id="t" depart="1" from="WA" to="ME"/>
        <vehicle id="own" depart="2"><route edges="BSB BM"/></vehicle>
        <vehicle id="named" depart="3" route="line" type="bus"/>
        <flow id="f" begin="3" end="24" period="10" from="ANA" to="BM"/>"""
    )
    assert _ids(traffic) == ["t", "own", "named", "f.0", "f.1", "f.2"]
    assert traffic.vehicles["depart_s"].tolist() == [1.0, 2.0, 3.0, 3.0, 13.0, 23.0]
    assert list(_ways(traffic, pair).values()) == [WHOLE, "BSB BM", WHOLE, *["ANA AB BM"] * 3]
    assert traffic.vehicles["class"].tolist() == ["passenger"] * 2 + ["bus"] + ["passenger"] * 3
    assert traffic.routes.n_rows == 4 + 2 + 3 + 4  # equal ways share their rows, if both or none may be chosen again
    assert traffic.findings == ()


def test_what_a_trip_may_choose_of_its_way_is_marked(traffic_of: Callable[..., Traffic], pair: City) -> None:
    stop = '<stop edge="ME" endPos="20" duration="5"/>'
    traffic = traffic_of(
        f"""<trip id="free" depart="1" from="WA" to="ME"/>
        <trip id="via" depart="2" from="WA" to="ME" via="BM"/>
        <trip id="stops" depart="3" from="WA" to="ME">{stop}</trip>
        <vehicle id="given" depart="4"><route edges="{WHOLE}"/></vehicle>"""
    )
    assert list(_ways(traffic, pair).values()) == [WHOLE] * 4
    spans = zip(traffic.vehicles["routes_start"], traffic.vehicles["routes_end"], strict=True)
    marked = [traffic.routes["is_chosen"][start:end].tolist() for start, end in spans]
    names, may = WHOLE.split(), [False, True, True, False]
    assert marked == [may, [may[at] and name != "BM" for at, name in enumerate(names)], [False] * 4, [False] * 4]


def test_the_window_is_sumos(traffic_of: Callable[..., Traffic]) -> None:
    traffic = traffic_of(
        """<trip id="early" depart="99" from="WA" to="ME"/><trip id="first" depart="100" from="WA" to="ME"/>
        <flow id="f" begin="103" end="300" period="40" from="WA" to="ME"/>
        <trip id="last" depart="199" from="WA" to="ME"/><trip id="late" depart="200" from="WA" to="ME"/>""",
        begin_s=100.0,
        end_s=200.0,
    )
    assert _ids(traffic) == ["first", "f.0", "f.1", "f.2", "last"]
    assert traffic.findings == ()


def test_what_sumo_ignores_for_its_order_in_the_file_is_left_out(
    traffic_of: Callable[..., Traffic], pair_net: Path, pair: City, tmp_path: Path
) -> None:
    routes = """<trip id="a" depart="5" from="WA" to="ME"/><trip id="b" depart="3" from="WA" to="ME"/>
        <flow id="f" begin="4" end="9" period="1" from="WA" to="ME"/><trip id="c" depart="6" from="WA" to="ME"/>"""
    traffic = traffic_of(routes)
    assert _ids(traffic) == ["a", "c"]
    assert [(finding.kind, finding.where) for finding in traffic.findings] == [("vehicles left out", "vehicle b")]
    assert traffic.findings[0].text.startswith("2 are due before the one above")
    path = tmp_path / "x.add.xml"
    path.write_text(f"<additional>{routes}</additional>")
    traffic = read_traffic(SumoInput(None, pair_net, additional_paths=(path,)), pair)
    assert _ids(traffic) == ["b", "f.0", "a", "f.1", "c", "f.2", "f.3", "f.4"]


def test_what_has_no_way_is_left_out_with_a_finding(traffic_of: Callable[..., Traffic], pair: City) -> None:
    traffic = traffic_of(
        """<vehicle id="gap" depart="0"><route edges="WA BM"/></vehicle>
        <trip id="back" depart="1" from="ME" to="WA"/><trip id="back2" depart="1" from="ME" to="AB"/>
        <trip id="zone" depart="2" fromTaz="?" to="ME"/><vehicle id="waits" depart="triggered" route="r"/>
        <trip id="ends" depart="3" fromJunction="A" toJunction="E"/>
        <person id="p" depart="4"><walk from="WA" to="ME"/></person>"""
    )
    assert _ways(traffic, pair) == {"ends": "AB BM ME"}
    assert [(finding.where, finding.text) for finding in traffic.findings] == [
        ("vehicle gap", "1 have a route with a gap or a road closed to their class"),
        ("vehicle back", "2 have no way from their start to their end"),
        ("vehicle zone", "1 start or end at a place that is not known"),
        ("vehicle waits", "1 with depart='triggered' wait for others"),
        ("persons", "1 <person> are no vehicles and are left out"),
    ]


def test_zones_start_and_end_where_it_is_fastest(
    traffic_of: Callable[..., Traffic], pair: City, tmp_path: Path, pair_net: Path
) -> None:
    zones = tmp_path / "zones.add.xml"
    zones.write_text(
        '<additional><taz id="o" edges="WA ANA"/><taz id="d"><tazSink id="ME"/><tazSink id="BM"/></taz></additional>'
    )
    trip = '<trip id="t" depart="0" fromTaz="o" toTaz="d"/>'
    traffic = traffic_of(trip, additional_paths=(zones,))
    source = SumoInput(None, pair_net, (tmp_path / "x.rou.xml",), (zones,), end_s=60.0)
    route = _sumo(source, tmp_path / "out.xml")["t"].find("route")
    assert route is not None
    assert _ways(traffic, pair)["t"] == route.get("edges")


def test_stops_stand_on_the_row_of_their_road(traffic_of: Callable[..., Traffic], pair: City) -> None:
    traffic = traffic_of(
        f"""<route id="line" edges="{WHOLE}"><stop lane="AB_0" endPos="-5" duration="20" until="60"/></route>
        <vehicle id="v" depart="7" route="line"><stop lane="BM_0" endPos="9" until="99"/></vehicle>
        <flow id="f" begin="7" number="2" period="10" route="line"/>
        <trip id="t" depart="9"><stop lane="WA_0" endPos="9" duration="1"/><stop lane="BM_0" duration="2"/></trip>
        <vehicle id="off" depart="9"><route edges="BSB BM"/><stop lane="ME_0" duration="3"/></vehicle>"""
    )
    length_m = dict(zip(pair.roads["road_id"], pair.roads["length_m"], strict=True))
    rows = {name: values.tolist() for name, values in traffic.routes.items()}
    assert _ways(traffic, pair)["t"] == "WA AB BM"
    starts = dict(zip(_ids(traffic), traffic.vehicles["routes_start"].tolist(), strict=True))
    v = starts["v"]
    assert rows["stop_s"][v : v + 4] == [0.0, 20.0, 0.0, 0.0]
    assert rows["stop_m"][v + 1 : v + 3] == [length_m["AB"] - 5, 9.0]
    assert math.isnan(rows["stop_m"][v])
    # in a route the timetable counts from the departure, in a vehicle from midnight
    assert rows["stop_until_s"][v + 1 : v + 3] == [67.0, 99.0]
    assert rows["stop_until_s"][starts["f.1"] + 1] == 77.0
    assert traffic.findings[0].where == "vehicle off"


def test_demand_is_drawn_from_the_seed_alone(traffic_of: Callable[..., Traffic]) -> None:
    types = """<vType id="car"/><vType id="lorry" vClass="truck"/>
        <vTypeDistribution id="mix" vTypes="car lorry" probabilities="3 1"/>
        <routeDistribution id="ways"><route id="a" edges="WA AB" probability="1"/>
        <route id="b" edges="WA AB BM" probability="1"/></routeDistribution>"""
    flow = '<flow id="f" type="mix" begin="0" end="2000" period="exp(0.5)" route="ways" departPos="random"/>'
    other = '<flow id="g" begin="0" end="50" probability="0.4" from="ANA" to="ME"/>'
    first, again = traffic_of(types + flow + other, seed=3), traffic_of(types + flow, seed=3)
    is_f = np.char.startswith(first.vehicles["vehicle_id"].astype(str), "f.")
    for name in ("depart_s", "class", "depart_m"):
        assert first.vehicles[name][is_f].tolist() == again.vehicles[name].tolist()
    assert traffic_of(types + flow, seed=4).vehicles["depart_s"].tolist() != again.vehicles["depart_s"].tolist()
    n = again.vehicles.n_rows
    assert n == pytest.approx(1000, abs=130)
    assert np.mean(again.vehicles["class"] == "truck") == pytest.approx(0.25, abs=0.06)
    lengths = again.vehicles["routes_end"] - again.vehicles["routes_start"]
    assert np.mean(lengths == 3) == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize(
    ("routes", "what"),
    [
        ('<trip id="t" depart="0" from="WA" to="zz"/>', "<trip t>: edge zz is not in the net"),
        ('<trip id="t" depart="0" from="WA" to="ME" via="zz"/>', "<trip t>: edge zz is not in the net"),
        ('<vehicle id="v" depart="0"><route edges=""/></vehicle>', "the route has no edges"),
        ('<vehicle id="v" depart="0" route="r"/>', "route r is not defined before it is used"),
        ('<trip id="t" type="x" depart="0" from="WA" to="ME"/>', "vehicle type x is not defined before it is used"),
        ('<trip id="t" depart="noon" from="WA" to="ME"/>', "no time: 'noon'"),
        ('<trip id="t" depart="0" from="WA" to="ME" departPos="x"/>', "attribute departPos is no number"),
        ('<vType id="x" vClass="x"/>', "vehicle class x is unknown"),
        ('<flow id="f" period="3" from="WA" to="ME"/>', "the flow has no end"),
        (2 * '<trip id="t" depart="0" from="WA" to="ME"/>', "there are two vehicles t"),
        (f'<vehicle id="v" depart="0"><route edges="{WHOLE}"/><stop busStop="b"/></vehicle>', "busStop b is not in"),
    ],
)
def test_unusable_demand_is_refused_in_one_line(traffic_of: Callable[..., Traffic], routes: str, what: str) -> None:
    with pytest.raises(Unusable, match=what) as caught:
        traffic_of(routes)
    assert "\n" not in str(caught.value)


def test_the_scaling_of_the_demand_is_not_done(traffic_of: Callable[..., Traffic]) -> None:
    traffic = traffic_of('<trip id="t" depart="0" from="WA" to="ME"/>', options=(("scale", "2"),))
    assert (traffic.vehicles.n_rows, traffic.findings[0].where) == (1, "option scale")
    with pytest.raises(Unusable, match=r"default\.speeddev"):
        traffic_of("", options=(("default.speeddev", "x"),))


def test_regular_departures_are_sumos(traffic_of: Callable[..., Traffic], pair_net: Path, tmp_path: Path) -> None:
    traffic = traffic_of(
        """<flow id="a" begin="3" end="300" period="17" from="WA" to="ME"/>
        <flow id="b" begin="3" number="9" period="15" from="MNM" to="ME"/>
        <flow id="c" begin="95.5" end="300" vehsPerHour="200" from="ANA" to="ME"/>
        <flow id="d" begin="96" end="196" number="6" from="BSB" to="ME"/>""",
        begin_s=100.0,
        end_s=200.0,
    )
    source = SumoInput(None, pair_net, (tmp_path / "x.rou.xml",), (), begin_s=100.0, end_s=200.0)
    theirs = _sumo(source, tmp_path / "out.xml", "--precision", "3")
    ours = dict(zip(_ids(traffic), traffic.vehicles["depart_s"].tolist(), strict=True))
    # at the end some of SUMO's still wait for a gap, and are not in its output
    assert len(theirs) > 15
    assert {name: ours[name] for name in theirs} == {name: float(str(v.get("depart"))) for name, v in theirs.items()}
    assert set(ours) - set(theirs) <= {f"{flow}.{k}" for flow in "abcd" for k in range(2, 9)}


@pytest.mark.parametrize(("name", "least"), [("cologne1", 1.0), ("cologne8", 0.999)])
def test_ways_over_free_streets_are_sumos(
    resco_configs: dict[str, Path], name: str, least: float, tmp_path: Path
) -> None:
    source = read_sumo_config(resco_configs[name])
    city = read_city(source, name)
    ours = _ways(read_traffic(source, city), city)
    theirs = _sumo(source, tmp_path / "out.xml", "--device.rerouting.adaptation-interval", "0")
    assert len(theirs) > 0.95 * len(ours)
    ways = {vehicle_id: route.get("edges") for vehicle_id, v in theirs.items() for route in v.iterchildren("route")}
    # drivers much slower or faster than the mean of their type may find another way in SUMO
    assert np.mean([ours[vehicle_id] == way for vehicle_id, way in ways.items()]) >= least

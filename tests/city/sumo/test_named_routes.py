from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo.departures import Due
from cityloop.city.sumo.draws import Draws
from cityloop.city.sumo.halts import HaltReader
from cityloop.city.sumo.journeys import road_rows
from cityloop.city.sumo.named_routes import NamedRoutes

PATH = Path("x.rou.xml")


def _routes(city: City, xml: str) -> NamedRoutes:
    roads = road_rows(city)
    routes = NamedRoutes(roads, HaltReader(city, roads), Draws(0))
    for element in etree.fromstring(f"<routes>{xml}</routes>"):
        routes.add(element, PATH)
    return routes


def _names(city: City, routes: NamedRoutes, user: str) -> tuple[list[str], list[float]] | None:
    choices = routes.choices(etree.fromstring(user), PATH)
    if choices is None:
        return None
    return [" ".join(city.roads["road_id"][list(route.roads)]) for route in choices[0]], choices[1]


def test_routes_of_a_vehicle(pair: City) -> None:
    routes = _routes(
        pair,
        """<route id="a" edges="WA AB" probability="2"/>
        <routeDistribution id="d"><route id="b" edges="AB BM" probability="3"/><route refId="a"/></routeDistribution>
        <routeDistribution id="n" routes="a b" probabilities="5"/>""",
    )
    assert _names(pair, routes, '<vehicle route="a"/>') == (["WA AB"], [2.0])
    assert _names(pair, routes, '<vehicle route="d"/>') == (["AB BM", "WA AB"], [3.0, 1.0])
    assert _names(pair, routes, '<vehicle route="n"/>') == (["WA AB", "AB BM"], [5.0, 3.0])
    assert _names(pair, routes, '<vehicle><route edges="ME"/></vehicle>') == (["ME"], [1.0])
    assert _names(pair, routes, '<vehicle edges="ME"/>') == (["ME"], [1.0])
    own = '<vehicle><routeDistribution routes="a"><route edges="ME"/></routeDistribution></vehicle>'
    assert _names(pair, routes, own) == (["WA AB", "ME"], [2.0, 1.0])
    assert _names(pair, routes, '<vehicle from="WA" to="ME"/>') is None
    choices = routes.choices(etree.fromstring('<flow route="n"/>'), PATH)
    assert choices is not None
    flow = etree.fromstring("<flow/>")
    drawn = [routes.draw(choices, Due(flow, PATH, "f", index, 0.0, 0.0)).roads for index in range(400)]
    assert drawn.count(choices[0][0].roads) == pytest.approx(250, abs=40)


def test_a_route_may_repeat_with_its_stops(pair: City) -> None:
    routes = _routes(
        pair, '<route id="r" edges="WA AB" repeat="2" cycleTime="60"><stop lane="AB_0" until="5"/></route>'
    )
    choices = routes.choices(etree.fromstring('<vehicle route="r"/>'), PATH)
    assert choices is not None
    route = choices[0][0]
    assert len(route.roads) == 4
    assert [halt.until_s for halt in route.halts] == [5.0, 65.0]


@pytest.mark.parametrize(
    ("xml", "what"),
    [
        ('<route edges="WA"/>', "attribute id is missing"),
        ('<route id="r"/>', "attribute edges is missing"),
        ('<route id="r" edges="zz"/>', "<route r>: edge zz is not in the net"),
        ('<routeDistribution id="d"/>', "the distribution has no usable routes"),
        ('<routeDistribution id="d" routes="r"/>', "route r is not defined before it is used"),
        ('<route id="r" edges="WA"/><routeDistribution id="d" routes="r" probabilities="x"/>', "no probability: 'x'"),
        ('<routeDistribution id="d"><route edges="WA" probability="0"/></routeDistribution>', "no usable routes"),
    ],
)
def test_broken_routes_are_refused(pair: City, xml: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        _routes(pair, xml)

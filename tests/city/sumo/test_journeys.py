from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo.draws import Draws
from cityloop.city.sumo.halts import Halt, HaltReader
from cityloop.city.sumo.journeys import Journey, JourneyReader, Ways, road_rows, with_departure
from cityloop.city.sumo.named_routes import NamedRoutes
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.routing import Penalties, RoadGraph

PATH = Path("x.rou.xml")


@pytest.fixture
def reader(pair: City) -> JourneyReader:
    roads = road_rows(pair)
    halts = HaltReader(pair, roads)
    return JourneyReader(pair, NamedRoutes(roads, halts, Draws(0)), halts)


@pytest.fixture
def ways(pair: City) -> Ways:
    return Ways(RoadGraph(NetDetails(pair), "passenger", 55.0, 1.0, Penalties()))


def _rows(city: City, names: str) -> tuple[int, ...]:
    return tuple(road_rows(city)[name] for name in names.split())


def _journey(reader: JourneyReader, xml: str) -> Journey:
    return reader.journey_of(etree.fromstring(xml), PATH)


def test_ends_of_trips(reader: JourneyReader, pair: City) -> None:
    reader.add_zone(etree.fromstring('<taz id="z" edges="WA"><tazSource id="ANA"/><tazSink id="ME"/></taz>'), PATH)
    for xml, ends in [
        ('<trip from="WA" to="ME"/>', ("WA", "ME")),
        ('<trip fromTaz="z" toTaz="z"/>', ("WA ANA", "WA ME")),
        ('<trip fromJunction="A" toJunction="M"/>', ("AB", "BM MNM")),
        ('<trip><stop lane="AB_0"/><stop lane="BM_0"/></trip>', ("AB", "BM")),
        ('<flow from="WA"><stop lane="BM_0"/></flow>', ("WA", "BM")),
    ]:
        journey = _journey(reader, xml)
        assert (journey.origins, journey.targets) == tuple(_rows(pair, names) for names in ends), xml
    assert _journey(reader, '<trip fromTaz="?" to="ME"/>').reason
    assert _journey(reader, '<trip from="WA" to="ME" viaJunctions="B"/>').reason
    assert _journey(reader, '<vehicle><route edges="WA AB"/></vehicle>').choices is not None
    with pytest.raises(Unusable, match="edge zz is not in the net"):
        reader.add_zone(etree.fromstring('<taz id="y" edges="zz"/>'), PATH)


def test_ways_pass_their_vias_or_else_their_stops(reader: JourneyReader, ways: Ways, pair: City) -> None:
    whole = _rows(pair, "WA AB BM ME")
    for xml in (
        '<trip from="WA" via="BM" to="ME"/>',
        '<trip from="WA" via="WA AB ME" to="ME"/>',
        '<trip from="WA" to="ME"><stop lane="AB_0"/><stop lane="AB_0"/></trip>',
        '<trip from="WA" via="BM" to="ME"><stop lane="ANA_0"/></trip>',
    ):
        assert ways.of_trip(_journey(reader, xml), has_to_turn_back=False) == whole, xml
    assert ways.of_trip(_journey(reader, '<trip from="WA" via="ANA" to="ME"/>'), has_to_turn_back=False) is None
    # once round again, which this net does not allow
    assert ways.of_trip(_journey(reader, '<trip from="WA" via="AB AB" to="ME"/>'), has_to_turn_back=False) is None
    there = _journey(reader, '<trip from="WA" to="WA"/>')
    assert ways.of_trip(there, has_to_turn_back=True) == whole[:1]


def test_given_routes_are_whole_or_not(ways: Ways, pair: City) -> None:
    assert ways.is_whole(_rows(pair, "WA AB BM"))
    assert not ways.is_whole(_rows(pair, "WA BM"))


def test_timetables_move_with_the_departure() -> None:
    halts = (Halt(0, 1.0, 2.0, 10.0),)
    assert with_departure(halts, 5.0)[0].until_s == 15.0
    assert with_departure(halts, 0.0) is halts

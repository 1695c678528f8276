import math
from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.departures import Due
from cityloop.city.sumo.draws import Draws
from cityloop.city.sumo.positions import Positions

POSITIONS = Positions([100.0, 3.0], Draws(0))


def _due(attributes: str, index: int = 0) -> Due:
    return Due(etree.fromstring(f'<trip id="t" {attributes}/>'), Path("x.rou.xml"), "t", index, 0.0, 0.0)


@pytest.mark.parametrize(
    ("attributes", "road", "halt_m", "depart_m"),
    [
        ("", 0, math.nan, 5.1),
        ("", 1, math.nan, 3.0),
        ("", 0, 4.0, 4.0),
        ('departPos="12.5"', 0, math.nan, 12.5),
        ('departPos="-20"', 0, math.nan, 80.0),
        ('departPos="-200"', 0, math.nan, 0.0),
        ('departPos="999"', 0, math.nan, 100.0),
        ('departPos="last"', 0, math.nan, 5.1),
        ('departPos="stop"', 0, 60.0, 60.0),
        ('departPos="stop"', 0, math.nan, 5.1),
    ],
)
def test_where_a_vehicle_enters(attributes: str, road: int, halt_m: float, depart_m: float) -> None:
    assert POSITIONS.depart_m(_due(attributes), road, 5.0, halt_m) == pytest.approx(depart_m)


@pytest.mark.parametrize(
    ("attributes", "arrival_m"),
    [
        ("", math.nan),
        ('arrivalPos="max"', math.nan),
        ('arrivalPos="30"', 30.0),
        ('arrivalPos="-30"', 70.0),
        ('arrivalPos="-300"', 0.0),
        ('arrivalPos="300"', math.nan),
        ('arrivalPos="center"', 50.0),
    ],
)
def test_where_a_vehicle_ends(attributes: str, arrival_m: float) -> None:
    assert POSITIONS.arrival_m(_due(attributes), 0) == pytest.approx(arrival_m, nan_ok=True)


def test_random_places_are_spread_over_the_road() -> None:
    due = [_due('departPos="random" arrivalPos="random"', index) for index in range(300)]
    for places_m in (
        [POSITIONS.depart_m(each, 0, 5.0, math.nan) for each in due],
        [POSITIONS.arrival_m(each, 0) for each in due],
    ):
        assert 0 <= min(places_m) < 5 < 95 < max(places_m) <= 100


def test_turning_back_needs_two_numbers() -> None:
    assert POSITIONS.has_to_turn_back(_due('departPos="50" arrivalPos="10"'))
    assert not POSITIONS.has_to_turn_back(_due('departPos="10" arrivalPos="50"'))
    for attributes in ("", 'departPos="50"', 'departPos="50" arrivalPos="max"', 'departPos="base" arrivalPos="1"'):
        assert not POSITIONS.has_to_turn_back(_due(attributes))


def test_parts_of_a_route() -> None:
    roads = (7, 8, 9)
    assert POSITIONS.cut(_due(""), roads) == roads
    assert POSITIONS.cut(_due('departEdge="1"'), roads) == (8, 9)
    assert POSITIONS.cut(_due('departEdge="1" arrivalEdge="1"'), roads) == (8,)
    cuts = {POSITIONS.cut(_due('departEdge="random" arrivalEdge="random"', index), roads) for index in range(100)}
    assert cuts == {(7,), (8,), (9,), (7, 8), (8, 9), roads}


def test_places_that_do_not_exist_are_refused() -> None:
    with pytest.raises(Unusable, match="attribute departPos is no number: 'x'"):
        POSITIONS.depart_m(_due('departPos="x"'), 0, 5.0, math.nan)
    with pytest.raises(Unusable, match="attribute arrivalPos is no number: 'x'"):
        POSITIONS.arrival_m(_due('arrivalPos="x"'), 0)
    with pytest.raises(Unusable, match="arrivalEdge 3 is no place in the route"):
        POSITIONS.cut(_due('arrivalEdge="3"'), (7, 8, 9))

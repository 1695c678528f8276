import math
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo.halts import Halt, HaltReader, rows_of
from cityloop.city.sumo.journeys import road_rows

PATH = Path("x.rou.xml")


def _halts(city: City, stops: str) -> tuple[Halt, ...]:
    return HaltReader(city, road_rows(city)).halts_of(etree.fromstring(f"<vehicle>{stops}</vehicle>"), PATH)


def test_places_of_stops(city_with: Callable[..., City]) -> None:
    city = city_with('<busStop id="b" lane="AB_0" startPos="3" endPos="12"/>')
    roads = road_rows(city)
    length_m = float(city.roads["length_m"][roads["WA"]])
    halts = _halts(
        city,
        '<stop busStop="b" duration="0:0:20"/><stop lane="WA_0" endPos="-4" until="90"/><stop edge="WA" endPos="1e9"/>',
    )
    assert [(halt.road_ix, halt.stop_m, halt.stop_s) for halt in halts] == [
        (roads["AB"], 12.0, 20.0),
        (roads["WA"], length_m - 4, 0.0),
        (roads["WA"], length_m, 0.0),
    ]
    assert halts[1].until_s == 90.0
    assert math.isnan(halts[0].until_s)


@pytest.mark.parametrize(
    ("stop", "what"),
    [
        ('<stop busStop="x"/>', "busStop x is not in the city"),
        ('<stop lane="zz_0"/>', "the stop is on no road"),
        ("<stop/>", "the stop is on no road"),
        ('<stop lane="WA_0" duration="x"/>', "no time: 'x'"),
    ],
)
def test_broken_stops_are_refused(pair: City, stop: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        _halts(pair, stop)


def test_stops_take_the_next_road_of_the_way_on_which_they_lie() -> None:
    def halt(road_ix: int, stop_m: float, until_s: float = math.nan) -> Halt:
        return Halt(road_ix, stop_m, 5.0, until_s)

    rows, n_without = rows_of((1, 2, 1), [halt(1, 30.0), halt(1, 20.0)])
    assert [row.stop_m for row in rows[::2]] == [30.0, 20.0]
    assert n_without == 0
    rows, n_without = rows_of((1, 2), [halt(1, 30.0, 70.0), halt(1, 40.0), halt(3, 1.0), halt(2, 2.0)])
    assert [(row.stop_s, row.stop_m) for row in rows] == [(10.0, 40.0), (5.0, 2.0)]
    assert rows[0].stop_until_s == 70.0
    assert n_without == 2
    assert rows_of((1,), [halt(1, 9.0), halt(1, 3.0)])[1] == 1

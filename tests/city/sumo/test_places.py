from collections.abc import Callable
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, read_city


def test_stops(city_with: Callable[..., City]) -> None:
    city = city_with(
        """<busStop id="bus" lane="WA_0" startPos="10" endPos="-20"><access lane="AB_0" pos="1"/></busStop>
        <trainStop id="train" lane="WA_0"/><containerStop id="box" lane="AB_0" endPos="5"/>
        <chargingStation id="power" lane="AB_0" startPos="-3"/><parkingArea id="park" lane="ME_0" startPos="1"/>"""
    )
    stops = city.stops
    assert list(stops["stop_id"]) == ["bus", "train", "box", "power", "park"]
    assert list(stops["kind"]) == ["bus", "train", "container", "charging", "parking"]
    length_m = city.lanes["length_m"][stops["lane_ix"]]
    assert list(stops["start_m"]) == [10.0, 0.0, 0.0, length_m[3] - 3.0, 1.0]
    assert list(stops["end_m"]) == [length_m[0] - 20.0, length_m[1], 5.0, length_m[3], length_m[4]]


def test_tram_stops_are_told_by_their_lane(pair_net: Path, tmp_path: Path) -> None:
    net_path, stops_path = tmp_path / "tram.net.xml", tmp_path / "stops.add.xml"
    net_path.write_text(pair_net.read_text().replace('<lane id="WA_0"', '<lane id="WA_0" allow="tram"'))
    stops_path.write_text('<additional><busStop id="t" lane="WA_0"/><busStop id="b" lane="AB_0"/></additional>')
    city = read_city(SumoInput(None, net_path, additional_paths=(stops_path,)), "tram")
    assert list(city.stops["kind"]) == ["tram", "bus"]


def test_detectors(city_with: Callable[..., City]) -> None:
    city = city_with(
        """<inductionLoop id="e1" lane="WA_0" pos="-5" period="60" file="x.xml"/>
        <e1Detector id="e1b" lane="WA_0" pos="2" file="x.xml"/>
        <instantInductionLoop id="now" lane="WA_0" pos="0" file="x.xml"/>
        <laneAreaDetector id="e2" lane="WA_0" pos="10" length="20" file="x.xml"/>
        <e2Detector id="e2b" lanes="WA_0 AB_0" pos="1" endPos="-2" file="x.xml"/>
        <laneAreaDetector id="whole" lane="WA_0" file="x.xml"/>
        <entryExitDetector id="e3" file="x.xml"><detEntry lane="WA_0" pos="1"/>
        <detExit lane="BM_0" pos="-1"/></entryExitDetector>
        """
    )
    found = city.detectors
    length_m = city.lanes["length_m"][found["lane_ix"]]
    assert list(found["detector_id"]) == ["e1", "e1b", "now", "e2", "e2b", "whole", "e3", "e3"]
    assert list(found["kind"]) == ["loop"] * 3 + ["area"] * 3 + ["multi"] * 2
    expected_m = [5.0, length_m[1] - 2.0, length_m[2], length_m[3] - 30.0, 2.0, 0.0, length_m[6] - 1.0, 1.0]
    assert found["distance_m"].tolist() == pytest.approx(expected_m)
    assert str(city.lanes["lane_id"][found["lane_ix"][4]]) == "AB_0"


def test_places_inside_a_junction_are_named(city_with: Callable[..., City]) -> None:
    city = city_with(
        """<busStop id="s" lane=":A_1_0"/><inductionLoop id="d" lane=":A_1_0" pos="1" file="x"/>
        <laneAreaDetector id="a" lane=":A_1_0" file="x"/>"""
    )
    assert (city.stops.n_rows, city.detectors.n_rows) == (0, 0)
    assert [finding.where for finding in city.findings] == ["busStop s", "inductionLoop d", "laneAreaDetector a"]


@pytest.mark.parametrize(
    ("additional", "what"),
    [
        ('<busStop id="s" lane="zz_0"/>', "lane zz_0 is not in the net"),
        ('<busStop id="s"/>', "attribute lane is missing"),
        ('<busStop lane="WA_0"/>', "attribute id is missing"),
        ('<inductionLoop id="d" lane="WA_0" pos="x"/>', "attribute pos is no number"),
        ('<inductionLoop id="d" lane="WA_0"/>', "attribute pos is missing"),
        ('<laneAreaDetector id="d" lanes="WA_0 zz_0"/>', "lane zz_0 is not in the net"),
    ],
)
def test_broken_places_are_unusable(city_with: Callable[..., City], additional: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        city_with(additional)

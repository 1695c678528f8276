"""Roads and approaches from SUMO's edge data on a crossing whose western approach is cut by a node without a signal."""

import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city
from cityloop.measures.junctions import approach_delays, junction_delays, road_signals
from cityloop.measures.roads import RoadPeriods, read_roads

from .conftest import Outputs


@pytest.fixture(scope="module")
def city(outputs: Outputs) -> City:
    return read_city(SumoInput(config_path=None, net_path=outputs.net), "crossing")


@pytest.fixture(scope="module")
def roads(outputs: Outputs, city: City) -> RoadPeriods:
    return read_roads(outputs.edges, city)


def ix(city: City, road_id: str) -> int:
    return list(city.roads["road_id"]).index(road_id)


def test_sums_are_those_of_the_file(outputs: Outputs, city: City, roads: RoadPeriods):
    assert (roads.begin_s.tolist(), roads.end_s.tolist()) == ([0.0, 300.0], [300.0, 600.0])
    for period, interval in enumerate(ET.parse(outputs.edges).getroot()):
        for edge in interval:
            road_ix = ix(city, edge.get("id"))
            assert roads.time_loss_s[period, road_ix] == float(edge.get("timeLoss", 0))
            assert roads.waiting_s[period, road_ix] == float(edge.get("waitingTime", 0))
            assert roads.n_left[period, road_ix] == int(edge.get("left")) + int(edge.get("arrived"))
            assert roads.n_entered[period, road_ix] == int(edge.get("entered")) + int(edge.get("departed"))


def test_a_road_leads_to_the_signal_past_nodes_without_one(city: City):
    leads = road_signals(city)
    for road_id, stop_road_id in (("wm", "mc"), ("mc", "mc"), ("nc", "nc")):
        assert leads.signal_ix[ix(city, road_id)] == 0
        assert leads.stop_road_ix[ix(city, road_id)] == ix(city, stop_road_id)
    assert leads.signal_ix[ix(city, "ce")] == -1
    assert leads.stop_road_ix[ix(city, "cs")] == -1


def test_reach_bounds_an_approach(city: City):
    assert road_signals(city, reach_m=50.0).signal_ix[ix(city, "wm")] == -1


def test_the_loss_of_an_approach_is_that_of_its_roads_per_vehicle_over_the_stop_line(city: City, roads: RoadPeriods):
    approaches = approach_delays(roads, road_signals(city))
    assert approaches.stop_road_ix.tolist() == sorted([ix(city, "mc"), ix(city, "nc")])
    west = approaches.stop_road_ix.tolist().index(ix(city, "mc"))
    lost_s = roads.time_loss_s.sum(0)[[ix(city, "wm"), ix(city, "mc")]].sum()
    served_veh = roads.n_left.sum(0)[ix(city, "mc")]
    assert approaches.time_loss_s[west] == pytest.approx(lost_s)
    assert approaches.delay_s[west] == pytest.approx(lost_s / served_veh)
    n_veh, delay_s = junction_delays(approaches, 1)
    assert n_veh[0] == approaches.n_veh.sum()
    assert delay_s[0] == pytest.approx(approaches.time_loss_s.sum() / n_veh[0])


def test_where_nobody_passes_the_delay_cannot_be_told(city: City, roads: RoadPeriods):
    nobody = replace(roads, n_left=np.zeros_like(roads.n_left))
    approaches = approach_delays(nobody, road_signals(city))
    assert np.isnan(approaches.delay_s).all()
    assert math.isnan(junction_delays(approaches, 1)[1][0])


def test_no_period_at_all(tmp_path, city: City):
    path = tmp_path / "edges.xml"
    path.write_text("<meandata/>")
    roads = read_roads(path, city)
    assert roads.time_loss_s.shape == (0, city.roads.n_rows)
    assert (approach_delays(roads, road_signals(city)).n_veh == 0).all()

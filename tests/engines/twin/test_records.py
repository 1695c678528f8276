"""What a run of the twin leaves to be measured."""

import numpy as np
import pytest

from cityloop.city.sumo import read_traffic
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import network_of
from cityloop.engines.twin.prepare import run_of
from cityloop.engines.twin.records import ROLLING_S_PER_MPS, passages_of, records_of
from cityloop.engines.twin.simulation import simulate

BEGIN_S, END_S = 600.0, 900.0


@pytest.fixture(scope="module")
def traffic(street, street_source):
    return read_traffic(street_source, street, 1)


@pytest.fixture(scope="module")
def network(street):
    return network_of(street)


def played(street, network, traffic):
    run = run_of(network, street, traffic, BEGIN_S, END_S, 1)
    simulate(network, run, 0, int(END_S - BEGIN_S))
    return run, records_of(network, street, traffic, run, BEGIN_S, END_S, 60.0)


def test_trips_queues_and_roads_count_the_same_vehicles(street, network, traffic):
    run, records = played(street, network, traffic)
    trips, queues, roads = records.trips, records.queues, records.roads
    assert trips.n_rows == len(run.traffic_ix) > 10
    assert trips["is_finished"].any()
    assert queues.t_s.tolist() == list(np.arange(BEGIN_S, END_S))
    assert queues.running_veh.sum() == pytest.approx(trips["travel_time_s"].sum(), rel=0.02)
    assert queues.outside_veh.sum() == pytest.approx(trips["depart_delay_s"].sum(), abs=trips.n_rows)
    assert queues.queue_veh.sum() == pytest.approx(trips["waiting_s"].sum(), abs=2 * trips.n_rows)
    assert roads.n_entered.sum() == len(passages_of(network, street, run, END_S - BEGIN_S).road_ix)
    assert roads.driven_m.sum() == pytest.approx(trips["length_m"].sum(), rel=0.05)
    assert roads.waiting_s.sum() == pytest.approx(trips["waiting_s"].sum(), rel=0.01)


def test_time_lost_is_travel_time_less_the_way_at_the_speed_that_is_wanted(street, network, traffic):
    _, records = played(street, network, traffic)
    trips = records.trips
    done = trips["is_finished"]
    fastest_s = trips["length_m"][done] / street.roads["speed_mps"].max() / 2
    assert (trips["time_loss_s"][done] >= 0).all()
    assert (trips["travel_time_s"][done] - trips["time_loss_s"][done] >= fastest_s).all()
    np.testing.assert_allclose(trips["delay_s"], trips["time_loss_s"] + trips["depart_delay_s"])


def test_passages_follow_each_other(street, network, traffic):
    run, _ = played(street, network, traffic)
    passages = passages_of(network, street, run, END_S - BEGIN_S)
    assert (passages.left_s >= passages.entered_s).all()
    assert (passages.stood_s <= passages.left_s - passages.entered_s).all()
    # whoever has stood has braked before and accelerated after it
    rolling_s = ROLLING_S_PER_MPS * street.roads["speed_mps"].min() / 2
    has_stood = passages.stood_s > 0
    assert has_stood.any()
    assert (passages.left_s - passages.entered_s >= passages.stood_s + rolling_s)[has_stood].all()
    follows = passages.vehicle[1:] == passages.vehicle[:-1]
    assert (passages.entered_s[1:] >= passages.left_s[:-1])[follows].all()
    assert passages.is_left[:-1][follows].all()


def test_a_city_without_vehicles_has_empty_records(street, network):
    nobody = Traffic(Table("vehicles"), Table("routes"))
    _, records = played(street, network, nobody)
    assert records.trips.n_rows == 0
    assert records.queues.running_veh.sum() == 0
    assert records.roads.n_entered.sum() == 0

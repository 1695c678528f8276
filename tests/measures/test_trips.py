"""Trips as SUMO writes them, and figures against sums done by hand."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.errors import Unusable
from cityloop.city.table import Table
from cityloop.measures.trips import read_trips, trip_figures

from .conftest import END_S, Outputs


def written(path):
    return {e.get("id"): e for e in ET.parse(path).getroot().iter("tripinfo")}


def test_every_vehicle_that_was_to_depart_in_the_window_counts(outputs: Outputs):
    trips = read_trips(outputs.trips, 0.0, END_S)
    ids = set(trips["vehicle_id"])
    assert ids == set(written(outputs.trips))
    assert "early" in ids
    assert "beyond" not in ids
    assert (trips["depart_s"] < END_S).all()


def test_a_vehicle_that_never_entered_has_waited_from_its_planned_departure_to_the_end(outputs: Outputs):
    trips = read_trips(outputs.trips, 0.0, END_S)
    row = list(trips["vehicle_id"]).index("early")
    assert not trips["is_departed"][row]
    assert trips["depart_s"][row] == pytest.approx(590.5)
    assert trips["delay_s"][row] == pytest.approx(END_S - 590.5)
    assert (~trips["is_departed"]).sum() > 50


def test_planned_departures_of_a_flow_are_evenly_spaced_whether_its_vehicles_entered_or_not(outputs: Outputs):
    trips = read_trips(outputs.trips, 0.0, END_S)
    depart_s = {v: t for v, t in zip(trips["vehicle_id"], trips["depart_s"], strict=True) if v.startswith("west.")}
    for vehicle_id, t_s in depart_s.items():
        assert t_s == pytest.approx(int(vehicle_id.split(".")[1]) * 0.6, abs=0.011)


def test_figures_are_those_of_the_file(outputs: Outputs):
    trips = read_trips(outputs.trips, 0.0, END_S)
    figures = trip_figures(trips)
    rows = list(written(outputs.trips).values())
    loss_s = [float(r.get("timeLoss")) + float(r.get("departDelay")) for r in rows]
    assert figures.delay_s == pytest.approx(np.mean(loss_s))
    assert figures.delay_p95_s == pytest.approx(np.percentile(loss_s, 95))
    assert figures.n_vehicles == len(rows)
    assert figures.throughput_veh == sum(float(r.get("arrival")) >= 0 for r in rows)
    assert figures.n_undeparted == sum(r.get("depart") == "-1" for r in rows)
    assert figures.n_vehicles == figures.throughput_veh + figures.n_unfinished + figures.n_undeparted
    co2_mg = sum(float(e.get("CO2_abs")) for r in rows for e in r.iter("emissions"))
    assert figures.co2_g == pytest.approx(co2_mg / 1000)
    assert 100 < figures.co2_g / figures.distance_km < 1000  # grams a kilometre of a petrol car in a jam
    assert figures.fuel_g / figures.co2_g == pytest.approx(1 / 3.1, rel=0.1)  # combustion of petrol or diesel


def test_a_window_that_begins_later_leaves_out_who_was_to_depart_before(outputs: Outputs):
    trips = read_trips(outputs.trips, 300.0, END_S)
    assert (trips["depart_s"] >= 300.0).all()
    assert 0 < trips.n_rows < len(written(outputs.trips))


def test_riders_are_counted_for_the_time_on_board(outputs: Outputs):
    trips = read_trips(outputs.trips, 0.0, END_S, {"line": "bus"})
    row = list(trips["vehicle_id"]).index("line")
    ride = next(ET.parse(outputs.trips).getroot().iter("ride"))
    on_board_s = float(ride.get("arrival")) - float(ride.get("depart"))
    assert trips["class"][row] == "bus"
    assert trips["n_persons"][row] == pytest.approx(on_board_s / trips["travel_time_s"][row])
    assert not math.isnan(trip_figures(trips).person_delay_s)


def write(path, *elements):
    path.write_text("<tripinfos>" + "".join(elements) + "</tripinfos>")
    return path


TRIP = (
    '<tripinfo id="{id}" depart="{depart}" departDelay="2.00" arrival="90.00" duration="80.00" routeLength="500.00"'
    ' waitingTime="10.00" waitingCount="2" stopTime="0.00" timeLoss="30.00" vaporized="{gone}"/>'
)


def test_without_rides_the_riders_of_a_bus_cannot_be_told(tmp_path):
    path = write(tmp_path / "t.xml", TRIP.format(id="b", depart=10, gone=""), TRIP.format(id="c.3", depart=10, gone=""))
    trips = read_trips(path, 0.0, 100.0, {"b": "bus", "c": "truck"})
    assert list(trips["class"]) == ["bus", "truck"]
    assert math.isnan(trips["n_persons"][0])
    assert trips["n_persons"][1] == 1.0
    assert math.isnan(trip_figures(trips).person_delay_s)


def test_without_emissions_they_cannot_be_told(tmp_path):
    figures = trip_figures(read_trips(write(tmp_path / "t.xml", TRIP.format(id="a", depart=10, gone="")), 0.0, 100.0))
    assert math.isnan(figures.co2_g)
    assert math.isnan(figures.fuel_g)
    assert figures.delay_s == 32.0
    assert math.isnan(figures.person_delay_s)  # one person everywhere: nothing new


def test_a_vehicle_that_was_taken_out_did_not_finish(tmp_path):
    trips = read_trips(write(tmp_path / "t.xml", TRIP.format(id="a", depart=10, gone="teleport")), 0.0, 100.0)
    assert trip_figures(trips).throughput_veh == 0


def test_no_trips_no_figures(tmp_path):
    figures = trip_figures(read_trips(write(tmp_path / "t.xml"), 0.0, 100.0))
    assert figures.n_vehicles == 0
    assert math.isnan(figures.delay_s)
    assert math.isnan(figures.delay_p95_s)


@given(st.lists(st.tuples(st.floats(0, 500), st.integers(1, 60)), min_size=2, max_size=30))
def test_persons_delay_is_that_of_as_many_trips(rows):
    delay_s, n_persons = np.array(rows, float).T
    n = len(rows)
    trips = Table(
        "trips",
        {
            "vehicle_id": [f"v{i}" for i in range(n)],
            "is_departed": [True] * n,
            "is_finished": [True] * n,
            "n_persons": n_persons,
            "delay_s": delay_s,
            **{
                name: np.zeros(n)
                for name in (
                    *("depart_s", "depart_delay_s", "travel_time_s", "time_loss_s"),
                    *("waiting_s", "stops", "length_m"),
                )
            },
        },
    )
    person_delay_s = trip_figures(trips).person_delay_s
    if np.ptp(n_persons) == 0:
        assert math.isnan(person_delay_s)
    else:
        assert person_delay_s == pytest.approx(np.repeat(delay_s, n_persons.astype(int)).mean())


def test_a_file_cut_short_is_unusable(outputs: Outputs, tmp_path):
    path = tmp_path / "cut.xml"
    path.write_bytes(outputs.trips.read_bytes()[:-500])
    with pytest.raises(Unusable, match=r"cut\.xml"):
        read_trips(path, 0.0, END_S)
    with pytest.raises(Unusable, match=r"none\.xml"):
        read_trips(tmp_path / "none.xml", 0.0, END_S)

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.city import City
from cityloop.control.view import Vehicles
from cityloop.sensing.coverage import coverage_of


def place(city: City, lane_id: str) -> int:
    return city.lanes["lane_id"].tolist().index(lane_id)


def one(lane_ix: int, movement_ix: int, position_m: float) -> Vehicles:
    return Vehicles(lane_ix=np.array([lane_ix]), movement_ix=np.array([movement_ix]), position_m=np.array([position_m]))


def test_upstream_past_an_unsignalised_node(street: City) -> None:
    coverage = coverage_of(street, 200.0)
    lane_ix = place(street, "WA_1")
    length_m = street.lanes["length_m"]
    through = np.flatnonzero(street.movements["from_lane_ix"] == lane_ix)[0]
    behind_m = length_m[place(street, "AJ_1")] + street.movements["length_m"][through]
    edge_m = length_m[lane_ix] + behind_m - 200.0
    assert coverage.sees(one(lane_ix, -1, edge_m + 0.1))[0]
    assert not coverage.sees(one(lane_ix, -1, edge_m - 0.1))[0]
    assert coverage.sees(one(-1, int(through), 0.5))[0]


def test_downstream_to_the_range(street: City) -> None:
    coverage = coverage_of(street, 200.0)
    lane_ix = place(street, "KE_1")
    ways = street.movements["to_lane_ix"] == lane_ix
    shortest_m = street.movements["length_m"][ways & (street.movements["signal_ix"] >= 0)].min()
    assert coverage.sees(one(lane_ix, -1, 200.0 - shortest_m - 0.1))[0]
    assert not coverage.sees(one(lane_ix, -1, 200.0 - shortest_m + 0.1))[0]


def test_between_two_signals_all_is_seen(street: City) -> None:
    coverage = coverage_of(street, 200.0)
    lane_ix = place(street, "JK_1")
    for position_m in (0.0, 90.0, float(street.lanes["length_m"][lane_ix])):
        assert coverage.sees(one(lane_ix, -1, position_m))[0]


def test_the_inside_of_a_signalised_junction_is_seen(street: City) -> None:
    coverage = coverage_of(street)
    for movement_ix in np.flatnonzero(street.movements["signal_ix"] >= 0).tolist():
        if not street.movements["is_crossing"][movement_ix]:
            assert coverage.sees(one(-1, movement_ix, 3.0))[0]


def test_nowhere_is_not_seen(street: City) -> None:
    assert not coverage_of(street).sees(one(-1, -1, 0.0))[0]
    assert coverage_of(street).sees(Vehicles()).shape == (0,)


@given(range_m=st.floats(1.0, 400.0), more_m=st.floats(0.0, 200.0))
def test_a_longer_range_sees_no_less(street: City, range_m: float, more_m: float) -> None:
    short, long = coverage_of(street, range_m), coverage_of(street, range_m + more_m)
    assert (long.from_m <= short.from_m).all()
    assert (long.until_m >= short.until_m).all()

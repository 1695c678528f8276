from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.city import City
from cityloop.control.view import Detectors, Vehicles
from cityloop.sensing.connected import ConnectedSensor, uniform_of
from cityloop.sensing.coverage import coverage_of
from cityloop.sensing.selection import vehicles_where


def test_all_connected_tell_all(street: City, traffic: Vehicles) -> None:
    sensor = ConnectedSensor(street, 1.0, seed=3)
    seen, _ = sensor.observe(0.0, traffic, Detectors())
    rows = np.flatnonzero(coverage_of(street).sees(traffic))
    np.testing.assert_array_equal(seen.vehicle_ix, traffic.vehicle_ix[rows])
    np.testing.assert_array_equal(seen.movement_ix, traffic.movement_ix[rows])
    assert sensor.loops.n_rows == 0


def test_a_share_is_connected_and_stays_so(street: City, traffic: Vehicles) -> None:
    sensor = ConnectedSensor(street, 0.3, seed=3)
    seen, _ = sensor.observe(0.0, traffic, Detectors())
    in_sight = int(coverage_of(street).sees(traffic).sum())
    assert 0.25 < len(seen.vehicle_ix) / in_sight < 0.35
    half = np.arange(0, len(traffic.vehicle_ix), 2)
    again, _ = sensor.observe(1.0, vehicles_where(traffic, half, traffic.movement_ix), Detectors())
    assert set(again.vehicle_ix.tolist()) == set(seen.vehicle_ix.tolist()) & set(traffic.vehicle_ix[half].tolist())


def test_another_seed_connects_others(street: City, traffic: Vehicles) -> None:
    one, _ = ConnectedSensor(street, 0.5, seed=1).observe(0.0, traffic, Detectors())
    other, _ = ConnectedSensor(street, 0.5, seed=2).observe(0.0, traffic, Detectors())
    common = len(set(one.vehicle_ix.tolist()) & set(other.vehicle_ix.tolist()))
    assert 0.4 < common / len(one.vehicle_ix) < 0.6


def test_one_loop_at_each_stop_line(street: City) -> None:
    loops = ConnectedSensor(street, 0.5, seed=1).loops
    signalised = (street.movements["signal_ix"] >= 0) & ~street.movements["is_crossing"]
    assert sorted(loops["lane_ix"]) == sorted(set(street.movements["from_lane_ix"][signalised].tolist()))


@given(seed=st.integers(0, 2**63), share_frac=st.floats(0.02, 0.98))
def test_chance_is_even(seed: int, share_frac: float) -> None:
    draws = uniform_of(np.arange(4000), seed)
    assert ((draws >= 0) & (draws < 1)).all()
    assert (draws < share_frac).mean() == pytest.approx(share_frac, abs=0.05)
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.09

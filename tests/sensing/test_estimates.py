from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.control.view import Vehicles
from cityloop.sensing.coverage import coverage_of
from cityloop.sensing.estimates import (
    MovementEstimates,
    arriving_veh,
    class_frac,
    level_of_service,
    queue_veh,
)


def _signalised(street: City) -> tuple[int, int, float]:
    movements = street.movements
    rows = np.flatnonzero((movements["signal_ix"] >= 0) & ~movements["is_crossing"])
    length_m = street.lanes["length_m"][movements["from_lane_ix"][rows]]
    row = int(rows[np.argmax(length_m)])
    return row, int(movements["from_lane_ix"][row]), float(length_m.max())


def _row(number: int, lane_ix: int, movement_ix: int, position_m: float, speed_mps: float) -> Vehicles:
    one = np.ones(1)
    return Vehicles(
        np.array([number]), np.array([lane_ix]), np.array([movement_ix]), position_m * one, speed_mps * one, 4.5 * one,
        0 * one, one, 0 * one,
    )  # fmt: skip


def test_queues_and_arrivals_count_by_speed(street: City) -> None:
    _, lane_ix, end_m = _signalised(street)
    coverage, lanes = coverage_of(street, 150.0), np.array([lane_ix])
    standing, moving = _row(1, lane_ix, -1, end_m - 1.0, 0.5), _row(1, lane_ix, -1, end_m - 50.0, 10.0)
    assert queue_veh(standing, coverage, lanes).tolist() == [1.0]
    assert queue_veh(moving, coverage, lanes).tolist() == [0.0]
    assert arriving_veh(moving, coverage, lanes, 6.0).tolist() == [1.0]
    assert arriving_veh(moving, coverage, lanes, 4.0).tolist() == [0.0]


def test_volumes_shares_and_saturation_flow_of_a_discharging_queue(street: City) -> None:
    movement_ix, lane_ix, _ = _signalised(street)
    estimates, green_s = MovementEstimates(street, found_frac=0.5), np.full(street.lanes.n_rows, np.nan)
    for t_s in range(60):
        green_s[lane_ix] = t_s
        estimates.observe(float(t_s), _row(t_s // 2, -1, movement_ix, 1.0, 8.0), green_s)
    volumes_veh = estimates.take_volumes_veh()
    assert volumes_veh[movement_ix] == volumes_veh.sum() == 60.0
    assert estimates.turning_frac(volumes_veh)[movement_ix] == 1.0
    assert estimates.saturation_vps()[lane_ix] == pytest.approx(0.5)
    assert np.isnan(estimates.saturation_vps()).sum() == street.lanes.n_rows - 1
    assert estimates.take_volumes_veh().sum() == 0.0


def test_levels_and_classes() -> None:
    assert level_of_service(np.array([0.0, 10.0, 10.1, 35.0, 60.0, 99.0])).tolist() == [0, 0, 1, 2, 4, 5]
    with pytest.raises(ValueError, match="nan"):
        level_of_service(np.array([np.nan]))
    vehicles = Vehicles(length_m=np.array([4.0, 5.0, 12.0, 18.0]))
    assert class_frac(vehicles).tolist() == [0.5, 0.25, 0.25]
    assert np.isnan(class_frac(Vehicles())).all()

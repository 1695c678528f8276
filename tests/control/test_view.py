from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cityloop.control.view import Detectors, Health, Source, Vehicles, View

INTEGERS = ("vehicle_ix", "lane_ix", "movement_ix", "n_veh", "n_walkers", "sensor_ix")
CODES = ("source", "state", "stand_in")


@pytest.mark.parametrize("kind", [Vehicles, Detectors, Health])
def test_seeing_nothing_gives_empty_columns(kind: type[Vehicles] | type[Detectors] | type[Health]) -> None:
    nothing = kind()
    for field in dataclasses.fields(kind):
        column = getattr(nothing, field.name)
        assert column.shape == (0,)
        expected = np.int64 if field.name in INTEGERS else np.uint8 if field.name in CODES else np.float64
        assert column.dtype == expected


@pytest.mark.parametrize("kind", [Vehicles, Detectors])
def test_every_reading_carries_its_source_age_and_confidence(kind: type[Vehicles] | type[Detectors]) -> None:
    assert {"age_s", "source", "confidence_frac"} <= {field.name for field in dataclasses.fields(kind)}


def test_readings_of_which_nothing_is_said_are_ideal_or_of_loops_and_sure() -> None:
    vehicles = Vehicles(vehicle_ix=np.arange(3))
    assert vehicles.source.tolist() == [Source.IDEAL] * 3
    assert vehicles.confidence_frac.tolist() == [1.0] * 3
    detectors = Detectors(lane_ix=np.arange(2))
    assert detectors.source.tolist() == [Source.LOOP] * 2
    assert detectors.confidence_frac.tolist() == [1.0] * 2


def test_a_view_cannot_be_changed_and_shares_nothing() -> None:
    one = View(0.0, np.zeros(2, np.uint8), np.zeros(2, np.int64))
    other = View(0.0, np.zeros(2, np.uint8), np.zeros(2, np.int64))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.t_s = 1.0  # type: ignore[misc]
    assert one.vehicles is not other.vehicles
    assert one.vehicles.lane_ix is not other.vehicles.lane_ix

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cityloop.control.view import Detectors, Vehicles, View

INTEGERS = ("vehicle_ix", "lane_ix", "movement_ix", "n_veh", "n_walkers")


@pytest.mark.parametrize("kind", [Vehicles, Detectors])
def test_seeing_nothing_gives_empty_columns(kind: type[Vehicles] | type[Detectors]) -> None:
    nothing = kind()
    for field in dataclasses.fields(kind):
        column = getattr(nothing, field.name)
        assert column.shape == (0,)
        assert column.dtype == (np.int64 if field.name in INTEGERS else np.float64)


def test_every_reading_carries_its_age() -> None:
    assert {"age_s"} <= {field.name for field in dataclasses.fields(Vehicles)}
    assert {"age_s"} <= {field.name for field in dataclasses.fields(Detectors)}


def test_a_view_cannot_be_changed_and_shares_nothing() -> None:
    one = View(0.0, np.zeros(2, np.uint8), np.zeros(2, np.int64))
    other = View(0.0, np.zeros(2, np.uint8), np.zeros(2, np.int64))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.t_s = 1.0  # type: ignore[misc]
    assert one.vehicles is not other.vehicles
    assert one.vehicles.lane_ix is not other.vehicles.lane_ix

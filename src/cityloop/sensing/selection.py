"""Rows of vehicle columns."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.control.view import Ints, Source, Vehicles


def vehicles_where(vehicles: Vehicles, rows: NDArray[Any], movement_ix: Ints) -> Vehicles:
    """Return the vehicles of some rows, with other announcements.

    Parameters
    ----------
    vehicles : Vehicles
    rows : mask or row numbers
    movement_ix : int64
        What takes the place of ``vehicles.movement_ix``, before the rows are taken.
    """
    return Vehicles(
        vehicle_ix=vehicles.vehicle_ix[rows],
        lane_ix=vehicles.lane_ix[rows],
        movement_ix=movement_ix[rows],
        position_m=vehicles.position_m[rows],
        speed_mps=vehicles.speed_mps[rows],
        length_m=vehicles.length_m[rows],
        waiting_s=vehicles.waiting_s[rows],
        n_persons=vehicles.n_persons[rows],
        age_s=vehicles.age_s[rows],
        source=vehicles.source[rows],
        confidence_frac=vehicles.confidence_frac[rows],
    )


def as_from(vehicles: Vehicles, source: Source) -> Vehicles:
    """Return the vehicles as readings of one source."""
    return dataclasses.replace(vehicles, source=np.full(len(vehicles.vehicle_ix), source, np.uint8))


def joined(first: Vehicles, *others: Vehicles) -> Vehicles:
    """Return the rows of several one after the other."""
    columns: dict[str, Any] = {
        field.name: np.concatenate([getattr(part, field.name) for part in (first, *others)])
        for field in dataclasses.fields(Vehicles)
    }
    return Vehicles(**columns)

"""Rows of vehicle columns."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from cityloop.control.view import Ints, Vehicles


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
    )

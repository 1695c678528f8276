"""Traffic to sense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.control.view import Vehicles

Standing = Callable[..., Vehicles]


@pytest.fixture(scope="session")
def traffic(street: City) -> Vehicles:
    """Return 3,000 vehicles all over the street, one in ten inside a junction."""
    n = 3000
    rng = np.random.default_rng(5)
    usable = np.flatnonzero(street.lanes["allows_cars"])
    ways = np.flatnonzero(~street.movements["is_crossing"])
    signalised = np.flatnonzero(~street.movements["is_crossing"] & (street.movements["signal_ix"] >= 0))
    is_inside = rng.random(n) < 0.1
    lane_ix = np.where(is_inside, -1, rng.choice(usable, n))
    announced = np.where(rng.random(n) < 0.2, -2, rng.choice(signalised, n))
    movement_ix = np.where(is_inside, rng.choice(ways, n), announced)
    end_m = np.where(is_inside, street.movements["length_m"][movement_ix], street.lanes["length_m"][lane_ix])
    return Vehicles(
        vehicle_ix=np.arange(n),
        lane_ix=lane_ix,
        movement_ix=movement_ix,
        position_m=rng.random(n) * end_m,
        speed_mps=rng.random(n) * 14,
        length_m=np.full(n, 5.0),
        waiting_s=rng.random(n) * 30,
        n_persons=np.ones(n),
        age_s=np.zeros(n),
    )

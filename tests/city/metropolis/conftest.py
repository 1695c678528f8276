"""A small city of each kind."""

from __future__ import annotations

import pytest

from cityloop.city.city import City
from cityloop.city.metropolis import grid_city, radial_city, superblock_city

_BUILDERS = {
    "grid": lambda: grid_city(3, 4),
    "one junction": lambda: grid_city(1, 1),
    "radial": lambda: radial_city(3, 8),
    "narrow radial": lambda: radial_city(2, 3),
    "superblock": lambda: superblock_city(2, 3),
    "streets": lambda: superblock_city(2, 2, n_lanes=4, n_streets=3),
}


@pytest.fixture(scope="session", params=_BUILDERS)
def city(request: pytest.FixtureRequest) -> City:
    """Return one small city after the other."""
    return _BUILDERS[request.param]()

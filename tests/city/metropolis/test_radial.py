from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.city.metropolis import radial_city


@pytest.mark.parametrize(("rings", "spokes"), [(1, 3), (3, 8), (2, 30)])
def test_counts(rings: int, spokes: int) -> None:
    city = radial_city(rings, spokes)
    assert city.signals.n_rows == rings * spokes
    assert city.roads.n_rows == 4 * rings * spokes
    assert city.nodes.n_rows == (rings + 1) * spokes
    assert city.movements.n_rows == 12 * (rings - 1) * spokes + 9 * spokes


def test_rings_and_sides_are_as_far_as_asked() -> None:
    city = radial_city(3, 8, ring_m=350.0)
    radius_m = np.hypot(city.nodes["x_m"], city.nodes["y_m"]).reshape(4, 8)
    np.testing.assert_allclose(np.diff(radius_m[:, 0]), 350.0)
    assert np.hypot(*np.diff(np.column_stack((city.nodes["x_m"], city.nodes["y_m"]))[:2], axis=0)[0]) == pytest.approx(
        350
    )


@pytest.mark.parametrize("wrong", [{"n_rings": 0}, {"n_spokes": 2}, {"ring_m": 0.0}, {"speed_mps": -1.0}])
def test_what_is_no_city_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unusable):
        radial_city(**{"n_rings": 2, "n_spokes": 6, **wrong})

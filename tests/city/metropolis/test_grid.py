from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.city.metropolis import Timing, grid_city


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 4), (7, 2)])
def test_counts(rows: int, columns: int) -> None:
    city = grid_city(rows, columns)
    n = rows * columns
    assert city.signals.n_rows == n
    assert city.nodes.n_rows == n + 2 * (rows + columns)
    assert city.roads.n_rows == 4 * n + 2 * (rows + columns)
    assert city.lanes.n_rows == 3 * city.roads.n_rows
    assert city.movements.n_rows == city.links.n_rows == 12 * n


def test_blocks_are_as_long_as_asked() -> None:
    city = grid_city(2, 3, block_m=250.0, speed_mps=12.0)
    nodes, roads = city.nodes, city.roads
    ends = [np.column_stack((nodes["x_m"], nodes["y_m"]))[roads[name]] for name in ("from_node_ix", "to_node_ix")]
    np.testing.assert_allclose(np.hypot(*(ends[1] - ends[0]).T), 250.0)
    assert set(roads["speed_mps"]) == {12.0}


def test_offsets_follow_the_wave_to_the_east() -> None:
    city = grid_city(1, 4, block_m=300.0, speed_mps=15.0, timing=Timing(cycle_s=70.0))
    assert city.plans["offset_s"].tolist() == [0.0, 20.0, 40.0, 60.0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_rows": 0},
        {"n_columns": 0},
        {"block_m": -300.0},
        {"block_m": float("nan")},
        {"block_m": 30.0},
        {"speed_mps": 0.0},
        {"timing": Timing(cycle_s=30.0)},
    ],
)
def test_what_is_no_grid_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unusable) as raised:
        grid_city(**{"n_rows": 2, "n_columns": 2, **wrong})
    assert "\n" not in str(raised.value)

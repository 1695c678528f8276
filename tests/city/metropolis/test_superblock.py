from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.city.metropolis import Timing, superblock_city


@pytest.mark.parametrize(("rows", "columns", "streets"), [(1, 1, 1), (2, 3, 1), (3, 2, 3)])
def test_counts(rows: int, columns: int, streets: int) -> None:
    city = superblock_city(rows, columns, n_streets=streets)
    large, segments = rows * columns, rows * (columns - 1) + (rows - 1) * columns
    assert city.signals.n_rows == large + segments
    inner = streets**2 * (rows - 1) * (columns - 1)
    side = (streets - 1) * segments
    pockets = 4 * large
    kinds = Counter(city.nodes["kind"])
    assert kinds["traffic_light"] == large + segments
    assert kinds["priority"] == inner + side + pockets


def test_large_signals_have_pockets_u_turns_and_crosswalks() -> None:
    city = superblock_city(2, 2, n_lanes=4, pocket_m=60.0)
    movements, roads = city.movements, city.roads
    is_turn = movements["direction"] == "t"
    assert is_turn.sum() == 4 * 4
    pocket = city.lanes["road_ix"][movements["from_lane_ix"][is_turn]]
    np.testing.assert_allclose(roads["length_m"][pocket], 60.0)
    assert (roads["n_lanes"][pocket] == 5).all()
    for row in np.flatnonzero(is_turn):
        together = movements["link_ix"] == movements["link_ix"][row]
        assert sorted(movements["direction"][together]) == ["l", "t"]
    assert city.links["is_crossing"].sum() == 4 * city.signals.n_rows


def test_straight_on_comes_before_left() -> None:
    city = superblock_city(1, 1)
    links = city.movements["link_ix"]
    first, second = city.states_of(0)[0], city.states_of(0)[4]
    shown = {
        state: {city.movements["direction"][row] for row in range(len(links)) if state[links[row]] == "G"}
        for state in (first, second)
    }
    assert shown == {first: {"s"}, second: {"l", "t"}}


def test_walkers_have_time_to_cross() -> None:
    city = superblock_city(2, 2)
    crossings = np.flatnonzero(city.movements["is_crossing"])
    for row in crossings:
        signal_ix = int(city.movements["signal_ix"][row])
        link = int(city.movements["link_ix"][row] - city.links_of(signal_ix).start)
        plan = slice(*(int(city.plans[name][signal_ix]) for name in ("stages_start", "stages_end")))
        shown = [state[link] for state in city.stages["state"][plan]]
        durations_s = city.stages["duration_s"][plan]
        (walk,) = [step for step, character in enumerate(shown) if character == "G"]
        assert durations_s[walk] >= 7.0
        assert durations_s[walk + 1] >= city.movements["length_m"][row] / 1.0


def test_side_streets_cannot_cross_the_arterial_without_a_signal() -> None:
    city = superblock_city(2, 2, n_streets=3)
    movements, roads, road_of = city.movements, city.roads, city.lanes["road_ix"]
    driven = ~movements["is_crossing"]
    from_road, to_road = (road_of[movements[name][driven]] for name in ("from_lane_ix", "to_lane_ix"))
    joins = (roads["priority"][from_road] != roads["priority"][to_road]) & (movements["signal_ix"][driven] < 0)
    assert joins.any()
    assert set(movements["direction"][driven][joins]) == {"r"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_rows": 0},
        {"n_columns": 0},
        {"n_lanes": 1},
        {"n_streets": 2},
        {"n_streets": 0},
        {"block_m": -1.0},
        {"pocket_m": 0.0},
        {"pocket_m": 400.0},
        {"timing": Timing(cycle_s=90.0)},
        {"timing": Timing(cycle_s=50.0)},
    ],
)
def test_what_is_no_city_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unusable) as raised:
        superblock_city(**{"n_rows": 2, "n_columns": 2, **wrong})
    assert "\n" not in str(raised.value)

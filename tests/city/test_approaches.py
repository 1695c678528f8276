"""Small street nets by hand: lanes by length, ways by the lanes they join."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.city.table import Table, table_of_rows

WAY_M, LONG_WAY_M = 10.0, 100.0
SIGNAL, NONE = 0, -1
Way = tuple[int, int, int]  # from lane, to lane, signal
Row = tuple[int, int, int, float, float]  # stop lane, lane, movement, offset, entry


def _city(lengths_m: Sequence[float], ways: Sequence[Way], long_way: int = -1) -> City:
    lanes = [
        {
            "lane_id": str(k),
            "road_ix": k,
            "index": 0,
            "length_m": m,
            "speed_mps": 14,
            "points_start": 0,
            "points_end": 0,
        }
        for k, m in enumerate(lengths_m)
    ]
    movements = [
        {
            "from_lane_ix": a,
            "to_lane_ix": b,
            "node_ix": 0,
            "signal_ix": signal_ix,
            "is_crossing": a < 0,
            "length_m": LONG_WAY_M if row == long_way else WAY_M,
            "speed_mps": 14.0,
        }
        for row, (a, b, signal_ix) in enumerate(ways)
    ]
    names = ("nodes", "roads", "points", "conflicts", "signals", "links", "plans", "stages", "switches")
    empty = {name: Table(name) for name in (*names, "stops", "detectors", "demand")}
    return City(
        name="by hand",
        net_path=Path("by hand"),
        lanes=table_of_rows("lanes", lanes),
        movements=table_of_rows("movements", movements),
        **empty,
    )


def _rows(table: Table) -> list[Row]:
    columns = (table[name].tolist() for name in ("stop_lane_ix", "lane_ix", "movement_ix", "offset_m", "entry_m"))
    return list(zip(*columns, strict=True))


# lane 0 (50 m), then a way past an unsignalised node, then lane 1 (5 m) before a signal, then lane 2
CHAIN = ((50.0, 5.0, 80.0), ((0, 1, NONE), (1, 2, SIGNAL)))


@pytest.mark.parametrize(
    ("reach_m", "n_rows"),
    [(5.0, 1), (5.1, 2), (15.0, 2), (15.1, 3), (1000.0, 3)],
)
def test_a_short_last_lane_is_followed_upstream(reach_m: float, n_rows: int) -> None:
    table = approach_lanes(_city(*CHAIN), reach_m)
    assert _rows(table) == [(1, 1, -1, 0.0, 5.0), (1, -1, 0, 5.0, 15.0), (1, 0, -1, 15.0, 65.0)][:n_rows]
    assert set(table["signal_ix"].tolist()) == {SIGNAL}


def test_a_lane_before_a_fork_stands_there_for_each_stop_line() -> None:
    city = _city((50.0, 5.0, 20.0, 80.0), ((0, 1, NONE), (0, 2, NONE), (1, 3, 0), (2, 3, 1)))
    table = approach_lanes(city, 100.0)
    assert [(row[0], row[3]) for row in _rows(table) if row[1] == 0] == [(1, 15.0), (2, 30.0)]
    np.testing.assert_array_equal(table["signal_ix"], [0, 0, 0, 1, 1, 1])


def test_the_shorter_of_two_ways_counts() -> None:
    # lane 0 reaches stop lane 3 past lane 1 (40 m) or lane 2 (20 m)
    city = _city(
        (50.0, 40.0, 20.0, 5.0, 80.0), ((0, 1, NONE), (0, 2, NONE), (1, 3, NONE), (2, 3, NONE), (3, 4, SIGNAL))
    )
    rows = _rows(approach_lanes(city, 200.0))
    assert [row[3] for row in rows if row[1] == 0] == [5.0 + WAY_M + 20.0 + WAY_M]
    assert len({row[1] for row in rows if row[1] >= 0}) == len([row for row in rows if row[1] >= 0])


def test_a_long_way_through_a_junction_gives_way_to_a_shorter_one() -> None:
    city = _city((50.0, 20.0, 5.0, 80.0), ((0, 2, NONE), (0, 1, NONE), (1, 2, NONE), (2, 3, SIGNAL)), long_way=0)
    rows = _rows(approach_lanes(city, 300.0))
    assert [row[3] for row in rows if row[1] == 0] == [5.0 + WAY_M + 20.0 + WAY_M]


def test_traffic_before_another_stop_line_is_not_on_the_approach() -> None:
    # lane 0 ends at a signal of its own and has an unsignalised way besides
    city = _city((50.0, 30.0, 80.0), ((0, 1, NONE), (0, 2, 1), (1, 2, 0)))
    assert 0 not in [row[1] for row in _rows(approach_lanes(city, 200.0)) if row[0] == 1]


def test_a_ring_ends() -> None:
    city = _city(
        (30.0, 30.0, 30.0, 5.0, 80.0), ((0, 1, NONE), (1, 2, NONE), (2, 0, NONE), (0, 3, NONE), (3, 4, SIGNAL))
    )
    lanes = [row[1] for row in _rows(approach_lanes(city, 1e6)) if row[1] >= 0]
    assert sorted(lanes) == [0, 1, 2, 3]


def test_a_crossing_is_no_approach() -> None:
    assert approach_lanes(_city((5.0, 80.0), ((-1, -1, SIGNAL),)), 100.0).n_rows == 0


def test_rows_come_by_stop_lane_and_by_distance(street: City) -> None:
    table = approach_lanes(street, 200.0)
    order = list(zip(table["stop_lane_ix"].tolist(), table["offset_m"].tolist(), strict=True))
    assert order == sorted(order)
    assert (table["offset_m"] < 200.0).all()
    assert (table["entry_m"] > table["offset_m"]).all()
    assert ((table["lane_ix"] >= 0) != (table["movement_ix"] >= 0)).all()


def test_the_queue_behind_the_short_road_of_the_street_is_found(street: City) -> None:
    lane_of = {name: ix for ix, name in enumerate(street.lanes["lane_id"].tolist())}
    table = approach_lanes(street, 200.0)
    feeding = table["lane_ix"][table["stop_lane_ix"] == lane_of["AJ_1"]]
    assert lane_of["WA_1"] in feeding
    assert lane_of["AJ_1"] in feeding

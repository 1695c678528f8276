from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.link_state import GREEN, RED
from cityloop.lab.report.route import busiest_route, space_time, thinned
from cityloop.measures.signals import Displays

# roads 0 > 1 > 2 > 3 in a row, road 4 beside; signals between 0|1 and 1|2, none between 2|3; 1 > 4 is signalised too
STEPS = [(0, 1, 0), (1, 2, 1), (2, 3, -1), (1, 4, 2)]


@pytest.fixture
def corridor():
    """A city of five roads of 100 m with one lane each, as far as routes look at it."""
    n = len(STEPS)
    return SimpleNamespace(
        roads=SimpleTable(length_m=np.full(5, 100.0)),
        lanes=SimpleTable(road_ix=np.arange(5)),
        movements=SimpleTable(
            from_lane_ix=np.array([a for a, _, _ in STEPS]),
            to_lane_ix=np.array([b for _, b, _ in STEPS]),
            link_ix=np.array([link for _, _, link in STEPS]),
            length_m=np.full(n, 10.0),
        ),
        links=SimpleTable(signal_ix=np.array([0, 1, 1])),
        signals=SimpleTable(signal_id=np.array(["first", "second"], object)),
    )


class SimpleTable(dict):
    """Columns by name, with the number of rows."""

    def __init__(self, **columns):
        super().__init__(columns)
        self.n_rows = len(next(iter(columns.values())))


def driven(*ways: list[int]) -> dict[str, np.ndarray]:
    """Return tracks of vehicles that drive roads at 10 m/s, a second unseen in each junction."""
    rows = []
    for vehicle_ix, way in enumerate(ways):
        t_s = 5.0 * vehicle_ix
        for road_ix in way:
            for position_m in range(0, 100, 10):
                rows.append((t_s, vehicle_ix, road_ix, float(position_m)))
                t_s += 1.0
            rows.append((t_s, vehicle_ix, -1, 5.0))
            t_s += 1.0
    t_s, vehicle_ix, lane_ix, position_m = zip(*rows, strict=True)
    return {
        "t_s": np.array(t_s), "vehicle_ix": np.array(vehicle_ix), "lane_ix": np.array(lane_ix),
        "position_m": np.array(position_m, np.float32),
    }  # fmt: skip


def test_the_route_follows_the_main_stream_past_unsignalised_steps(corridor):
    route = busiest_route(corridor, driven([0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 4]))
    assert route.road_ixs == (0, 1, 2, 3)
    assert route.road_begin_m == (0.0, 110.0, 220.0, 330.0)
    assert route.length_m == 430.0


def test_it_ends_where_the_stream_thins_out(corridor):
    tracks = driven(*[[0, 1]] * 8, [0, 1, 2])
    assert busiest_route(corridor, tracks).road_ixs == (0, 1)


def test_without_a_signal_there_is_no_route(corridor):
    assert busiest_route(corridor, driven([2, 3])) is None


def test_vehicles_and_reds_along_the_route(corridor):
    tracks = driven([0, 1, 2, 3], [0, 1, 4], [1, 2])
    route = busiest_route(corridor, tracks)
    codes = np.array([[RED, GREEN, GREEN], [GREEN, RED, GREEN], [RED, RED, GREEN]], np.uint8)
    drawn = space_time(corridor, route, "field", tracks, Displays(np.array([0.0, 20.0, 30.0]), codes, 50.0), 10.0, 40.0)
    assert [(line.name, line.position_m) for line in drawn.stop_lines] == [("first", 100.0), ("second", 210.0)]
    assert drawn.stop_lines[0].reds_s.tolist() == [[10.0, 20.0], [30.0, 40.0]]
    assert drawn.stop_lines[1].reds_s.tolist() == [[20.0, 40.0]]
    assert len(drawn.trajectories) == 3
    ends_m = sorted(line[-1, 1] for line in drawn.trajectories)
    assert ends_m == [200.0, 310.0, 420.0]
    for line in drawn.trajectories:
        assert (np.diff(line[:, 0]) > 0).all() and (np.diff(line[:, 1]) >= 0).all()


def test_a_vehicle_that_leaves_and_comes_back_makes_two_lines(corridor):
    tracks = driven([0, 4, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3])
    route = busiest_route(corridor, tracks)
    shown = Displays(np.array([0.0]), np.zeros((1, 3), np.uint8), 100.0)
    assert len(space_time(corridor, route, "field", tracks, shown, 0.0, 100.0).trajectories) == 4


@given(st.lists(st.floats(0, 20), min_size=2, max_size=60))
def test_a_thinned_line_stays_near_what_was_driven(speeds):
    line = np.stack([np.arange(len(speeds), dtype=float), np.cumsum(speeds)], axis=1)
    short = thinned(line)
    assert short[0].tolist() == line[0].tolist() and short[-1].tolist() == line[-1].tolist()
    drawn_m = np.interp(line[:, 0], short[:, 0], short[:, 1])
    assert np.abs(drawn_m - line[:, 1]).max() <= 1.5 + 1e-9
    assert len(short) <= len(line)

from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED
from cityloop.control.view import Detectors, View
from cityloop.sensing.stop_lines import StopLineReader


def view_at(city: City, t_s: float, n_veh: int, since_s: float, code: int = RED, age_s: float = 0.0) -> View:
    detectors = Detectors(
        lane_ix=np.array([0]),
        distance_m=np.array([2.0]),
        n_veh=np.array([n_veh]),
        occupied_frac=np.array([0.0]),
        since_s=np.array([since_s]),
        age_s=np.array([age_s]),
    )
    return View(
        t_s, np.full(city.links.n_rows, code, np.uint8), np.zeros(city.links.n_rows, np.int64), detectors=detectors
    )


def test_a_vehicle_leaves_when_it_leaves_the_loop(street: City) -> None:
    stop_lane_ix = street.lanes["lane_id"].tolist().index("AJ_1")
    reader = StopLineReader(street, [stop_lane_ix], [0], 1)
    n_left = [
        reader.read(view_at(street, t_s, n_veh, since_s))[0].n_left
        for t_s, n_veh, since_s in [
            (1.0, 1, 0.0),  # comes and stands
            (2.0, 0, 0.0),
            (3.0, 1, 0.0),  # the next one has taken its place
            (4.0, 0, 0.4),  # and leaves
            (5.0, 1, 0.2),  # passes within one tick
            (6.0, 0, 1.2),
        ]
    ]
    assert n_left == [0, 0, 1, 1, 1, 0]


def test_green_is_timed(street: City) -> None:
    stop_lane_ix = street.lanes["lane_id"].tolist().index("AJ_1")
    reader = StopLineReader(street, [stop_lane_ix], [0], 1)
    green_s = [
        reader.read(view_at(street, t_s, 0, 9.0, code))[0].green_s
        for t_s, code in [(1.0, RED), (2.0, GREEN), (3.0, GREEN), (4.0, RED), (5.0, GREEN)]
    ]
    assert green_s == [None, 0.0, 1.0, None, 0.0]


def test_stale_and_missing_readings_tell_nothing(street: City) -> None:
    stop_lane_ix = street.lanes["lane_id"].tolist().index("AJ_1")
    reader = StopLineReader(street, [stop_lane_ix], [0], 1)
    line = reader.read(view_at(street, 1.0, 3, 0.0, age_s=11.0))[0]
    assert (line.n_left, line.is_occupied, line.idle_s) == (0, False, None)
    empty = View(2.0, np.zeros(street.links.n_rows, np.uint8), np.zeros(street.links.n_rows, np.int64))
    assert not reader.can_read(empty)
    line = reader.read(empty)[0]
    assert (line.n_left, line.is_occupied, line.idle_s) == (0, False, None)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.guard.calls import Calls
from cityloop.control.view import Detectors, Vehicles, View

CityOf = Callable[[list[dict[str, Any]]], City]


@pytest.fixture
def city(city_of: CityOf) -> City:
    """Two lanes of one road: lane 0 leads to links 0 and 1, lane 1 to link 2; link 3 is a crossing, 4 is free."""
    return city_of(
        [
            {
                "n_links": 5,
                "crossings": {3},
                "lanes": [(0, 13.9), (0, 13.9)],
                "movements": [
                    (0, 0, 20.0, 13.9, "r"),
                    (1, 0, 20.0, 13.9, "s"),
                    (2, 1, 20.0, 13.9, "l"),
                    (3, -1, 9.0, 1.4, "s"),
                ],
                "conflicts": [],
                "states": [("GGGrr", 9.0)],
            }
        ]
    )


def _vehicles(*rows: tuple[int, int, float]) -> Vehicles:
    n = len(rows)
    lanes, movements, positions = zip(*rows, strict=True) if rows else ((), (), ())
    zeros = np.zeros(n)
    return Vehicles(
        vehicle_ix=np.arange(n),
        lane_ix=np.array(lanes, np.int64),
        movement_ix=np.array(movements, np.int64),
        position_m=np.array(positions, np.float64),
        **dict.fromkeys(("speed_mps", "length_m", "waiting_s", "n_persons", "age_s"), zeros),
    )


def _loops(*rows: tuple[int, float, float]) -> Detectors:
    lanes, distances, since = zip(*rows, strict=True)
    return Detectors(
        lane_ix=np.array(lanes, np.int64),
        distance_m=np.array(distances, np.float64),
        since_s=np.array(since, np.float64),
    )


def _view(
    t_s: float, vehicles: Vehicles | None = None, n_walkers: int = 0, loops: Detectors | None = None, n_links: int = 5
) -> View:
    walkers = np.zeros(n_links, np.int64)
    walkers[3 % n_links] = n_walkers
    return View(t_s, np.zeros(n_links, np.uint8), walkers, vehicles or Vehicles(), loops or Detectors())


def _called(calls: Calls, view: View) -> list[int]:
    calls.observe(view)
    return [int(link) for link in np.flatnonzero(calls.is_called)]


def test_everything_in_use_is_called_until_something_is_seen(city: City) -> None:
    calls = Calls(city, 50.0, 0.0)
    assert _called(calls, _view(0.0)) == [0, 1, 2, 3]
    assert _called(calls, _view(1.0, _vehicles((1, -1, 99.0)))) == [2, 3]
    assert _called(calls, _view(2.0, n_walkers=1)) == [3]
    assert _called(calls, _view(3.0)) == []


@pytest.mark.parametrize(
    ("vehicle", "called"),
    [
        ((0, -1, 99.0), [0, 1]),  # has announced nothing: every link of its lane
        ((0, 1, 99.0), [1]),
        ((0, 2, 99.0), [2]),  # still has to change lanes
        ((0, -2, 99.0), []),  # ends its journey before
        ((0, 3, 99.0), []),
        ((0, -1, 51.0), [0, 1]),
        ((0, -1, 49.0), []),  # beyond reach
        ((-1, 1, 5.0), []),  # in the junction already
        ((2, -1, 99.0), []),  # on the way out
        ((77, -1, 99.0), []),  # no lane of this city
        ((-1, -1, 5.0), []),  # in some junction
        ((0, -1, float("nan")), []),
    ],
)
def test_vehicles_call_the_links_they_may_take(city: City, vehicle: tuple[int, int, float], called: list[int]) -> None:
    calls = Calls(city, 50.0, 0.0)
    calls.observe(_view(0.0, _vehicles((2, -1, 0.0)), n_walkers=1))
    assert _called(calls, _view(1.0, _vehicles(vehicle))) == called


def test_an_occupied_loop_calls_every_link_of_its_lane(city: City) -> None:
    calls = Calls(city, 50.0, 0.0)
    calls.observe(_view(0.0, _vehicles((2, -1, 0.0)), n_walkers=1))
    assert _called(calls, _view(1.0, loops=_loops((0, 2.0, 0.0), (1, 2.0, 0.5), (1, 80.0, 0.0), (9, 1.0, 0.0)))) == [
        0,
        1,
    ]


def test_a_call_lasts_a_little_and_keeps_its_begin(city: City) -> None:
    calls = Calls(city, 50.0, 5.0)
    calls.observe(_view(0.0, _vehicles((2, -1, 0.0)), n_walkers=1))
    assert _called(calls, _view(10.0, _vehicles((1, -1, 99.0)))) == [2]
    assert _called(calls, _view(15.0)) == [2]
    assert _called(calls, _view(15.0, _vehicles((1, -1, 99.0)))) == [2]
    assert calls.since_s[2] == 10.0
    assert _called(calls, _view(22.0)) == []
    calls.observe(_view(23.0, _vehicles((1, -1, 99.0))))
    assert calls.since_s[2] == 23.0
    calls.forget()
    assert not calls.is_called.any()


def test_vehicles_upstream_of_an_unsignalised_node_call_too(city: City) -> None:
    # a lane 5 of 30 m feeds lane 1 (shortened to 20 m) over an unsignalised movement of 10 m
    names = {"lane_id": "short", "road_ix": 7, "index": 0, "length_m": 30.0, "speed_mps": 13.9}
    lanes = {name: [*column, names.get(name, column[-1])] for name, column in city.lanes.items()}
    lanes["length_m"][1] = 20.0
    feeder = {
        "from_lane_ix": 3,
        "to_lane_ix": 1,
        "signal_ix": -1,
        "link_ix": -1,
        "length_m": 10.0,
        "is_crossing": False,
    }
    movements = {name: [*column, feeder.get(name, column[-1])] for name, column in city.movements.items()}
    fed = replace(city, lanes=Table("lanes", lanes), movements=Table("movements", movements))
    calls = Calls(fed, 50.0, 0.0)
    calls.observe(_view(0.0, _vehicles((2, -1, 0.0)), n_walkers=1))
    assert _called(calls, _view(1.0, _vehicles((3, -1, 11.0)))) == [2]  # 19 + 10 + 20 m away
    assert _called(calls, _view(2.0, _vehicles((3, -1, 9.0)))) == []
    assert _called(calls, _view(3.0, _vehicles((-1, 4, 1.0)))) == [2]  # on the movement between the two

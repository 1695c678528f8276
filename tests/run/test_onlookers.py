"""Tracks, and how long somebody waits at red."""

import numpy as np
import pytest

from cityloop.city.link_state import codes_of
from cityloop.city.sumo import read_city
from cityloop.control.view import Vehicles, View
from cityloop.run.onlookers import RedWatch, Tracks
from cityloop.scenarios import load_scenario


@pytest.fixture(scope="module")
def city(crossing):
    return read_city(load_scenario(crossing).source, "crossing")


@pytest.fixture(scope="module")
def movement(city):
    return int(np.flatnonzero((city.movements["link_ix"] >= 0) & (city.movements["direction"] == "s"))[0])


def vehicle(city, movement_ix: int, before_stop_line_m: float, speed_mps: float) -> Vehicles:
    lane_ix = int(city.movements["from_lane_ix"][movement_ix])
    position_m = float(city.lanes["length_m"][lane_ix]) - before_stop_line_m
    columns = {
        "vehicle_ix": 0, "lane_ix": lane_ix, "movement_ix": movement_ix, "position_m": position_m,
        "speed_mps": speed_mps, "length_m": 5.0, "waiting_s": 0.0, "n_persons": 1.0, "age_s": 0.0,
    }  # fmt: skip
    return Vehicles(**{name: np.array([value]) for name, value in columns.items()})


def watch(city, steps):
    reds = RedWatch(city)
    n = city.links.n_rows
    for t_s, vehicles, character, *walkers in steps:
        reds.see(t_s, vehicles)
        n_walkers = np.full(n, walkers[0] if walkers else 0)
        reds.look(View(t_s, codes_of(character * n), n_walkers))
    return reds.longest_s


def test_a_wait_lasts_from_standing_to_the_end_of_red(city, movement):
    here, creeping = vehicle(city, movement, 2.0, 0.0), vehicle(city, movement, 1.0, 0.5)
    longest_s = watch(
        city,
        [(100.0, here, "r"), (110.0, creeping, "r"), (125.0, here, "r"), (126.0, here, "g"), (130.0, here, "r")],
    )
    link_ix = int(city.movements["link_ix"][movement])
    assert longest_s[link_ix] == 25.0
    assert np.delete(longest_s, link_ix).max() == 0.0


@pytest.mark.parametrize(("before_m", "speed_mps"), [(2.0, 5.0), (50.0, 0.0)])
def test_who_drives_up_or_stands_further_back_does_not_wait_yet(city, movement, before_m, speed_mps):
    somebody = vehicle(city, movement, before_m, speed_mps)
    assert watch(city, [(t_s, somebody, "r") for t_s in (0.0, 30.0)]).max() == 0.0


def test_a_wait_ends_when_nobody_is_there(city, movement):
    here = vehicle(city, movement, 2.0, 0.0)
    assert watch(city, [(0.0, here, "r"), (5.0, Vehicles(), "r"), (90.0, here, "r"), (95.0, here, "r")]).max() == 5.0


def test_somebody_who_wants_to_go_nowhere_here_waits_for_nothing(city, movement):
    nowhere = vehicle(city, movement, 2.0, 0.0)
    nowhere.movement_ix[:] = -2
    assert watch(city, [(0.0, nowhere, "r"), (50.0, nowhere, "r")]).max() == 0.0


def test_walkers_wait(city):
    assert (
        watch(city, [(0.0, Vehicles(), "r", 2), (40.0, Vehicles(), "r", 2), (41.0, Vehicles(), "r", 0)]).max() == 40.0
    )


def test_tracks_are_kept_for_their_stretch_of_time(city, movement):
    tracks = Tracks(10.0, 20.0)
    assert tracks.columns()["t_s"].size == 0
    for t_s in (5.0, 10.0, 15.0, 20.0):
        tracks.see(t_s, vehicle(city, movement, t_s, 3.0))
    columns = tracks.columns()
    assert columns["t_s"].tolist() == [10.0, 15.0]
    assert (np.diff(columns["position_m"]) == -5.0).all()
    assert columns["movement_ix"].tolist() == [movement, movement]

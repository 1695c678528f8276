from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.control.view import Vehicles, View
from cityloop.kernels.arrivals import N_BANDS
from cityloop.services.signals import PlannerConfig
from cityloop.services.signals.network import SignalNetwork
from cityloop.services.signals.turning_shares import FEWEST_TRACKS, TurningShares, n_tracks

from .closed_loop import inside, lanes_of, movement_of, queued


def _view(t_s: float, vehicles: Vehicles, n_links: int = 36) -> View:
    return View(t_s, np.zeros(n_links, np.uint8), np.zeros(n_links, np.int64), vehicles)


@pytest.fixture
def shares(street: City, network: SignalNetwork) -> TurningShares:
    return TurningShares(street, network, PlannerConfig())


def _candidate(street: City, network: SignalNetwork, lane: str, movement_ix: int) -> int:
    row = network.row_of_movement[movement_ix]
    first, last = (int(network.candidate_start[lanes_of(street)[lane] + k]) for k in (0, 1))
    (candidate,) = [c for c in range(first, last) if network.candidate_movement[c] == row]
    return candidate


def _teach(shares: TurningShares, street: City, to_lane: str, n_veh: int, first_ix: int = 0) -> None:
    """Let vehicles turn from the western approach one after the other."""
    movement_ix = movement_of(street, "AJ_1", to_lane)
    for k in range(first_ix, first_ix + n_veh):
        shares.follow(_view(2.0 * k, queued(street, {"AJ_1": 1}, first_ix=k)))
        shares.follow(_view(2.0 * k + 1.0, inside([(k, movement_ix)])))


def test_it_begins_with_what_is_usual(shares: TurningShares, network: SignalNetwork) -> None:
    assert shares.count.shape == (len(network.candidate_movement), N_BANDS)
    np.testing.assert_array_equal(shares.count[:, 0], network.candidate_prior)


def test_it_learns_what_vehicles_do(shares: TurningShares, street: City, network: SignalNetwork) -> None:
    right, straight = movement_of(street, "AJ_1", "JS_1"), movement_of(street, "AJ_1", "JK_1")
    _teach(shares, street, "JS_1", 30)
    _teach(shares, street, "JK_1", 10, first_ix=100)
    turns = shares.count[_candidate(street, network, "AJ_1", right), 0]
    straights = shares.count[_candidate(street, network, "AJ_1", straight), 0]
    assert turns / (turns + straights) == pytest.approx(0.75, abs=0.05)


def test_what_it_knows_is_kept_until_tomorrow(shares: TurningShares, street: City, network: SignalNetwork) -> None:
    _teach(shares, street, "JS_1", 5)
    kept = shares.memory()
    tomorrow = TurningShares(street, network, PlannerConfig(), kept)
    np.testing.assert_array_equal(tomorrow.count, shares.count)
    _teach(tomorrow, street, "JS_1", 5)
    assert not np.array_equal(tomorrow.count, kept["share_count"])
    np.testing.assert_array_equal(kept["share_count"], shares.count)  # neither day changes the other


def test_an_empty_memory_is_a_first_day(street: City, network: SignalNetwork, shares: TurningShares) -> None:
    np.testing.assert_array_equal(TurningShares(street, network, PlannerConfig(), {}).count, shares.count)


def test_the_memory_of_another_city_is_refused(street: City, network: SignalNetwork, shares: TurningShares) -> None:
    other = {"candidate_movement": network.candidate_movement[:-1], "share_count": shares.count[:-1]}
    with pytest.raises(Unusable, match="another city"):
        TurningShares(street, network, PlannerConfig(), other)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda kept: kept.pop("share_count"), "there is no share_count"),
        (lambda kept: kept.pop("candidate_movement"), "there is no candidate_movement"),
        (lambda kept: kept.update(share_count=kept["share_count"][:-1]), "shape"),
        (lambda kept: kept.update(share_count=kept["share_count"][:, 0]), "shape"),
        (lambda kept: kept.update(share_count=-1.0 - kept["share_count"]), "from 0 up"),
        (lambda kept: kept.update(share_count=np.nan * kept["share_count"]), "from 0 up"),
        (lambda kept: kept.update(share_count=kept["share_count"].astype(str)), "from 0 up"),
    ],
)
def test_a_memory_that_cannot_be_used_is_refused_in_one_line(
    street: City, network: SignalNetwork, shares: TurningShares, change: Callable[[dict[str, Any]], Any], what: str
) -> None:
    kept = shares.memory()
    change(kept)
    with pytest.raises(Unusable, match=what) as refused:
        TurningShares(street, network, PlannerConfig(), kept)
    assert "\n" not in str(refused.value)
    assert refused.value.where.startswith("memory")


def test_a_larger_city_remembers_more_vehicles(shares: TurningShares) -> None:
    assert shares.track_id.shape[0] == n_tracks(0) == n_tracks(FEWEST_TRACKS // 16) == FEWEST_TRACKS
    for n_lanes in (FEWEST_TRACKS // 16 + 1, 100_000, 1 << 18):
        n = n_tracks(n_lanes)
        assert n & (n - 1) == 0
        assert 16 * n_lanes <= n < 32 * n_lanes


def test_a_leader_that_lets_its_green_pass_does_not_want_it(
    shares: TurningShares, street: City, network: SignalNetwork
) -> None:
    leader = queued(street, {"AJ_1": 1}, first_ix=7)
    shares.follow(_view(0.0, leader))
    right = network.row_of_movement[movement_of(street, "AJ_1", "JS_1")]
    clear_green_s = np.full(len(network.movement_ix), -1.0)
    clear_green_s[right] = PlannerConfig().ruled_out_after_s - 0.1
    shares.rule_out(_view(0.0, leader), clear_green_s)
    assert shares.ruled_out[7] == 0
    clear_green_s[right] = PlannerConfig().ruled_out_after_s
    shares.rule_out(_view(0.0, leader), clear_green_s)
    first = int(network.candidate_start[lanes_of(street)["AJ_1"]])
    candidate = _candidate(street, network, "AJ_1", movement_of(street, "AJ_1", "JS_1"))
    assert shares.ruled_out[7] == 1 << (candidate - first)


def test_departures_are_noted_by_vehicle(shares: TurningShares, street: City) -> None:
    first_ix = shares.track_id.shape[0] + 3
    shares.follow(_view(0.0, queued(street, {"AJ_1": 2}, first_ix=first_ix)))
    shares.note_departures(np.array([first_ix, first_ix + 1]), np.array([12.0, np.inf]))
    assert shares.departure_s[3:5].tolist() == [12.0, np.inf]
    right = movement_of(street, "AJ_1", "JS_1")
    shares.follow(_view(1.0, inside([(first_ix, right)])))
    assert np.isinf(shares.departure_s[3])  # it has left


def test_no_traffic_teaches_nothing(shares: TurningShares) -> None:
    before = shares.count.copy()
    shares.follow(_view(0.0, Vehicles()))
    shares.rule_out(_view(0.0, Vehicles()), np.empty(0))
    np.testing.assert_array_equal(shares.count, before)

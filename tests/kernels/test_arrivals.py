"""A small street net by hand.

::

    lane 2 (60 m) --10 m--> lane 0 (100 m) | movement 0 straight to lane 4, movement 1 left to lane 3
                            lane 1 (100 m) | movement 2 straight to lane 3
    lane 4 (200 m, behind movement 0)      | movement 3 straight to lane 3, of the next signal
    a crossing                             | movement 4

Lane 2 reaches lane 1 only by a change of lane, so that its prior for movement 2 is zero. In the city's own
numbers movement 4 is the unsignalised way from lane 2 to lane 0, and movement 5 the crossing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cityloop.kernels.arrivals import (
    BAND_ENDS_M,
    N_BANDS,
    NONE_AHEAD,
    band_of,
    draw_candidate,
    follow_vehicles,
    gather_arrivals,
    rule_out_movements,
    time_to_reach,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LANE_M = np.array([100.0, 100.0, 60.0, 100.0, 200.0])
LIMIT_MPS = np.full(5, 10.0)
TO_LANE = np.array([4, 3, 3, 3, 0, -1])
WAY_M = np.array([20.0, 15.0, 20.0, 20.0, 10.0, 8.0])
ROW_OF_MOVEMENT = np.array([0, 1, 2, 3, -1, 4])
CITY_MOVEMENT = np.array([0, 1, 2, 3, 5])
CANDIDATE_START = np.array([0, 2, 3, 6, 6, 7])
CANDIDATE_MOVEMENT = np.array([0, 1, 2, 0, 1, 2, 3])
CANDIDATE_OFFSET_M = np.array([0.0, 0.0, 0.0, 110.0, 110.0, 110.0, 0.0])
PRIOR = np.array([1.0, 0.5, 1.0, 1.0, 0.5, 0.0, 1.0])
DISCHARGE_MPS = np.array([10.0, 5.0, 10.0, 10.0, 1.0])
CROSSING_ROW = 4
N_TRACKS, N_VISITS = 64, 4
ACCELERATION_MPS2 = 2.0


@dataclass
class Tracks:
    """What is remembered of vehicles, and the turning shares."""

    share_count: Floats = field(default_factory=lambda: np.repeat(PRIOR[:, None], N_BANDS, axis=1))
    track_id: Ints = field(default_factory=lambda: np.full(N_TRACKS, -1, np.int64))
    visit: NDArray[np.int32] = field(default_factory=lambda: np.zeros((N_TRACKS, N_VISITS), np.int32))
    n_visits: Ints = field(default_factory=lambda: np.zeros(N_TRACKS, np.int64))
    counted: Ints = field(default_factory=lambda: np.full(N_TRACKS, -1, np.int64))
    ruled_out: Ints = field(default_factory=lambda: np.zeros(N_TRACKS, np.int64))
    departure_s: Floats = field(default_factory=lambda: np.full(N_TRACKS, np.inf))

    def follow(self, *vehicles: Vehicle, forget_above: float = 1e9) -> None:
        columns = _columns(vehicles)
        follow_vehicles(
            columns["vehicle_ix"],
            columns["lane_ix"],
            columns["movement_ix"],
            columns["position_m"],
            LANE_M,
            ROW_OF_MOVEMENT,
            CANDIDATE_START,
            CANDIDATE_MOVEMENT,
            CANDIDATE_OFFSET_M,
            self.track_id,
            self.visit,
            self.n_visits,
            self.counted,
            self.ruled_out,
            self.departure_s,
            self.share_count,
            forget_above,
        )

    def learned(self) -> Floats:
        return self.share_count - np.repeat(PRIOR[:, None], N_BANDS, axis=1)

    def rule_out(self, *vehicles: Vehicle, clear_green_s: list[float], after_s: float = 4.0) -> None:
        columns = _columns(vehicles)
        rule_out_movements(
            columns["vehicle_ix"],
            columns["lane_ix"],
            columns["position_m"],
            columns["speed_mps"],
            LANE_M,
            CANDIDATE_START,
            CANDIDATE_MOVEMENT,
            CANDIDATE_OFFSET_M,
            np.array(clear_green_s),
            after_s,
            self.track_id,
            self.ruled_out,
        )


@dataclass(frozen=True)
class Vehicle:
    """One row of a view."""

    ix: int
    lane: int = -1
    movement: int = -1
    position_m: float = 0.0
    speed_mps: float = 10.0
    waiting_s: float = 0.0
    weight: float = 1.0
    length_m: float = 5.0


@dataclass(frozen=True)
class Arrival:
    """One vehicle before a stop line."""

    lane: int
    movement: int
    arrival_s: float
    weight: float
    stop_cost: float
    headway_s: float
    vehicle: int


def _columns(vehicles: tuple[Vehicle, ...]) -> dict[str, NDArray[Any]]:
    return {
        "vehicle_ix": np.array([v.ix for v in vehicles], np.int64),
        "lane_ix": np.array([v.lane for v in vehicles], np.int64),
        "movement_ix": np.array([v.movement for v in vehicles], np.int64),
        "position_m": np.array([v.position_m for v in vehicles], np.float64),
        "speed_mps": np.array([v.speed_mps for v in vehicles], np.float64),
        "waiting_s": np.array([v.waiting_s for v in vehicles], np.float64),
        "length_m": np.array([v.length_m for v in vehicles], np.float64),
        "weight": np.array([v.weight for v in vehicles], np.float64),
    }


def _gather(
    *vehicles: Vehicle,
    tracks: Tracks | None = None,
    n_samples: int = 1,
    n_walkers: int = 0,
    reach_m: float = 400.0,
    horizon_s: float = 60.0,
    now_s: float = 1000.0,
    short_lanes: tuple[int, ...] = (),
) -> list[Arrival]:
    columns, tracks = _columns(vehicles), tracks or Tracks()
    sure = n_samples  # row of the first lane whose movements are sure
    start, *rows = gather_arrivals(
        now_s=now_s,
        horizon_s=horizon_s,
        reach_m=reach_m,
        acceleration_mps2=ACCELERATION_MPS2,
        stop_cost_s=4.0,
        waiting_scale_s=80.0,
        n_samples=n_samples,
        vehicle_ix=columns["vehicle_ix"],
        lane_ix=columns["lane_ix"],
        movement_ix=columns["movement_ix"],
        position_m=columns["position_m"],
        speed_mps=columns["speed_mps"],
        length_m=columns["length_m"],
        waiting_s=columns["waiting_s"],
        vehicle_weight=columns["weight"],
        reaction_s=1.0,
        standing_gap_m=2.0,
        discharge_mps=DISCHARGE_MPS,
        lane_length_m=LANE_M,
        lane_speed_mps=LIMIT_MPS,
        movement_to_lane=TO_LANE,
        movement_length_m=WAY_M,
        row_of_movement=ROW_OF_MOVEMENT,
        city_movement=CITY_MOVEMENT,
        movement_lane=np.array([0, 0, sure, sure + 1, sure + 2]),
        lane_share=np.array([1] * n_samples + [n_samples] * 3),
        is_short_lane=np.isin(np.arange(len(LANE_M)), short_lanes),
        candidate_start=CANDIDATE_START,
        candidate_movement=CANDIDATE_MOVEMENT,
        candidate_offset_m=CANDIDATE_OFFSET_M,
        share_count=tracks.share_count,
        track_id=tracks.track_id,
        track_ruled_out=tracks.ruled_out,
        track_departure_s=tracks.departure_s,
        crossing_lane=np.array([sure + 2]),
        crossing_movement=np.array([CROSSING_ROW]),
        n_walkers=np.array([n_walkers]),
    )
    lane_of = np.repeat(np.arange(len(start) - 1), np.diff(start))
    columns_out = zip(lane_of.tolist(), *(column.tolist() for column in rows), strict=True)
    return [
        Arrival(lane, movement, arrival_s, weight, stop_cost, headway_s, vehicle)
        for lane, arrival_s, movement, weight, stop_cost, headway_s, vehicle in columns_out
    ]


def test_bands_lie_one_behind_the_other() -> None:
    assert [band_of(m) for m in (-1.0, 0.0, BAND_ENDS_M[0] - 0.1)] == [0, 0, 0]
    assert [band_of(m) for m in (BAND_ENDS_M[0], BAND_ENDS_M[1] - 0.1)] == [1, 1]
    assert [band_of(m) for m in (BAND_ENDS_M[1], 1e9)] == [N_BANDS - 1] * 2


@pytest.mark.parametrize(
    ("distance_m", "speed_mps", "expected_s"),
    [
        (0.0, 0.0, 0.0),
        (-3.0, 5.0, 0.0),
        (50.0, 10.0, 5.0),  # at the limit
        (50.0, 20.0, 5.0),  # never faster than the limit
        (9.0, 0.0, 3.0),  # s = a t² / 2
        (25.0, 0.0, 5.0),  # just reaches the limit
        (55.0, 0.0, 8.0),  # 25 m to reach the limit, then 30 m at 10 m/s
    ],
)
def test_time_to_reach_follows_the_laws_of_motion(distance_m: float, speed_mps: float, expected_s: float) -> None:
    assert time_to_reach(distance_m, speed_mps, 10.0, ACCELERATION_MPS2) == pytest.approx(expected_s)


@settings(deadline=None)
@given(st.floats(0.0, 500.0), st.floats(0.0, 30.0), st.floats(0.1, 100.0), st.floats(0.1, 10.0))
def test_nearer_and_faster_is_sooner(distance_m: float, speed_mps: float, more_m: float, more_mps: float) -> None:
    time_s = time_to_reach(distance_m, speed_mps, 15.0, 2.6)
    assert time_s >= distance_m / 15.0 - 1e-9
    assert time_to_reach(distance_m + more_m, speed_mps, 15.0, 2.6) > time_s
    assert time_to_reach(distance_m, speed_mps + more_mps, 15.0, 2.6) <= time_s + 1e-9


def test_draws_follow_the_shares() -> None:
    shares = np.array([[9.0, 9.0, 9.0], [1.0, 6.0, 3.0], [0.0, 0.0, 0.0], [3.0, 2.0, 1.0]])
    for band, expected in ((0, [0.25, 0.0, 0.75]), (1, [0.75, 0.0, 0.25])):
        drawn = [draw_candidate(1, 4, band, shares, 0, (k + 0.5) / 1000) for k in range(1000)]
        assert [drawn.count(c) / 1000 for c in (1, 2, 3)] == pytest.approx(expected, abs=0.002)


@settings(deadline=None)
@given(
    st.lists(st.floats(0.0, 100.0), min_size=1, max_size=6),
    st.integers(0, 63),
    st.floats(0.0, 1.0, exclude_max=True),
)
def test_what_is_ruled_out_or_never_seen_is_never_drawn(counts: list[float], ruled_out: int, chance: float) -> None:
    shares = np.array(counts)[:, None].repeat(N_BANDS, axis=1)
    possible = [c for c, count in enumerate(counts) if count > 0.0 and not ruled_out >> c & 1]
    drawn = draw_candidate(0, len(counts), 0, shares, ruled_out, chance)
    assert drawn in possible if possible else drawn == -1


def test_a_movement_made_is_counted_where_the_vehicle_was_seen() -> None:
    tracks = Tracks()
    tracks.follow(Vehicle(7, lane=2, position_m=5.0))  # 165 m before the stop line
    tracks.follow(Vehicle(7, lane=0, position_m=20.0))  # 80 m
    tracks.follow(Vehicle(7, lane=0, position_m=99.0))  # 1 m
    assert not tracks.learned().any()
    tracks.follow(Vehicle(7, movement=1, position_m=3.0))
    learned = tracks.learned()
    assert learned[4, 2] == learned[1, 1] == learned[1, 0] == 1.0
    assert learned.sum() == 3.0


def test_it_is_counted_once() -> None:
    tracks = Tracks()
    for _ in range(3):
        tracks.follow(Vehicle(7, lane=0, position_m=99.0))
    for position_m in (1.0, 5.0, 9.0):
        tracks.follow(Vehicle(7, movement=0, position_m=position_m))
    assert tracks.learned().sum() == 1.0
    tracks.follow(Vehicle(7, lane=4, position_m=190.0))
    tracks.follow(Vehicle(7, movement=3, position_m=1.0))
    assert tracks.learned()[6, 0] == 1.0
    assert tracks.learned().sum() == 2.0


def test_a_movement_that_takes_a_change_of_lane_is_learned() -> None:
    tracks = Tracks()
    tracks.follow(Vehicle(7, lane=2, position_m=50.0))
    tracks.follow(Vehicle(7, movement=2))
    assert tracks.learned()[5].tolist() == [0.0, 0.0, 1.0]
    assert _gather(Vehicle(8, lane=2), tracks=tracks)  # and may be drawn from now on


def test_unsignalised_ways_and_lanes_without_a_signal_teach_nothing() -> None:
    tracks = Tracks()
    tracks.follow(Vehicle(7, lane=2, position_m=50.0), Vehicle(8, lane=3, position_m=50.0))
    tracks.follow(Vehicle(7, movement=4), Vehicle(8, movement=4))
    assert not tracks.learned().any()
    tracks.follow(Vehicle(7, lane=0, position_m=5.0))
    tracks.follow(Vehicle(7, movement=0))
    assert tracks.learned()[3, 2] == 1.0  # what was seen before the unsignalised node still counts


def test_two_vehicles_do_not_mix_up_their_ways() -> None:
    tracks = Tracks()
    tracks.follow(Vehicle(7, lane=0, position_m=99.0))
    tracks.follow(Vehicle(7 + N_TRACKS, movement=0))  # takes the place of the first
    assert not tracks.learned().any()
    tracks.follow(Vehicle(7, movement=0))
    assert not tracks.learned().any()


def test_only_the_latest_places_are_remembered() -> None:
    tracks = Tracks()
    seen = [(2, 0.0), (0, 0.0), (0, 50.0), (0, 70.0), (2, 0.0), (0, 99.0)]
    for lane, position_m in seen:
        tracks.follow(Vehicle(7, lane=lane, position_m=position_m))
    tracks.follow(Vehicle(7, movement=0))
    assert tracks.learned().sum() == N_VISITS


def test_old_counts_fade() -> None:
    tracks = Tracks()
    for ix in range(400):
        tracks.follow(Vehicle(ix, lane=0, position_m=99.0), forget_above=50.0)
        tracks.follow(Vehicle(ix, movement=ix // 200), forget_above=50.0)
    assert tracks.share_count[:2, 0].sum() <= 51.0
    assert tracks.share_count[1, 0] > 0.95 * tracks.share_count[:2, 0].sum()  # the last 200 all turned


def test_a_vehicle_that_announces_its_movement_stands_in_its_lane() -> None:
    arrivals = _gather(Vehicle(1, lane=0, movement=1, position_m=50.0), Vehicle(2, lane=2, movement=2, position_m=60.0))
    assert [(a.lane, a.movement, a.vehicle) for a in arrivals] == [(0, 1, 0), (1, 2, 1)]
    assert [a.arrival_s for a in arrivals] == pytest.approx([5.0, 11.0])


def test_who_has_nothing_ahead_or_cannot_make_the_movement_is_left_out() -> None:
    assert _gather(Vehicle(1, lane=0, movement=NONE_AHEAD), Vehicle(2, lane=1, movement=0), Vehicle(3, lane=3)) == []


def test_a_vehicle_on_its_way_to_the_lane_arrives_too() -> None:
    (arrival,) = _gather(Vehicle(1, lane=-1, movement=0, position_m=15.0))
    assert (arrival.lane, arrival.movement) == (2, 3)  # inside movement 0, next is movement 3
    assert arrival.arrival_s == pytest.approx((5.0 + 200.0) / 10.0)
    assert _gather(Vehicle(1, lane=-1, movement=1), Vehicle(2, lane=-1, movement=5), Vehicle(3, lane=-1)) == []


def test_reach_ends_what_is_looked_at() -> None:
    vehicle = Vehicle(1, lane=2, movement=0, position_m=0.0)
    assert len(_gather(vehicle, reach_m=170.0)) == 1
    assert _gather(vehicle, reach_m=169.9) == []


def test_unannounced_vehicles_are_drawn_by_share_and_always_alike() -> None:
    vehicles = tuple(Vehicle(ix, lane=0, position_m=0.0) for ix in range(3000))
    movements = {v.vehicle: v.movement for v in _gather(*vehicles)}
    assert list(movements.values()).count(1) / 3000 == pytest.approx(1 / 3, abs=0.03)
    later = _gather(*(replace(v, position_m=5.0) for v in reversed(vehicles)))
    assert {2999 - a.vehicle: a.movement for a in later} == movements


def test_samples_share_out_the_uncertain_movements() -> None:
    vehicles = [Vehicle(ix, lane=0, position_m=10.0 * ix) for ix in range(9)]
    arrivals = _gather(*vehicles, Vehicle(99, lane=1), n_samples=3)
    for ix in range(9):  # shares 2 : 1, so that one of three samples turns
        movements = sorted(a.movement for a in arrivals if a.vehicle == ix)
        assert movements == [0, 0, 1]
        assert [a.lane for a in arrivals if a.vehicle == ix] == [0, 1, 2]
    (sure,) = [a for a in arrivals if a.vehicle == 9]
    assert sure.lane == 3
    assert sum(a.weight for a in arrivals) == pytest.approx(10.0)  # every vehicle weighs as one


def test_what_was_ruled_out_is_not_drawn() -> None:
    tracks = Tracks()
    vehicles = [Vehicle(ix, lane=0, position_m=99.0, speed_mps=0.0) for ix in range(50)]
    tracks.follow(*vehicles)
    tracks.rule_out(*vehicles, clear_green_s=[9.0, -1.0, -1.0, -1.0, -1.0])
    assert {a.movement for a in _gather(*vehicles, tracks=tracks)} == {1}
    tracks.rule_out(*vehicles, clear_green_s=[9.0, 9.0, -1.0, -1.0, -1.0])  # all ruled out: it may be any
    assert {a.movement for a in _gather(*vehicles, tracks=tracks)} == {0, 1}


@pytest.mark.parametrize(
    ("vehicle", "green_s"),
    [
        (Vehicle(7, lane=0, position_m=99.0, speed_mps=2.0), 9.0),  # it moves
        (Vehicle(7, lane=0, position_m=80.0, speed_mps=0.0), 9.0),  # not the leader
        (Vehicle(7, lane=2, position_m=60.0, speed_mps=0.0), 9.0),  # not at the stop line
        (Vehicle(7, lane=0, position_m=99.0, speed_mps=0.0), 3.9),  # not green for long enough
        (Vehicle(8, lane=0, position_m=99.0, speed_mps=0.0), 9.0),  # not tracked
    ],
)
def test_only_a_leader_that_lets_its_green_pass_rules_it_out(vehicle: Vehicle, green_s: float) -> None:
    tracks = Tracks()
    tracks.follow(replace(vehicle, ix=7))
    tracks.rule_out(vehicle, clear_green_s=[green_s, -1.0, -1.0, -1.0, -1.0])
    assert not tracks.ruled_out.any()


def test_crossing_the_stop_line_ends_what_was_ruled_out() -> None:
    tracks = Tracks()
    leader = Vehicle(7, lane=0, position_m=99.0, speed_mps=0.0)
    tracks.follow(leader)
    tracks.rule_out(leader, clear_green_s=[9.0, -1.0, -1.0, -1.0, -1.0])
    assert tracks.ruled_out[7] == 0b01
    tracks.follow(Vehicle(7, movement=1))
    assert tracks.ruled_out[7] == 0


def test_a_lane_grows_heavier_with_its_longest_wait() -> None:
    waiting = Vehicle(1, lane=1, position_m=100.0, speed_mps=0.0, waiting_s=80.0, weight=3.0)
    coming = Vehicle(2, lane=1, position_m=50.0)
    first, second = _gather(waiting, coming)
    assert (first.weight, second.weight) == (6.0, 2.0)
    assert (first.stop_cost, second.stop_cost) == (0.0, 8.0)  # who stands has stopped already


def test_a_long_vehicle_and_a_tight_curve_hold_up_who_follows() -> None:
    car, bus = Vehicle(1, lane=0, movement=0), Vehicle(2, lane=0, movement=0, length_m=18.0)
    turning = Vehicle(3, lane=0, movement=1)
    headways_s = {a.vehicle: a.headway_s for a in _gather(car, bus, turning)}
    # a second, then the vehicle and its gap at the speed of the queue
    assert headways_s == pytest.approx({0: 1.0 + 7.0 / 10.0, 1: 1.0 + 20.0 / 10.0, 2: 1.0 + 7.0 / 5.0})


def test_pedestrians_stand_at_their_crossing() -> None:
    (arrival,) = _gather(n_walkers=4)
    assert arrival == Arrival(3, CROSSING_ROW, arrival_s=0.0, weight=4.0, stop_cost=0.0, headway_s=0.0, vehicle=-1)


def test_the_next_junction_is_told_who_will_be_released() -> None:
    tracks = Tracks()
    vehicle = Vehicle(7, lane=0, movement=0, position_m=90.0, speed_mps=0.0)
    tracks.follow(vehicle)
    assert [a.lane for a in _gather(vehicle, tracks=tracks)] == [0]
    tracks.departure_s[7] = 1010.0
    own, told = _gather(vehicle, tracks=tracks, now_s=1000.0)
    assert (own.lane, own.vehicle) == (0, 0)
    assert (told.lane, told.movement, told.vehicle) == (2, 3, -1)
    # released after 10 s, then 20 m of junction and 200 m of road at 10 m/s at most
    assert 10.0 + 220.0 / 10.0 <= told.arrival_s < 10.0 + 220.0 / 10.0 + 3.0
    assert len(_gather(vehicle, tracks=tracks, horizon_s=20.0)) == 1  # too late to be of concern
    # on a link between signals planned as one nobody is told of: who is let in is let out
    assert len(_gather(vehicle, tracks=tracks, now_s=1000.0, short_lanes=(int(TO_LANE[0]),))) == 1


vehicles_anywhere = st.lists(
    st.builds(
        Vehicle,
        ix=st.integers(0, 500),
        lane=st.integers(-1, 4),
        movement=st.integers(-2, 5),
        position_m=st.floats(0.0, 60.0),
        speed_mps=st.floats(0.0, 20.0),
        waiting_s=st.floats(0.0, 300.0),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(vehicles_anywhere, st.integers(1, 4), st.integers(0, 3))
def test_arrivals_are_in_order_and_whole(vehicles: list[Vehicle], n_samples: int, n_walkers: int) -> None:
    tracks = Tracks()
    tracks.follow(*vehicles)
    tracks.departure_s[::3] = 1005.0
    arrivals = _gather(*vehicles, tracks=tracks, n_samples=n_samples, n_walkers=n_walkers)
    assert arrivals == _gather(*vehicles, tracks=tracks, n_samples=n_samples, n_walkers=n_walkers)
    lane_of_movement = [range(n_samples), range(n_samples), [n_samples], [n_samples + 1], [n_samples + 2]]
    for arrival in arrivals:
        assert arrival.lane in lane_of_movement[arrival.movement]
        assert arrival.arrival_s >= 0.0
        assert arrival.weight > 0.0
        assert arrival.stop_cost >= 0.0
        assert -1 <= arrival.vehicle < len(vehicles)
    for lane in range(n_samples + 3):
        times = [a.arrival_s for a in arrivals if a.lane == lane]
        assert times == sorted(times)

"""The twin's kernel on random small cities: nothing is lost, nobody overtakes, and the order of work changes no bit.

The oracles here know vehicles, lanes and plans as the city has them, in plain numpy, and nothing of the kernel's rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.metropolis.assemble import city_of
from cityloop.city.metropolis.grid import lattice
from cityloop.city.metropolis.junction import Arm, Junction, junction_of
from cityloop.city.metropolis.streets import Class, Streets
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import SMALLEST_SPACE_M, TwinNetwork, network_of
from cityloop.engines.twin.prepare import TwinRun, run_of
from cityloop.engines.twin.simulation import simulate
from cityloop.kernels import lane_queues as lq
from cityloop.kernels import lane_records as lr

Ints = NDArray[np.int64]

END_S = 240
DEPARTURES_S = 150.0
KINDS = ("traffic_light", "traffic_light", "priority", "priority_stop", "allway_stop", "right_before_left")
TURNS_OF_LANES = {1: (("rsl",), ("rslt",)), 2: (("rs", "sl"), ("rsl", "l"), ("r", "slt"))}
SIZES = (("passenger", 5.0, 2.5), ("passenger", 4.3, 1.5), ("bus", 12.0, 2.5), ("bus", 18.0, 2.5), ("truck", 60.0, 2.5))

some_cities = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
random_cases = st.builds(lambda seed: Case.drawn(Random(seed)), st.integers(0, 2**32 - 1))


# ---- a random city and its traffic -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A city with its traffic."""

    city: City
    network: TwinNetwork
    traffic: Traffic

    @classmethod
    def drawn(cls, rng: Random) -> Case:
        city = draw_city(rng)
        network = network_of(city, windows_s=(rng.choice((1, 2, 3, 5, 8)),))
        return cls(city, network, draw_traffic(rng, city, network))

    def run(self, seed: int = 1) -> TwinRun:
        return run_of(self.network, self.city, self.traffic, 0.0, float(END_S), seed)

    def __repr__(self) -> str:
        return f"Case({self.city.name}, {self.traffic.vehicles.n_rows} vehicles)"


def draw_plan(rng: Random, n_links: int) -> tuple[tuple[str, float], ...]:
    """Random greens, each closed by a yellow, with or without an all-red."""
    stages = ["".join(rng.choice("rrGgs") for _ in range(n_links)) for _ in range(rng.randint(2, 4))]
    states: list[tuple[str, float]] = []
    for shown, following in zip(stages, [*stages[1:], stages[0]], strict=True):
        closing = "".join("y" if a in "Ggs" and b == "r" else a for a, b in zip(shown, following, strict=True))
        states += [(shown, rng.randint(10, 50) / 2), (closing, 3.0)]
        if rng.random() < 0.5:
            states.append((closing.replace("y", "r"), 2.0))
    return tuple(states)


def draw_junction(rng: Random, n_lanes: int, speed_mps: float) -> Junction:
    arm = Arm(rng.choice(TURNS_OF_LANES[n_lanes]), n_lanes, speed_mps)
    junction = junction_of(rng.choice(KINDS), [arm] * 4, major_axis=rng.randrange(2))
    if junction.kind != "traffic_light":
        return junction
    return replace(junction, states=draw_plan(rng, junction.n_links))


def draw_city(rng: Random) -> City:
    """Up to three by three junctions of random kinds, of which some left turns have a place to wait inside."""
    n_rows, n_columns, n_lanes = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 2)
    speed_mps, n = rng.choice((8.33, 13.89, 19.44)), n_rows * n_columns
    kinds = tuple(draw_junction(rng, n_lanes, speed_mps) for _ in range(3))
    kind_ix = np.array([rng.randrange(3) for _ in range(n)])
    offset_s = np.array([rng.randint(0, 200) / 2 for _ in range(n)])
    nodes, roads = lattice(n_rows, n_columns, 1.0, kind_ix, offset_s, Class(speed_mps, n_lanes))
    streets = [np.cumsum([0.0, *(rng.uniform(60, 350) for _ in range(size + 1))]) for size in (n_columns, n_rows)]
    x_m, y_m = (
        street[np.rint(place).astype(int) + 1] for street, place in zip(streets, (nodes.x_m, nodes.y_m), strict=True)
    )
    city = city_of(Streets(replace(nodes, x_m=x_m, y_m=y_m), roads, kinds), f"{n_rows} x {n_columns}, {n_lanes} lanes")
    waits = (city.movements["direction"] == "l") & city.movements["is_minor"]
    waits &= np.array([rng.random() < 0.5 for _ in range(len(waits))])
    wait_m = np.where(waits, city.movements["length_m"] * rng.uniform(0.3, 0.7), np.nan)
    return replace(city, movements=Table("movements", {**city.movements, "wait_m": wait_m}))


def draw_ways(chance: np.random.Generator, network: TwinNetwork, n_roads: int, n: int) -> list[list[int]]:
    """Random walks along the turns of the network."""
    following = defaultdict(list)
    for key in network.turn_keys.tolist():
        following[key // n_roads].append(key % n_roads)
    ways = []
    for _ in range(n):
        way = [int(chance.integers(n_roads))]
        while following[way[-1]] and chance.random() < 0.85:
            way.append(int(chance.choice(following[way[-1]])))
        ways.append(way)
    return ways


def draw_traffic(rng: Random, city: City, network: TwinNetwork) -> Traffic:
    """Vehicles of all lengths, some longer than a road, some with a scheduled stop, in any number up to a jam."""
    chance = np.random.default_rng(rng.randrange(2**32))
    n = rng.choice((1, 50, 300, 1000))
    ways = draw_ways(chance, network, city.roads.n_rows, n)
    ends = np.cumsum([len(way) for way in ways])
    starts = ends - [len(way) for way in ways]
    roads = np.concatenate(ways)
    has_stop = chance.random(len(roads)) < 0.02
    routes = {
        "road_ix": roads,
        "stop_s": np.where(has_stop, chance.integers(1, 40, len(roads)), 0),
        "stop_until_s": np.where(has_stop & (chance.random(len(roads)) < 0.3), 60.0, np.nan),
    }
    size = chance.choice(len(SIZES), n, p=(0.6, 0.2, 0.1, 0.05, 0.05) if rng.random() < 0.5 else (1, 0, 0, 0, 0))
    length_m = city.roads["length_m"]
    vehicles = {
        "vehicle_id": np.arange(n).astype(str),
        "class": np.array([name for name, _, _ in SIZES], object)[size],
        "depart_s": np.sort(chance.integers(0, int(DEPARTURES_S * 10), n) / 10),
        "routes_start": starts,
        "routes_end": ends,
        "length_m": np.array([length for _, length, _ in SIZES])[size],
        "min_gap_m": np.array([gap for _, _, gap in SIZES])[size],
        "depart_m": np.where(chance.random(n) < 0.3, chance.random(n) * length_m[roads[starts]], 0.0),
        "arrival_m": np.where(chance.random(n) < 0.3, chance.random(n) * length_m[roads[ends - 1]], np.nan),
    }
    return Traffic(Table("vehicles", vehicles), Table("routes", routes))


# ---- what happened, second by second -----------------------------------------------------------------------------


def places(lanes: NDArray[np.int32], begins: NDArray[np.int32], ends: NDArray[np.int32]) -> tuple[Ints, Ints]:
    """Return lane and slot of every place in the rings from ``begins`` to ``ends``."""
    counts = (ends - begins).astype(np.int64)
    lane = np.repeat(np.arange(len(lanes)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + begins[lane]
    return lane, lanes["ring"][lane] + (place & lanes["mask"][lane])


@dataclass(frozen=True)
class Log:
    """Every stay of a vehicle on a lane that has ended, in the order of the lanes' ends: one row a stay."""

    lane: Ints
    who: Ints
    move: Ints
    entered_ms: Ints
    left_ms: Ints

    def by(self, *keys: Ints) -> Log:
        """Return the stays sorted by some keys, in their order where those are equal."""
        order = np.lexsort(keys[::-1])
        return Log(*(getattr(self, name)[order] for name in self.__dataclass_fields__))


def begins_where_it_ends(case: Case) -> NDArray[np.bool_]:
    """Return which lanes begin in the cluster in which they end; there drivers trust that those ahead roll on."""
    network, roads = case.network, case.city.roads
    begins, ends = (network.cluster_of_node[roads[name]] for name in ("from_node_ix", "to_node_ix"))
    return (begins == ends)[case.city.lanes["road_ix"][network.lane_ix]] & (network.lane_ix >= 0)


def room_mm(case: Case) -> Ints:
    """Return how much of every lane vehicles may take; on one within a cluster some may wait in the junction before."""
    movements = case.city.movements
    inside_m = np.zeros(case.city.lanes.n_rows)
    driven = np.flatnonzero(~movements["is_crossing"])
    np.maximum.at(inside_m, movements["to_lane_ix"][driven], movements["length_m"][driven])
    more_mm = np.ceil(inside_m[case.network.lane_ix] * 1000).astype(np.int64)
    return case.network.lanes["room_mm"] + np.where(begins_where_it_ends(case), more_mm, 0)


def logged(case: Case, run: TwinRun, check: Callable[[Case, TwinRun], None] = lambda case, run: None) -> Log:
    """Run to the end, look at every second, and return all stays; who enters a lane first must leave it first."""
    rows, waiting = [], defaultdict(list)
    lanes, state = run.built.lanes, run.state
    for second in range(END_S):
        heads, tails = state.heads.copy(), state.tails.copy()
        simulate(case.network, run, second, second + 1)
        check(case, run)
        for lane, slot in zip(*places(lanes, tails, state.tails), strict=True):
            waiting[lane].append(state.rings["who"][slot])
        lane, slot = places(lanes, heads, state.heads)
        record = state.rings[slot]
        for at, who in zip(lane, record["who"], strict=True):
            assert who == waiting[at].pop(0)
        rows.append(np.column_stack([lane, record["who"], record["by"], record["since_ms"], -1 - record["time_ms"]]))
    return Log(*np.concatenate(rows).astype(np.int64).T)


def assert_whole(case: Case, run: TwinRun) -> None:
    """Every vehicle is in one place, and the lanes' accounts agree with who stands on them."""
    built, state = run.built, run.state
    n, lanes, vehicles = len(state.vehicles), built.lanes, state.vehicles
    lane, slot = places(lanes, state.heads, state.tails)
    who = state.rings["who"][slot]
    n_times = np.bincount(who, minlength=n)
    has_entered = vehicles["entered_ms"] >= 0
    has_arrived = state.steps["turn"][run.steps_end - 1] == -1
    np.testing.assert_array_equal(n_times, has_entered & ~has_arrived)
    first = np.concatenate([[0], state.sources["end"][:-1]]) if len(state.sources) else np.zeros(0, np.int64)
    for begin, source in zip(first, state.sources, strict=True):
        queue = built.queues[begin : source["end"]]
        np.testing.assert_array_equal(has_entered[queue], begin + np.arange(len(queue)) < source["next"])
    # whoever has entered a lane is on it or has left it
    is_bay = lanes["free_ms"] == 0
    n_entries = has_entered.sum() + (vehicles["at"] - run.steps_start).sum()
    assert state.tails[~is_bay].sum() == n_entries
    assert (state.entries["freed"] <= state.heads).all()
    assert (state.heads <= state.tails).all()
    assert (state.tails - state.entries["freed"] <= lanes["mask"] + 1).all()
    lane, slot = places(lanes, state.entries["freed"], state.tails)
    space_mm = vehicles["space_mm"][state.rings["who"][slot]]
    used_mm = np.bincount(lane, space_mm, minlength=len(lanes))
    np.testing.assert_array_equal(state.entries["used_mm"], used_mm)
    # room holds for those who are on the lane; the account may still have some whose room has come back by now
    lane, slot = places(lanes, state.heads, state.tails)
    on_it_mm = np.bincount(lane, vehicles["space_mm"][state.rings["who"][slot]], minlength=len(lanes))
    assert ((on_it_mm <= room_mm(case)) | (state.tails - state.heads == 1)).all()


def green_ms(city: City, movement_ix: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return begin and end of every green of a movement at a signal, and whether a yellow follows."""
    plan_ix = int(city.signals["plan_ix"][city.movements["signal_ix"][movement_ix]])
    link = int(city.links["index"][city.movements["link_ix"][movement_ix]])
    shown = [state[link] for state in city.states_of(plan_ix)]
    first, last = int(city.plans["stages_start"][plan_ix]), int(city.plans["stages_end"][plan_ix])
    durations_ms = np.round(city.stages["duration_s"][first:last] * 1000).astype(np.int64)
    cycle_ms = int(durations_ms.sum())
    at_ms = round(float(city.plans["offset_s"][plan_ix]) * 1000) % cycle_ms - 2 * cycle_ms
    greens: list[tuple[int, int, bool]] = []
    while at_ms < END_S * 1000:
        for character, duration_ms in zip(shown, durations_ms.tolist(), strict=True):
            if character in "Ggs" and greens and greens[-1][1] == at_ms:
                greens[-1] = (greens[-1][0], at_ms + duration_ms, False)
            elif character in "Ggs":
                greens.append((at_ms, at_ms + duration_ms, False))
            elif character == "y" and greens and greens[-1][1] == at_ms:
                greens[-1] = (*greens[-1][:2], True)
            at_ms += duration_ms
    begins, ends, is_followed = zip(*greens, strict=True) if greens else ((), (), ())
    return np.array(begins, np.int64), np.array(ends, np.int64), np.array(is_followed, np.bool_)


# ---- what holds in every city ------------------------------------------------------------------------------------


@some_cities
@given(random_cases)
def test_every_vehicle_is_in_one_place_every_second_and_lanes_are_left_in_the_order_of_entry(case: Case) -> None:
    run = case.run()
    assert_whole(case, run)
    logged(case, run, assert_whole)


@some_cities
@given(random_cases)
def test_times_never_run_backward_and_nobody_is_faster_than_on_an_empty_road(case: Case) -> None:
    run = case.run()
    log = logged(case, run)
    log = log.by(log.who, log.left_ms)
    built, vehicles = run.built, run.state.vehicles
    follows = log.who[1:] == log.who[:-1]
    np.testing.assert_array_equal(log.entered_ms[1:][follows], log.left_ms[:-1][follows])
    is_first = np.concatenate([[True], ~follows]) if len(log.who) else np.zeros(0, np.bool_)
    np.testing.assert_array_equal(log.entered_ms[is_first], vehicles["entered_ms"][log.who[is_first]])
    assert (vehicles["entered_ms"][log.who] >= vehicles["depart_ms"][log.who]).all()
    # the way through the junction before, where there was one, and the whole lane, where the way does not end on it
    slow, lane = vehicles["slow"][log.who].astype(np.int64), log.lane
    cross_ms = np.zeros(len(lane), np.int64)
    before = log.move[:-1][follows]
    cross_ms[1:][follows] = (built.moves["cross_ms"][before] * slow[1:][follows]) >> 10
    is_whole = ~is_first & (log.move >= 0)
    free_ms = np.where(is_whole, (built.lanes["free_ms"][lane] * slow) >> 10, 0)
    assert (log.left_ms - log.entered_ms >= cross_ms + free_ms).all()


@some_cities
@given(random_cases)
def test_headways_at_the_stop_line_are_never_below_that_of_moving_vehicles(case: Case) -> None:
    run = case.run()
    log = logged(case, run)
    log = log.by(log.lane)
    follows = (log.lane[1:] == log.lane[:-1]) & (log.move[1:] >= 0)
    headway_ms = np.diff(log.left_ms)[follows]
    space_m = run.state.vehicles["space_mm"][log.who[:-1][follows]] / 1000
    movement_ix = case.network.movement_ix[log.move[1:][follows]]
    lane_ix = case.city.movements["from_lane_ix"][movement_ix]
    speed_mps = np.minimum(case.city.movements["speed_mps"][movement_ix], case.city.lanes["speed_mps"][lane_ix])
    assert (np.diff(log.left_ms)[log.lane[1:] == log.lane[:-1]] >= 0).all()
    assert (headway_ms >= 1000 * (1.0 + space_m / speed_mps) - 2).all()


@some_cities
@given(random_cases)
def test_nobody_enters_a_lane_between_clusters_before_its_room_has_come_back(case: Case) -> None:
    run = case.run()
    log = logged(case, run)
    state, lanes, is_inner = run.state, run.built.lanes, begins_where_it_ends(case)
    lane, slot = places(lanes, state.heads, state.tails)
    record = state.rings[slot]
    stands = Log(lane, record["who"], record["by"], record["since_ms"], np.full(len(lane), lr.NEVER))
    stays = Log(*(np.concatenate([getattr(log, name), getattr(stands, name)]) for name in Log.__dataclass_fields__))
    stays = stays.by(stays.lane, stays.entered_ms)
    space_mm = state.vehicles["space_mm"][stays.who].astype(np.int64)
    # whoever enters is inside the junction for a while; room is booked by the second, and one may leave a second ago
    looks_ms = lr.LONGEST_CROSSING_MS + 2000
    for lane in np.flatnonzero(~is_inner).tolist():
        rows = np.flatnonzero(stays.lane == lane)
        back_ms = stays.left_ms[rows] + lanes["back_ms"][lane]
        for place, row in enumerate(rows.tolist()):
            is_there = back_ms[:place] > stays.entered_ms[row] + looks_ms
            used_mm = int(space_mm[rows[:place]][is_there].sum())
            assert used_mm == 0 or used_mm + space_mm[row] <= lanes["room_mm"][lane]


@some_cities
@given(random_cases)
def test_nobody_passes_a_red(case: Case) -> None:
    run = case.run()
    log = logged(case, run)
    moves, city, network = run.built.moves, case.city, case.network
    signalised = np.flatnonzero(city.movements["signal_ix"][network.movement_ix] >= 0)
    for move in signalised[moves["is_from_bay"][signalised] == 0].tolist():
        left_ms = log.left_ms[log.move == move]
        begins_ms, ends_ms, is_followed = green_ms(city, int(network.movement_ix[move]))
        if len(begins_ms) == 0:
            assert len(left_ms) == 0
            continue
        green = np.searchsorted(begins_ms, left_ms, side="right") - 1
        assert (left_ms >= begins_ms[green] + moves["lost_ms"][move]).all()
        assert (left_ms <= ends_ms[green] + np.where(is_followed[green], moves["yellow_ms"][move], 0)).all()


# ---- the order of work changes no bit ----------------------------------------------------------------------------


def in_one_go(case: Case, run: TwinRun, chance: Random) -> None:
    simulate(case.network, run, 0, END_S)


def in_pieces(case: Case, run: TwinRun, chance: Random) -> None:
    second = 0
    while second < END_S:
        following = min(second + chance.randint(1, 30), END_S)
        simulate(case.network, run, second, following)
        second = following


def second_by_second(case: Case, run: TwinRun, chance: Random) -> None:
    simulate(case.network, run, 0, END_S, window_s=1)


def in_another_window(case: Case, run: TwinRun, chance: Random) -> None:
    simulate(case.network, run, 0, END_S, window_s=chance.randint(1, case.network.window_s))


def in_permuted_order(case: Case, run: TwinRun, chance: Random) -> None:
    """Windows of random length, clusters in another order in each."""
    second, clusters = 0, list(range(len(run.built.clusters)))
    while second < END_S:
        following = min(second + chance.randint(1, case.network.window_s), END_S)
        chance.shuffle(clusters)
        for cluster in clusters:
            lq.advance(cluster, cluster + 1, second, following, case.network.window_s, run.built, run.state)
        second = following


def assert_same(one: TwinRun, other: TwinRun) -> None:
    """Equal bit by bit, but for when a lane is looked at next: a lane may be looked at too early without effect."""
    for name in set(lr.State._fields) - {"due"}:
        np.testing.assert_array_equal(getattr(one.state, name), getattr(other.state, name), err_msg=name)


@pytest.mark.parametrize("work", [in_one_go, in_pieces, second_by_second, in_another_window, in_permuted_order])
@some_cities
@given(case=random_cases, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_work_changes_no_bit(work: Callable[[Case, TwinRun, Random], None], case: Case, seed: int) -> None:
    one, other = case.run(), case.run()
    in_one_go(case, one, Random(seed))
    work(case, other, Random(seed))
    assert_same(one, other)


@some_cities
@given(random_cases)
def test_another_seed_gives_another_day(case: Case) -> None:
    runs = [case.run(seed) for seed in (1, 2)]
    for run in runs:
        in_one_go(case, run, Random(1))
    assert (runs[0].state.vehicles["slow"] != runs[1].state.vehicles["slow"]).any()
    if len(runs[0].state.vehicles) >= 50:
        assert (runs[0].state.steps != runs[1].state.steps).any()


# ---- corners -----------------------------------------------------------------------------------------------------


def alone(city: City, ways: Sequence[Sequence[int]], **columns: object) -> Case:
    """Return a city with vehicles that all depart at once."""
    ends = np.cumsum([len(way) for way in ways])
    vehicles = {
        "vehicle_id": [str(i) for i in range(len(ways))],
        "depart_s": np.zeros(len(ways)),
        "routes_start": ends - [len(way) for way in ways],
        "routes_end": ends,
    }
    routes = Table("routes", {"road_ix": np.concatenate([*ways, np.zeros(0, np.int64)])})
    network = network_of(city, windows_s=(1,))
    return Case(city, network, Traffic(Table("vehicles", vehicles | columns), routes))


def straight_city(length_m: float) -> City:
    """Return one junction without conflicts between two roads there and back, both of about the same length."""
    arm = Arm(("s",), 1, 13.89)
    junction = junction_of("priority", [None, arm, None, arm], radius_m=5.0)
    nodes, roads = lattice(1, 1, length_m + 5.0, np.zeros(1, np.int64), np.zeros(1), Class(13.89, 1))
    is_street = (roads.from_arm % 2 == 1) & (roads.to_arm % 2 == 1)
    kept = (getattr(roads, name)[is_street] for name in type(roads).__dataclass_fields__)
    return city_of(Streets(nodes, type(roads)(*kept), (junction,)), "straight")


def way_through(city: City) -> list[int]:
    """Return the first way over two roads."""
    movement = city.movements["from_lane_ix"][0], city.movements["to_lane_ix"][0]
    return [int(city.lanes["road_ix"][lane]) for lane in movement]


def arrived(run: TwinRun) -> NDArray[np.bool_]:
    return run.state.steps["turn"][run.steps_end - 1] == -1


def test_a_city_without_traffic_stays_empty() -> None:
    case = alone(straight_city(200.0), [])
    run = case.run()
    logged(case, run, assert_whole)
    assert not run.state.tails.any()


def test_vehicles_longer_than_their_roads_pass_them_one_by_one() -> None:
    city = straight_city(60.0)
    case = alone(city, [way_through(city)] * 3, length_m=np.full(3, 150.0))
    run = case.run()
    log = logged(case, run, assert_whole)
    assert arrived(run).all()
    log = log.by(log.lane, log.entered_ms)
    follows = log.lane[1:] == log.lane[:-1]
    assert (log.entered_ms[1:][follows] > log.left_ms[:-1][follows]).all()


def test_a_way_over_one_road_is_driven_once() -> None:
    city = straight_city(200.0)
    case = alone(city, [way_through(city)[:1]])
    run = case.run()
    log = logged(case, run, assert_whole)
    assert arrived(run).all()
    assert log.move.tolist() == [-1]


def test_a_lane_holds_a_full_queue_of_the_shortest_vehicles() -> None:
    # bicycles as SUMO has them: 1.6 m and a gap of 0.5 m, for which the twin takes 3 m
    city, n = straight_city(170.0), 110
    case = alone(city, [way_through(city)] * n, length_m=np.full(n, 1.6), min_gap_m=np.full(n, 0.5))
    run = case.run()
    run.state.shown["go"] = lr.STOP
    logged(case, run, assert_whole)
    lane = int(case.network.road_lanes[way_through(city)[0], 0])
    assert run.state.tails[lane] == run.built.lanes["room_mm"][lane] // round(SMALLEST_SPACE_M * 1000)


def test_who_is_held_waits_outside_until_the_road_has_room() -> None:
    city, n = straight_city(100.0), 30
    case = alone(city, [way_through(city)] * n)
    run = case.run()
    run.state.shown["go"] = lr.STOP
    logged(case, run, assert_whole)
    has_entered = run.state.vehicles["entered_ms"] >= 0
    lane = int(case.network.road_lanes[way_through(city)[0], 0])
    assert has_entered.sum() == run.built.lanes["room_mm"][lane] // 7500
    assert not arrived(run).any()

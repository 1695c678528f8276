"""No unsafe state, whatever is ordered, called or seen: random junctions against an oracle of its own.

The oracle knows the junction as it was drawn, in plain Python, and nothing of the guard.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cityloop.city.city import City
from cityloop.control.guard import Clearance, GuardConfig, SignalGuard, signal_rules
from cityloop.control.orders import Orders, Permit, Precedence, StageOrder
from cityloop.control.view import Detectors, Vehicles, View

R, Y, L, G, U = range(5)  # red, yellow, yielding green, green, red-yellow
CHARACTERS = "rygGusoO"
GREENS = (L, G)
EPSILON_S = 1e-5
MAX_EXAMPLES = 100
CityOf = Callable[[list[dict[str, Any]]], City]

junctions = settings(
    max_examples=MAX_EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


# ---- a random junction -------------------------------------------------------------------------------------------


def draw_junction(rng: random.Random) -> dict[str, Any]:
    n = rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 10])
    crossings = {i for i in range(n) if rng.random() < 0.2}
    lanes = [(rng.randrange(3), rng.choice([8.3, 13.9, 16.7, 19.5, 27.8])) for _ in range(rng.randint(1, n))]
    movements = []
    for link in range(n):
        if link in crossings:
            movements.append((link, -1, rng.uniform(3, 18), 1.4, "s"))
            continue
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            direction = rng.choice("srlt")
            movements.append((link, rng.randrange(len(lanes)), rng.uniform(5, 40), rng.uniform(3, 20), direction))
    conflicts = []
    density = rng.choice([0.2, 0.5, 0.9])
    for m in range(len(movements)):
        for f in range(m):
            if rng.random() < density and not (movements[m][1] < 0 and movements[f][1] < 0):
                yields = rng.choice([(False, False), (True, False), (False, True), (True, True), (True, False)])
                conflicts.append((m, f, yields[0], rng.uniform(0, 35)))
                conflicts.append((f, m, yields[1], rng.uniform(0, 35)))
    rng.shuffle(conflicts)
    return {
        "n_links": n,
        "crossings": crossings,
        "lanes": lanes,
        "movements": movements,
        "conflicts": conflicts,
        "states": draw_states(rng, n),
    }


def draw_states(rng: random.Random, n: int) -> list[tuple[str, float]]:
    """Stages with any greens at all (some in conflict: tolerated), yellows, all-red, odd characters."""
    states: list[tuple[str, float]] = []
    odd = rng.random() < 0.3
    overlap = rng.choice([0.0, 0.5, 0.8])
    before = "r" * n
    for _ in range(rng.choice([0, 1, 2, 3, 4, 4, 6, 6])):
        share = rng.choice([0.2, 0.4, 0.7])
        codes = [rng.choice("GGg") if rng.random() < share else "r" for _ in range(n)]
        codes = [old if old in "gG" and rng.random() < overlap else new for old, new in zip(before, codes, strict=True)]
        before = "".join(codes)
        if odd:
            codes = [rng.choice("usoO") if rng.random() < 0.15 else c for c in codes]
        states.append(("".join(codes), float(rng.randint(3, 60))))
        if rng.random() < 0.8:
            ends = ["y" if c in "Gg" and rng.random() < 0.6 else c for c in codes]
            states.append(("".join(ends), float(rng.randint(2, 5))))
        if rng.random() < 0.3:
            states.append(("r" * n, 2.0))
    return states


def draw_clearance(rng: random.Random) -> Clearance:
    common = {
        "yellow_s": rng.choice([3.0, 3.0, 2.5, 4.0]),
        "min_green_s": rng.choice([5.0, 7.0, 0.0, 3.3]),
        "walk_s": rng.choice([7.0, 4.0]),
        "walking_mps": rng.choice([1.0, 1.2]),
        "max_red_s": rng.choice([60.0, 120.0, 120.0, 240.0]),
    }
    if rng.random() < 0.3:
        cap_s = rng.choice([3.0, math.inf])
        no_all_red = {"all_red_floor_s": 0.0, "all_red_cap_s": 0.0}
        return Clearance(**common, **no_all_red, takes_program_yellow=True, program_yellow_cap_s=cap_s)
    return Clearance(**common, all_red_floor_s=rng.choice([0.0, 2.0]), all_red_cap_s=rng.choice([4.0, 6.0]))


# ---- the oracle --------------------------------------------------------------------------------------------------


@dataclass
class Oracle:
    """What must hold at one signal, told from the drawn junction alone."""

    junction: dict[str, Any]
    clearance: Clearance
    tick_s: float
    jitter_s: float
    n_homes: int
    has_emergency: bool
    is_street_obedient: bool
    taken: bool = False
    shown: list[int] = field(default_factory=list)
    since_s: list[float] = field(default_factory=list)
    call_s: list[float | None] = field(default_factory=list)
    longest_red_s: float = 0.0

    def __post_init__(self) -> None:
        junction, clearance = self.junction, self.clearance
        n = self.n = junction["n_links"]
        moves = junction["movements"]
        states = [state for state, _ in junction["states"]]
        self.foes: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self.gives_way = {(m, f): must_yield for m, f, must_yield, _ in junction["conflicts"]}
        way_m = {(m, f): conflict_m for m, f, _, conflict_m in junction["conflicts"]}
        for m, f in self.gives_way:
            if moves[m][0] != moves[f][0]:
                self.foes.setdefault((moves[m][0], moves[f][0]), []).append((m, f))
        self.in_program = {
            (i, a, j, b)
            for state in states
            for i, a in enumerate(state)
            for j, b in enumerate(state)
            if a in "gG" and b in "gG"
        }
        self.yellow_s = [self._yellow_s(i) for i in range(n)]
        self.min_green_s = [clearance.walk_s if i in junction["crossings"] else clearance.min_green_s for i in range(n)]
        self.clear_s = {pair: max(self._clear_s(m, f, way_m) for m, f in of) for pair, of in self.foes.items()}
        shown = {(i, c) for state in states for i, c in enumerate(state)}
        self.recallable = {i for i in range(n) if (i, "g") in shown or (i, "G") in shown}
        slowest = [self.yellow_s, self.clear_s.values(), self.min_green_s]
        block_s = sum(self.kept_s(max(times, default=0.0)) for times in slowest)
        # one order, every home once, and every link once that only a service makes green
        self.provable_s = (1 + self.n_homes + n - len(self.recallable)) * block_s + self.tick_s + self.jitter_s
        self.bound_s = max(clearance.max_red_s, self.provable_s) + 60.0 * self.has_emergency

    def kept_s(self, time_s: float) -> float:
        """Return how long a time becomes that ends at a tick only."""
        return math.ceil(time_s / self.tick_s - 1e-6) * self.tick_s + self.jitter_s

    def _yellow_s(self, link: int) -> float:
        if link in self.junction["crossings"]:
            return 0.0
        if self.clearance.takes_program_yellow:
            shown = [state[link] == "y" for state, _ in self.junction["states"]]
            if not any(shown) or all(shown):
                return self.clearance.yellow_s
            longest = run = 0.0
            for is_yellow, (_, duration_s) in zip(shown * 2, self.junction["states"] * 2, strict=True):
                run = run + duration_s if is_yellow else 0.0
                longest = max(longest, run)
            return min(longest, self.clearance.program_yellow_cap_s)
        lanes = [self.junction["lanes"][lane][1] for to, lane, *_ in self.junction["movements"] if to == link]
        fastest = max(lanes, default=0.0)
        if fastest * 3.6 <= 60.0001:
            return self.clearance.yellow_s
        return max(self.clearance.yellow_s, math.ceil(1.0 + fastest / (2 * 3.05)))

    def _clear_s(self, m: int, f: int, way_m: dict[tuple[int, int], float]) -> float:
        _, lane, length_m, speed_mps, direction = self.junction["movements"][m]
        if lane < 0:
            return math.ceil(length_m / self.clearance.walking_mps - 1e-9)
        speed_mps = min(10.0 if direction == "s" else 7.0, speed_mps)
        enters_m = 0.0 if self.junction["movements"][f][1] < 0 else way_m[f, m]
        crosses_s = 0.0 if direction == "s" else -1.0
        needed_s = crosses_s + (way_m[m, f] + 6.0) / speed_mps - enters_m / (40 / 3.6)
        return min(max(math.ceil(needed_s - 1e-9), self.clearance.all_red_floor_s), self.clearance.all_red_cap_s)

    def may_share(self, i: int, a: int, j: int, b: int) -> bool:
        if (i, CHARACTERS[a], j, CHARACTERS[b]) in self.in_program:
            return True
        # every two movements: the one with the yielding green gives way to the other
        return all(
            (a == L and self.gives_way[m, f]) or (b == L and self.gives_way[f, m]) for m, f in self.foes.get((i, j), ())
        )

    def unsafe_pairs(self, display: list[int]) -> set[int]:
        greens = [(i, c) for i, c in enumerate(display) if c in GREENS]
        return {i for i, a in greens for j, b in greens if i != j and not self.may_share(i, a, j, b)}

    def check(self, t_s: float, seen: list[int], display: list[int] | None, called: set[int]) -> None:
        """Check what is permitted at a tick, given what was seen then and who called."""
        self.call_s = [
            (at if at is not None else t_s) if i in called else None
            for i, at in enumerate(self.call_s or [None] * self.n)
        ]
        if display is None:
            assert not self.taken
            return
        if not self.taken:
            self.taken, self.shown, self.since_s = True, [-1] * self.n, [t_s] * self.n
        for i in range(self.n):
            if seen[i] != self.shown[i]:
                if not (seen[i] in GREENS and self.shown[i] in GREENS):
                    self.since_s[i] = t_s
                self.shown[i] = seen[i]
        self._check_steps(t_s, display)
        for i in range(self.n):
            if self._kind(display[i]) != self._kind(self.shown[i]):
                self.since_s[i] = t_s
        self.shown = list(display)
        self._check_waiting(t_s)

    @staticmethod
    def _kind(code: int) -> int:
        return G if code == L else R if code == U else code

    def _check_steps(self, t_s: float, display: list[int]) -> None:
        assert set(display) <= {R, Y, L, G}
        assert not self.unsafe_pairs(display), "conflicting greens"
        seen_unsafe = self.unsafe_pairs(self.shown)
        for i, (before, now) in enumerate(zip(self.shown, display, strict=True)):
            lasted_s = t_s - self.since_s[i] + EPSILON_S
            no_yellow = self.yellow_s[i] == 0
            if before in GREENS and now not in GREENS:
                assert now == Y or no_yellow, "green ends without yellow"
                assert lasted_s >= self.min_green_s[i] or i in seen_unsafe, "minimum green"
            elif before == Y:
                assert now in (Y, R), "yellow ends in green"
                assert now == Y or lasted_s >= self.yellow_s[i], "yellow too short"
            elif before in (R, U):
                assert now in (R, *GREENS)
            elif before not in GREENS:
                assert now == Y or no_yellow, "an odd state ends without yellow"
            if now in GREENS and (before not in GREENS or (before, now) == (L, G)):
                assert before in (R, U, L)
                self._check_start(t_s, i, display)

    def _check_start(self, t_s: float, i: int, display: list[int]) -> None:
        for (ending, entering), clear_s in self.clear_s.items():
            if entering != i or display[ending] in GREENS:
                continue
            assert display[ending] == R, "a start beside a conflicting yellow"
            red_s = t_s - self.since_s[ending] if self._kind(self.shown[ending]) == R else 0.0
            assert red_s + EPSILON_S >= clear_s, "all-red too short"

    def _check_waiting(self, t_s: float) -> None:
        if not self.is_street_obedient:
            return
        for i in self.recallable:
            call_s = self.call_s[i]
            if call_s is not None and self.shown[i] == R:
                red_s = t_s - max(call_s, self.since_s[i])
                self.longest_red_s = max(self.longest_red_s, red_s)
                assert red_s <= self.bound_s + EPSILON_S, "maximum red"


# ---- hostile services, callers and streets -------------------------------------------------------------------------


@dataclass
class Hostile:
    """Services that ask for anything, in moods that last a while."""

    rng: random.Random
    junction: dict[str, Any]
    signal_ix: int
    has_emergency: bool
    fickle_share: float
    mood: str = "calm"
    wish: Any = None

    def orders(self) -> list[Orders]:
        rng = self.rng
        if rng.random() < self.fickle_share:
            self.mood = rng.choice(["calm", "calm", "flap", "flap", "garbage", "silent", "stubborn", "all red", "add"])
            self.wish = self.greens()
        if self.mood == "silent":
            return []
        return [
            Orders(tuple(self.order(k) for _ in range(rng.choice([1, 1, 1, 2])))) for k in range(rng.choice([1, 1, 2]))
        ]

    def order(self, service: int) -> Any:
        rng = self.rng
        highest = Precedence.EMERGENCY if self.has_emergency else Precedence.TRANSIT
        precedence = Precedence(rng.randint(0, highest)) if rng.random() < 0.2 else Precedence.TRAFFIC
        if self.mood == "garbage" and rng.random() < 0.8:
            return self.garbage(precedence)
        if self.mood in ("flap", "add") or self.wish is None or (self.mood == "calm" and rng.random() < 0.05):
            self.wish = self.greens()
        if self.mood == "all red":
            self.wish = [R] * self.junction["n_links"]
        return StageOrder(self.signal_ix, np.array(self.wish, np.uint8), precedence, f"service {service}")

    def greens(self) -> list[int]:
        rng, n = self.rng, self.junction["n_links"]
        stages = [state for state, _ in self.junction["states"] if "G" in state or "g" in state]
        if self.mood == "add" and self.wish is not None:
            wish = list(self.wish)
            wish[rng.randrange(n)] = rng.choice([L, G])
            return wish
        if stages and rng.random() < 0.6:
            return [CHARACTERS.index(c) if c in "gG" else R for c in rng.choice(stages)]
        share = rng.choice([0.2, 0.5])
        return [rng.choice([L, G]) if rng.random() < share else R for _ in range(n)]

    def garbage(self, precedence: Precedence) -> Any:
        n, ix = self.junction["n_links"], self.signal_ix
        good = np.zeros(n, np.uint8)
        return self.rng.choice(
            [
                None,
                "GGrr",
                StageOrder(ix, np.full(n, G, np.uint8), precedence),
                StageOrder(ix, np.full(n, Y, np.uint8), precedence),
                StageOrder(ix, np.full(n, 200, np.uint8), precedence),
                StageOrder(ix, np.full(n + 1, G, np.uint8), precedence),
                StageOrder(ix, np.full((n, 1), R, np.uint8), precedence),
                StageOrder(ix, np.full(n, 2.5), precedence),  # type: ignore[arg-type]
                StageOrder(ix, np.full(n, 259, np.int64), precedence),  # type: ignore[arg-type]
                StageOrder(ix, [R] * n, precedence),  # type: ignore[arg-type]
                StageOrder(ix, [[R], [R, R]], precedence),  # type: ignore[arg-type]
                StageOrder(ix, None, precedence),  # type: ignore[arg-type]
                StageOrder(99, good, precedence),
                StageOrder(-1, good, precedence),
                StageOrder("0", good, precedence),  # type: ignore[arg-type]
                StageOrder(2**70, good, precedence),
                StageOrder(ix, good, 17),  # type: ignore[arg-type]
                StageOrder(ix, good, "high"),  # type: ignore[arg-type]
            ]
        )


@dataclass
class Callers:
    """Vehicles and pedestrians that come, wait and go; some announce their movement."""

    rng: random.Random
    junction: dict[str, Any]
    share: float
    has_sensing: bool
    fickle_share: float
    waiting: dict[int, tuple[int, int, float]] = field(default_factory=dict)  # by vehicle: lane, movement, position
    walkers: dict[int, int] = field(default_factory=dict)
    has_seen_vehicles: bool = False
    has_seen_walkers: bool = False

    def step(self) -> tuple[Vehicles, Detectors, list[int], set[int]]:
        """Return what is seen and which links are called."""
        rng, junction = self.rng, self.junction
        moves = junction["movements"]
        if self.has_sensing and rng.random() < self.fickle_share:
            for k in range(8):
                self.waiting.pop(k, None)
                if rng.random() < self.share:
                    announced = rng.choice([-1, -1, -2, *[m for m, move in enumerate(moves) if move[1] >= 0]])
                    self.waiting[k] = (rng.randrange(len(junction["lanes"])), announced, rng.choice([99.0, 70.0, 20.0]))
            self.walkers = {i: 2 for i in junction["crossings"] if rng.random() < self.share}
        return (
            self.vehicles(),
            self.loops(),
            [self.walkers.get(i, 0) for i in range(junction["n_links"])],
            self.called(),
        )

    def vehicles(self) -> Vehicles:
        rows = list(self.waiting.values())
        n = len(rows)
        return Vehicles(
            vehicle_ix=np.arange(n),
            lane_ix=np.array([row[0] for row in rows], np.int64),
            movement_ix=np.array([row[1] for row in rows], np.int64),
            position_m=np.array([row[2] for row in rows], np.float64),
            speed_mps=np.zeros(n),
            length_m=np.full(n, 5.0),
            waiting_s=np.zeros(n),
            n_persons=np.ones(n),
            age_s=np.zeros(n),
        )

    def loops(self) -> Detectors:
        return Detectors()

    def called(self) -> set[int]:
        junction = self.junction
        self.has_seen_vehicles |= bool(self.waiting)
        self.has_seen_walkers |= bool(self.walkers)
        called = set(self.walkers) if self.has_seen_walkers else set(junction["crossings"])
        if not self.has_seen_vehicles:
            return called | {link for link, lane, *_ in junction["movements"] if lane >= 0}
        for lane, announced, position_m in self.waiting.values():
            if 100.0 - position_m > 50.0:
                continue
            for m, (link, of_lane, *_) in enumerate(junction["movements"]):
                same_road = of_lane >= 0 and junction["lanes"][of_lane][0] == junction["lanes"][lane][0]
                if (announced == -1 and of_lane == lane) or (announced == m and same_road):
                    called.add(link)
        return called


def run(city_of: CityOf, seed: int, *, n_ticks: int, street: str) -> Oracle:
    """Drive one random junction with random services, callers and ticks; the oracle judges every tick."""
    rng = random.Random(seed)
    junction, clearance = draw_junction(rng), draw_clearance(rng)
    city = city_of([junction])
    has_emergency = rng.random() < 0.25
    tick_s = rng.choice([1.0, 1.0, 0.5, 2.0, 0.7])
    is_regular = rng.random() < 0.5
    config = GuardConfig(tick_s=tick_s, jitter_s=0.0 if is_regular else tick_s)
    homes = signal_rules(city, clearance)[0].home_ix
    about = (tick_s, config.jitter_s, len(set(homes[homes >= 0].tolist())), has_emergency, street == "obedient")
    oracle = Oracle(junction, clearance, *about)
    if rng.random() < 0.8:  # a maximum red that can just be promised
        clearance = replace(clearance, max_red_s=oracle.provable_s)
        oracle = Oracle(junction, clearance, *about)
    guard = SignalGuard(city, signal_rules(city, clearance), config)
    services = Hostile(rng, junction, 0, has_emergency, rng.choice([0.003, 0.03]))
    callers = Callers(rng, junction, rng.choice([0.2, 0.6, 1.0]), rng.random() < 0.8, rng.choice([0.01, 0.05, 0.2]))
    n = junction["n_links"]
    display = [rng.randrange(len(CHARACTERS)) if rng.random() < 0.5 else rng.choice([R, G]) for _ in range(n)]
    if rng.random() < 0.5:
        display = [c if c in (R, G) else R for c in display]
    t_s = rng.choice([0.0, 25200.0, 0.25])
    for _ in range(n_ticks):
        vehicles, loops, walkers, called = callers.step()
        view = View(t_s, np.array(display, np.uint8), np.array(walkers, np.int64), vehicles, loops)
        permit = guard.permit(view, services.orders())
        oracle.check(t_s, display, shown_by(permit), called)
        display = next_display(rng, street, display, shown_by(permit))
        t_s += tick_s if is_regular else rng.uniform(0.05, tick_s)
    return oracle


def shown_by(permit: Permit) -> list[int] | None:
    return [int(code) for code in permit.displays[0]] if permit.displays else None


def next_display(rng: random.Random, street: str, display: list[int], permitted: list[int] | None) -> list[int]:
    if permitted is None:
        return display
    if street == "disobedient" and rng.random() < 0.1:
        kind = rng.randrange(3)
        if kind == 0:
            return display  # the actuator refused
        if kind == 1:
            return [rng.randrange(len(CHARACTERS)) for _ in display]
        return [rng.choice([now, before]) for now, before in zip(permitted, display, strict=True)]
    return permitted


@junctions
@given(seed=st.integers(0, 2**32))
def test_no_unsafe_state_and_no_starved_link(city_of: CityOf, seed: int) -> None:
    run(city_of, seed, n_ticks=500, street="obedient")


@junctions
@given(seed=st.integers(0, 2**32))
def test_no_unsafe_state_on_a_street_that_does_otherwise(city_of: CityOf, seed: int) -> None:
    run(city_of, seed, n_ticks=250, street="disobedient")

"""What every service promises. Services are found by folder; ``tests/contract/services`` says how to open each."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import cityloop.services
from cityloop.city.city import City
from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED, codes_of
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config
from cityloop.control.drive import SimulatedClock, drive
from cityloop.control.guard import SignalGuard, SignalRules, clearance_of, signal_rules
from cityloop.control.orders import Orders, Permit, Receipts, Refusal
from cityloop.control.ports import Service
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.sensing import estimator_of, sensor_of

OPENERS = Path(__file__).parent / "services"
CHECKER = Path(__file__).parents[2] / "benchmarks" / "check_states.py"
SERVICES = sorted(
    path.name for path in Path(cityloop.services.__path__[0]).iterdir() if (path / "__init__.py").is_file()
)
SENSING = ("ideal", "connected:1.0", "connected:0.3", "loops")
BEGIN_S, END_S = 600.0, 690.0


def _opener(service: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"opener_{service}", OPENERS / f"{service}.py")
    assert spec is not None
    assert spec.loader is not None
    opener = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(opener)
    return opener


CASES = [(service, variant) for service in SERVICES for variant in _opener(service).VARIANTS]


@dataclass(frozen=True)
class Case:
    """One service under one of its policies."""

    opener: ModuleType
    variant: str

    def open(self, city: City, rules: Sequence[SignalRules], memory: Any = None) -> Service:
        opened: Service = self.opener.open_service(city, rules, self.variant, memory)
        return opened

    def memory_of(self, service: Service) -> dict[str, Any]:
        kept: dict[str, Any] = self.opener.memory_of(service)
        return kept


@pytest.fixture(params=CASES, ids=[f"{service}-{variant}" for service, variant in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    service, variant = request.param
    return Case(_opener(service), variant)


@pytest.fixture(scope="session")
def rules(street: City) -> tuple[SignalRules, ...]:
    return signal_rules(street, clearance_of("program"))


@pytest.fixture(scope="session")
def films(
    street: City, street_source: SumoInput, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[View, ...]]:
    """Return what is sensed of the street, second by second, in each way of sensing it."""
    films = {}
    for sensing in SENSING:
        folder, estimator = tmp_path_factory.mktemp("film"), estimator_of(sensing, street)
        sensor, outputs = sensor_of(sensing, street, 3), SumoOutputs(folder / "run")
        with SumoEngine(street, street_source, sensor, BEGIN_S, END_S, 3, outputs) as engine:
            views = []
            for t_s in np.arange(BEGIN_S + 1.0, END_S + 0.5):
                engine.advance(float(t_s))
                views.append(_frozen(estimator.estimate(engine.sense())))
        films[sensing] = tuple(views)
    return films


def _frozen(view: View) -> View:
    """Return the view with columns that nobody can write to."""
    for part in (view, view.vehicles, view.detectors):
        for entry in dataclasses.fields(part):
            column = getattr(part, entry.name)
            if isinstance(column, np.ndarray):
                column.setflags(write=False)
    return view


def _orders(service: Service, views: Sequence[View]) -> list[Orders]:
    return [service.decide(view) for view in views]


def _same(one: Orders, other: Orders) -> bool:
    if len(one.stages) != len(other.stages):
        return False
    return all(
        (a.signal_ix, a.precedence, a.service) == (b.signal_ix, b.precedence, b.service)
        and np.array_equal(a.greens, b.greens)
        for a, b in zip(one.stages, other.stages, strict=True)
    )


def _assert_same(one: list[Orders], other: list[Orders]) -> None:
    for k, (a, b) in enumerate(zip(one, other, strict=True)):
        assert _same(a, b), k


def _assert_well_formed(orders: Orders, rules: Sequence[SignalRules]) -> None:
    signals = [order.signal_ix for order in orders.stages]
    assert len(set(signals)) == len(signals)
    for order in orders.stages:
        rule = rules[order.signal_ix]
        assert order.greens.dtype == np.uint8
        assert order.greens.shape == (rule.n_links,)
        assert np.isin(order.greens, [RED, GREEN_YIELDING, GREEN]).all()
        assert rule.fits(order.greens) is None


@pytest.mark.parametrize("sensing", SENSING)
def test_the_same_views_and_memory_give_the_same_orders(
    case: Case, street: City, rules: tuple[SignalRules, ...], films: dict[str, tuple[View, ...]], sensing: str
) -> None:
    views = films[sensing]
    first = case.open(street, rules)
    day = _orders(first, views)
    _assert_same(day, _orders(case.open(street, rules), views))
    kept = case.memory_of(first)
    next_day = [_orders(case.open(street, rules, kept), views) for _ in range(2)]
    _assert_same(*next_day)


def test_memory_is_arrays_that_can_be_kept(
    case: Case, street: City, rules: tuple[SignalRules, ...], films: dict[str, tuple[View, ...]], tmp_path: Path
) -> None:
    service = case.open(street, rules)
    _orders(service, films["ideal"])
    kept = case.memory_of(service)
    np.savez(tmp_path / "memory.npz", **kept)
    with np.load(tmp_path / "memory.npz", allow_pickle=False) as loaded:
        read = {name: loaded[name] for name in loaded.files}
    _assert_same(
        _orders(case.open(street, rules, read), films["ideal"]),
        _orders(case.open(street, rules, kept), films["ideal"]),
    )


@pytest.mark.parametrize("sensing", SENSING)
def test_orders_are_well_formed_and_never_in_conflict(
    case: Case, street: City, rules: tuple[SignalRules, ...], films: dict[str, tuple[View, ...]], sensing: str
) -> None:
    for orders in _orders(case.open(street, rules), films[sensing]):
        _assert_well_formed(orders, rules)


def test_nothing_is_known_of_the_future(
    case: Case, street: City, rules: tuple[SignalRules, ...], films: dict[str, tuple[View, ...]]
) -> None:
    views = films["ideal"]
    as_it_was = _orders(case.open(street, rules), views)[:40]
    otherwise = (*views[:40], *(replace(view, vehicles=Vehicles()) for view in views[40:]))
    _assert_same(as_it_was, _orders(case.open(street, rules), otherwise)[:40])


def test_an_order_that_was_given_stays_as_it_was(
    case: Case, street: City, rules: tuple[SignalRules, ...], films: dict[str, tuple[View, ...]]
) -> None:
    service = case.open(street, rules)
    given = [(orders, [order.greens.copy() for order in orders.stages]) for orders in _orders(service, films["ideal"])]
    for orders, greens in given:
        for order, was in zip(orders.stages, greens, strict=True):
            np.testing.assert_array_equal(order.greens, was)


def _nothing(view: View) -> View:
    return replace(view, vehicles=Vehicles(), detectors=Detectors())


def _stale(view: View) -> View:
    vehicles = replace(view.vehicles, age_s=np.full(len(view.vehicles.age_s), np.inf))
    return replace(
        view, vehicles=vehicles, detectors=replace(view.detectors, age_s=np.full_like(view.detectors.age_s, np.inf))
    )


def _dark(view: View) -> View:
    return replace(view, display=codes_of("O" * len(view.display)))


def _blinking(view: View) -> View:
    return replace(view, display=codes_of("o" * len(view.display)))


def _all_green(view: View) -> View:
    return replace(view, display=np.full(len(view.display), GREEN, np.uint8))


def _elsewhere(view: View) -> View:
    """Vehicles that stand on no lane and make no movement, or whose next movement is not on their lane."""
    row, seen = np.arange(len(view.vehicles.lane_ix)), view.vehicles
    lane_ix, movement_ix = np.where(row % 3 == 0, -1, seen.lane_ix), np.where(row % 2 == 0, -1, 0)
    vehicles = replace(seen, lane_ix=lane_ix, movement_ix=movement_ix)
    return replace(view, vehicles=vehicles)


@pytest.mark.parametrize("broken", [_nothing, _stale, _dark, _blinking, _all_green, _elsewhere])
def test_missing_stale_and_senseless_readings_stop_nothing(
    case: Case,
    street: City,
    rules: tuple[SignalRules, ...],
    films: dict[str, tuple[View, ...]],
    broken: Callable[[View], View],
) -> None:
    service = case.open(street, rules)
    for k, view in enumerate(films["loops"][:30] + films["ideal"][30:80]):
        _assert_well_formed(service.decide(broken(view) if k % 20 >= 10 or k < 3 else view), rules)


@pytest.mark.parametrize("jump_s", [-86400.0, -30.0, 3600.0])
def test_a_clock_that_jumps_stops_nothing(
    case: Case,
    street: City,
    rules: tuple[SignalRules, ...],
    films: dict[str, tuple[View, ...]],
    jump_s: float,
) -> None:
    service = case.open(street, rules)
    for k, view in enumerate(films["ideal"]):
        _assert_well_formed(service.decide(replace(view, t_s=view.t_s + (jump_s if k >= 40 else 0.0))), rules)


@dataclass
class Record:
    """A log that keeps what went wrong."""

    faults: list[tuple[float, str, str]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    controlled: set[int] = field(default_factory=set)
    n_ticks: int = 0

    def intent(self, t_s: float, permit: Permit) -> None:
        self.controlled.update(permit.signal_ix)
        self.refusals.extend(permit.refusals)
        self.n_ticks += 1

    def receipts(self, t_s: float, receipts: Receipts) -> None:
        assert all(receipt.is_applied for receipt in receipts)

    def fault(self, t_s: float, service: str, reason: str) -> None:
        self.faults.append((t_s, service, reason))


@pytest.fixture(scope="session")
def cologne1() -> Iterator[tuple[SumoInput, City, tuple[SignalRules, ...]]]:
    found = importlib.util.find_spec("sumo_rl")
    if found is None or found.origin is None:
        pytest.skip("the scenarios of sumo-rl are not installed")
    source = read_sumo_config(Path(found.origin).parent / "nets/RESCO/cologne1/cologne1.sumocfg")
    city = read_city(source, "cologne1")
    yield source, city, signal_rules(city, clearance_of("program"))


def test_five_minutes_of_a_real_junction_are_safe(
    case: Case, cologne1: tuple[SumoInput, City, tuple[SignalRules, ...]], tmp_path: Path
) -> None:
    source, city, rules = cologne1
    begin_s, end_s, record = source.begin_s, source.begin_s + 300.0, Record()
    sensor, outputs = sensor_of("ideal", city, 1), SumoOutputs(tmp_path / "out", has_signal_states=True)
    with SumoEngine(city, source, sensor, begin_s, end_s, 1, outputs, is_teleporting=False) as engine:
        services, guard = [case.open(city, rules)], SignalGuard(city, rules)
        drive(engine, estimator_of("ideal", city), services, guard, record, SimulatedClock(begin_s, end_s))
    assert record.faults == []
    assert record.n_ticks == 300
    assert len(record.refusals) < 0.1 * record.n_ticks  # it knows what it may ask for
    flags = ("--yellow", "3", "--all-red", "0", "--min-green", "5", "--max-red", "120", "--program-id", "online")
    command = [sys.executable, str(CHECKER), str(source.net_path), str(tmp_path / "out" / "tls_states.xml"), "--json"]
    done = subprocess.run([*command, *flags], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert (done.returncode, found["violations"]) == (0, [])
    assert (found["n_states"] > 0) == bool(record.controlled)

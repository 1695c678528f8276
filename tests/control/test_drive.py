"""The loop with stand-ins that write down what happens to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.control.drive import SimulatedClock, drive
from cityloop.control.orders import Orders, Permit, Receipt, Receipts, StageOrder
from cityloop.control.ports import Service
from cityloop.control.view import View

Diary = list[tuple[Any, ...]]


@dataclass
class Street:
    """Engine, estimator, guard and log in one, all writing into one diary."""

    diary: Diary = field(default_factory=list)
    t_s: float = 0.0

    def advance(self, until_s: float) -> None:
        self.diary.append(("advance", until_s))
        self.t_s = until_s

    def sense(self) -> View:
        self.diary.append(("sense", self.t_s))
        return View(self.t_s, np.zeros(1, np.uint8), np.zeros(1, np.int64))

    def estimate(self, view: View) -> View:
        self.diary.append(("estimate", view.t_s))
        return replace(view, n_walkers=np.array([7]))  # what is estimated is what services and guard see

    def permit(self, view: View, orders: Sequence[Orders]) -> Permit:
        self.diary.append(("guard", view.t_s, int(view.n_walkers[0]), [o.stages[0].service for o in orders]))
        return Permit((0,), (np.array([3], np.uint8),), ())

    def act(self, permit: Permit) -> Receipts:
        self.diary.append(("act", permit))
        return (Receipt(0, is_applied=False, reason="the cabinet is open"),)

    def intent(self, t_s: float, permit: Permit) -> None:
        self.diary.append(("intent", t_s, permit))

    def receipts(self, t_s: float, receipts: Receipts) -> None:
        self.diary.append(("receipts", t_s, receipts))

    def fault(self, t_s: float, service: str, reason: str) -> None:
        self.diary.append(("fault", t_s, service, reason))

    def told(self, kind: str) -> Diary:
        return [entry for entry in self.diary if entry[0] == kind]


@dataclass
class Asking:
    """A service that asks for one stage."""

    name: str
    diary: Diary

    def decide(self, view: View) -> Orders:
        self.diary.append(("decide", self.name, int(view.n_walkers[0])))
        return Orders((StageOrder(0, np.array([3], np.uint8), service=self.name),))


class Raising(Asking):
    """A service that fails at one tick."""

    def decide(self, view: View) -> Orders:
        if view.t_s == 2.0:
            raise ZeroDivisionError("no lanes")
        return super().decide(view)


@dataclass
class LiveClock:
    """A clock on which the ticks of one service take too long."""

    diary: Diary
    slow: str

    def ticks(self) -> Iterator[float]:
        yield from (1.0, 2.0)

    def is_overrun(self) -> bool:
        return self.diary[-1][:2] == ("decide", self.slow)


def _drive(street: Street, *services: Service, clock: Any = None) -> None:
    drive(street, street, services, street, street, clock or SimulatedClock(0.0, 3.0))


def test_a_tick_goes_from_sensing_to_receipts_in_order() -> None:
    street = Street()
    _drive(street, Asking("one", street.diary), Asking("two", street.diary), clock=SimulatedClock(0.0, 1.0))
    kinds = [entry[0] for entry in street.diary]
    assert kinds == ["advance", "sense", "estimate", "decide", "decide", "guard", "intent", "act", "receipts"]


def test_services_and_guard_see_what_was_estimated() -> None:
    street = Street()
    _drive(street, Asking("one", street.diary))
    assert {entry[2] for entry in street.told("decide")} == {7}
    assert [entry[1:] for entry in street.told("guard")] == [(t_s, 7, ["one"]) for t_s in (1.0, 2.0, 3.0)]


def test_the_intent_is_what_is_acted_on_and_the_receipts_are_kept() -> None:
    street = Street()
    _drive(street)
    intents, acts, receipts = street.told("intent"), street.told("act"), street.told("receipts")
    assert [entry[1] for entry in intents] == [entry[1] for entry in receipts] == [1.0, 2.0, 3.0]
    for intent, act in zip(intents, acts, strict=True):
        assert intent[2] is act[1]
    assert all(not entry[2][0].is_applied for entry in receipts)


def test_a_service_that_raises_loses_its_orders_for_the_tick_only() -> None:
    street = Street()
    _drive(street, Raising("frail", street.diary), Asking("firm", street.diary))
    assert street.told("fault") == [("fault", 2.0, "frail", "ZeroDivisionError: no lanes")]
    assert [entry[3] for entry in street.told("guard")] == [["frail", "firm"], ["firm"], ["frail", "firm"]]


def test_a_service_that_overruns_loses_its_orders() -> None:
    street = Street()
    services = (Asking("quick", street.diary), Asking("slow", street.diary))
    _drive(street, *services, clock=LiveClock(street.diary, "slow"))
    assert [entry[3] for entry in street.told("guard")] == [["quick"], ["quick"]]
    assert [entry[1:] for entry in street.told("fault")] == [(t_s, "slow", "overran its tick") for t_s in (1.0, 2.0)]


def test_the_loop_runs_on_without_any_service() -> None:
    street = Street()
    _drive(street)
    assert [entry[3] for entry in street.told("guard")] == [[], [], []]
    assert street.told("fault") == []


def test_a_stop_from_outside_is_not_a_fault_of_the_service() -> None:
    class Stopped(Asking):
        def decide(self, view: View) -> Orders:
            raise KeyboardInterrupt

    street = Street()
    with pytest.raises(KeyboardInterrupt):
        _drive(street, Stopped("any", street.diary))
    assert street.told("fault") == []


@pytest.mark.parametrize(
    ("clock", "ticks"),
    [
        (SimulatedClock(0.0, 3.0), [1.0, 2.0, 3.0]),
        (SimulatedClock(25200.0, 25201.0, 0.5), [25200.5, 25201.0]),
        (SimulatedClock(5.0, 5.0), []),
    ],
)
def test_simulated_ticks_end_with_the_window(clock: SimulatedClock, ticks: list[float]) -> None:
    assert list(clock.ticks()) == ticks
    assert not clock.is_overrun()


@given(st.integers(0, 86400), st.integers(1, 2000), st.sampled_from([0.1, 0.2, 0.25, 0.5, 1.0]))
def test_ticks_do_not_drift(begin_s: int, n_ticks: int, tick_s: float) -> None:
    ticks = list(SimulatedClock(begin_s, begin_s + n_ticks * tick_s, tick_s).ticks())
    assert len(ticks) == n_ticks
    assert abs(ticks[-1] - (begin_s + n_ticks * tick_s)) < 1e-6
    assert all(a < b for a, b in pairwise(ticks))

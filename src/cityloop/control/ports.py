"""The ports of the loop: what an engine, a service, a guard, an estimator and a log must offer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from cityloop.control.orders import Orders, Permit, Receipts
from cityloop.control.view import View


class Engine(Protocol):
    """A city to talk to: the twin, SUMO, a recording, or the live field."""

    def sense(self) -> View:
        """Return what the sensors tell now."""

    def act(self, permit: Permit) -> Receipts:
        """Apply what the guard permitted, actuator by actuator."""

    def advance(self, until_s: float) -> None:
        """Go on until a time: a simulator computes, the field waits."""


class Estimator(Protocol):
    """Completes a view: vehicles from loops, queues from connected vehicles."""

    def estimate(self, view: View) -> View:
        """Return the view with what can be told from it."""


class Service(Protocol):
    """One room of the house. Same view and same own memory give the same orders."""

    @property
    def name(self) -> str:
        """Name for the log."""

    def decide(self, view: View) -> Orders:
        """Return what the service wants now."""


class Guard(Protocol):
    """Merges, clips and refuses; nothing reaches an engine but through it."""

    def permit(self, view: View, orders: Sequence[Orders]) -> Permit:
        """Return what may be shown now."""


class Log(Protocol):
    """Takes what was intended and what became of it."""

    def intent(self, t_s: float, permit: Permit) -> None:
        """Record a permit before it is acted on."""

    def receipts(self, t_s: float, receipts: Receipts) -> None:
        """Record what became of it."""

    def fault(self, t_s: float, service: str, reason: str) -> None:
        """Record that a service lost its orders for this tick."""


class Clock(Protocol):
    """Gives the ticks of the loop; a live clock also bounds the time a service may take."""

    def ticks(self) -> Iterator[float]:
        """Yield the times at which the loop runs."""

    def is_overrun(self) -> bool:
        """Whether the time for this tick is used up (never on a simulator)."""

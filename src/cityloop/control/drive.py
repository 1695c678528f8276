"""The loop: sense, decide, guard, act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cityloop.control.orders import Orders
from cityloop.control.ports import Clock, Engine, Estimator, Guard, Log, Service


@dataclass(frozen=True)
class SimulatedClock:
    """Ticks of simulated time: ``begin_s + tick_s, ...`` up to and including ``end_s``."""

    begin_s: float
    end_s: float
    tick_s: float = 1.0

    def ticks(self) -> Iterator[float]:
        """Yield the times at which the loop runs."""
        n_ticks = round((self.end_s - self.begin_s) / self.tick_s)
        for i in range(1, n_ticks + 1):
            yield self.begin_s + i * self.tick_s

    def is_overrun(self) -> bool:
        """Return False: simulated time waits."""
        return False


def drive(
    engine: Engine,
    estimator: Estimator,
    services: Sequence[Service],
    guard: Guard,
    log: Log,
    clock: Clock,
) -> None:
    """Run the loop until the clock ends.

    A service that raises or overruns its tick loses its orders for that tick: the guard keeps the
    signals as they are or lets its local plan take over, and the log says so.
    """
    for t_s in clock.ticks():
        engine.advance(t_s)
        view = estimator.estimate(engine.sense())
        asked: list[Orders] = []
        for service in services:
            try:
                orders = service.decide(view)
            except Exception as error:  # noqa: BLE001  a service may fail in any way; the street goes on
                log.fault(t_s, service.name, f"{type(error).__name__}: {error}")
                continue
            if clock.is_overrun():
                log.fault(t_s, service.name, "overran its tick")
                continue
            asked.append(orders)
        permit = guard.permit(view, asked)
        log.intent(t_s, permit)
        log.receipts(t_s, engine.act(permit))

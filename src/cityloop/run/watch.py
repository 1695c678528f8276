"""Watchers in the loop: they pass everything on unchanged and keep a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from cityloop.city.table import Table
from cityloop.control.drive import SimulatedClock
from cityloop.control.orders import Orders
from cityloop.control.ports import Estimator, Service
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.sensing import Sensor, memory_of


class WatchedEstimator:
    """Shows every view to onlookers before the estimator completes it."""

    def __init__(self, estimator: Estimator, *onlookers: Callable[[View], None]) -> None:
        self._estimator, self._onlookers = estimator, onlookers

    def estimate(self, view: View) -> View:
        """Return the estimator's view."""
        for onlooker in self._onlookers:
            onlooker(view)
        return self._estimator.estimate(view)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what the estimator keeps until the next day."""
        return memory_of(self._estimator)


class WatchedSensor:
    """Shows every vehicle on the street to onlookers, seen by the sensor or not."""

    def __init__(self, sensor: Sensor, *onlookers: Callable[[float, Vehicles], None]) -> None:
        self._sensor, self._onlookers = sensor, onlookers

    @property
    def loops(self) -> Table:
        """Loops of the sensor."""
        return self._sensor.loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return what the sensor sees."""
        for onlooker in self._onlookers:
            onlooker(t_s, truth)
        return self._sensor.observe(t_s, truth, detectors)


class TimedService:
    """Measures how long each decision takes, in milliseconds of wall time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.decide_ms: list[float] = []

    @property
    def name(self) -> str:
        """Name of the service."""
        return self._service.name

    def decide(self, view: View) -> Orders:
        """Return the service's orders."""
        begin = perf_counter()
        try:
            return self._service.decide(view)
        finally:
            self.decide_ms.append((perf_counter() - begin) * 1000)


class ToldClock:
    """Tells somebody the time of every tick, for a progress bar."""

    def __init__(self, clock: SimulatedClock, on_tick: Callable[[float], None]) -> None:
        self._clock, self._on_tick = clock, on_tick

    def ticks(self) -> Iterator[float]:
        """Yield the clock's ticks."""
        for t_s in self._clock.ticks():
            self._on_tick(t_s)
            yield t_s

    def is_overrun(self) -> bool:
        """Return what the clock says."""
        return self._clock.is_overrun()

"""Watchers in the loop: they pass everything on unchanged and keep a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from cityloop.city.table import Table
from cityloop.control.drive import SimulatedClock
from cityloop.control.orders import Orders
from cityloop.control.ports import Estimator, Service
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.run.log import RunLog
from cityloop.sensing import Sensor

_TRACKED: dict[str, type[np.generic]] = {
    "vehicle_ix": np.int32,
    "lane_ix": np.int32,
    "movement_ix": np.int32,
    "position_m": np.float32,
    "speed_mps": np.float32,
}


class WatchedEstimator:
    """Tells the log what the signals show."""

    def __init__(self, estimator: Estimator, log: RunLog) -> None:
        self._estimator, self._log = estimator, log

    def estimate(self, view: View) -> View:
        """Return the estimator's view."""
        self._log.seen(view)
        return self._estimator.estimate(view)


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


class TrackingSensor:
    """Keeps where every vehicle was in a stretch of time, seen by the sensor or not.

    Parameters
    ----------
    sensor : Sensor
    begin_s, end_s : float
        The stretch of time.
    """

    def __init__(self, sensor: Sensor, begin_s: float, end_s: float) -> None:
        self._sensor, self._begin_s, self._end_s = sensor, begin_s, end_s
        self._kept: dict[str, list[NDArray[np.generic]]] = {name: [] for name in ("t_s", *_TRACKED)}

    @property
    def loops(self) -> Table:
        """Loops of the sensor."""
        return self._sensor.loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return what the sensor sees."""
        if self._begin_s <= t_s < self._end_s:
            self._kept["t_s"].append(np.full(len(truth.vehicle_ix), t_s))
            for name, dtype in _TRACKED.items():
                self._kept[name].append(getattr(truth, name).astype(dtype))
        return self._sensor.observe(t_s, truth, detectors)

    def tracks(self) -> dict[str, NDArray[np.generic]]:
        """Return one row a vehicle and tick: time, vehicle, lane (-1 in a junction), movement, position, speed."""
        return {name: np.concatenate(parts) if parts else np.empty(0) for name, parts in self._kept.items()}


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

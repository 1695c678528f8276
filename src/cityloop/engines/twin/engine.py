"""The twin behind the engine port."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType

import numpy as np

from cityloop.city.city import City
from cityloop.city.traffic import Traffic
from cityloop.control.orders import Permit, Receipts
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.engines.twin.departures import Departures
from cityloop.engines.twin.displays import Displays
from cityloop.engines.twin.network import TwinNetwork, network_of
from cityloop.engines.twin.prepare import TwinRun, is_trip, run_of
from cityloop.engines.twin.routing import Router
from cityloop.engines.twin.signals import put_plan
from cityloop.engines.twin.simulation import simulate
from cityloop.engines.twin.truth import TruthReader
from cityloop.sensing import Sensor


@dataclass(frozen=True, slots=True)
class LaneEvent:
    """Lanes that are closed, or opened again. Nobody enters a closed lane; whoever is on it drives on.

    Parameters
    ----------
    at_s : float
        Scenario time; what lies before the begin happens at the begin.
    lane_ix : tuple of int
        Rows in the city.
    is_open : bool
    """

    at_s: float
    lane_ix: tuple[int, ...]
    is_open: bool


class TwinEngine:
    """A city in the twin through the ``Engine`` port; a context manager.

    The twin has no pedestrians and no emissions; vehicles are never removed from a jam.

    Parameters
    ----------
    city : City
    traffic : Traffic
        The vehicles and their ways.
    sensor : Sensor
        What is seen of the traffic.
    begin_s, end_s : float
        Window in scenario time.
    seed : int
        Of how fast drivers drive.
    network : TwinNetwork, optional
        Of the city, where it is at hand.
    events : sequence of LaneEvent, optional
        Lanes that are closed or opened on the way. A vehicle all of whose lanes are closed waits until one opens.
    router : Router, optional
        By which trips choose their ways on departure; without one they take those that the traffic gives them.
    """

    def __init__(
        self,
        city: City,
        traffic: Traffic,
        sensor: Sensor,
        begin_s: float,
        end_s: float,
        seed: int,
        network: TwinNetwork | None = None,
        events: Sequence[LaneEvent] = (),
        router: Router | None = None,
    ) -> None:
        self.city, self.traffic = city, traffic
        self.network = network or network_of(city)
        self._sensor, self._seed = sensor, seed
        self._begin_s, self._end_s, self._router = begin_s, end_s, router
        self._events = sorted(events, key=lambda event: event.at_s)
        self._last: tuple[float, Vehicles, Detectors] | None = None
        self._start()

    def __enter__(self) -> TwinEngine:
        if self._since_begin_s > 0 or self._displays.is_ordered.any():  # it has been played: begin again
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left behind: the twin lives in memory."""

    def _start(self) -> None:
        self.run: TwinRun = run_of(self.network, self.city, self.traffic, self._begin_s, self._end_s, self._seed)
        self._coming = list(self._events)
        if self._coming:  # the network's lanes are those of other runs as well
            self.run = replace(self.run, built=self.run.built._replace(lanes=self.network.lanes.copy()))
        self._since_begin_s, self._n_seconds, self._last = 0.0, 0, None
        self._displays = Displays(self.network, self.city, self.run)
        self._truth = TruthReader(self.network, self.city, self.traffic, self.run, self._sensor.loops)
        self._departures: Departures | None = None
        if self._router is not None and is_trip(self.traffic)[self.run.traffic_ix].any():
            self._departures = Departures(self._router, self.network, self.city, self.traffic, self.run, self._begin_s)
        switches = self.city.switches
        order = np.argsort(switches["at_s"], kind="stable")
        self._switches = [
            (float(switches["at_s"][row]), int(switches["signal_ix"][row]), int(switches["plan_ix"][row]))
            for row in order
            if self._begin_s < switches["at_s"][row] < self._end_s
        ]

    @property
    def t_s(self) -> float:
        """Time of the scenario."""
        return self._begin_s + self._since_begin_s

    def advance(self, until_s: float) -> None:
        """Simulate until a time; an earlier time changes nothing."""
        since_s = until_s - self._begin_s
        while self._n_seconds < math.floor(since_s + 1e-9):
            second = self._n_seconds
            while self._switches and self._switches[0][0] - self._begin_s <= second:
                at_s, signal_ix, plan_ix = self._switches.pop(0)
                self._displays.play(signal_ix, plan_ix)
                if self._displays.is_ordered[signal_ix]:
                    continue
                put_plan(self.run.plans, self.run.state, self.city, signal_ix, plan_ix, at_s, at_s - self._begin_s)
            while self._coming and self._coming[0].at_s - self._begin_s <= second:
                self._let_happen(self._coming.pop(0))
            if self._departures is not None:
                self._departures.choose(second)
            simulate(self.network, self.run, second, second + 1)
            self._n_seconds = second + 1
            self._truth.step(float(self._n_seconds))
            if self._departures is not None:
                self._departures.watch(self._n_seconds, self._truth)
        self._since_begin_s = max(self._since_begin_s, since_s)

    def _let_happen(self, event: LaneEvent) -> None:
        lane = self.network.lane_of[list(event.lane_ix)]
        lane = lane[lane >= 0]
        self.run.built.lanes["classes"][lane] = self.network.lanes["classes"][lane] if event.is_open else 0

    def sense(self) -> View:
        """Return what the sensors tell now; asked twice at one time, it reads them once."""
        t_s = self.t_s
        if self._last is None or self._last[0] != t_s:
            self._last = (t_s, self._truth.vehicles(self._since_begin_s), self._truth.detectors())
        vehicles, detectors = self._sensor.observe(*self._last)
        walkers = np.zeros(self.city.links.n_rows, np.int64)
        return View(t_s, self._displays.read(t_s), walkers, vehicles, detectors)

    def act(self, permit: Permit) -> Receipts:
        """Show what is permitted; signals without a permit keep their plan."""
        return self._displays.apply(permit, self._since_begin_s)

"""Maximum red: which stages serve the links that wait, in which order, and how late it would be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.link_state import RED
from cityloop.control.guard.forecast import Forecast, times_by_tick
from cityloop.control.guard.machine import SignalMachine
from cityloop.control.guard.rules import SignalRules, worst_red_s

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]


class Recall:
    """Recalls the waiting links of one signal stage by stage, the nearest deadline first.

    Every link has a home, one of few stages of the program in force. A schedule serves the homes of the
    waiting links in the order of their deadlines, each with its transition and minimum green, without a pause
    between them. As long as that schedule is in time from the next tick on, the services are free; an order is let
    through only where the schedule stays in time after it. A new call comes at the end of the schedule, so with
    ``k`` homes a maximum red of ``k + 1`` transitions with their minimum greens can always be kept.

    Parameters
    ----------
    rules : SignalRules
    tick_s, jitter_s : float
        Steps are taken at ticks only, so every time is rounded up to whole ticks and the jitter is added.
    """

    def __init__(self, rules: SignalRules, tick_s: float, jitter_s: float) -> None:
        self.times = times_by_tick(rules, tick_s, jitter_s)
        self.stages: list[Codes] = list(rules.stages)
        self.home_ix = rules.home_ix.copy()
        self._set_alarm()

    def _set_alarm(self) -> None:
        times = self.times
        n_homes = len(set(self.home_ix[self.home_ix >= 0].tolist()))
        self.alarm_s = worst_red_s(times.yellow_s, times.clear_s, times.min_green_s, n_homes) + self.times.tick_s

    def learn(self, greens: Codes) -> bool:
        """Take accepted greens as the home of links that the program never shows green; whether there were any."""
        is_homeless = (greens != RED) & (self.home_ix < 0)
        if not is_homeless.any():
            return False
        self.home_ix[is_homeless] = len(self.stages)
        self.stages.append(greens.copy())
        self._set_alarm()
        return True

    def margin_s(self, machine: SignalMachine, t_s: float, due_s: Floats, order: Codes | None = None) -> float:
        """Return by how much every deadline is met where the schedule begins at the next tick.

        Parameters
        ----------
        machine : SignalMachine
        t_s : float
            Now.
        due_s : float64[n]
            When each waiting link must be green, inf for the others.
        order : uint8[n] or None
            Greens that would be aimed at now, before the schedule.

        Returns
        -------
        float
            Seconds; below 0 some link would come too late, inf where none waits.
        """
        forecast = Forecast(self.times, machine, t_s, order)
        is_due, margin_s = np.isfinite(due_s), np.inf
        if order is None:
            waits = is_due & (machine.target == RED)
        else:
            waits = is_due & (order == RED)  # also those that the order gives up before they have begun
            is_served = is_due & (order != RED) & (machine.target == RED)
            margin_s = float((due_s - forecast.start_s)[is_served].min(initial=np.inf))
        return min(margin_s, self._rest_s(forecast, t_s + self.times.tick_s, due_s, waits))

    def choose(self, machine: SignalMachine, t_s: float, due_s: Floats) -> Codes:
        """Return the stage to recall now: one with the most urgent link and as many others as possible.

        Some link must wait for it.
        """
        waits = np.isfinite(due_s) & (machine.target == RED)
        first = int(np.where(waits, due_s, np.inf).argmin())
        home: Codes = self.stages[self.home_ix[first]]

        def n_served(stage: Codes) -> int:
            return int((waits & (stage != RED)).sum())

        better = [stage for stage in self.stages if stage[first] != RED and n_served(stage) > n_served(home)]
        for stage in sorted(better, key=n_served, reverse=True):
            if self.margin_s(machine, t_s, due_s, stage) >= 0:
                return stage
        return home

    def _rest_s(self, forecast: Forecast, from_s: float, due_s: Floats, waits: Bools) -> float:
        """Serve the homes of all that still wait, the nearest deadline first; return the smallest margin."""
        margin_s = np.inf
        while waits.any():
            first = int(np.where(waits, due_s, np.inf).argmin())
            stage = self.stages[self.home_ix[first]]
            start_s = forecast.switch(stage, from_s)
            is_served = waits & (stage != RED)
            margin_s = min(margin_s, float((due_s - start_s)[is_served].min()))
            waits = waits & ~is_served
        return margin_s

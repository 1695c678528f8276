"""Maximum red: which stages serve the links that wait, in which order, and how late it would be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloop.city.link_state import RED
from cityloop.control.guard.forecast import Forecast, times_by_tick
from cityloop.control.guard.machine import SignalMachine
from cityloop.control.guard.rules import SignalRules, worst_red_s

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]


class Schedule(NamedTuple):
    """Stages that serve all who wait, one after the other, and by how much every deadline is met (below 0: missed)."""

    margin_s: float
    stage_ixs: tuple[int, ...]


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
        self._kept_ixs: tuple[int, ...] = ()
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

    def schedule(
        self,
        machine: SignalMachine,
        t_s: float,
        due_s: Floats,
        order: Codes | None = None,
        begin_s: float | None = None,
    ) -> Schedule:
        """Return the schedule by the nearest deadline, or where that is too late and the one kept is better, that one.

        The one that was kept stays good when a call ends, while the order by deadlines may then become another one
        that is too late.

        Parameters
        ----------
        machine : SignalMachine
        t_s : float
            Now.
        due_s : float64[n]
            When each waiting link must be green, inf for the others.
        order : uint8[n] or None
            Greens that would be aimed at now, before the schedule.
        begin_s : float or None
            When the schedule may begin; the next tick if it is not given.
        """
        from_s = t_s + self.times.tick_s if begin_s is None else begin_s
        first = self._served(Forecast(self.times, machine, t_s, order), from_s, due_s, machine, order, ())
        if first.margin_s >= 0:
            return first
        kept = self._served(Forecast(self.times, machine, t_s, order), from_s, due_s, machine, order, self._kept_ixs)
        return kept if kept.margin_s > first.margin_s else first

    def keep(self, schedule: Schedule) -> None:
        """Keep a schedule as the one to fall back upon."""
        self._kept_ixs = schedule.stage_ixs

    def choose(self, machine: SignalMachine, t_s: float, due_s: Floats) -> Codes:
        """Return the stage to recall now, and keep its schedule: the first of the schedule that begins now.

        Where the machine can aim at another stage with the most urgent link that serves more of the waiting and
        still leaves all in time, it is that one. Some link must wait.
        """
        schedule = self.schedule(machine, t_s, due_s, begin_s=t_s)
        self.keep(schedule)
        stage = self.stages[schedule.stage_ixs[0]]
        waits = np.isfinite(due_s) & (machine.target == RED)
        urgent = int(np.where(waits, due_s, np.inf).argmin())

        def n_served(stage: Codes) -> int:
            return int((waits & (stage != RED)).sum())

        better = [other for other in self.stages if other[urgent] != RED and n_served(other) > n_served(stage)]
        for other in sorted(better, key=n_served, reverse=True):
            if not machine.can_recall(t_s, other):
                continue
            schedule = self.schedule(machine, t_s, due_s, other)
            if schedule.margin_s >= 0:
                self.keep(schedule)
                return other
        return stage

    def _served(
        self,
        forecast: Forecast,
        from_s: float,
        due_s: Floats,
        machine: SignalMachine,
        order: Codes | None,
        kept_ixs: tuple[int, ...],
    ) -> Schedule:
        """Serve stages that are given as far as somebody waits for them, then homes, the nearest deadline first."""
        is_due, margin_s = np.isfinite(due_s), np.inf
        if order is None:
            waits = is_due & (machine.target == RED)
        else:
            waits = is_due & (order == RED)  # also those that the order gives up before they have begun
            is_served = is_due & (order != RED) & (machine.target == RED)
            margin_s = float((due_s - forecast.start_s)[is_served].min(initial=np.inf))
        stage_ixs: list[int] = []
        given = list(kept_ixs)
        while waits.any():
            first = int(np.where(waits, due_s, np.inf).argmin())
            ix = given.pop(0) if given else int(self.home_ix[first])
            is_served = waits & (self.stages[ix] != RED)
            if is_served.any():
                start_s = forecast.switch(self.stages[ix], from_s)
                margin_s = min(margin_s, float((due_s - start_s)[is_served].min()))
                waits &= ~is_served
                stage_ixs.append(ix)
        return Schedule(margin_s, tuple(stage_ixs))

"""When a signal's links will be green if it goes from stage to stage: never earlier than told here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED, YELLOW
from cityloop.control.guard.machine import ROUNDING_S, SignalMachine
from cityloop.control.guard.rules import SignalRules

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TickTimes:
    """A signal's times as a loop keeps them that takes its steps at ticks only.

    Parameters
    ----------
    yellow_s, min_green_s : float64[n]
    clear_s : float64[n, n]
        All-red per pair; -inf where links do not conflict.
    starts_as_one : bool
        Some greens are tolerated in the very states of the program only, so that all changes of a stage may
        have to wait for the last of them.
    tick_s : float
        Longest time to the next tick.
    """

    yellow_s: Floats
    min_green_s: Floats
    clear_s: Floats
    starts_as_one: bool
    tick_s: float


def times_by_tick(rules: SignalRules, tick_s: float, jitter_s: float) -> TickTimes:
    """Round a signal's times up to whole ticks and add how much later a tick may come.

    Parameters
    ----------
    rules : SignalRules
    tick_s : float
        Time between two ticks.
    jitter_s : float
        How much later than planned a tick may come.
    """

    def kept(time_s: Floats) -> Floats:
        return np.asarray(np.ceil(time_s / tick_s - ROUNDING_S) * tick_s + jitter_s)

    return TickTimes(
        yellow_s=kept(rules.yellow_s),
        min_green_s=kept(rules.min_green_s),
        clear_s=np.where(rules.is_conflict, kept(rules.all_red_s), -np.inf),
        starts_as_one=bool(rules.is_tolerated.any()),
        tick_s=tick_s + jitter_s,
    )


class Forecast:
    """A signal's future from now on, stage by stage.

    Parameters
    ----------
    times : TickTimes
    machine : SignalMachine
        Its present state.
    t_s : float
        Now.
    greens : uint8[n] or None
        Greens that it would aim at from now on instead of its present target.

    Attributes
    ----------
    start_s : float64[n]
        When each link that is still to start is green.
    """

    def __init__(self, times: TickTimes, machine: SignalMachine, t_s: float, greens: Codes | None = None) -> None:
        shown, since_s = machine.shown, machine.since_s
        self._times = times
        self._greens = machine.target if greens is None else greens
        is_shown_green, is_wanted = shown >= GREEN_YIELDING, self._greens != RED
        is_ending = is_shown_green & ~is_wanted
        red_s = np.where(shown == YELLOW, since_s + times.yellow_s, since_s)
        red_s = np.where(is_ending, t_s + times.yellow_s, red_s)
        red_s[is_shown_green & is_wanted] = -np.inf
        self.start_s: Floats = np.maximum(_clear_s(times, red_s), t_s)
        is_changing = is_wanted & (self._greens != shown)
        if greens is None and machine.complete_s < t_s:
            self._complete_s = -np.inf
        else:
            last_red_s = red_s[is_ending | (shown == YELLOW)].max(initial=t_s)
            self._complete_s = float(max(self.start_s[is_changing].max(initial=t_s), last_red_s))
        if times.starts_as_one:
            self.start_s[is_changing] = self._complete_s
        self._green_s = np.where(is_shown_green, since_s, self.start_s)
        self._red_s = np.where(is_wanted, -np.inf, red_s)

    def switch(self, greens: Codes, from_s: float) -> Floats:
        """Go to other greens as soon as it is possible from a time on.

        Parameters
        ----------
        greens : uint8[n]
        from_s : float

        Returns
        -------
        float64[n]
            When each link that starts is green.
        """
        times, was_green, is_wanted = self._times, self._greens != RED, greens != RED
        is_ending, is_new = was_green & ~is_wanted, is_wanted & ~was_green
        is_upgrade = was_green & (self._greens != GREEN) & (greens == GREEN)
        switch_s = from_s
        if is_ending.any():
            free_s = (self._green_s + times.min_green_s)[is_ending].max()
            switch_s = max(from_s, self._complete_s + times.tick_s, float(free_s))
            self._red_s[is_ending] = switch_s + times.yellow_s[is_ending]
        start_s: Floats = np.maximum(_clear_s(times, self._red_s), switch_s)
        is_changing = is_new | is_upgrade
        self._complete_s = max(
            self._complete_s,
            float(start_s[is_changing].max(initial=switch_s)),
            float(self._red_s[is_ending].max(initial=switch_s)),
        )
        if times.starts_as_one:
            start_s[is_new] = self._complete_s
        self._green_s[is_new] = start_s[is_new]
        self._red_s[is_new] = -np.inf
        self._greens = greens
        return start_s


def _clear_s(times: TickTimes, red_s: Floats) -> Floats:
    """Return when each link's way is clear, and it has itself been red for a tick, given since when others are red."""
    return np.asarray(np.maximum((red_s[:, None] + times.clear_s).max(axis=0), red_s + times.tick_s))

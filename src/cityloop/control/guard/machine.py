"""The state machine of one signal: green, yellow, red, and green again when the way is clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED, RED_YELLOW, YELLOW
from cityloop.control.guard import reasons
from cityloop.control.guard.program import head_rows
from cityloop.control.guard.rules import SignalRules

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]

ROUNDING_S = 1e-6
# A head that is blinking, dark or a green arrow may be driven past: the way from there to red leads over yellow.
_ADOPTED: Codes = np.full(256, YELLOW, np.uint8)
_ADOPTED[[RED, YELLOW, GREEN_YIELDING, GREEN, RED_YELLOW]] = [RED, YELLOW, GREEN_YIELDING, GREEN, RED]


class SignalMachine:
    """What one signal shows, since when, and the greens it is on its way to.

    Per pair of links, as in an intergreen matrix: a green ends with its yellow, and a link starts when every link
    in conflict with it has been red for its all-red. Links that no ending link is in conflict with start at once,
    and links that stay green stay green.

    Parameters
    ----------
    rules : SignalRules
    shown : uint8[n]
        Written by the machine: ``RED``, ``YELLOW``, ``GREEN_YIELDING`` or ``GREEN``.
    since_s : float64[n]
        Written by the machine: since when a link has been green (either green), yellow or red.
    """

    def __init__(self, rules: SignalRules, shown: Codes, since_s: Floats) -> None:
        self.rules = rules
        self.shown, self.since_s = shown, since_s
        self._clear_s = np.where(rules.is_conflict, rules.all_red_s, -np.inf)
        self.target: Codes = np.zeros(rules.n_links, np.uint8)
        self.target_bytes = self.target.tobytes()
        self.event_s = np.inf  # when the next step is due without any new target
        self.complete_s = np.inf  # since when everything shown is as wanted; inf during a transition
        self.display: Codes = self.shown.copy()

    def adopt(self, t_s: float, seen: Codes, is_news: Bools) -> None:
        """Believe the street: take over what is seen, as if it had only begun now, and want its greens.

        Greens that may not be shown together end at once.

        Parameters
        ----------
        t_s : float
        seen : uint8[n]
            Codes of what the heads show, any of them.
        is_news : bool[n]
            Links that show something else than the machine thought.
        """
        self.shown[is_news] = _ADOPTED[seen[is_news]]
        self.since_s[is_news] = t_s
        greens = np.where(self.shown >= GREEN_YIELDING, self.shown, np.uint8(RED)).astype(np.uint8)
        heads = head_rows(greens)
        is_safe = self.rules.may_share[heads[:, None], heads].all(axis=1)
        greens[heads[~is_safe] // 2] = RED
        self.aim(t_s, greens)

    def aim(self, t_s: float, greens: Codes) -> None:
        """Want these greens from now on, and take the steps that are due."""
        self.target = greens.copy()
        self.target_bytes = self.target.tobytes()
        self.complete_s = np.inf
        self.advance(t_s)

    def refusal(self, t_s: float, greens: Codes) -> str | None:
        """Return why the machine cannot aim at these greens now, ``None`` where it can.

        Adding greens is always possible, and so is giving up a green that has not begun. A switch, which
        ends some that are shown, needs the transition before to be complete and every ending link to have
        had its minimum green.
        """
        is_ending = (self.shown >= GREEN_YIELDING) & (self.target != RED) & (greens == RED)
        if not is_ending.any():
            return None
        if self.complete_s >= t_s:  # what has begun at this very tick has not been on the street yet
            return reasons.TRANSITION
        if (t_s - self.since_s < self.rules.min_green_s - ROUNDING_S)[is_ending].any():
            return reasons.MINIMUM_GREEN
        return None

    def can_recall(self, t_s: float, greens: Codes) -> bool:
        """Return whether the guard itself may aim at these greens now.

        Unlike a service it gives up no green that has not begun: two overdue stages would keep each other from it.
        """
        gives_up = ((self.shown < GREEN_YIELDING) & (self.target != RED) & (greens == RED)).any()
        return not gives_up and self.refusal(t_s, greens) is None

    def advance(self, t_s: float) -> None:
        """Take the steps that are due at a time."""
        shown, since_s, target, yellow_s = self.shown, self.since_s, self.target, self.rules.yellow_s
        is_ending = (shown >= GREEN_YIELDING) & (target == RED)
        shown[is_ending] = YELLOW
        since_s[is_ending] = t_s
        is_over = (shown == YELLOW) & (since_s + yellow_s <= t_s + ROUNDING_S)
        shown[is_over] = RED
        since_s[is_over] = t_s
        is_yellow = shown == YELLOW
        self.event_s = float((since_s + yellow_s)[is_yellow].min(initial=np.inf))
        is_pending = (target != RED) & (target != shown) & ~is_yellow
        if is_pending.any():
            self._start(t_s, is_pending)
        if self.complete_s > t_s and (shown == target).all():
            self.complete_s = t_s
        self.display = shown.copy()
        self.display.setflags(write=False)

    def _start(self, t_s: float, is_pending: Bools) -> None:
        """Show the pending greens whose way is clear."""
        shown, since_s, target = self.shown, self.since_s, self.target
        red_s = np.where(shown == YELLOW, since_s + self.rules.yellow_s, since_s)
        red_s[shown >= GREEN_YIELDING] = -np.inf  # beside a green what counts is whether both may be shown
        clear_s = (red_s[:, None] + self._clear_s).max(axis=0)
        has_been_red = (shown != RED) | (since_s < t_s)  # for a tick at least, also where nothing conflicts
        is_ready = is_pending & has_been_red & ((clear_s <= t_s + ROUNDING_S) | (target < shown))
        self.event_s = min(self.event_s, float(clear_s[is_pending & ~is_ready].min(initial=np.inf)))
        if not is_ready.any():
            return
        trial = np.where(is_ready, target, shown)
        while True:
            greens = np.where(trial >= GREEN_YIELDING, trial, np.uint8(RED))
            heads = head_rows(greens)
            unsafe = heads[~self.rules.may_share[heads[:, None], heads].all(axis=1)] // 2
            if (trial[unsafe] == shown[unsafe]).all():
                break
            trial[unsafe] = shown[unsafe]  # these change together with those that still wait
        is_start = (shown == RED) & (trial != RED)
        since_s[is_start] = t_s
        shown[:] = trial

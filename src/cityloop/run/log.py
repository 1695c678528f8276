"""The log of a run in memory: what was shown, refused and missed, and how long decisions took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.orders import Permit, Receipts
from cityloop.control.view import View
from cityloop.measures.signals import Displays


@dataclass(frozen=True, slots=True)
class Fault:
    """A service that lost its orders for a tick, or an actuator that did not follow."""

    t_s: float
    who: str
    reason: str


class RunLog:
    """Takes what happens in the loop (``Log`` port) and what the sensors see of the signals.

    Parameters
    ----------
    city : City
    begin_s : float
        Begin of the window.
    """

    def __init__(self, city: City, begin_s: float) -> None:
        self._links = [city.links_of(signal_ix) for signal_ix in range(city.signals.n_rows)]
        self._signal_ids = [str(signal_id) for signal_id in city.signals["signal_id"]]
        self._t_s: list[float] = []
        self._codes: list[NDArray[np.uint8]] = []
        self._begin_s = begin_s
        self._now: NDArray[np.uint8] | None = None
        self.faults: list[Fault] = []
        self.refusals: Counter[tuple[int, str, str]] = Counter()

    def seen(self, view: View) -> None:
        """Record what the signals show."""
        self._now = view.display

    def intent(self, t_s: float, permit: Permit) -> None:
        """Record what they show from now on, and what was refused."""
        if self._now is not None:
            shown = self._now.copy()
            for signal_ix, display in zip(permit.signal_ix, permit.displays, strict=True):
                shown[self._links[signal_ix]] = display
            if not self._codes or (shown != self._codes[-1]).any():
                self._t_s.append(t_s if self._codes else self._begin_s)
                self._codes.append(shown)
        for refusal in permit.refusals:
            self.refusals[refusal.signal_ix, refusal.service, refusal.reason] += 1

    def receipts(self, t_s: float, receipts: Receipts) -> None:
        """Record actuators that did not follow."""
        for receipt in receipts:
            if not receipt.is_applied:
                self.fault(t_s, f"signal {self._signal_ids[receipt.signal_ix]}", receipt.reason)

    def fault(self, t_s: float, service: str, reason: str) -> None:
        """Record that a service lost its orders for this tick."""
        self.faults.append(Fault(t_s, service, reason))

    def displays(self, end_s: float) -> Displays:
        """Return what was shown until the end of the window."""
        n_links = sum(links.stop - links.start for links in self._links)
        codes = np.array(self._codes, np.uint8).reshape(len(self._codes), n_links)
        return Displays(np.array(self._t_s, np.float64), codes, end_s)

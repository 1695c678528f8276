"""Who is on the short links of signals planned as one, and which signals keep a green until theirs are empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import View
from cityloop.services.signals.coupling import Flags, Ints, PlannedSignal

# A short link is let out this much longer than a stream is let in: the way from the one stop line to the other.
EMPTYING_S = 3.0
# Somebody who is still on it then keeps its green for this long at most: what holds him up may last.
EMPTYING_MOST_S = 9.0
STANDING_MPS = 0.5


class ShortLinks:
    """Watches the short links.

    Attributes
    ----------
    is_taken : bool, one a signal
        Whether somebody stands on short links to both members: one more on either may lock both.
    """

    def __init__(self, city: City, planned: Sequence[PlannedSignal]) -> None:
        self._planned = planned
        self._to_lane: Ints = city.movements["to_lane_ix"]
        # twice the signal plus the member that a lane, if it is a short link's, ends at
        self._end_of_lane: Ints = np.full(city.lanes.n_rows, -1, np.int64)
        for signal, of_signal in enumerate(planned):
            for member, lanes in enumerate(of_signal.short_lanes):
                self._end_of_lane[list(lanes)] = 2 * signal + member
        self._has_any = bool((self._end_of_lane >= 0).any())
        self._is_occupied: Flags = np.zeros((len(planned), 2), np.bool_)
        self._is_stood_on: Flags = np.zeros((len(planned), 2), np.bool_)
        self._emptied: dict[int, Flags] = {}
        self.is_taken: Flags = np.zeros(len(planned), np.bool_)

    def observe(self, view: View) -> None:
        """Take in who is on the short links, or about to come off the junction onto one."""
        if not self._has_any:
            return
        vehicles = view.vehicles
        is_inside = (vehicles.lane_ix < 0) & (vehicles.movement_ix >= 0)
        lane = np.where(is_inside, self._to_lane[vehicles.movement_ix], vehicles.lane_ix)
        end = np.where(lane >= 0, self._end_of_lane[lane], -1)
        self._is_stood_on[:] = False
        self._is_stood_on.flat[end[(end >= 0) & ~is_inside & (vehicles.speed_mps < STANDING_MPS)]] = True
        self._is_occupied[:] = False
        self._is_occupied.flat[end[end >= 0]] = True
        self.is_taken = np.logical_and.reduce(self._is_stood_on, axis=1)

    def closed_streams(self) -> dict[int, list[int]]:
        """Return by signal the links whose streams lead to where somebody stands: they must not begin yet."""
        closed: dict[int, list[int]] = {}
        if not self._has_any:
            return closed
        for signal, member in np.argwhere(self._is_stood_on).tolist():
            closed.setdefault(signal, []).extend(self._planned[signal].streams[member])
        return closed

    def change(self, signal: int, before: int, after: int) -> None:
        """Note a change of stage: members that streams led to before, and no longer, empty their links first."""
        is_emptied = self._planned[signal].is_emptied_first(before, after)
        self._emptied.pop(signal, None)
        if is_emptied.any():
            self._emptied[signal] = is_emptied

    def forget(self, signal: int) -> None:
        """Keep no greens at a signal that does not show what was asked."""
        self._emptied.pop(signal, None)

    def kept(self, t_s: float, switched_s: NDArray[np.float64]) -> dict[int, Flags]:
        """Return by signal the members that still show the stage before; a link once empty is done with.

        A signal whose last member is let go now is among them, with none.
        """
        kept = dict(self._emptied)
        for signal, is_emptied in kept.items():
            since_s = t_s - switched_s[signal]
            if since_s >= EMPTYING_S:
                is_emptied &= self._is_occupied[signal] & (since_s < EMPTYING_MOST_S)
            if not is_emptied.any():
                del self._emptied[signal]
        return kept

"""What the twin's signals show, and setting it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import DARK, codes_of
from cityloop.control.orders import Permit, Receipt, Receipts
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.prepare import TwinRun
from cityloop.engines.twin.signals import rules_shown, stage_at
from cityloop.kernels import lane_queues as lq
from cityloop.kernels import lane_records as lr


class Displays:
    """Reads all signals and sets those that are permitted; a signal that was never in a permit plays its plan.

    Parameters
    ----------
    network : TwinNetwork
    city : City
    run : TwinRun
    """

    def __init__(self, network: TwinNetwork, city: City, run: TwinRun) -> None:
        self._network, self._run = network, run
        self._links_of = [city.links_of(ix) for ix in range(city.signals.n_rows)]
        self._display = np.full(city.links.n_rows, DARK, np.uint8)
        self.is_ordered = np.zeros(city.signals.n_rows, np.bool_)
        """Which signals are set from outside."""
        table = city.movements
        signal_ix = table["signal_ix"][network.movement_ix]
        self._moves = [np.flatnonzero(signal_ix == ix) for ix in range(city.signals.n_rows)]
        self._links = [table["link_ix"][network.movement_ix[moves]] for moves in self._moves]
        self._receipts = [Receipt(ix, is_applied=True) for ix in range(city.signals.n_rows)]
        self._set_last: dict[int, NDArray[np.uint8] | None] = {}  # where nobody can write into it any more
        self._until_s = -math.inf
        self._plans = [_plan_of(city, plan_ix) for plan_ix in range(city.plans.n_rows)]
        self.plan_ix = [int(ix) for ix in city.signals["plan_ix"]]
        """Plan that each signal plays while nobody orders it."""

    def read(self, time_s: float) -> NDArray[np.uint8]:
        """Return what every link shows now (codes of ``city.link_state``)."""
        if time_s >= self._until_s:
            self._play(time_s)
        return self._display.copy()

    def _play(self, time_s: float) -> None:
        """Show the stages of now, and remember until when they hold."""
        self._until_s = math.inf
        for signal_ix in np.flatnonzero(~self.is_ordered).tolist():
            ends_s, offset_s, codes = self._plans[self.plan_ix[signal_ix]]
            at = stage_at(ends_s, offset_s, time_s)
            if at is None:
                continue
            stage, elapsed_s = at
            self._display[self._links_of[signal_ix]] = codes[stage]
            self._until_s = min(self._until_s, time_s + ends_s[stage] - elapsed_s)

    def play(self, signal_ix: int, plan_ix: int) -> None:
        """Show another plan from now on."""
        self.plan_ix[signal_ix] = plan_ix
        self._until_s = -math.inf

    def apply(self, permit: Permit, since_begin_s: float) -> Receipts:
        """Set what differs from what is shown and stop the plans of the signals concerned."""
        at_ms = round(since_begin_s * 1000)
        return tuple(
            self._receipts[signal_ix]
            if display is self._set_last.get(signal_ix)
            else self._set(signal_ix, display, at_ms)
            for signal_ix, display in zip(permit.signal_ix, permit.displays, strict=True)
        )

    def _set(self, signal_ix: int, display: NDArray[np.uint8], at_ms: int) -> Receipt:
        if not 0 <= signal_ix < len(self._moves):
            return Receipt(signal_ix, is_applied=False, reason="the city has no such signal")
        links = self._links_of[signal_ix]
        if len(display) != links.stop - links.start:
            return Receipt(signal_ix, is_applied=False, reason="the display has not one value a link")
        self._set_last[signal_ix] = None if display.flags.writeable else display
        if not self.is_ordered[signal_ix]:
            self.is_ordered[signal_ix] = True
            self._run.state.faces["switch_ms"][list(self._run.plans.faces_of_signal[signal_ix])] = lr.NEVER
        elif np.array_equal(self._display[links], display):
            return self._receipts[signal_ix]
        self._display[links] = display
        moves = self._moves[signal_ix]
        rules = rules_shown(self._network, moves, self._display[self._links[signal_ix]])
        lq.show_all(moves.astype(np.int32), rules, at_ms, self._run.built, self._run.state)
        return self._receipts[signal_ix]


def _plan_of(city: City, plan_ix: int) -> tuple[list[float], float, list[NDArray[np.uint8]]]:
    """Return the ends of a plan's stages in the cycle, its offset and what each stage shows."""
    rows = slice(int(city.plans["stages_start"][plan_ix]), int(city.plans["stages_end"][plan_ix]))
    ends_s: list[float] = np.cumsum(city.stages["duration_s"][rows]).tolist()
    return ends_s, float(city.plans["offset_s"][plan_ix]), [codes_of(state) for state in city.states_of(plan_ix)]

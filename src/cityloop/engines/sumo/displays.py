"""What the signals show in SUMO, and setting it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import DARK, codes_of, text_of
from cityloop.control.orders import Permit, Receipt, Receipts
from cityloop.engines.sumo.library import getter_of

_OWN_PROGRAM = "online"
"""Name that SUMO gives to the program of a signal whose state was set from outside."""


class Displays:
    """Reads all signals and sets those that are permitted.

    A signal that was never in a permit keeps SUMO's own program.
    """

    def __init__(self, city: City, libsumo: Any) -> None:
        self._sumo = libsumo
        self._state_of = getter_of(libsumo, "trafficlight", "getRedYellowGreenState")
        self._program_of = getter_of(libsumo, "trafficlight", "getProgram")
        known = set(libsumo.trafficlight.getIDList())
        self._signals = [
            (str(signal_id), city.links_of(ix)) if signal_id in known else None
            for ix, signal_id in enumerate(city.signals["signal_id"])
        ]
        self._state = [""] * len(self._signals)
        self._receipts = [Receipt(ix, is_applied=True) for ix in range(len(self._signals))]
        self._display = np.full(city.links.n_rows, DARK, np.uint8)

    def read(self) -> NDArray[np.uint8]:
        """Return what every link shows now."""
        for ix, signal in enumerate(self._signals):
            if signal is None:
                continue
            signal_id, links = signal
            state = self._state_of(signal_id)
            if state != self._state[ix]:
                self._state[ix] = state
                self._display[links] = codes_of(state)
        return self._display.copy()

    def apply(self, permit: Permit) -> Receipts:
        """Set what differs from what is shown and take over what SUMO's own program still runs."""
        return tuple(
            self._set(signal_ix, display) for signal_ix, display in zip(permit.signal_ix, permit.displays, strict=True)
        )

    def _set(self, signal_ix: int, display: NDArray[np.uint8]) -> Receipt:
        signal = self._signals[signal_ix] if 0 <= signal_ix < len(self._signals) else None
        if signal is None:
            return Receipt(signal_ix, is_applied=False, reason="SUMO knows no such signal")
        signal_id, links = signal
        if len(display) != links.stop - links.start:
            return Receipt(signal_ix, is_applied=False, reason="the display has not one value a link")
        wanted = text_of(display)
        if self._program_of(signal_id) != _OWN_PROGRAM or self._state_of(signal_id) != wanted:
            self._sumo.trafficlight.setRedYellowGreenState(signal_id, wanted)
        return self._receipts[signal_ix]

"""What is usual at this time of day, learned from counts and kept from one day to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable
from cityloop.control.view import Floats

BIN_S = 900.0
"""Length of a part of the day; also that of the volumes that traffic engineers count."""
DAY_S = 86_400.0
ENOUGH_S = 300.0
"""A part of the day that has been watched for less tells nothing by itself."""
_MEND = "delete it or name the right one"


class Profile:
    """Counts by part of the day.

    Parameters
    ----------
    name : str
        Of its arrays in the memory.
    key : int64, one a row
        What the rows are, such as the lanes of loops: a memory of other rows is refused.
    memory : mapping, optional
        What ``memory()`` of an earlier day returned; without these arrays nothing is known yet.

    Raises
    ------
    Unusable
        If the memory is of another city, or not what ``memory()`` returns.
    """

    def __init__(self, name: str, key: NDArray[np.int64], memory: Mapping[str, NDArray[Any]] | None = None) -> None:
        self._name, self._key = name, key
        n_bins = int(DAY_S / BIN_S)
        self._n_veh, self._watched_s = np.zeros((n_bins, len(key))), np.zeros((n_bins, len(key)))
        if memory and f"{name}_veh" in memory:
            for column, own in (("key", key), ("veh", self._n_veh), ("s", self._watched_s)):
                kept = memory.get(f"{name}_{column}")
                if kept is None or kept.shape != own.shape:
                    raise Unusable(f"{name}_{column} is missing or of another city", "memory", _MEND)
            if not np.array_equal(memory[f"{name}_key"], key):
                raise Unusable(f"{name} is of another city", "memory", _MEND)
            self._n_veh = np.array(memory[f"{name}_veh"], np.float64)
            self._watched_s = np.array(memory[f"{name}_s"], np.float64)
            if not all((np.isfinite(kept) & (kept >= 0)).all() for kept in (self._n_veh, self._watched_s)):
                raise Unusable(f"not all of {name} are numbers from 0 up", "memory", _MEND)
        self._yesterday = self._n_veh.copy(), self._watched_s.copy()

    def count(self, t_s: float, elapsed_s: float, n_veh: NDArray[Any], is_sure: NDArray[np.bool_]) -> None:
        """Take in what was counted in the time until ``t_s``, where it can be trusted."""
        at = int(t_s // BIN_S) % len(self._n_veh)
        self._n_veh[at] += np.where(is_sure, n_veh, 0.0)
        self._watched_s[at] += np.where(is_sure, elapsed_s, 0.0)

    def usual_vps(self, t_s: float) -> Floats:
        """Return the usual flow at a time by earlier days, vehicles a second; nan where nothing is known."""
        return self._rate_vps(t_s, *self._yesterday)

    def flow_vps(self, t_s: float) -> Floats:
        """Return the flow at a time by all that has been counted, today included; nan where nothing is known."""
        return self._rate_vps(t_s, self._n_veh, self._watched_s)

    def _rate_vps(self, t_s: float, n_veh: Floats, watched_s: Floats) -> Floats:
        at = int(t_s // BIN_S) % len(n_veh)
        counted, seconds = n_veh[at], watched_s[at]
        for beside in (at - 1, (at + 1) % len(n_veh)):
            is_short = seconds < ENOUGH_S
            counted = np.where(is_short, counted + n_veh[beside], counted)
            seconds = np.where(is_short, seconds + watched_s[beside], seconds)
        return np.where(seconds >= ENOUGH_S, counted / np.maximum(seconds, 1.0), np.nan)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what is worth keeping until tomorrow: halved, so that a month ago counts less than last week."""
        name = self._name
        return {f"{name}_key": self._key, f"{name}_veh": 0.5 * self._n_veh, f"{name}_s": 0.5 * self._watched_s}

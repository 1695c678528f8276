"""Chance for the demand: what is drawn for a vehicle depends on the seed and on the vehicle alone."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import accumulate


class Purpose(IntEnum):
    """What is drawn; each purpose has draws of its own."""

    TYPE = 0
    ROUTE = 1
    DEPARTURE = 2
    DEPART_POSITION = 3
    ARRIVAL_POSITION = 4
    DEPART_ROAD = 5
    ARRIVAL_ROAD = 6


@dataclass
class Draws:
    """Draws numbers by hash, so that a change to one vehicle or flow leaves all others as they were.

    Parameters
    ----------
    seed : int
    """

    seed: int
    is_used: bool = field(default=False, init=False)
    """Whether anything was drawn."""

    def uniform(self, purpose: Purpose, name: str, index: int = 0) -> float:
        """Return a number in [0, 1) for a vehicle, or for number ``index`` of a flow."""
        from cityloop.kernels.chance import uniform  # numba loads slowly, and most demand draws nothing

        self.is_used = True
        key = zlib.crc32(name.encode()) + ((index & 0x7FFF_FFFF) << 32)
        return float(uniform(key, (self.seed * 16 + purpose) & 0x7FFF_FFFF_FFFF_FFFF))

    def choice(self, shares: Sequence[float], purpose: Purpose, name: str, index: int = 0) -> int:
        """Return the place of one of ``shares`` (at least one above 0), each as likely as its share."""
        if len(shares) == 1:
            return 0
        sums = list(accumulate(shares))
        return min(bisect_right(sums, self.uniform(purpose, name, index) * sums[-1]), len(sums) - 1)

"""Chance by hash: the same key gives the same number, on every machine and in every order."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def uniform(key: int, salt: int) -> float:
    """Return a number in [0, 1) that depends on ``key`` and ``salt`` alone (SplitMix64 finaliser)."""
    z = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt) * np.uint64(0xD1342543DE82EF95)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) / 9007199254740992.0

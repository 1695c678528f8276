"""Chance by hash: the same key gives the same number, on every machine and in every order."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def uniform(key: int, salt: int) -> float:
    """Return a number in [0, 1) that depends on ``key`` and ``salt`` alone (SplitMix64 finaliser)."""
    z = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt) * np.uint64(0xD1342543DE82EF95)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) / 9007199254740992.0


def uniforms(keys: NDArray[np.int64], salt: int) -> NDArray[np.float64]:
    """Return what `uniform` gives for each key, all at once.

    The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
    OOPSLA 2014) over a counter: no state, so that the order of asking does not matter.

    Parameters
    ----------
    keys : int64, any shape
    salt : int

    Returns
    -------
    float64, same shape
        Numbers in [0, 1).
    """
    z = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64((salt * 0xD1342543DE82EF95) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / 2.0**53

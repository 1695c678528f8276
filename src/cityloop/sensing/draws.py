"""Chance of sensors: drawn by hash of seed, purpose, who and when, so that the order of asking does not matter."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.control.view import Floats
from cityloop.kernels.chance import uniforms

_N_PURPOSES = 32


class Draw(IntEnum):
    """What is drawn, each independent of the others."""

    MISSED = 0
    DROPPED = 1
    GHOST = 2
    GHOST_PLACE = 3
    GHOST_LIFE = 4
    CONFUSED = 5
    POSITION = 6
    SPEED = 7
    GPS = 8
    GPS_ACROSS = 9
    LOST = 10
    FAULT = 11
    FAULT_KIND = 12
    CHATTER = 13
    DRIFT = 14
    FLICKER = 15


def draws(who: NDArray[Any], when: NDArray[Any] | int, draw: Draw, seed: int) -> Floats:
    """Return a number in [0, 1) for each of ``who`` at ``when``.

    Parameters
    ----------
    who : int64
        From 0 up, below 2**38.
    when : int64 or int
        Number of a stretch of time, below 2**24.
    draw : Draw
    seed : int
    """
    keys = (np.asarray(who, np.int64) + 1) * (1 << 24) + np.asarray(when, np.int64)
    # offset: not the numbers that the demand and the connected vehicles of the same seed are drawn by
    return uniforms(keys, (seed + 7_000_003) * _N_PURPOSES + int(draw))


def normals(who: NDArray[Any], when: NDArray[Any] | int, draw: Draw, seed: int) -> Floats:
    """Return a number of the standard normal distribution for each (Box and Muller, 1958)."""
    radius = np.sqrt(-2.0 * np.log1p(-draws(who, when, draw, seed)))
    return np.asarray(radius * np.cos(2.0 * np.pi * draws(who, when, draw, seed + 1_000_000_007)))

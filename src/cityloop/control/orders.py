"""What services ask for, what the guard permits, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Precedence(IntEnum):
    """Who goes first where two services want the same signal."""

    TRAFFIC = 0
    TRANSIT = 1
    EMERGENCY = 2


@dataclass(frozen=True, slots=True)
class StageOrder:
    """A service wants these greens at one signal; yellow, all-red and minimum times are the guard's.

    Parameters
    ----------
    signal_ix : int
        Row of the signal.
    greens : uint8, one a link of the signal
        ``GREEN``, ``GREEN_YIELDING`` or ``RED`` for each link.
    precedence : Precedence
    service : str
        Name of the asking service, for the log.
    """

    signal_ix: int
    greens: NDArray[np.uint8]
    precedence: Precedence = Precedence.TRAFFIC
    service: str = "signals"


@dataclass(frozen=True, slots=True)
class Orders:
    """All that one service asks for in one tick. A signal without an order keeps what it has."""

    stages: tuple[StageOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order that the guard did not let through as asked, and why."""

    signal_ix: int
    service: str
    reason: str


@dataclass(frozen=True, slots=True)
class Permit:
    """What the guard lets through to the engine.

    Parameters
    ----------
    signal_ix : tuple of int
        Signals under control.
    displays : tuple of uint8 arrays
        For each of them what its links are to show now.
    refusals : tuple of Refusal
        Orders that were refused or put off.
    """

    signal_ix: tuple[int, ...] = ()
    displays: tuple[NDArray[np.uint8], ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one actuator's permit."""

    signal_ix: int
    is_applied: bool
    reason: str = ""


Receipts = tuple[Receipt, ...]

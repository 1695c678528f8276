"""Queues over time, and what else SUMO's summary output counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cityloop.city.sumo.xml_file import elements, number

_TAKEN = ("time", "halting", "stopped", "waiting", "running", "teleports", "discarded")


@dataclass(frozen=True, slots=True)
class Queues:
    """Vehicles that stand, over time; all columns have one value a step.

    Parameters
    ----------
    t_s : float64
        Begin of the step.
    queue_veh : float64
        Vehicles that stand in the network (below 0.1 m/s), those at a scheduled stop left out.
    outside_veh : float64
        Vehicles that wait to enter the network.
    running_veh : float64
        Vehicles in the network.
    n_teleports : int
        Teleports until the end.
    n_discarded : int
        Vehicles that the simulator gave up inserting (its option ``max-depart-delay``); no other output
        mentions them, so every mean over vehicles is without them.
    """

    t_s: NDArray[np.float64]
    queue_veh: NDArray[np.float64]
    outside_veh: NDArray[np.float64]
    running_veh: NDArray[np.float64]
    n_teleports: int
    n_discarded: int


def read_queues(summary_path: Path) -> Queues:
    """Return the queues of a run from SUMO's ``summary.xml``.

    Raises
    ------
    Unusable
        When the file is missing or not whole.
    """
    rows = [[number(step, name, summary_path) for name in _TAKEN] for step in elements(summary_path, "summary")]
    t_s, halting, stopped, outside, running, teleports, discarded = np.array(rows).reshape(-1, len(_TAKEN)).T
    return Queues(
        t_s=t_s,
        queue_veh=halting - stopped,  # SUMO counts vehicles at a scheduled stop as halting
        outside_veh=outside,
        running_veh=running,
        n_teleports=int(teleports[-1]) if len(rows) else 0,
        n_discarded=int(discarded[-1]) if len(rows) else 0,
    )


def mean_over(t_s: NDArray[np.float64], values: NDArray[np.float64], begin_s: float, end_s: float) -> float:
    """Return the mean of a series over ``[begin_s, end_s)``; nan where it has no value there."""
    inside = (t_s >= begin_s) & (t_s < end_s)
    return float(values[inside].mean()) if inside.any() else math.nan


def by_period(
    t_s: NDArray[np.float64], values: NDArray[np.float64], period_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the begins of the periods and the mean of a series in each (shorter to store and to draw)."""
    if t_s.size == 0:
        return t_s, values
    period = np.floor((t_s - t_s[0]) / period_s).astype(np.int64)
    n = np.bincount(period)
    has = n > 0
    return t_s[0] + np.flatnonzero(has) * period_s, np.bincount(period, values)[has] / n[has]

"""Who gained and who lost between two ways of operating the same city."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.table import Table


@dataclass(frozen=True, slots=True)
class PairedTrips:
    """The same vehicles in two runs, one row each, sorted by name.

    Parameters
    ----------
    vehicle_id : object
    base_delay_s, ours_delay_s : float64
        Delay in the base run and in ours.
    n_unpaired : int
        Vehicles that only one of the runs knows.
    """

    vehicle_id: NDArray[np.object_]
    base_delay_s: NDArray[np.float64]
    ours_delay_s: NDArray[np.float64]
    n_unpaired: int

    @property
    def change_s(self) -> NDArray[np.float64]:
        """Delay in ours minus delay in the base run; above 0 a vehicle lost."""
        return self.ours_delay_s - self.base_delay_s


def pair_trips(ours: Table, base: Table) -> PairedTrips:
    """Pair the trips of two runs (schema ``trips``) by vehicle name."""
    base_row = {vehicle_id: row for row, vehicle_id in enumerate(base["vehicle_id"])}
    pairs = sorted(
        (vehicle_id, row, base_row[vehicle_id])
        for row, vehicle_id in enumerate(ours["vehicle_id"])
        if vehicle_id in base_row
    )
    ours_rows = np.array([row for _, row, _ in pairs], np.int64)
    base_rows = np.array([row for _, _, row in pairs], np.int64)
    return PairedTrips(
        vehicle_id=np.array([vehicle_id for vehicle_id, _, _ in pairs], object),
        base_delay_s=base["delay_s"][base_rows],
        ours_delay_s=ours["delay_s"][ours_rows],
        n_unpaired=ours.n_rows + base.n_rows - 2 * len(pairs),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """How the trips of one run compare with those of the base run; nan where there is no pair.

    Parameters
    ----------
    worse_frac, better_frac : float
        Share of trips whose delay is higher, and lower, by any amount.
    loss_s, gain_s : float
        Mean change among those that lost, and among those that gained (as a positive number).
    p05_s, median_s, p95_s : float
        Percentiles of the change.
    delay_p95_change_s : float
        95th percentile of the delay in ours minus that in the base run.
    """

    worse_frac: float
    better_frac: float
    loss_s: float
    gain_s: float
    p05_s: float
    median_s: float
    p95_s: float
    delay_p95_change_s: float


def change_of(pairs: PairedTrips) -> Change:
    """Return who gained and who lost."""
    change_s = pairs.change_s
    if change_s.size == 0:
        return Change(*(math.nan,) * 8)
    worse, better = change_s > 0, change_s < 0
    p05_s, median_s, p95_s = np.percentile(change_s, (5, 50, 95))
    return Change(
        worse_frac=float(worse.mean()),
        better_frac=float(better.mean()),
        loss_s=float(change_s[worse].mean()) if worse.any() else 0.0,
        gain_s=float(-change_s[better].mean()) if better.any() else 0.0,
        p05_s=float(p05_s),
        median_s=float(median_s),
        p95_s=float(p95_s),
        delay_p95_change_s=float(np.percentile(pairs.ours_delay_s, 95) - np.percentile(pairs.base_delay_s, 95)),
    )

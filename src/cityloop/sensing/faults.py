"""Sensors that do not work as they should: chosen by seed, for runs that ask what a city loses by them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.table import Table
from cityloop.control.view import Codes, Detectors, Floats, SensorState, Vehicles
from cityloop.sensing.draws import Draw, draws
from cityloop.sensing.sensor import Sensor

KINDS = (
    SensorState.STUCK_ON,
    SensorState.STUCK_OFF,
    SensorState.CHATTERING,
    SensorState.DRIFTING,
    SensorState.SILENT,
)
"""What can happen to a sensor, each as likely as the others."""
DRIFT_FRAC, DRIFT_S = 0.6, 900.0
"""A drifting loop comes to miss this share of the vehicles, within this time."""
DRIFT_M = 15.0
"""A camera that has been turned by the wind sees vehicles so much further away."""
CHATTER_FRAC = 0.5
"""Share of the seconds in which a chattering loop counts somebody who is not there."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with each of some sensors.

    Parameters
    ----------
    state : uint8, one a sensor
        A `SensorState`.
    from_s : float64, one a sensor
        Since when; before that it works.
    """

    state: Codes
    from_s: Floats

    @staticmethod
    def none(n: int) -> Faults:
        """Return that nothing is wrong with ``n`` sensors."""
        return Faults(np.zeros(n, np.uint8), np.full(n, np.inf))

    def is_kind(self, state: SensorState, t_s: float) -> NDArray[np.bool_]:
        """Return for each sensor whether it is in a state at a time."""
        now = np.where(self.from_s <= t_s, self.state, SensorState.WORKING)
        return np.asarray(now == state)


def drawn_faults(n: int, failed_frac: float, seed: int, from_s: float = -np.inf) -> Faults:
    """Return faults of a share of ``n`` sensors, drawn by the seed one by one.

    Parameters
    ----------
    n : int
    failed_frac : float
        How likely each sensor is to fail, 0 to 1.
    seed : int
    from_s : float
        When they fail; by default from the begin.
    """
    sensors = np.arange(n)
    is_failed = draws(sensors, 0, Draw.FAULT, seed) < failed_frac
    kind = np.array(KINDS, np.uint8)[(draws(sensors, 0, Draw.FAULT_KIND, seed) * len(KINDS)).astype(np.int64)]
    return Faults(np.where(is_failed, kind, np.uint8(0)), np.full(n, from_s))


class FaultyLoops:
    """A sensor of which some loops tell what is not so.

    Parameters
    ----------
    sensor : Sensor
    faults : Faults
        One a loop, in the order of ``sensor.loops``.
    seed : int
    """

    def __init__(self, sensor: Sensor, faults: Faults, seed: int) -> None:
        self._sensor, self._faults, self._seed = sensor, faults, seed
        self._begin_s: float | None = None

    @property
    def loops(self) -> Table:
        """Loops of the sensor."""
        return self._sensor.loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return what the sensor sees and what its loops say of it."""
        vehicles, readings = self._sensor.observe(t_s, truth, detectors)
        if len(readings.lane_ix) != len(self._faults.state):
            return vehicles, readings
        self._begin_s = t_s if self._begin_s is None else self._begin_s
        return vehicles, self._said(t_s, self._begin_s, readings)

    def _said(self, t_s: float, begin_s: float, true: Detectors) -> Detectors:
        faults, seed, loops = self._faults, self._seed, np.arange(len(true.lane_ix))
        n_veh, occupied = true.n_veh.copy(), true.occupied_frac.copy()
        since_s, age_s = true.since_s.copy(), true.age_s.copy()
        lasted_s = t_s - np.maximum(faults.from_s, begin_s)

        is_on = faults.is_kind(SensorState.STUCK_ON, t_s)
        n_veh[is_on], occupied[is_on], since_s[is_on] = 0, 1.0, 0.0
        is_off = faults.is_kind(SensorState.STUCK_OFF, t_s)
        n_veh[is_off], occupied[is_off] = 0, 0.0
        since_s[is_off] = lasted_s[is_off] + 1.0

        chance = draws(loops, round(t_s), Draw.CHATTER, seed)
        is_chatter = faults.is_kind(SensorState.CHATTERING, t_s) & (chance < CHATTER_FRAC)
        n_veh[is_chatter] += 1 + (chance[is_chatter] < 0.5 * CHATTER_FRAC)
        occupied[is_chatter] = np.maximum(occupied[is_chatter], chance[is_chatter])
        since_s[is_chatter] = 0.0

        is_drift = faults.is_kind(SensorState.DRIFTING, t_s)
        lost_frac = np.where(np.isinf(faults.from_s), 1.0, np.minimum(lasted_s / DRIFT_S, 1.0)) * DRIFT_FRAC
        is_lost = is_drift & (draws(loops, round(t_s) // 2, Draw.DRIFT, seed) < lost_frac)
        n_veh[is_lost], occupied[is_lost] = 0, 0.0
        since_s[is_lost] = np.maximum(since_s[is_lost], 1.0)

        is_silent = faults.is_kind(SensorState.SILENT, t_s)
        n_veh[is_silent], occupied[is_silent], since_s[is_silent] = 0, np.nan, np.nan
        age_s[is_silent] = lasted_s[is_silent] + np.where(np.isinf(faults.from_s[is_silent]), np.inf, 0.0)
        return dataclasses.replace(true, n_veh=n_veh, occupied_frac=occupied, since_s=since_s, age_s=age_s)

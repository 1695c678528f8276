"""What services see: read-only columns, every reading with its source, age and confidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]


class Source(IntEnum):
    """What a reading comes from."""

    IDEAL = 0
    LOOP = 1
    CAMERA = 2
    CONNECTED = 3
    PROFILE = 4
    """Nothing has measured it today: what is usual at this time of day."""


class SensorState(IntEnum):
    """What is the matter with a sensor."""

    WORKING = 0
    STUCK_ON = 1
    STUCK_OFF = 2
    CHATTERING = 3
    DRIFTING = 4
    SILENT = 5


def _no_floats() -> Floats:
    return np.empty(0, np.float64)


def _no_ints() -> Ints:
    return np.empty(0, np.int64)


def _no_codes() -> Codes:
    return np.empty(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Vehicles as sensed, one row each; all columns have the same length.

    Parameters
    ----------
    vehicle_ix : int64
        A number that stays with a tracked vehicle as long as it is seen.
    lane_ix : int64
        Lane it is on; -1 inside a junction.
    movement_ix : int64
        Inside a junction the movement it is making. On a lane the next signalised movement that it has
        announced, -1 where it has announced nothing, -2 where it has announced that none lies ahead.
    position_m : float64
        From the begin of the lane, or from the stop line inside a junction, to its front bumper.
    speed_mps : float64
    length_m : float64
    waiting_s : float64
        Time it has stood (below 0.1 m/s) since it was first seen on the approach.
    n_persons : float64
        Persons on board.
    age_s : float64
        Age of the reading.
    source : uint8
        What it comes from, a `Source`. By default all are `Source.IDEAL`.
    confidence_frac : float64
        How likely it is that this vehicle is there. By default all are sure.
    """

    vehicle_ix: Ints = field(default_factory=_no_ints)
    lane_ix: Ints = field(default_factory=_no_ints)
    movement_ix: Ints = field(default_factory=_no_ints)
    position_m: Floats = field(default_factory=_no_floats)
    speed_mps: Floats = field(default_factory=_no_floats)
    length_m: Floats = field(default_factory=_no_floats)
    waiting_s: Floats = field(default_factory=_no_floats)
    n_persons: Floats = field(default_factory=_no_floats)
    age_s: Floats = field(default_factory=_no_floats)
    source: Codes = field(default_factory=_no_codes)
    confidence_frac: Floats = field(default_factory=_no_floats)

    def __post_init__(self) -> None:
        if len(self.source) != len(self.vehicle_ix):
            object.__setattr__(self, "source", np.zeros(len(self.vehicle_ix), np.uint8))
        if len(self.confidence_frac) != len(self.vehicle_ix):
            object.__setattr__(self, "confidence_frac", np.ones(len(self.vehicle_ix)))


@dataclass(frozen=True, slots=True)
class Detectors:
    """Loop readings, one row a detector, in the order of ``detector_lane_ix``.

    Parameters
    ----------
    lane_ix : int64
        Lane of the detector.
    distance_m : float64
        Distance upstream of the stop line that the lane leads to.
    n_veh : int64
        Vehicles that have entered it since the view before.
    occupied_frac : float64
        Share of the time since the view before in which it was occupied.
    since_s : float64
        Time since it was last occupied, 0 while it is.
    age_s : float64
        Age of the reading.
    source : uint8
        What it comes from, a `Source`. By default all are `Source.LOOP`.
    confidence_frac : float64
        How far the reading can be trusted: 0 for that of a sensor found faulty. By default all are sure.
    """

    lane_ix: Ints = field(default_factory=_no_ints)
    distance_m: Floats = field(default_factory=_no_floats)
    n_veh: Ints = field(default_factory=_no_ints)
    occupied_frac: Floats = field(default_factory=_no_floats)
    since_s: Floats = field(default_factory=_no_floats)
    age_s: Floats = field(default_factory=_no_floats)
    source: Codes = field(default_factory=_no_codes)
    confidence_frac: Floats = field(default_factory=_no_floats)

    def __post_init__(self) -> None:
        if len(self.source) != len(self.lane_ix):
            object.__setattr__(self, "source", np.full(len(self.lane_ix), Source.LOOP, np.uint8))
        if len(self.confidence_frac) != len(self.lane_ix):
            object.__setattr__(self, "confidence_frac", np.ones(len(self.lane_ix)))


@dataclass(frozen=True, slots=True)
class Health:
    """Sensors found faulty, one row each; a sensor that is not listed is thought to work.

    Parameters
    ----------
    sensor_ix : int64
        Loops by their row in ``View.detectors``, then cameras by their row in their layout.
    state : uint8
        What is the matter, a `SensorState`.
    since_s : float64
        When it was found.
    stand_in : uint8
        What stands in for it, a `Source`.
    """

    sensor_ix: Ints = field(default_factory=_no_ints)
    state: Codes = field(default_factory=_no_codes)
    since_s: Floats = field(default_factory=_no_floats)
    stand_in: Codes = field(default_factory=_no_codes)


@dataclass(frozen=True, slots=True)
class View:
    """The city at one moment, as far as its sensors tell.

    Parameters
    ----------
    t_s : float
        Time of the scenario or of day.
    display : uint8, one a row of ``city.links``
        What each signal head shows now (codes of ``city.link_state``): the truth, not what was ordered.
    n_walkers : int64, one a row of ``city.links``
        Pedestrians waiting at a crossing's links; 0 elsewhere.
    vehicles : Vehicles
        Vehicles seen or estimated.
    detectors : Detectors
        Loop readings.
    health : Health
        Sensors that are thought not to work.
    """

    t_s: float
    display: NDArray[np.uint8]
    n_walkers: Ints
    vehicles: Vehicles = field(default_factory=Vehicles)
    detectors: Detectors = field(default_factory=Detectors)
    health: Health = field(default_factory=Health)

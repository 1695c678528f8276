"""What people and other services ask of a junction: queues, arrivals, volumes, saturation flow, level of service."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import Codes, Floats, Ints, Vehicles
from cityloop.sensing.coverage import Coverage
from cityloop.sensing.crossings import Crossings

QUEUED_MPS = 5.0 / 3.6
"""A vehicle slower than this is in a queue."""
PERIOD_S = 900.0
"""Period of turning volumes."""
CLASS_ENDS_M = (7.0, 13.0)
"""Lengths at which short vehicles end and long ones begin: cars and vans, single trucks and buses, trailers."""
LEVEL_ENDS_S = (10.0, 20.0, 35.0, 55.0, 80.0)
"""Control delay at which the levels of service A to E end (Highway Capacity Manual, signalised intersections)."""
FOLLOWING_S = 4.0
"""Two vehicles that cross with a longer headway between them are no queue."""
START_S = 8.0
"""The first vehicles of a queue start slowly: headways count from this time after the start of green."""


def queue_veh(vehicles: Vehicles, coverage: Coverage, stop_lanes: Ints) -> Floats:
    """Return how many vehicles queue before each stop line, in whichever lane up to the range.

    Parameters
    ----------
    vehicles : Vehicles
    coverage : Coverage
    stop_lanes : int64

    Returns
    -------
    float64, one a stop lane
    """
    return _at_lines(vehicles, coverage, stop_lanes, vehicles.speed_mps < QUEUED_MPS)


def arriving_veh(vehicles: Vehicles, coverage: Coverage, stop_lanes: Ints, within_s: float) -> Floats:
    """Return how many moving vehicles reach each stop line within some time at their present speed."""
    ahead_m = coverage.entry_m[coverage.place_of(vehicles)] - vehicles.position_m
    is_coming = (vehicles.speed_mps >= QUEUED_MPS) & (ahead_m <= vehicles.speed_mps * within_s)
    return _at_lines(vehicles, coverage, stop_lanes, is_coming)


def _at_lines(vehicles: Vehicles, coverage: Coverage, stop_lanes: Ints, is_meant: NDArray[np.bool_]) -> Floats:
    place = coverage.place_of(vehicles)
    is_before = (place >= 0) & (vehicles.lane_ix >= 0) & (vehicles.position_m >= coverage.from_m[place])
    lane_ix = coverage.stop_lane_ix[place[is_before & is_meant]]
    return np.bincount(lane_ix, minlength=coverage.n_lanes)[stop_lanes].astype(np.float64)


def class_frac(vehicles: Vehicles) -> Floats:
    """Return the shares of short, middle and long vehicles; nan where there is none."""
    n = len(vehicles.length_m)
    number = np.bincount(np.searchsorted(CLASS_ENDS_M, vehicles.length_m, side="right"), minlength=3)
    return number / n if n else np.full(3, np.nan)


def level_of_service(delay_s: Floats) -> Codes:
    """Return the level of service of each control delay: 0 for A to 5 for F.

    Raises
    ------
    ValueError
        For nan: without a delay there is no level.
    """
    if np.isnan(delay_s).any():
        raise ValueError("a delay is nan")
    return np.searchsorted(LEVEL_ENDS_S, delay_s, side="left").astype(np.uint8)


class MovementEstimates:
    """Turning volumes and saturation flow, learned from vehicles as they cross.

    Saturation flow is the inverse of the mean headway of vehicles that cross behind each other while a queue discharges
    (Highway Capacity Manual, field measurement: from the fourth or fifth vehicle on).

    Parameters
    ----------
    city : City
    found_frac : float
        Share of the vehicles inside the junctions that the sensors find: volumes are scaled up by it.
    """

    def __init__(self, city: City, found_frac: float = 1.0) -> None:
        self._crossings, self._found_frac = Crossings(city), found_frac
        n_lanes = city.lanes.n_rows
        self._from_lane_ix = city.movements["from_lane_ix"]
        self._n_veh = np.zeros(city.movements.n_rows)
        self._last_s, self._headway_s, self._n_headways = (
            np.full(n_lanes, -np.inf),
            np.zeros(n_lanes),
            np.zeros(n_lanes),
        )

    def observe(self, t_s: float, vehicles: Vehicles, green_s: Floats) -> None:
        """Take in what is seen now; ``green_s`` is the time since the start of green by lane, nan at red."""
        _, movement_ix = self._crossings.read(vehicles)
        np.add.at(self._n_veh, movement_ix, 1.0)
        for lane_ix in self._from_lane_ix[movement_ix].tolist():
            headway_s = t_s - self._last_s[lane_ix]
            if START_S <= green_s[lane_ix] < np.inf and headway_s <= FOLLOWING_S:
                self._headway_s[lane_ix] += headway_s
                self._n_headways[lane_ix] += 1.0
            self._last_s[lane_ix] = t_s

    def take_volumes_veh(self) -> Floats:
        """Return the vehicles of every movement since the last call, and begin anew."""
        volumes_veh = self._n_veh / self._found_frac
        self._n_veh = np.zeros(len(self._n_veh))
        return volumes_veh

    def turning_frac(self, volumes_veh: Floats) -> Floats:
        """Return the share of each movement in its lane; nan where the lane had nobody."""
        total = np.bincount(np.maximum(self._from_lane_ix, 0), volumes_veh, len(self._last_s))
        of_lane = total[np.maximum(self._from_lane_ix, 0)]
        return np.where(of_lane > 0, volumes_veh / np.where(of_lane > 0, of_lane, 1.0), np.nan)

    def saturation_vps(self) -> Floats:
        """Return the saturation flow of each lane, vehicles a second; nan before ten headways are known."""
        is_known = (self._n_headways >= 10) & (self._headway_s > 0)
        return np.where(is_known, self._n_headways / np.where(is_known, self._headway_s, 1.0), np.nan)

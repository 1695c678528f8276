"""Errors of what connected vehicles tell: positions by satellite, messages that get lost; and how they are mended."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.sensing.coverage import RANGE_M, coverage_of
from cityloop.sensing.draws import Draw, draws, normals
from cityloop.sensing.green import GreenTimes
from cityloop.sensing.selection import vehicles_where
from cityloop.sensing.sensor import Sensor
from cityloop.sensing.tracks import Patience, Tracks

GPS_SLOT_S = 30.0
"""An error of a position by satellite stays the same for so long."""


class RoughConnected:
    """Connected vehicles whose positions are wrong by some metres and whose messages do not all arrive.

    An error across the road puts a vehicle on a lane beside its own.

    Parameters
    ----------
    sensor : Sensor
    city : City
    seed : int
    gps_sd_m, lost_frac : float
    """

    def __init__(self, sensor: Sensor, city: City, seed: int, gps_sd_m: float, lost_frac: float) -> None:
        self._sensor, self._seed, self._gps_sd_m, self._lost_frac = sensor, seed, gps_sd_m, lost_frac
        self._length_m, self._width_m = city.lanes["length_m"], city.lanes["width_m"]
        road_ix = city.lanes["road_ix"]
        lanes = np.arange(city.lanes.n_rows)
        self._first, self._last = lanes.copy(), lanes.copy()
        for lane_ix in lanes.tolist():
            beside = np.flatnonzero((road_ix == road_ix[lane_ix]) & city.lanes["allows_cars"])
            if len(beside):
                self._first[lane_ix], self._last[lane_ix] = beside[0], beside[-1]

    @property
    def loops(self) -> Table:
        """Loops of the sensor."""
        return self._sensor.loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return what arrives of what they tell."""
        told, readings = self._sensor.observe(t_s, truth, detectors)
        arrives = draws(told.vehicle_ix, round(t_s), Draw.LOST, self._seed) >= self._lost_frac
        told = vehicles_where(told, arrives, told.movement_ix)
        slot = math.floor(t_s / GPS_SLOT_S)
        is_on_lane = told.lane_ix >= 0
        lane_ix = np.where(is_on_lane, told.lane_ix, 0)
        across_m = self._gps_sd_m * normals(told.vehicle_ix, slot, Draw.GPS_ACROSS, self._seed)
        beside = lane_ix + np.round(across_m / self._width_m[lane_ix]).astype(np.int64)
        beside = np.clip(beside, self._first[lane_ix], self._last[lane_ix])
        along_m = told.position_m + self._gps_sd_m * normals(told.vehicle_ix, slot, Draw.GPS, self._seed)
        end_m = np.where(is_on_lane, self._length_m[beside], np.inf)
        return (
            dataclasses.replace(
                told,
                lane_ix=np.where(is_on_lane, beside, told.lane_ix),
                position_m=np.clip(along_m, 0.0, end_m),
                confidence_frac=np.full(len(along_m), 1.0 - self._lost_frac),
            ),
            readings,
        )


class SteadyConnected:
    """Connected vehicles on the lane that they need, and where they are while a message is missing.

    Who has announced a movement from the road that it is on is put on the lane of that movement.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        self._from_lane_ix = city.movements["from_lane_ix"]
        self._road_ix = city.lanes["road_ix"]
        self._length_m = city.lanes["length_m"]
        self._green = GreenTimes(city)
        patience = Patience(beyond_s=4.0, standing_s=10.0, proof_s=0.0, proof_standing_s=0.0)
        self._tracks = Tracks(city, coverage_of(city, RANGE_M), patience)

    def estimate(self, view: View) -> View:
        """Return the view with steady vehicles."""
        told = view.vehicles
        is_meant = (told.lane_ix >= 0) & (told.movement_ix >= 0)
        needed = np.where(is_meant, self._from_lane_ix[told.movement_ix], told.lane_ix)
        is_meant &= (needed >= 0) & (self._road_ix[needed] == self._road_ix[told.lane_ix])
        lane_ix = np.where(is_meant, needed, told.lane_ix)
        end_m = np.where(lane_ix >= 0, self._length_m[lane_ix], np.inf)
        snapped = dataclasses.replace(told, lane_ix=lane_ix, position_m=np.minimum(told.position_m, end_m))
        return dataclasses.replace(view, vehicles=self._tracks.follow(view.t_s, snapped, self._green.read(view)))

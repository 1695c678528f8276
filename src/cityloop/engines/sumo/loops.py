"""Induction loops in SUMO: put on the street and read."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.control.view import Detectors


def loop_elements(city: City, loops: Table) -> list[str]:
    """Return the elements of an additional file that put the loops on the street."""
    elements = []
    for row, lane_ix in enumerate(loops["lane_ix"]):
        detector_id, lane_id = str(loops["detector_id"][row]), str(city.lanes["lane_id"][lane_ix])
        position_m = city.lanes["length_m"][lane_ix] - loops["distance_m"][row]
        elements.append(
            f"<inductionLoop id={quoteattr(detector_id)} lane={quoteattr(lane_id)}"
            f' pos="{position_m:.2f}" friendlyPos="true" file="NUL"/>'
        )
    return elements


class LoopReader:
    """Counts entries and occupancy of every loop from reading to reading.

    Parameters
    ----------
    city : City
    libsumo : module
    loops : Table
        Of schema ``detectors``.
    """

    def __init__(self, city: City, libsumo: Any, loops: Table) -> None:
        self._loop = libsumo.inductionloop
        self._ids = [str(detector_id) for detector_id in loops["detector_id"]]
        self._lane_ix = loops["lane_ix"].astype(np.int64)
        self._distance_m = loops["distance_m"].astype(np.float64)
        self._on_it: list[tuple[str, ...]] = [()] * len(self._ids)
        self._n_veh = np.zeros(len(self._ids), np.int64)
        self._occupied = np.zeros(len(self._ids))
        self._n_steps = 0

    def step(self) -> None:
        """Add up one simulation step."""
        if not self._ids:
            return
        self._n_steps += 1
        for row, detector_id in enumerate(self._ids):
            before = self._on_it[row]
            now = self._loop.getLastStepVehicleIDs(detector_id)
            if now:
                self._occupied[row] += self._loop.getLastStepOccupancy(detector_id) / 100.0
                if now != before:
                    self._n_veh[row] += len(set(now).difference(before))
            self._on_it[row] = now

    def read(self, t_s: float) -> Detectors:
        """Return the readings since the one before and begin anew."""
        if not self._ids:
            return Detectors()
        n = len(self._ids)
        since_s = np.fromiter((self._loop.getTimeSinceDetection(i) for i in self._ids), np.float64, n)
        readings = Detectors(
            lane_ix=self._lane_ix,
            distance_m=self._distance_m,
            n_veh=self._n_veh.copy(),
            occupied_frac=np.clip(self._occupied / max(self._n_steps, 1), 0.0, 1.0),
            since_s=since_s,
            age_s=np.zeros(n),
        )
        self._n_veh[:] = 0
        self._occupied[:] = 0.0
        self._n_steps = 0
        return readings

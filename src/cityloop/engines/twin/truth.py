"""Every vehicle that is on the street of the twin, as sensors could see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.control.view import Detectors, Vehicles
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.prepare import TwinRun
from cityloop.kernels import lane_positions as lp
from cityloop.kernels import lane_records as lr

_NONE_AHEAD = -2


class TruthReader:
    """Reads places and speeds of all vehicles, and the loops.

    Parameters
    ----------
    network : TwinNetwork
    city : City
    traffic : Traffic
    run : TwinRun
    loops : Table
        Of schema ``detectors``.
    """

    def __init__(self, network: TwinNetwork, city: City, traffic: Traffic, run: TwinRun, loops: Table) -> None:
        self._network, self._run = network, run
        length_m = traffic.vehicles["length_m"][run.traffic_ix]
        self._length_m, self._length_mm = length_m, np.round(length_m * 1000).astype(np.int32)
        self._ways_mm = np.round(city.movements["length_m"][network.movement_ix] * 1000).astype(np.int32)
        self._places = np.zeros((max(len(length_m), 1), lp.N_PLACE), np.int32)
        self._movement_ix = np.append(network.movement_ix, _NONE_AHEAD)  # the last one: of -1
        first_way = network.turns["first_way"]
        move = network.ways["move"][first_way]
        self._is_signalised = city.movements["signal_ix"][network.movement_ix[move]] >= 0
        self._read_s, self._n_places = -1.0, 0
        self._loops = _Loops(network, city, loops, self._length_mm)

    def step(self, since_begin_s: float) -> None:
        """Let the loops see one second."""
        if self._loops.n:
            self._loops.see(*self.places(since_begin_s), self._run.state)

    def vehicles(self, since_begin_s: float) -> Vehicles:
        """Return every vehicle; sorted by its number.

        On a lane ``movement_ix`` is the next signalised movement (-2 none ahead), inside a junction the one being
        made.
        """
        places, n_places = self.places(since_begin_s)
        places = places[:n_places]
        places = places.take(places[:, lp.WHO].argsort(), axis=0)
        who, inside, lane = places[:, lp.WHO].astype(np.int64), places[:, lp.INSIDE], places[:, lp.LANE]
        is_inside = inside >= 0
        into_bay = self._network.movement_of_bay[lane]
        movement_ix = self._movement_ix[np.where(is_inside, inside, places[:, lp.NEXT])]
        metres_and_seconds = np.divide(places[:, lp.PLACE_MM : lp.STOOD_MS + 1].T, 1000, order="C")
        return Vehicles(
            vehicle_ix=who,
            lane_ix=np.where(is_inside, -1, self._network.lane_ix[lane]),
            movement_ix=np.where(is_inside | (into_bay < 0), movement_ix, into_bay),
            position_m=metres_and_seconds[0],
            speed_mps=metres_and_seconds[1],
            length_m=self._length_m[who],
            waiting_s=metres_and_seconds[2],
            n_persons=np.ones(len(who)),
            age_s=np.zeros(len(who)),
        )

    def detectors(self) -> Detectors:
        """Return the loops' readings since they were read last."""
        return self._loops.read()

    def places(self, since_begin_s: float) -> tuple[NDArray[np.int32], int]:
        """Return where all vehicles are, as ``kernels.lane_positions`` writes it, and how many there are."""
        if since_begin_s != self._read_s:
            run = self._run
            self._n_places = lp.places_of(
                round(since_begin_s * 1000), run.built, run.state, self._ways_mm, self._is_signalised, self._places
            )
            self._read_s = since_begin_s
        return self._places, self._n_places


class _Loops:
    """Counts and occupancy of loops, second by second."""

    def __init__(self, network: TwinNetwork, city: City, loops: Table, length_mm: NDArray[np.int32]) -> None:
        self.n = loops.n_rows
        self._lane_ix = loops["lane_ix"].astype(np.int64)
        self._distance_m = loops["distance_m"].astype(np.float64)
        lane = network.lane_of[self._lane_ix]
        self._order = np.argsort(lane, kind="stable")
        self._lane = lane[self._order].astype(np.int32)
        from_begin_m = np.maximum(city.lanes["length_m"][self._lane_ix] - self._distance_m, 0.0)
        # a vehicle that stands at the stop line stands on the loop there
        from_begin_mm = np.round(from_begin_m * 1000)[self._order]
        stand_mm = np.round(city.lanes["length_m"][self._lane_ix] * 1000)[self._order] - lp.STAND_OFF_MM
        self._from_begin_mm = np.minimum(from_begin_mm, np.maximum(stand_mm, 0)).astype(np.int32)
        self._length_mm = length_mm
        self._counted, self._before = np.zeros(self.n, np.int64), np.zeros(self.n, np.int64)
        self._now = np.zeros(self.n, np.bool_)
        self._occupied, self._since_s = np.zeros(self.n), np.full(self.n, 1e6)
        self._n_seconds = 0
        self._none = Detectors()

    def see(self, places: NDArray[np.int32], n_places: int, state: lr.State) -> None:
        lp.watch_loops(
            places, n_places, state, self._lane, self._from_begin_mm, self._length_mm, self._counted, self._now
        )
        self._occupied += self._now
        self._since_s = np.where(self._now, 0.0, self._since_s + 1.0)
        self._n_seconds += 1

    def read(self) -> Detectors:
        if not self.n:
            return self._none
        back = np.empty(self.n, np.int64)
        back[self._order] = np.arange(self.n)
        readings = Detectors(
            lane_ix=self._lane_ix,
            distance_m=self._distance_m,
            n_veh=(self._counted - self._before)[back],
            occupied_frac=(self._occupied / max(self._n_seconds, 1))[back],
            since_s=self._since_s[back],
            age_s=np.zeros(self.n),
        )
        self._before = self._counted.copy()
        self._occupied[:] = 0.0
        self._n_seconds = 0
        return readings

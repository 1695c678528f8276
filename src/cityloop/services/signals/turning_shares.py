"""Turning shares, learned from tracked vehicles and kept from one day to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.control.view import View
from cityloop.kernels.arrivals import N_BANDS, follow_vehicles, rule_out_movements
from cityloop.services.signals.config import PlannerConfig
from cityloop.services.signals.network import Floats, Ints, SignalNetwork

# Vehicles remembered at once, at least, and for each planner lane; see ``n_tracks``.
FEWEST_TRACKS = 1 << 16
TRACKS_PER_LANE = 16
N_VISITS = 12
_MEND = "delete it or name the right one"


class TurningShares:
    """Counts, for each lane and distance to the stop line, which movement its vehicles made.

    Parameters
    ----------
    city : City
    network : SignalNetwork
    config : PlannerConfig
    memory : mapping, optional
        What ``memory()`` of an earlier day returned.

    Raises
    ------
    Unusable
        If the memory is of another city, or not what ``memory()`` returns.
    """

    def __init__(
        self,
        city: City,
        network: SignalNetwork,
        config: PlannerConfig,
        memory: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self._network = network
        self._config = config
        self._lane_length_m: Floats = np.ascontiguousarray(city.lanes["length_m"])
        self.count: Floats = np.repeat(network.candidate_prior[:, None], N_BANDS, axis=1)
        if memory:
            self.count = _count_of(memory, network, self.count.shape)
        n = n_tracks(network.lane_share.shape[0])
        self.track_id: Ints = np.full(n, -1, np.int64)
        self._visit = np.zeros((n, N_VISITS), np.int32)
        self._n_visits: Ints = np.zeros(n, np.int64)
        self._counted: Ints = np.full(n, -1, np.int64)
        self.ruled_out: Ints = np.zeros(n, np.int64)
        self.departure_s: Floats = np.full(n, np.inf)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what is worth keeping until tomorrow."""
        return {"candidate_movement": self._network.candidate_movement, "share_count": self.count.copy()}

    def follow(self, view: View) -> None:
        """Learn from the vehicles seen now."""
        vehicles, network = view.vehicles, self._network
        follow_vehicles(
            vehicles.vehicle_ix,
            vehicles.lane_ix,
            vehicles.movement_ix,
            vehicles.position_m,
            self._lane_length_m,
            network.row_of_movement,
            network.candidate_start,
            network.candidate_movement,
            network.candidate_offset_m,
            self.track_id,
            self._visit,
            self._n_visits,
            self._counted,
            self.ruled_out,
            self.departure_s,
            self.count,
            self._config.forget_above_veh,
        )

    def rule_out(self, view: View, clear_green_s: Floats) -> None:
        """Rule out movements that standing leaders have let pass (see the kernel)."""
        vehicles, network = view.vehicles, self._network
        rule_out_movements(
            vehicles.vehicle_ix,
            vehicles.lane_ix,
            vehicles.position_m,
            vehicles.speed_mps,
            self._lane_length_m,
            network.candidate_start,
            network.candidate_movement,
            network.candidate_offset_m,
            clear_green_s,
            self._config.ruled_out_after_s,
            self.track_id,
            self.ruled_out,
        )

    def note_departures(self, vehicle_ix: Ints, departure_s: Floats) -> None:
        """Note when vehicles are planned to leave (seconds of the day; inf: not within the horizon)."""
        self.departure_s[vehicle_ix % self.departure_s.shape[0]] = departure_s


def n_tracks(n_lanes: int) -> int:
    """Return how many vehicles a city with so many planner lanes remembers at once; a power of two.

    A vehicle's number modulo this is its place. Two vehicles seen within the same minutes share a place only if
    this many others lie between them.
    """
    return max(FEWEST_TRACKS, 1 << (TRACKS_PER_LANE * n_lanes - 1).bit_length())


def _count_of(memory: Mapping[str, NDArray[Any]], network: SignalNetwork, shape: tuple[int, ...]) -> Floats:
    """Return the counts of an earlier day once they are known to be of this city."""
    for name in ("candidate_movement", "share_count"):
        if name not in memory:
            raise Unusable(f"there is no {name}", "memory", _MEND)
    if not np.array_equal(memory["candidate_movement"], network.candidate_movement):
        raise Unusable("the turning shares are of another city", "memory", _MEND)
    kept = np.asarray(memory["share_count"])
    if kept.shape != shape:
        raise Unusable(f"the shape is {kept.shape} where {shape} is needed", "memory, share_count", _MEND)
    if kept.dtype.kind not in "iuf" or not (np.isfinite(kept) & (kept >= 0)).all():
        raise Unusable("not all counts are numbers from 0 up", "memory, share_count", _MEND)
    return np.array(kept, np.float64)

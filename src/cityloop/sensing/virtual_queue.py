"""A queue of vehicles that are known only from counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cityloop.sensing.approach_path import ApproachPath

SPACING_M = 7.5
"""Length that a standing vehicle takes up, gap included (SUMO's default: 5 m and 2.5 m)."""
FIRST_STANDS_M = 1.0
"""Distance of the first standing vehicle from the stop line."""
NEAR_M = 30.0
"""A vehicle thought to be within this distance may be the one that has just left over the stop line."""
PATIENCE_S = 4.0
"""A vehicle that should have been at an empty stop line for so long is not there."""
START_WAVE_S = 1.2
"""Time by which each vehicle of a queue starts later than the one before it."""
QUEUE_MPS = 7.0
"""Speed of a queue that has started, at most."""


@dataclass(slots=True)
class VirtualVehicle:
    """A vehicle that was counted but is not seen.

    Parameters
    ----------
    number : int
        Its number in the views.
    entered_s, entered_m : float
        When it was counted, and how far from the stop line.
    path : ApproachPath
    free_mps : float
        Speed at which it drives up to the queue.
    distance_m, speed_mps, waiting_s : float
        Where it is thought to be now.
    """

    number: int
    entered_s: float
    entered_m: float
    path: ApproachPath
    free_mps: float
    distance_m: float = 0.0
    speed_mps: float = 0.0
    waiting_s: float = 0.0

    def reached_s(self) -> float:
        """Return when it would be at the stop line if nothing stood before it."""
        return self.entered_s + self.entered_m / self.free_mps


@dataclass(slots=True)
class VirtualQueue:
    """The virtual vehicles of one stop lane, first in, first out."""

    vehicles: list[VirtualVehicle] = field(default_factory=list)

    def leave(self, n_veh: int) -> None:
        """Take out the first vehicles as far as they can have been at the stop line.

        Who left while the model has nobody near the stop line was never counted in.
        """
        n_near = sum(vehicle.distance_m <= NEAR_M for vehicle in self.vehicles[:n_veh])
        del self.vehicles[:n_near]

    def drop_overdue(self, t_s: float) -> None:
        """Take out those that should have been at the stop line, which is empty, for some time."""
        self.vehicles = [vehicle for vehicle in self.vehicles if vehicle.reached_s() > t_s - PATIENCE_S]

    def n_within(self, distance_m: float) -> int:
        """Return how many are thought to be within a distance of the stop line."""
        return sum(vehicle.distance_m <= distance_m for vehicle in self.vehicles)

    def settle(self, t_s: float, elapsed_s: float, green_s: float | None, taken_m: Sequence[float] = ()) -> None:
        """Move every vehicle to where it would be now.

        It drives at free speed up to the back of the queue and stands there; after the start of green the
        queue starts vehicle by vehicle.

        Parameters
        ----------
        t_s : float
        elapsed_s : float
            Time since the last call.
        green_s : float or None
            Time since the start of green, None at red.
        taken_m : sequence of float, ascending
            Distances from the stop line of vehicles that are seen standing: no other stands there.
        """
        next_m, seen = FIRST_STANDS_M, 0
        for place, vehicle in enumerate(self.vehicles):
            free_m = vehicle.entered_m - vehicle.free_mps * (t_s - vehicle.entered_s)
            distance_m = max(next_m, free_m)
            while seen < len(taken_m) and taken_m[seen] < distance_m + SPACING_M:
                if taken_m[seen] > distance_m - SPACING_M:
                    distance_m = max(taken_m[seen] + SPACING_M, free_m)
                seen += 1
            is_queued = free_m < distance_m
            is_started = green_s is not None and green_s > START_WAVE_S * (place + 1)
            vehicle.distance_m = distance_m
            vehicle.speed_mps = min(vehicle.free_mps, QUEUE_MPS) if is_queued else vehicle.free_mps
            if is_queued and not is_started:
                vehicle.speed_mps = 0.0
                vehicle.waiting_s += elapsed_s
            next_m = distance_m + SPACING_M

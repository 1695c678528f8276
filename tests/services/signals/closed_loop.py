"""A service and the guard in one loop, with traffic placed by the test instead of a simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import codes_of, is_green
from cityloop.control.guard import SignalGuard, SignalRules
from cityloop.control.orders import Orders
from cityloop.control.view import Vehicles, View
from cityloop.services.signals import SignalsService

QUEUED_M = 7.5


def lanes_of(city: City) -> dict[str, int]:
    """Return the rows of lanes by name."""
    return {name: ix for ix, name in enumerate(city.lanes["lane_id"].tolist())}


def movement_of(city: City, from_lane: str, to_lane: str) -> int:
    """Return the row of the movement from a lane to another."""
    lanes, movements = lanes_of(city), city.movements
    is_it = (movements["from_lane_ix"] == lanes[from_lane]) & (movements["to_lane_ix"] == lanes[to_lane])
    (row,) = np.flatnonzero(is_it).tolist()
    return int(row)


def queued(
    city: City, n_veh: Mapping[str, int], first_ix: int = 0, waiting_s: float = 0.0, speed_mps: float = 0.0
) -> Vehicles:
    """Return vehicles that queue from the end of lanes named."""
    lanes, rows = lanes_of(city), [(lane, k) for lane, n in n_veh.items() for k in range(n)]
    n = len(rows)
    return Vehicles(
        vehicle_ix=first_ix + np.arange(n),
        lane_ix=np.array([lanes[lane] for lane, _ in rows], np.int64),
        movement_ix=np.full(n, -1, np.int64),
        position_m=np.array([city.lanes["length_m"][lanes[lane]] - 1.0 - QUEUED_M * k for lane, k in rows], np.float64),
        speed_mps=np.full(n, speed_mps),
        length_m=np.full(n, 5.0),
        waiting_s=np.full(n, waiting_s),
        n_persons=np.ones(n),
        age_s=np.zeros(n),
    )


def inside(movements: Sequence[tuple[int, int]], position_m: float = 1.0, speed_mps: float = 8.0) -> Vehicles:
    """Return vehicles that are making movements: (vehicle, movement) each."""
    n = len(movements)
    return Vehicles(
        vehicle_ix=np.array([vehicle for vehicle, _ in movements], np.int64),
        lane_ix=np.full(n, -1, np.int64),
        movement_ix=np.array([movement for _, movement in movements], np.int64),
        position_m=np.full(n, position_m),
        speed_mps=np.full(n, speed_mps),
        length_m=np.full(n, 5.0),
        waiting_s=np.zeros(n),
        n_persons=np.ones(n),
        age_s=np.zeros(n),
    )


def together(*parts: Vehicles) -> Vehicles:
    """Return the vehicles of several as one."""
    return Vehicles(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Vehicles)))


class ClosedLoop:
    """What the guard permits is shown at the next tick.

    Attributes
    ----------
    shown : list of uint8 arrays
        What was shown at every tick so far.
    asked : list of Orders
    """

    def __init__(self, city: City, rules: Sequence[SignalRules], service: SignalsService, t_s: float = 0.0) -> None:
        self._city, self._service = city, service
        self._guard = SignalGuard(city, rules)
        plans = city.signals["plan_ix"].tolist()
        self.display: NDArray[np.uint8] = codes_of("".join(city.states_of(plan_ix)[0] for plan_ix in plans))
        self.t_s = t_s
        self.shown: list[NDArray[np.uint8]] = []
        self.asked: list[Orders] = []

    def tick(self, vehicles: Vehicles | None = None, n_walkers: NDArray[np.int64] | None = None) -> Orders:
        """Run the loop once and return what the service asked for."""
        n_links = self._city.links.n_rows
        walkers = np.zeros(n_links, np.int64) if n_walkers is None else n_walkers
        view = View(self.t_s, self.display, walkers, vehicles or Vehicles())
        orders = self._service.decide(view)
        permit = self._guard.permit(view, [orders])
        self.shown.append(self.display)
        self.asked.append(orders)
        self.display = self.display.copy()
        for signal_ix, display in zip(permit.signal_ix, permit.displays, strict=True):
            self.display[self._city.links_of(signal_ix)] = display
        self.t_s += 1.0
        return orders

    def press_at_red(self, signal_ix: int, n_walkers: int, n_ticks: int) -> int:
        """Run the loop with pedestrians at the first crossing of a signal that is red now; return its link."""
        links = self._city.links_of(signal_ix)
        crossings = np.flatnonzero(self._city.links["is_crossing"][links]) + links.start
        red = next(int(link) for link in crossings if not is_green(self.display)[link])
        walkers = np.zeros(self._city.links.n_rows, np.int64)
        walkers[red] = n_walkers
        for _ in range(n_ticks):
            self.tick(n_walkers=walkers)
        return red

    def run(self, n_ticks: int, vehicles: Vehicles | None = None) -> ClosedLoop:
        """Run the loop with the same traffic all the time."""
        for _ in range(n_ticks):
            self.tick(vehicles)
        return self

    def greens_of(self, signal_ix: int) -> NDArray[np.uint8]:
        """Return the greens that are asked for at a signal now."""
        (greens,) = [order.greens for order in self.asked[-1].stages if order.signal_ix == signal_ix]
        return greens

    def stages_of(self, signal_ix: int) -> list[int]:
        """Return the stages of a signal that were asked for, one a tick."""
        planned = self._service.network.planned
        (row,) = [row for row, one in enumerate(planned) if one.members[0].signal_ix == signal_ix]
        stages = self._service.network.stages[row]
        asked = [next(o.greens for o in orders.stages if o.signal_ix == signal_ix) for orders in self.asked]
        return [next((k for k, stage in enumerate(stages) if np.array_equal(stage, greens)), -1) for greens in asked]

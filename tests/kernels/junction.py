"""Junctions written by hand, in the flat arrays of the planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.kernels import point_queue
from cityloop.kernels.point_queue import (
    NEVER_S,
    Junctions,
    Queues,
    StepTable,
    Traffic,
    advance_lanes,
    open_queues,
    open_step,
)
from cityloop.kernels.stage_search import plan_signals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONG_AGO_S = -100.0
N_PLACES = 24
AMPLE = 10**9
UNTOUCHED = -7
"""What is written nowhere: wanted stage and departures of a signal that was not to be planned."""


@dataclass(frozen=True)
class Model:
    """The traffic model's parameters; as given here nothing is lost and only delay counts."""

    start_loss_s: float = 0.0
    critical_gap_s: float = 3.0
    yellow_use_s: float = 0.0
    residual_s: float = 0.0
    residual_growth_s: float = 0.0
    switch_cost_s: float = 0.0

    def vector(self) -> Floats:
        """Return them as the kernel wants them."""
        positions = {name: getattr(point_queue, name.upper()) for name in vars(self)}
        values = np.zeros(max(positions.values()) + 1)
        for name, position in positions.items():
            values[position] = getattr(self, name)
        return values


@dataclass(frozen=True)
class Queued:
    """A vehicle before a stop line."""

    arrival_s: float = 0.0
    movement: int = 0
    weight: float = 1.0
    stop_cost: float = 0.0
    headway_s: float | None = None  # behind it, where it is not the junction's


def queue(n_veh: int, movement: int = 0, arrival_s: float = 0.0) -> tuple[Queued, ...]:
    """Return vehicles that stand before the stop line."""
    return tuple(Queued(arrival_s, movement) for _ in range(n_veh))


@dataclass(frozen=True)
class Junction:
    """One signal; movements, lanes, out-lanes and stages count within it.

    Parameters
    ----------
    stages : strings
        One character a movement: ``r``, ``g`` (yields) or ``G``.
    queues : one a lane
        Vehicles in order of arrival.
    lanes, outs : one a movement
        In-lane, by default one for each, and out-lane, by default none.
    yields : pairs of a movement and one that it yields to
    headway_s : float
    delay_s, hold_s : float or array, (before, stage, movement) and (before, stage)
    shares : one a lane
    stage, before, switched_s, hold_until_s : state at the begin of the plan
    is_allowed : one a stage
    obstructed_s : one a movement
    places : by out-lane when its places open
    """

    stages: tuple[str, ...]
    queues: tuple[tuple[Queued, ...], ...]
    lanes: tuple[int, ...] | None = None
    outs: tuple[int, ...] | None = None
    yields: tuple[tuple[int, int], ...] = ()
    headway_s: float = 2.0
    delay_s: Any = 0.0
    hold_s: Any = 0.0
    shares: tuple[int, ...] | None = None
    stage: int = 0
    before: int = 0
    switched_s: float = LONG_AGO_S
    hold_until_s: float = 0.0
    is_allowed: tuple[bool, ...] | None = None
    obstructed_s: tuple[float, ...] | None = None
    places: dict[int, Sequence[float]] = field(default_factory=dict)

    @property
    def n_movements(self) -> int:
        """Number of movements."""
        return len(self.stages[0])

    @property
    def lane_of(self) -> tuple[int, ...]:
        """In-lane of every movement."""
        return self.lanes if self.lanes is not None else tuple(range(self.n_movements))

    @property
    def out_of(self) -> tuple[int, ...]:
        """Out-lane of every movement."""
        return self.outs if self.outs is not None else (-1,) * self.n_movements

    @property
    def n_outs(self) -> int:
        """Number of out-lanes."""
        return max(self.out_of) + 1


@dataclass(frozen=True)
class Plan:
    """What the search decided: wanted stages, and departures by junction and lane (``NEVER_S``: not any more)."""

    stages: tuple[int, ...]
    departures_s: tuple[tuple[tuple[float, ...], ...], ...]
    n_evaluations: int


class Flat:
    """Junctions as flat arrays."""

    def __init__(self, junctions: Sequence[Junction]) -> None:
        self.lane_start = _starts([len(j.queues) for j in junctions])
        self.movement_start = _starts([j.n_movements for j in junctions])
        self.out_start = _starts([j.n_outs for j in junctions])
        self.stage_start = _starts([len(j.stages) for j in junctions])
        self.delay_start = _starts([len(j.stages) ** 2 * j.n_movements for j in junctions])
        self.hold_start = _starts([len(j.stages) ** 2 for j in junctions])
        self.shown = np.zeros((int(self.stage_start[-1]), max(j.n_movements for j in junctions)), np.int8)
        n_outs = int(self.out_start[-1])
        self.place_s = np.zeros((n_outs, N_PLACES))
        self.is_place_bound = np.zeros(n_outs, np.bool_)
        delays, holds, headways, outs, lanes, shares, allowed, obstructed = ([] for _ in range(8))
        priors: list[list[int]] = []
        for s, junction in enumerate(junctions):
            m0, k = int(self.movement_start[s]), len(junction.stages)
            for row, stage in enumerate(junction.stages):
                self.shown[self.stage_start[s] + row, : len(stage)] = ["rgG".index(c) for c in stage]
            delays.append(np.broadcast_to(np.asarray(junction.delay_s, np.float64), (k, k, len(stage))).ravel())
            holds.append(np.broadcast_to(np.asarray(junction.hold_s, np.float64), (k, k)).ravel())
            own = [v.headway_s for q in junction.queues for v in q]
            headways += [junction.headway_s if headway_s is None else headway_s for headway_s in own]
            outs += [out + self.out_start[s] if out >= 0 else -1 for out in junction.out_of]
            lanes += [lane + self.lane_start[s] for lane in junction.lane_of]
            shares += junction.shares or [1] * len(junction.queues)
            allowed += junction.is_allowed or [True] * k
            obstructed += junction.obstructed_s or [0.0] * junction.n_movements
            priors += [[m0 + p for m, p in junction.yields if m == m_own] for m_own in range(junction.n_movements)]
            for out, places in junction.places.items():
                row = int(self.out_start[s]) + out
                self.is_place_bound[row] = True
                self.place_s[row] = [*places, *[NEVER_S] * (N_PLACES - len(places))]
        self.start_delay_s, self.hold_after_s = np.concatenate(delays), np.concatenate(holds)
        self.obstructed_s = np.array(obstructed, np.float64)
        self.movement_out, self.movement_lane = np.array(outs, np.int64), np.array(lanes, np.int64)
        self.lane_share, self.is_allowed = np.array(shares, np.int64), np.array(allowed, np.bool_)
        self.prior_start = _starts([len(p) for p in priors])
        self.prior_movement = np.array([p for some in priors for p in some], np.int64)
        queues = [q for junction in junctions for q in junction.queues]
        self.row_start = _starts([len(q) for q in queues])
        rows = [v for q in queues for v in q]
        first = np.repeat(self.movement_start[:-1], [sum(map(len, j.queues)) for j in junctions])
        self.row_movement = np.array([v.movement for v in rows], np.int64) + first
        self.row_arrival_s = np.array([v.arrival_s for v in rows], np.float64)
        self.row_weight = np.array([v.weight for v in rows], np.float64)
        self.row_stop_cost = np.array([v.stop_cost for v in rows], np.float64)
        self.row_headway_s = np.array(headways, np.float64)
        self.row_departure_s = np.full(len(rows), float(UNTOUCHED))

    def junctions(self, n_samples: int) -> Junctions:
        """Return what the junctions are."""
        return Junctions(**{name: getattr(self, name) for name in Junctions._fields[:-1]}, n_samples=n_samples)

    @property
    def traffic(self) -> Traffic:
        """What is on its way."""
        return Traffic(**{name: getattr(self, name) for name in Traffic._fields})


def plan(
    junctions: Sequence[Junction],
    steps_s: Sequence[float],
    beam_width: int = 32,
    model: Model | None = None,
    n_samples: int = 1,
    parts: Sequence[Sequence[int]] | None = None,
    most_evaluations: int = AMPLE,
    horizon_scale: Sequence[float] | None = None,
) -> Plan:
    """Plan junctions; in ``parts`` their rows may be planned call by call and in any order."""
    flat = Flat(junctions)
    wanted = np.full(len(junctions), UNTOUCHED, np.int64)
    n_evaluations = 0
    for part in parts if parts is not None else [range(len(junctions))]:
        n_evaluations += plan_signals(
            planned=np.array(part, np.int64),
            **flat.junctions(n_samples)._asdict(),
            **flat.traffic._asdict(),
            stage_now=np.array([j.stage for j in junctions], np.int64),
            stage_before=np.array([j.before for j in junctions], np.int64),
            switched_s=np.array([j.switched_s for j in junctions], np.float64),
            hold_s=np.array([j.hold_until_s for j in junctions], np.float64),
            is_allowed=flat.is_allowed,
            hold_start=flat.hold_start,
            hold_after_s=flat.hold_after_s,
            step_s=np.array(steps_s, np.float64),
            horizon_scale=np.array(horizon_scale or [1.0] * len(junctions), np.float64),
            beam_width=beam_width,
            parameters=(model or Model()).vector(),
            most_evaluations=most_evaluations,
            stage_wanted=wanted,
            row_departure_s=flat.row_departure_s,
        )
    departures = []
    for s in range(len(junctions)):
        lanes = range(int(flat.lane_start[s]), int(flat.lane_start[s + 1]))
        rows = [slice(int(flat.row_start[lane]), int(flat.row_start[lane + 1])) for lane in lanes]
        departures.append(tuple(tuple(flat.row_departure_s[row].tolist()) for row in rows))
    return Plan(tuple(wanted.tolist()), tuple(departures), n_evaluations)


class Run:
    """One junction, moved on step by step as its stages are chosen by the test.

    Attributes
    ----------
    cost : float
        Weighted delay and stops so far.
    residual : float
        What is expected of those who still wait.
    """

    def __init__(self, junction: Junction, model: Model | None = None, n_samples: int = 1) -> None:
        flat = Flat([junction])
        n_lanes, n_places = len(junction.queues), len(flat.row_arrival_s) + len(junction.queues)
        self._junctions, self._traffic, self._model = (
            flat.junctions(n_samples),
            flat.traffic,
            (model or Model()).vector(),
        )
        self._row_departure_s = flat.row_departure_s
        self._queues, self._queues_after = (
            Queues(np.zeros((1, n_lanes), np.int16), np.zeros((1, n_lanes)), np.zeros((1, junction.n_outs), np.int16))
            for _ in range(2)
        )
        self._table = StepTable(
            np.zeros(n_lanes, np.int64), np.zeros(n_lanes, np.int64), np.zeros(n_places), np.zeros(n_places)
        )
        self._n_busy = open_queues(0, self._junctions, self._traffic, self._queues, self._table)
        self._stage, self._before, self._switched_s = junction.stage, junction.before, junction.switched_s
        self.t_s = 0.0
        self.cost = 0.0
        self.residual = 0.0

    def show(self, stage: int, until_s: float, step_s: float = 1.0) -> Run:
        """Show a stage until a time, in steps."""
        if stage != self._stage:
            self._before, self._stage, self._switched_s = self._stage, stage, self.t_s
        while self.t_s < until_s - 1e-9:
            self._advance(min(self.t_s + step_s, until_s))
        return self

    def departures_s(self, lane: int) -> list[float]:
        """Return when the vehicles of a lane left, in order; those that have not are left out."""
        first = int(self._traffic.row_start[lane])
        n_gone = int(self._queues.served[0, lane]) if self._traffic.row_start[lane + 1] > first else 0
        return [float(value) for value in self._row_departure_s[first : first + n_gone]]

    def _advance(self, to_s: float) -> None:
        parts = self._junctions, self._traffic, self._model, self._table
        open_step(0, self.t_s, to_s, self._n_busy, *parts)
        cost, self.residual = advance_lanes(
            *(0, self.t_s, to_s, self._stage, self._before, self._switched_s, self._n_busy),
            *parts,
            *(self._queues, 0, self._queues_after, 0),
            is_recording=True,
            row_departure_s=self._row_departure_s,
        )
        self.cost += cost
        self._queues, self._queues_after = self._queues_after, self._queues
        self.t_s = to_s


def _starts(counts: Sequence[int]) -> Ints:
    return np.array([0, *accumulate(counts)], np.int64)

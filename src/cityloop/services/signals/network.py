"""The city as the planner sees it: stop lanes, movements, stages and what lies downstream, as flat arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from cityloop.city.approaches import lane_feeders
from cityloop.city.city import City
from cityloop.control.guard import SignalRules
from cityloop.services.signals.config import SignalsConfig
from cityloop.services.signals.coupling import PlannedSignal, movements_by_signal, planned_signals
from cityloop.services.signals.stage_changes import stage_arrays

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What is expected of a lane's vehicles before any has been seen to turn, by direction of the movement.
PRIOR_SHARE = {"s": 1.0, "r": 0.5, "R": 0.5, "l": 0.5, "L": 0.5, "t": 0.02}


@dataclass(frozen=True)
class SignalNetwork:
    """Flat arrays over all planned signals; a ``*_start`` array has one entry more than it has rows.

    Rows of lanes here are *planner lanes*: a stop lane of the city, kept ``n_samples`` times where the
    movements of its vehicles are uncertain, or a pedestrian crossing.
    """

    n_samples: int
    planned: tuple[PlannedSignal, ...]
    link_start: Ints
    link_ix: Ints
    lane_start: Ints
    lane_ix: Ints
    lane_share: Ints
    is_short_lane: NDArray[np.bool_]
    movement_start: Ints
    movement_ix: Ints
    movement_link: Ints
    movement_lane: Ints
    movement_out: Ints
    discharge_mps: Floats
    out_start: Ints
    stage_start: Ints
    shown: NDArray[np.int8]
    delay_start: Ints
    start_delay_s: Floats
    hold_start: Ints
    hold_after_s: Floats
    prior_start: Ints
    prior_movement: Ints
    row_of_movement: Ints
    candidate_start: Ints
    candidate_movement: Ints
    candidate_offset_m: Floats
    candidate_prior: Floats
    path_start: Ints
    path_out: Ints
    path_base_m: Floats
    out_end_lane: Ints
    out_path_m: Floats
    foe_start: Ints
    foe_row: Ints
    foe_conflict_m: Floats
    foe_entry_s: Floats
    crossing_lane: Ints
    crossing_movement: Ints
    crossing_link: Ints

    @property
    def n_signals(self) -> int:
        """Number of planned signals."""
        return len(self.planned)

    @property
    def stages(self) -> tuple[tuple[NDArray[np.uint8], ...], ...]:
        """Stages to choose from, by signal: one code a link."""
        return tuple(planned.stages for planned in self.planned)

    def lanes_of(self, signal: int) -> slice:
        """Return the planner lanes of a signal."""
        return slice(int(self.lane_start[signal]), int(self.lane_start[signal + 1]))

    def movements_of(self, signal: int) -> slice:
        """Return the movements of a signal."""
        return slice(int(self.movement_start[signal]), int(self.movement_start[signal + 1]))

    def stages_of(self, signal: int) -> slice:
        """Return the stages of a signal."""
        return slice(int(self.stage_start[signal]), int(self.stage_start[signal + 1]))

    def shown_by(self, signal: int) -> NDArray[np.int8]:
        """Return what a signal's stages show its movements, shape (stages, movements): 0 red, 1 yielding, 2 green."""
        movements = self.movements_of(signal)
        return self.shown[self.stages_of(signal), : movements.stop - movements.start]

    def lost_s(self, signal: int, before: int, after: int) -> float:
        """Return the time from a switch between two stages of a signal until all of the later one is green."""
        movements = self.movements_of(signal)
        n_movements = movements.stop - movements.start
        start = int(self.delay_start[signal]) + (before * len(self.planned[signal].stages) + after) * n_movements
        return float(self.start_delay_s[start : start + n_movements].max(initial=0.0))

    def hold_s(self, signal: int, before: int, after: int) -> float:
        """Return how long the later of two stages of a signal must be held, counted from the switch to it."""
        return float(self.hold_after_s[self.hold_start[signal] + before * len(self.planned[signal].stages) + after])


def _compress(lists: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    start = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(values) for values in lists], out=start[1:])
    flat = np.array([value for values in lists for value in values], np.int64)
    return start, flat


def signal_network(city: City, rules: Sequence[SignalRules], config: SignalsConfig) -> SignalNetwork:
    """Build the planner's arrays from the city and the guard's rules.

    A signal with fewer than two stages to choose from is left to its own program.
    """
    movements, lanes = city.movements, city.lanes
    by_signal, no_movements = movements_by_signal(city), np.empty(0, np.int64)
    planner = config.planner
    n_samples = planner.n_samples
    coupled_below_m = planner.coupled_below_m if config.policy == "smart" else 0.0
    planned = planned_signals(city, rules, planner.n_stages_most, coupled_below_m)
    links = [
        [link for rule in signal.members for link in np.r_[city.links_of(rule.signal_ix)].tolist()]
        for signal in planned
    ]
    link_start, link_ix = _compress(links)
    lane_start, movement_start, out_start, stage_start = [0], [0], [0], [0]
    lane_ix: list[int] = []
    lane_share: list[int] = []
    movement_rows: list[int] = []
    movement_link: list[int] = []
    movement_lane: list[int] = []
    movement_out: list[int] = []
    out_lane_ix: list[int] = []
    crossings: list[tuple[int, int, int]] = []
    for planned_signal, own_links in zip(planned, links, strict=True):
        own = np.concatenate([by_signal.get(rule.signal_ix, no_movements) for rule in planned_signal.members]).tolist()
        column_of = {link: column for column, link in enumerate(own_links)}
        stage_start.append(stage_start[-1] + len(planned_signal.stages))
        by_lane: dict[int, list[int]] = defaultdict(list)
        for movement_ix in own:
            key = int(movements["from_lane_ix"][movement_ix])
            by_lane[key if key >= 0 else -1 - movement_ix].append(movement_ix)
        outs: dict[int, int] = {}
        for key in sorted(by_lane, key=lambda k: (k < 0, k)):
            n_copies = n_samples if len(by_lane[key]) > 1 else 1
            first = len(lane_ix)
            lane_ix.extend([max(key, -1)] * n_copies)
            lane_share.extend([n_samples // n_copies] * n_copies)
            for movement_ix in by_lane[key]:
                link = int(movements["link_ix"][movement_ix])
                if key < 0:
                    crossings.append((first, len(movement_rows), link))
                out = int(movements["to_lane_ix"][movement_ix])
                if out >= 0 and out not in outs:
                    outs[out] = len(out_lane_ix)
                    out_lane_ix.append(out)
                movement_rows.append(movement_ix)
                movement_link.append(column_of[link])
                movement_lane.append(first)
                movement_out.append(outs.get(out, -1))
        lane_start.append(len(lane_ix))
        movement_start.append(len(movement_rows))
        out_start.append(len(out_lane_ix))
    is_short_lane = np.zeros(lanes.n_rows, np.bool_)
    is_short_lane[[lane for signal in planned for of_member in signal.short_lanes for lane in of_member]] = True
    row_of_movement = np.full(movements.n_rows + 1, -1, np.int64)
    row_of_movement[movement_rows] = np.arange(len(movement_rows))
    shown, delay_start, delays, hold_start, holds = stage_arrays(planned, movement_start, movement_link)
    # A turn discharges at the speed of its curve, a straight movement at that of a starting queue.
    curve_mps = planner.curve_speed_frac * np.maximum(movements["speed_mps"][movement_rows], 1.0)
    discharge_mps = np.minimum(planner.discharge_mps, curve_mps)
    prior, foes = _conflict_rows(city, row_of_movement)
    prior_start, prior_movement = _compress([prior[movement_ix] for movement_ix in movement_rows])
    foe_start, foe_row = _compress([[row for row, _, _ in foes[m]] for m in range(movements.n_rows)])
    candidate_start, candidate_movement, candidate_offset, candidate_prior = _candidates(
        city, planner.reach_m, movement_rows
    )
    first_lane_of = {lane: row for row, lane in reversed(list(enumerate(lane_ix))) if lane >= 0}
    path_start, path_out, path_base, out_end, out_path = _paths(
        city, out_lane_ix, first_lane_of, _signal_of_rows(lane_start), _signal_of_rows(out_start), planner.exit_reach_m
    )
    return SignalNetwork(
        n_samples=n_samples,
        planned=tuple(planned),
        link_start=link_start,
        link_ix=link_ix,
        lane_start=np.array(lane_start, np.int64),
        lane_ix=np.array(lane_ix, np.int64),
        lane_share=np.array(lane_share, np.int64),
        is_short_lane=is_short_lane,
        movement_start=np.array(movement_start, np.int64),
        movement_ix=np.array(movement_rows, np.int64),
        movement_link=np.array(movement_link, np.int64),
        movement_lane=np.array(movement_lane, np.int64),
        movement_out=np.array(movement_out, np.int64),
        discharge_mps=discharge_mps,
        out_start=np.array(out_start, np.int64),
        stage_start=np.array(stage_start, np.int64),
        shown=shown,
        delay_start=delay_start,
        start_delay_s=delays,
        hold_start=hold_start,
        hold_after_s=holds,
        prior_start=prior_start,
        prior_movement=prior_movement,
        row_of_movement=row_of_movement[:-1],
        candidate_start=candidate_start,
        candidate_movement=candidate_movement,
        candidate_offset_m=candidate_offset,
        candidate_prior=candidate_prior,
        path_start=path_start,
        path_out=path_out,
        path_base_m=path_base,
        out_end_lane=out_end,
        out_path_m=out_path,
        foe_start=foe_start,
        foe_row=foe_row,
        foe_conflict_m=np.array([way_m for m in range(movements.n_rows) for _, way_m, _ in foes[m]], np.float64),
        foe_entry_s=np.sqrt(
            np.array([way_m for m in range(movements.n_rows) for _, _, way_m in foes[m]], np.float64)
            * (2.0 / planner.acceleration_mps2)
        ),
        crossing_lane=np.array([c[0] for c in crossings], np.int64),
        crossing_movement=np.array([c[1] for c in crossings], np.int64),
        crossing_link=np.array([c[2] for c in crossings], np.int64),
    )


def _conflict_rows(
    city: City, row_of_movement: Ints
) -> tuple[dict[int, list[int]], dict[int, list[tuple[int, float, float]]]]:
    """Return the planner movements that each movement yields to, and those it can obstruct.

    The latter with the way to the shared zone from the stop line of either.
    """
    prior: dict[int, list[int]] = defaultdict(list)
    foes: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    conflicts, signal_of = city.conflicts, city.movements["signal_ix"]
    pairs = zip(conflicts["movement_ix"].tolist(), conflicts["foe_ix"].tolist(), strict=True)
    way_m = dict(zip(pairs, conflicts["conflict_m"].tolist(), strict=True))
    for row in range(conflicts.n_rows):
        movement, foe = int(conflicts["movement_ix"][row]), int(conflicts["foe_ix"][row])
        if row_of_movement[foe] < 0:
            continue
        foes[movement].append((int(row_of_movement[foe]), way_m[movement, foe], way_m[foe, movement]))
        if conflicts["must_yield"][row] and signal_of[movement] == signal_of[foe]:
            prior[movement].append(int(row_of_movement[foe]))
    return prior, foes


def _candidates(city: City, reach_m: float, movement_rows: Sequence[int]) -> tuple[Ints, Ints, Floats, Floats]:
    """Return by city lane the planner movements that its vehicles may make next, with the way to the stop line.

    Movements that take a change of lane on the way stand there too, with a prior of zero until some vehicle is
    seen to make them.
    """
    movements, lanes = city.movements, city.lanes
    by_stop_lane: dict[int, list[int]] = defaultdict(list)
    for row, movement_ix in enumerate(movement_rows):
        if movements["from_lane_ix"][movement_ix] >= 0:
            by_stop_lane[int(movements["from_lane_ix"][movement_ix])].append(row)
    lanes_of_road: dict[int, list[int]] = defaultdict(list)
    for lane, road in enumerate(lanes["road_ix"].tolist()):
        lanes_of_road[road].append(lane)
    feeders = lane_feeders(city)
    stop_lanes = set(movements["from_lane_ix"][movements["signal_ix"] >= 0].tolist())
    reached: list[dict[int, tuple[float, bool]]] = [{} for _ in range(lanes.n_rows)]
    for stop_lane in sorted(by_stop_lane):
        # Shortest way first; at equal length the one without a change of lane.
        front = [(0.0, False, stop_lane)]
        while front:
            offset_m, is_changed, lane = heappop(front)
            if stop_lane in reached[lane]:
                continue
            reached[lane][stop_lane] = (offset_m, not is_changed)
            for beside in lanes_of_road[int(lanes["road_ix"][lane])]:
                heappush(front, (offset_m, True, beside))
            entry_m = offset_m + float(lanes["length_m"][lane])
            if entry_m < reach_m:
                for feeder in feeders[lane]:
                    upstream = int(movements["from_lane_ix"][feeder])
                    if upstream not in stop_lanes:
                        heappush(front, (entry_m + float(movements["length_m"][feeder]), is_changed, upstream))
    start, rows, offsets, priors = [0], [], [], []
    for lane in range(lanes.n_rows):
        options = sorted(reached[lane].items(), key=lambda item: (not item[1][1], item[1][0], item[0]))
        for stop_lane, (offset_m, is_own) in options:
            for row in by_stop_lane[stop_lane]:
                rows.append(row)
                offsets.append(offset_m)
                direction = str(movements["direction"][movement_rows[row]])
                priors.append(PRIOR_SHARE.get(direction, 0.5) if is_own else 0.0)
        start.append(len(rows))
    return np.array(start, np.int64), np.array(rows, np.int64), np.array(offsets), np.array(priors)


def _signal_of_rows(start: Sequence[int]) -> Ints:
    return np.repeat(np.arange(len(start) - 1), np.diff(start))


def _paths(
    city: City,
    out_lane_ix: Sequence[int],
    first_lane_of: dict[int, int],
    signal_of_lane: Ints,
    signal_of_out: Ints,
    reach_m: float,
) -> tuple[Ints, Ints, Floats, Ints, Floats]:
    """Follow every out-lane downstream, straight on, to its next stop line or as far as ``reach_m``."""
    movements, length_m = city.movements, city.lanes["length_m"]
    onward: dict[int, int] = {}
    for movement_ix in range(movements.n_rows):
        if movements["is_crossing"][movement_ix] or movements["signal_ix"][movement_ix] >= 0:
            continue
        lane = int(movements["from_lane_ix"][movement_ix])
        if lane not in onward or (
            movements["direction"][movement_ix] == "s" and movements["direction"][onward[lane]] != "s"
        ):
            onward[lane] = movement_ix
    on_lane: dict[int, list[tuple[int, float]]] = defaultdict(list)
    end_lane = np.full(len(out_lane_ix), -1, np.int64)
    path_m = np.zeros(len(out_lane_ix))
    for out, start_lane in enumerate(out_lane_ix):
        lane, base_m = start_lane, 0.0
        seen: set[int] = set()
        while lane not in seen:
            seen.add(lane)
            on_lane[lane].append((out, base_m))
            base_m += float(length_m[lane])
            if lane in first_lane_of:
                # What is let into a link between signals planned as one is let out of it: no signal ends it.
                if signal_of_lane[first_lane_of[lane]] != signal_of_out[out]:
                    end_lane[out] = first_lane_of[lane]
                break
            if base_m > reach_m or lane not in onward:
                break
            base_m += float(movements["length_m"][onward[lane]])
            lane = int(movements["to_lane_ix"][onward[lane]])
        path_m[out] = base_m
    start, flat = _compress([[out for out, _ in on_lane[lane]] for lane in range(city.lanes.n_rows)])
    bases = np.array([base_m for lane in range(city.lanes.n_rows) for _, base_m in on_lane[lane]], np.float64)
    return start, flat, bases, end_lane, path_m

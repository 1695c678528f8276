"""The busiest route through signals, and the vehicles on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import RED, RED_YELLOW
from cityloop.lab.report.model import Floats, SpaceTime, StopLine
from cityloop.measures.signals import Displays

Tracks = Mapping[str, NDArray[Any]]
"""One row a vehicle and second, as in ``tracks.npz`` of a run: ``t_s``, ``vehicle_ix``, ``lane_ix``, ``position_m``."""

STREAM_FRAC = 0.3
"""A route goes on while at least this share of its busiest stream goes on with it."""

_LONGEST_GAP_S = 3.5  # a vehicle unseen for longer begins a new line
_TOLERANCE_M = 1.5  # a point nearer than this to the straight line through its neighbours is not drawn


@dataclass(frozen=True)
class Route:
    """Roads one after another, and how vehicles get from each to the next.

    Parameters
    ----------
    road_ixs : tuple of int
    road_begin_m : tuple of float
        Position along the route at which each road begins.
    length_m : float
    """

    road_ixs: tuple[int, ...]
    road_begin_m: tuple[float, ...]
    length_m: float


def busiest_route(city: City, tracks: Tracks) -> Route | None:
    """Return the route whose signals the most vehicles pass on their way along it.

    From every signalised step between two roads the main stream is followed down and up, step by step, while it keeps
    ``STREAM_FRAC`` of the vehicles of that first step; the route with the most passages of signals is taken.

    Returns
    -------
    Route or None
        None where no vehicle passed a signal.
    """
    steps = _steps(city, tracks)
    signalised = _signalised_steps(city)
    best: tuple[int, list[int]] = (0, [])
    for first in sorted(step for step in steps if step in signalised):
        roads = _follow(steps, first)
        pairs = list(pairwise(roads))
        passages = sum(steps[pair] for pair in pairs if pair in signalised)
        best = max(best, (passages, roads), key=lambda found: found[0])
    if not best[1]:
        return None
    begins = [0.0]
    for a, b in pairwise(best[1]):
        begins.append(begins[-1] + float(city.roads["length_m"][a]) + _crossing_m(city, a, b))
    return Route(tuple(best[1]), tuple(begins), begins[-1] + float(city.roads["length_m"][best[1][-1]]))


def space_time(
    city: City, route: Route, arm: str, tracks: Tracks, displays: Displays, begin_s: float, end_s: float
) -> SpaceTime:
    """Return the vehicles on a route and the reds of its stop lines in a window."""
    return SpaceTime(
        arm, begin_s, end_s, route.length_m, _stop_lines(city, route, displays, begin_s, end_s),
        tuple(_trajectories(city, route, tracks)),
    )  # fmt: skip


def _steps(city: City, tracks: Tracks) -> Counter[tuple[int, int]]:
    """Return how many vehicles went from one road to the next."""
    on_lane = tracks["lane_ix"] >= 0
    road_ix = city.lanes["road_ix"][tracks["lane_ix"][on_lane]]
    vehicle_ix, t_s = tracks["vehicle_ix"][on_lane], tracks["t_s"][on_lane]
    order = np.lexsort((t_s, vehicle_ix))
    road_ix, vehicle_ix = road_ix[order], vehicle_ix[order]
    is_step = (vehicle_ix[1:] == vehicle_ix[:-1]) & (road_ix[1:] != road_ix[:-1])
    return Counter(zip(road_ix[:-1][is_step].tolist(), road_ix[1:][is_step].tolist(), strict=True))


def _movement_roads(city: City) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the movements between two roads, and the roads."""
    movements, road_ix = city.movements, city.lanes["road_ix"]
    rows = np.flatnonzero((movements["from_lane_ix"] >= 0) & (movements["to_lane_ix"] >= 0))
    return rows, road_ix[movements["from_lane_ix"][rows]], road_ix[movements["to_lane_ix"][rows]]


def _signalised_steps(city: City) -> set[tuple[int, int]]:
    rows, from_ix, to_ix = _movement_roads(city)
    is_signalised = city.movements["link_ix"][rows] >= 0
    return set(zip(from_ix[is_signalised].tolist(), to_ix[is_signalised].tolist(), strict=True))


def _follow(steps: Counter[tuple[int, int]], first: tuple[int, int]) -> list[int]:
    least = STREAM_FRAC * steps[first]
    roads = list(first)
    while onward := [(n, b) for (a, b), n in steps.items() if a == roads[-1] and b not in roads and n >= least]:
        roads.append(max(onward)[1])
    while before := [(n, a) for (a, b), n in steps.items() if b == roads[0] and a not in roads and n >= least]:
        roads.insert(0, max(before)[1])
    return roads


def _crossing_m(city: City, a: int, b: int) -> float:
    """Return the length of the shortest way through the junction between two roads; 0 where they are not joined."""
    rows, from_ix, to_ix = _movement_roads(city)
    lengths_m = city.movements["length_m"][rows[(from_ix == a) & (to_ix == b)]]
    return float(lengths_m.min()) if lengths_m.size else 0.0


def _stop_lines(city: City, route: Route, displays: Displays, begin_s: float, end_s: float) -> tuple[StopLine, ...]:
    rows, from_ix, to_ix = _movement_roads(city)
    lines = []
    for place, (a, b) in enumerate(pairwise(route.road_ixs)):
        between = rows[(from_ix == a) & (to_ix == b)]
        links = city.movements["link_ix"][between]
        links = np.unique(links[links >= 0])
        if links.size == 0:
            continue
        signal_ix = int(city.links["signal_ix"][links[0]])
        position_m = route.road_begin_m[place] + float(city.roads["length_m"][a])
        reds_s = _reds(displays, links, begin_s, end_s)
        lines.append(StopLine(str(city.signals["signal_id"][signal_ix]), position_m, reds_s))
    return tuple(lines)


def _reds(displays: Displays, links: NDArray[np.int64], begin_s: float, end_s: float) -> Floats:
    """Return begin and end of the times in a window at which all of the links were red."""
    is_red = np.isin(displays.codes[:, links], (RED, RED_YELLOW)).all(axis=1)
    steps = np.diff(np.concatenate([[0], is_red.astype(np.int8), [0]]))
    times_s = np.append(displays.t_s, displays.end_s)
    spans = np.stack([times_s[:-1][np.flatnonzero(steps == 1)], times_s[np.flatnonzero(steps == -1)]], axis=1)
    spans = np.clip(spans, begin_s, end_s)
    return np.asarray(spans[spans[:, 1] > spans[:, 0]], np.float64)


def _trajectories(city: City, route: Route, tracks: Tracks) -> list[Floats]:
    begin_m = np.full(city.roads.n_rows, np.nan)
    begin_m[list(route.road_ixs)] = route.road_begin_m
    on_lane = tracks["lane_ix"] >= 0
    road_ix = city.lanes["road_ix"][np.where(on_lane, tracks["lane_ix"], 0)]
    position_m = np.where(on_lane, begin_m[road_ix] + tracks["position_m"], np.nan)
    kept = np.isfinite(position_m)
    vehicle_ix, t_s, position_m = tracks["vehicle_ix"][kept], tracks["t_s"][kept], position_m[kept]
    order = np.lexsort((t_s, vehicle_ix))
    vehicle_ix, t_s, position_m = vehicle_ix[order], t_s[order], position_m[order]
    is_cut = (vehicle_ix[1:] != vehicle_ix[:-1]) | (np.diff(t_s) > _LONGEST_GAP_S + _inside_s(position_m))
    pieces = np.split(np.stack([t_s, position_m], axis=1), np.flatnonzero(is_cut) + 1)
    return [thinned(piece) for piece in pieces if len(piece) > 1]


def _inside_s(position_m: Floats) -> Floats:
    """Return how long a vehicle may have been out of sight inside a junction at walking pace or more."""
    return np.clip(np.diff(position_m), 0.0, 60.0) / 2.0


def thinned(line: Floats) -> Floats:
    """Return a trajectory without the points that a straight line through their neighbours replaces.

    The points that remain are those of Ramer, Douglas and Peucker: none that was dropped lies further than
    ``_TOLERANCE_M`` from the line that is drawn.
    """
    kept = np.zeros(len(line), np.bool_)
    kept[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        a, b = spans.pop()
        if b - a < 2:
            continue
        share = (line[a + 1 : b, 0] - line[a, 0]) / (line[b, 0] - line[a, 0])
        off_m = np.abs(line[a + 1 : b, 1] - (line[a, 1] + share * (line[b, 1] - line[a, 1])))
        worst = int(off_m.argmax())
        if off_m[worst] > _TOLERANCE_M:
            kept[a + 1 + worst] = True
            spans += [(a, a + 1 + worst), (a + 1 + worst, b)]
    return line[kept]

"""The busiest route through signals, and the vehicles on it."""

from __future__ import annotations

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

Step = tuple[int, int]
"""From one road to the next."""

STREAM_FRAC = 0.3
"""A route goes on while at least this share of the vehicles that it was begun with goes on along it."""

_LONGEST_GAP_S = 30.0  # a vehicle unseen for longer, as inside a blocked junction, begins a new line
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
    """Return the route whose signals the most vehicles pass on their way along all of it.

    From every signalised step between two roads the main stream is followed down and up, step by step, as long as
    ``STREAM_FRAC`` of the vehicles of that first step have made every step. Of the routes found this way, the one with
    the most signals times vehicles that drove all of it is taken, at equal the longer one.

    Returns
    -------
    Route or None
        None where no vehicle passed a signal.
    """
    steps = _steps(city, tracks)
    signalised = _signalised_steps(city)
    best: tuple[int, int, list[int]] = (0, 0, [])
    for first in sorted(step for step in steps if step in signalised):
        roads, n_through = _follow(steps, first)
        n_signals = sum(pair in signalised for pair in pairwise(roads))
        best = max(best, (n_signals * n_through, len(roads), roads), key=lambda found: found[:2])
    roads = best[2]
    if not roads:
        return None
    begins_m = [0.0]
    for a, b in pairwise(roads):
        begins_m.append(begins_m[-1] + float(city.roads["length_m"][a]) + _crossing_m(city, a, b))
    return Route(tuple(roads), tuple(begins_m), begins_m[-1] + float(city.roads["length_m"][roads[-1]]))


def space_time(
    city: City, route: Route, arm: str, tracks: Tracks, displays: Displays, begin_s: float, end_s: float
) -> SpaceTime:
    """Return the vehicles on a route and the reds of its stop lines in a window."""
    return SpaceTime(
        arm, begin_s, end_s, route.length_m, _stop_lines(city, route, displays, begin_s, end_s),
        tuple(_trajectories(city, route, tracks)),
    )  # fmt: skip


def _steps(city: City, tracks: Tracks) -> dict[Step, set[int]]:
    """Return the vehicles that went from one road to the next."""
    on_lane = tracks["lane_ix"] >= 0
    road_ix = city.lanes["road_ix"][tracks["lane_ix"][on_lane]]
    vehicle_ix, t_s = tracks["vehicle_ix"][on_lane], tracks["t_s"][on_lane]
    order = np.lexsort((t_s, vehicle_ix))
    road_ix, vehicle_ix = road_ix[order], vehicle_ix[order]
    at = np.flatnonzero((vehicle_ix[1:] == vehicle_ix[:-1]) & (road_ix[1:] != road_ix[:-1]))
    steps: dict[Step, set[int]] = {}
    for a, b, vehicle in zip(road_ix[at].tolist(), road_ix[at + 1].tolist(), vehicle_ix[at].tolist(), strict=True):
        steps.setdefault((a, b), set()).add(vehicle)
    return steps


def _movement_roads(city: City) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the movements between two roads, and the roads."""
    movements, road_ix = city.movements, city.lanes["road_ix"]
    rows = np.flatnonzero((movements["from_lane_ix"] >= 0) & (movements["to_lane_ix"] >= 0))
    return rows, road_ix[movements["from_lane_ix"][rows]], road_ix[movements["to_lane_ix"][rows]]


def _signalised_steps(city: City) -> set[tuple[int, int]]:
    rows, from_ix, to_ix = _movement_roads(city)
    is_signalised = city.movements["link_ix"][rows] >= 0
    return set(zip(from_ix[is_signalised].tolist(), to_ix[is_signalised].tolist(), strict=True))


def _follow(steps: Mapping[Step, set[int]], first: Step) -> tuple[list[int], int]:
    """Return the roads of the main stream through a step, and how many vehicles drove all of them."""
    through = steps[first]
    least = STREAM_FRAC * len(through)
    roads = list(first)
    for is_downstream in (True, False):
        while True:
            end = roads[-1] if is_downstream else roads[0]
            onward = [
                (len(through & vehicles), b if is_downstream else a)
                for (a, b), vehicles in steps.items()
                if (a if is_downstream else b) == end and (b if is_downstream else a) not in roads
            ]
            n_veh, road_ix = max(onward, default=(0, -1))
            if n_veh == 0 or n_veh < least:
                break
            through = through & steps[(end, road_ix) if is_downstream else (road_ix, end)]
            roads.insert(len(roads) if is_downstream else 0, road_ix)
    return roads, len(through)


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
    """Return the lines of all vehicles on the route, cut where a vehicle left it and came back."""
    place = np.full(city.roads.n_rows, -1)
    place[list(route.road_ixs)] = np.arange(len(route.road_ixs))
    on_lane = np.flatnonzero(tracks["lane_ix"] >= 0)
    at = place[city.lanes["road_ix"][tracks["lane_ix"][on_lane]]]
    kept, at = on_lane[at >= 0], at[at >= 0]
    vehicle_ix, t_s = tracks["vehicle_ix"][kept], tracks["t_s"][kept].astype(np.float64)
    position_m = np.array(route.road_begin_m)[at] + tracks["position_m"][kept]
    order = np.lexsort((t_s, vehicle_ix))
    vehicle_ix, t_s, at, position_m = vehicle_ix[order], t_s[order], at[order], position_m[order]
    is_cut = (vehicle_ix[1:] != vehicle_ix[:-1]) | (np.diff(t_s) > _LONGEST_GAP_S)
    is_cut |= (np.diff(at) < 0) | (np.diff(at) > 1)
    pieces = np.split(np.stack([t_s, position_m], axis=1), np.flatnonzero(is_cut) + 1)
    return [thinned(piece) for piece in pieces if len(piece) > 1]


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

"""What the signals showed: green shares, longest reds, shortest greens, switches, and how well green was used."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import RED, RED_YELLOW, is_green


@dataclass(frozen=True, slots=True)
class Displays:
    """What every link showed over a window: a row holds from its time until that of the next row.

    Parameters
    ----------
    t_s : float64, shape (n,)
        Increasing; the first is the begin of the window.
    codes : uint8, shape (n, n_links)
        Codes of ``city.link_state``.
    end_s : float
        End of the window.
    """

    t_s: NDArray[np.float64]
    codes: NDArray[np.uint8]
    end_s: float

    @property
    def span_s(self) -> NDArray[np.float64]:
        """How long each row holds."""
        return np.diff(self.t_s, append=self.end_s)


def can_be_green(city: City) -> NDArray[np.bool_]:
    """Return which links are green in some stage of any plan of their signal."""
    can = np.zeros(city.links.n_rows, np.bool_)
    for plan_ix in range(city.plans.n_rows):
        links = city.links_of(int(city.plans["signal_ix"][plan_ix]))
        for state in city.states_of(plan_ix):
            can[links] |= np.array([character in "gG" for character in state], np.bool_)
    return can


def green_frac(displays: Displays) -> NDArray[np.float64]:
    """Return the share of the window in which each link was green, protected or yielding."""
    window_s = displays.span_s.sum()
    if window_s == 0:
        return np.full(displays.codes.shape[1], math.nan)
    share: NDArray[np.float64] = displays.span_s @ is_green(displays.codes) / window_s
    return share


def longest_red_s(displays: Displays) -> NDArray[np.float64]:
    """Return the longest time without a break that each link showed red (or red with yellow).

    A red that the window cuts off counts with what was seen of it; a link that never showed red has 0.
    """
    is_red = (displays.codes == RED) | (displays.codes == RED_YELLOW)
    longest_s = np.zeros(is_red.shape[1])
    link_ix, begin_s, end_s = _runs(is_red, displays)
    np.maximum.at(longest_s, link_ix, end_s - begin_s)
    return longest_s


def shortest_green_s(displays: Displays) -> NDArray[np.float64]:
    """Return the shortest whole green of each link; nan for one without a green that began and ended inside."""
    shortest_s = np.full(displays.codes.shape[1], math.inf)
    link_ix, begin_s, end_s = _runs(is_green(displays.codes), displays)
    is_whole = (begin_s > displays.t_s[:1]) & (end_s < displays.end_s)
    np.minimum.at(shortest_s, link_ix[is_whole], (end_s - begin_s)[is_whole])
    return np.where(np.isinf(shortest_s), math.nan, shortest_s)


def switches_per_hour(displays: Displays, city: City) -> NDArray[np.float64]:
    """Return how often an hour each signal ended a green, counting greens that end together once."""
    green = is_green(displays.codes)
    ended = green[:-1] & ~green[1:]
    hours = (displays.end_s - displays.t_s[0]) / 3600 if displays.t_s.size else 0.0
    if hours == 0:
        return np.full(city.signals.n_rows, math.nan)
    return np.array([ended[:, city.links_of(ix)].any(axis=1).sum() / hours for ix in range(city.signals.n_rows)])


def lane_green_s(displays: Displays, city: City) -> NDArray[np.float64]:
    """Return for how many seconds each lane had green for at least one of its movements (0 without a signal)."""
    green = is_green(displays.codes)
    links_of_lane: dict[int, list[int]] = {}
    movements = city.movements
    for ix in np.flatnonzero((movements["link_ix"] >= 0) & (movements["from_lane_ix"] >= 0)):
        links_of_lane.setdefault(int(movements["from_lane_ix"][ix]), []).append(int(movements["link_ix"][ix]))
    green_s = np.zeros(city.lanes.n_rows)
    for lane_ix, link_ixs in links_of_lane.items():
        green_s[lane_ix] = displays.span_s @ green[:, link_ixs].any(axis=1)
    return green_s


def green_utilisation(
    n_veh: NDArray[np.float64], green_s: NDArray[np.float64], headway_s: float = 1.9
) -> NDArray[np.float64]:
    """Return the share of green that vehicles at saturation headway would have used.

    Vehicles served times headway over lane-seconds of green, the degree of saturation of the Highway
    Capacity Manual with the green that was shown in place of the effective one; nan where nothing was green. Above 1
    where vehicles also used the yellow or followed closer.

    Parameters
    ----------
    n_veh : float64
        Vehicles that crossed the stop line.
    green_s : float64
        Lane-seconds of green for them.
    headway_s : float
        Saturation headway of a lane.
    """
    share = np.full(len(n_veh), math.nan)
    np.divide(n_veh * headway_s, green_s, out=share, where=green_s > 0)
    return share


def _runs(
    is_on: NDArray[np.bool_], displays: Displays
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return link, begin and end of every stretch of time in which a link's flag is on."""
    padded = np.zeros((len(is_on) + 2, is_on.shape[1]), np.int8)
    padded[1:-1] = is_on
    steps = np.diff(padded, axis=0).T  # row-wise, begins and ends of one link alternate
    times_s = np.append(displays.t_s, displays.end_s)
    (link_ix, begins), (_, ends) = np.nonzero(steps == 1), np.nonzero(steps == -1)
    return link_ix, times_s[begins], times_s[ends]

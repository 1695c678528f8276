"""From what the signals showed to the rows of a signal timing diagram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cityloop.city.city import City
from cityloop.lab.report.model import Codes, Floats, Timing, TimingRow
from cityloop.lab.report.movement_names import movement_name, origin_deg, turn_rank
from cityloop.lab.report.words import Words, same, say
from cityloop.measures.signals import Displays


@dataclass(frozen=True)
class _Row:
    """Links of one origin that always show the same."""

    links: tuple[int, ...]
    bearing_deg: float
    turns: frozenset[str]

    @property
    def order(self) -> tuple[int, int, int]:
        """Clockwise from the north, then by turn; crossings last."""
        sector = round(self.bearing_deg / 45.0) % 8 if self.turns else 8
        return (sector, min((turn_rank(turn) for turn in self.turns), default=0), self.links[0])


def timings(
    city: City, signal_ix: int, arms: Sequence[tuple[str, Displays]], begin_s: float, end_s: float
) -> list[Timing]:
    """Return what one signal showed in a window, arm by arm, with the same rows in each.

    Parameters
    ----------
    city : City
    signal_ix : int
    arms : sequence of (arm, Displays)
    begin_s, end_s : float
        The window.
    """
    cut = [(arm, *_window(displays, city.links_of(signal_ix), begin_s, end_s)) for arm, displays in arms]
    rows = _rows(city, signal_ix, [codes for _, _, codes in cut])
    labels = _labels(rows)
    return [
        Timing(
            arm, begin_s, end_s, tuple(_row(label, row, t_s, codes) for label, row in zip(labels, rows, strict=True))
        )
        for arm, t_s, codes in cut
    ]


def _window(displays: Displays, links: slice, begin_s: float, end_s: float) -> tuple[Floats, Codes]:
    first = max(int(np.searchsorted(displays.t_s, begin_s, side="right")) - 1, 0)
    last = int(np.searchsorted(displays.t_s, end_s, side="left"))
    return np.maximum(displays.t_s[first:last], begin_s), displays.codes[first:last, links]


def _rows(city: City, signal_ix: int, shown: Sequence[Codes]) -> list[_Row]:
    """Group the links of a signal by origin and by what they showed in all arms."""
    start = city.links_of(signal_ix).start
    bearings, turns, crossings = _ways(city, signal_ix)
    groups: dict[tuple[int, bytes], list[int]] = {}
    for link in sorted({*bearings, *crossings}):
        pattern = b"|".join(np.ascontiguousarray(codes[:, link - start]).tobytes() for codes in shown)
        origin = -1 - link if link in crossings else round(bearings[link] / 45.0) % 8
        groups.setdefault((origin, pattern), []).append(link)
    rows = []
    for links in groups.values():
        local = tuple(link - start for link in links)
        is_crossing = links[0] in crossings
        bearing = 1000.0 if is_crossing else bearings[links[0]]
        rows.append(_Row(local, bearing, frozenset().union(*(turns.get(link, set()) for link in links))))
    return sorted(rows, key=lambda row: row.order)


def _ways(city: City, signal_ix: int) -> tuple[dict[int, float], dict[int, set[str]], set[int]]:
    """Return bearing and turns of each link that vehicles use, and the links of crossings."""
    movements = city.movements
    bearings: dict[int, float] = {}
    turns: dict[int, set[str]] = {}
    crossings: set[int] = set()
    for ix in np.flatnonzero((movements["signal_ix"] == signal_ix) & (movements["link_ix"] >= 0)):
        link = int(movements["link_ix"][ix])
        lane_ix = int(movements["from_lane_ix"][ix])
        if movements["is_crossing"][ix] or lane_ix < 0:
            crossings.add(link)
            continue
        bearings.setdefault(link, origin_deg(city, lane_ix))
        turns.setdefault(link, set()).add(str(movements["direction"][ix]))
    return bearings, turns, crossings - set(bearings)


def _labels(rows: Sequence[_Row]) -> list[Words]:
    names = [
        movement_name(row.bearing_deg, set(row.turns)) if row.turns else say("direction.crossing", where=row.links[0])
        for row in rows
    ]
    total, seen = Counter(names), Counter[Words]()
    labels = []
    for name in names:
        seen[name] += 1
        labels.append(name + same(f" {seen[name]}") if total[name] > 1 else name)
    return labels


def _row(label: Words, row: _Row, t_s: Floats, codes: Codes) -> TimingRow:
    shown = codes[:, row.links[0]]
    is_new = np.ones(len(shown), np.bool_)
    is_new[1:] = shown[1:] != shown[:-1]
    return TimingRow(label, t_s[is_new], shown[is_new])

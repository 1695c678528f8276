"""Signals that are so close to each other that they are planned as one.

A link between two signals that holds a vehicle or two per lane cannot store a queue. A turn that waits there for a gap
keeps whoever follows it standing inside the other junction, in the way of the turn that waits on the opposite lane, and
the two junctions lock for good. Diamond interchanges have that geometry, and the remedy is theirs (one controller for
both signals): whatever streams straight on into such a link is let out of it at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED
from cityloop.control.guard import SignalRules
from cityloop.services.signals.stages import Greens, candidate_stages

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PlannedSignal:
    """One signal, or two that are planned as one, and the stages to choose from.

    Parameters
    ----------
    members : tuple of SignalRules
    stages : tuple of uint8 arrays
        One code a link, member after member.
    is_fed : bool, (stages, members)
        Whether a stage lets a stream into a short link that ends at a member.
    is_entered : bool, one a stage
        Whether a stage lets anybody into a short link, turns as well.
    short_lanes : tuple of tuple of int
        By member, the lanes of the short links that end at it; empty for a signal planned alone.
    streams : tuple of tuple of int
        By member, the links that let a stream into its short links, counted over all members.
    """

    members: tuple[SignalRules, ...]
    stages: tuple[Greens, ...]
    is_fed: Flags
    is_entered: Flags
    short_lanes: tuple[tuple[int, ...], ...]
    streams: tuple[tuple[int, ...], ...]

    @property
    def links_of_members(self) -> tuple[slice, ...]:
        """Where the links of each member stand in a stage."""
        ends = np.cumsum([rule.n_links for rule in self.members]).tolist()
        return tuple(slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True))

    def is_emptied_first(self, before: int, after: int) -> Flags:
        """Return for each member whether it keeps its greens of the stage before until its short links are empty."""
        return np.asarray(self.is_fed[before] & ~self.is_fed[after])


@dataclass(frozen=True)
class _ShortLink:
    """A road from one signal to another: what leads into it, straight on or at all, and out of it, as their links."""

    length_m: float
    lanes: tuple[int, ...]
    from_signal: int
    to_signal: int
    stream: Ints
    entries: Ints
    exits: Ints


def planned_signals(
    city: City, rules: Sequence[SignalRules], n_stages_most: int, coupled_below_m: float
) -> list[PlannedSignal]:
    """Return what there is to choose from at every signal that has at least two stages.

    Parameters
    ----------
    city : City
    rules : sequence of SignalRules
    n_stages_most : int
        Most stages of a signal alone; those of its plan are never left out.
    coupled_below_m : float
        Two signals with a link shorter than this between them are planned as one where some turn has to wait on it
        for a gap. A signal is part of one such pair at most, the closest.
    """
    stages_of: dict[int, list[Greens]] = {}
    rule_of: dict[int, SignalRules] = {}
    is_crossing = city.movements["is_crossing"]
    movements_of = {signal: own[~is_crossing[own]] for signal, own in movements_by_signal(city).items()}
    for rule in rules:
        stages = candidate_stages(rule, _approach_of_link(city, rule, movements_of), n_stages_most)
        if len(stages) > 1:
            stages_of[rule.signal_ix], rule_of[rule.signal_ix] = stages, rule
    result: dict[int, PlannedSignal] = {}
    is_done: set[int] = set()
    for links in _pairs(city, rule_of, movements_of, coupled_below_m):
        pair = sorted({links[0].from_signal, links[0].to_signal})
        coupled = None if is_done.intersection(pair) else _coupled([rule_of[k] for k in pair], stages_of, links)
        if coupled is not None:
            result[pair[0]] = coupled
            is_done.update(pair)
    for signal, rule in rule_of.items():
        if signal not in is_done:
            alone = tuple(stages_of[signal])
            is_fed = np.zeros((len(alone), 1), np.bool_)
            result[signal] = PlannedSignal((rule,), alone, is_fed, is_fed[:, 0], ((),), ((),))
    return [result[signal] for signal in sorted(result)]


def movements_by_signal(city: City) -> Mapping[int, Ints]:
    """Return the movements by the signal that rules them, in their order."""
    signal_ix = city.movements["signal_ix"]
    order = np.argsort(signal_ix, kind="stable")
    signals, first = np.unique(signal_ix[order], return_index=True)
    return {int(k): own for k, own in zip(signals, np.split(order, first[1:]), strict=True) if k >= 0}


def _approach_of_link(city: City, rule: SignalRules, movements_of: Mapping[int, Ints]) -> Ints:
    movements, links = city.movements, city.links_of(rule.signal_ix)
    approach = np.full(links.stop - links.start, -1, np.int64)
    own = movements_of.get(rule.signal_ix, np.empty(0, np.int64))
    approach[movements["link_ix"][own] - links.start] = city.lanes["road_ix"][movements["from_lane_ix"][own]]
    return approach


def _pairs(
    city: City, rule_of: Mapping[int, SignalRules], movements_of: Mapping[int, Ints], below_m: float
) -> list[list[_ShortLink]]:
    """Return the short links of every two signals on which a turn may have to wait for a gap, shortest first."""
    movements, lanes = city.movements, city.lanes
    signals_of_road: dict[int, set[int]] = defaultdict(set)
    for lane, signal in zip(movements["from_lane_ix"].tolist(), movements["signal_ix"].tolist(), strict=True):
        if lane >= 0:
            signals_of_road[int(lanes["road_ix"][lane])].add(signal)
    found: dict[tuple[int, int], dict[tuple[int, int], _ShortLink]] = defaultdict(dict)
    is_near = lanes["length_m"] < below_m
    entries = [(signal, m) for signal in rule_of for m in movements_of.get(signal, np.empty(0, np.int64)).tolist()]
    for signal, movement in entries:
        lane = int(movements["to_lane_ix"][movement])
        road = int(lanes["road_ix"][lane])
        ends = signals_of_road[road]
        if not is_near[lane] or len(ends) != 1:
            continue
        (end,) = ends
        pair = (min(signal, end), max(signal, end))
        if end in rule_of and end != signal and (signal, road) not in found[pair]:
            found[pair][signal, road] = _short_link(city, road, signal, end, movements_of)
    pairs = [list(links.values()) for links in found.values()]
    waiting = [pair for pair in pairs if any(_is_waited_on(link, rule_of[link.to_signal]) for link in pair)]
    return sorted(waiting, key=lambda pair: (min(link.length_m for link in pair), pair[0].from_signal))


def _short_link(
    city: City, road: int, from_signal: int, to_signal: int, movements_of: Mapping[int, Ints]
) -> _ShortLink:
    movements, lanes = city.movements, city.lanes
    of_road = np.flatnonzero(lanes["road_ix"] == road)
    entering, leaving = movements_of[from_signal], movements_of[to_signal]
    entering = entering[np.isin(movements["to_lane_ix"][entering], of_road)]
    leaving = leaving[np.isin(movements["from_lane_ix"][leaving], of_road)]
    from_link, to_link = city.links_of(from_signal).start, city.links_of(to_signal).start
    return _ShortLink(
        length_m=float(lanes["length_m"][of_road].min()),
        lanes=tuple(of_road.tolist()),
        from_signal=from_signal,
        to_signal=to_signal,
        stream=np.unique(movements["link_ix"][entering[movements["direction"][entering] == "s"]]) - from_link,
        entries=np.unique(movements["link_ix"][entering]) - from_link,
        exits=np.unique(movements["link_ix"][leaving]) - to_link,
    )


def _is_waited_on(link: _ShortLink, rule: SignalRules) -> bool:
    return bool((rule.stages[:, link.exits] == GREEN_YIELDING).any())


def _coupled(
    pair: Sequence[SignalRules], stages_of: Mapping[int, list[Greens]], links: Sequence[_ShortLink]
) -> PlannedSignal | None:
    """Return the stages of two signals that let streams out of the links between them as they let them in.

    None where these are not enough to serve all that the signals serve alone, or where none of them lets nobody in.
    """
    member_of = {rule.signal_ix: member for member, rule in enumerate(pair)}
    options = [stages_of[rule.signal_ix] for rule in pair]
    ever_green = [np.logical_or.reduce([greens != RED for greens in stages]) for stages in options]
    chosen: list[tuple[Greens, list[bool], bool]] = []
    for both in product(*options):
        is_fed, is_entered, is_let_out = [False, False], False, True
        for link in links:
            start, end = member_of[link.from_signal], member_of[link.to_signal]
            is_entered |= bool((both[start][link.entries] != RED).any())
            if (both[start][link.stream] != RED).any():
                is_fed[end] = True
                exits = link.exits[ever_green[end][link.exits]]
                is_let_out &= bool((both[end][exits] == GREEN).all())
        if is_let_out:
            chosen.append((np.concatenate(both), is_fed, is_entered))
    kept = [row for row in chosen if not any(_is_less(row, other) for other in chosen)]
    if not kept or all(is_entered for _, _, is_entered in kept):
        return None
    is_lost = np.concatenate(ever_green)
    for greens, _, _ in kept:
        is_lost &= greens == RED
    if is_lost.any():
        return None
    lanes: tuple[list[int], list[int]] = ([], [])
    streams: tuple[list[int], list[int]] = ([], [])
    for link in links:
        end = member_of[link.to_signal]
        lanes[end].extend(link.lanes)
        streams[end].extend((link.stream + (0 if end else pair[0].n_links)).tolist())
    return PlannedSignal(
        tuple(pair),
        tuple(greens for greens, _, _ in kept),
        np.array([is_fed for _, is_fed, _ in kept], np.bool_),
        np.array([is_entered for _, _, is_entered in kept], np.bool_),
        (tuple(lanes[0]), tuple(lanes[1])),
        (tuple(streams[0]), tuple(streams[1])),
    )


def _is_less(row: tuple[Greens, list[bool], bool], other: tuple[Greens, list[bool], bool]) -> bool:
    """Return whether another stage shows all that this one does and more, and lets in the same."""
    return (
        row[1:] == other[1:]
        and bool(((row[0] == other[0]) | (row[0] == RED)).all())
        and not np.array_equal(row[0], other[0])
    )

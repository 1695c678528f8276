"""Gates: signal heads onto a road get a share of their green, so that less traffic comes in than would.

Perimeter gating with a share that is fixed. Daganzo (2007, *Urban gridlock: macroscopic modeling and mitigation
approaches*) and Keyvan-Ekbatani et al. (2012, *Exploiting the fundamental diagram of urban networks for feedback-based
gating*) let it follow the number of vehicles inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.link_state import RED_YELLOW, YELLOW, codes_of, is_green
from cityloop.city.table import Table
from cityloop.control.guard import SignalRules
from cityloop.run.option import rows_of

_STEP_MS = 1000
"""Greens begin later by a multiple of this, as controllers count."""
MINIMUM_GREEN, CLEARANCE, ALWAYS_GREEN = "minimum green", "clearance", "always green"

Ints = NDArray[np.int64]
_Spans = list[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class GatedHead:
    """What a gate makes of one signal head in one plan.

    Parameters
    ----------
    road, signal, plan : str
        Names in the source.
    link : int
        Place of the head in the states of its signal.
    cycle_s : float
    green_before_s, green_s : float
        Green in a cycle of the plan in force and of the gated one, in seconds.
    limit : str
        Why the share is not what was asked for: ``"minimum green"``, ``"clearance"`` (it would begin too soon after the
        end of another green), ``"always green"`` (the head has no red that could be longer), or nothing.
    """

    road: str
    signal: str
    plan: str
    link: int
    cycle_s: float
    green_before_s: float
    green_s: float
    limit: str


def with_gates(
    city: City, gates: Mapping[str, float], rules: Sequence[SignalRules]
) -> tuple[City, tuple[GatedHead, ...]]:
    """Return the city with plans in which less green leads onto some roads, and what became of each head.

    Every head that rules a movement onto a gated road turns green later, by whole seconds, so that each of its greens
    keeps the share that is given for the road; a red with yellow moves along. All ends of green, all other heads, the
    cycle and the offset stay as they are. So no yellow and no intergreen becomes shorter, and every green that begins
    later is checked against those that have just ended. No green becomes shorter than the head's minimum green.

    Parameters
    ----------
    city : City
    gates : mapping of str to float
        Share of the green by name of the road, above 0 and below 1. A head onto two of them gets the smaller share.
    rules : sequence of SignalRules
        One a signal, in the order of ``city.signals``.

    Returns
    -------
    City
        The city itself where there are no gates.
    tuple of GatedHead
        By plan and head.

    Raises
    ------
    Unusable
        For a road that the city does not have, that no signal leads onto, or whose green cannot become shorter.
    """
    if not gates:
        return city, ()
    links_of = _heads_onto(city, gates)
    asked: dict[int, tuple[str, float]] = {}
    for road, share in sorted(gates.items(), key=lambda gate: -gate[1]):
        asked.update(dict.fromkeys(links_of[road], (road, share)))
    begins, ends = city.plans["stages_start"].tolist(), city.plans["stages_end"].tolist()
    heads: list[GatedHead] = []
    is_less = np.zeros(city.links.n_rows, np.bool_)
    rows: list[_Step] = []
    starts = [0]
    for plan_ix, signal_ix in enumerate(city.plans["signal_ix"].tolist()):
        links, steps = city.links_of(signal_ix), _steps(city, begins[plan_ix], ends[plan_ix])
        own = {link - links.start: asked[link] for link in range(links.start, links.stop) if link in asked}
        if own and steps and str(city.plans["kind"][plan_ix]) != "off":
            film = _Film(steps, rules[signal_ix])
            spans: dict[int, _Spans] = {}
            names = (str(city.signals["signal_id"][signal_ix]), str(city.plans["plan_id"][plan_ix]))
            for link, (road, share) in own.items():
                head, spans[link] = film.hold(link, share, (road, *names))
                if head.green_before_s > 0:
                    heads.append(head)
                    is_less[links.start + link] |= head.green_s < head.green_before_s
            steps = _split(steps, spans)
        rows += steps
        starts.append(len(rows))
    for road, of_road in links_of.items():
        if not is_less[of_road].any():
            raise _not_less(road, [head for head in heads if head.road == road])
    columns: dict[str, Any] = {
        "plan_ix": np.repeat(np.arange(city.plans.n_rows), np.diff(starts)),
        "state": np.array([step.state for step in rows], object),
        **{name: [getattr(step, name) for step in rows] for name in ("duration_s", "min_s", "max_s")},
    }
    plans: dict[str, Any] = {**city.plans, "stages_start": starts[:-1], "stages_end": starts[1:]}
    return replace(city, plans=Table("plans", plans), stages=Table("stages", columns)), tuple(heads)


@dataclass(frozen=True, slots=True)
class _Step:
    state: str
    duration_s: float
    min_s: float
    max_s: float


class _Film:
    """What the heads of a signal show over a cycle of a plan, in whole milliseconds."""

    def __init__(self, steps: Sequence[_Step], rules: SignalRules) -> None:
        self._rules = rules
        self._codes = np.stack([codes_of(step.state) for step in steps])
        self._is_green = is_green(self._codes)
        self._durations_ms = _durations_ms(steps)
        self._begins_ms = np.cumsum(self._durations_ms) - self._durations_ms

    def hold(self, link: int, share: float, names: tuple[str, str, str]) -> tuple[GatedHead, _Spans]:
        """Return what a share makes of a head, and what the head shows instead: from, until, character."""
        cycle_ms = int(self._durations_ms.sum())
        green_ms = int(self._durations_ms[self._is_green[:, link]].sum())
        spans: _Spans = []
        held_ms, limit = 0, ALWAYS_GREEN if self._is_green[:, link].all() else ""
        for green in self._greens(link):
            later_ms, why = self._later_ms(link, green, share)
            limit = limit or why
            held_ms += later_ms
            begin_ms = int(self._begins_ms[green[0]])
            ready_ms = self._red_yellow_ms(link, green[0])
            if later_ms > 0:
                spans.append((begin_ms - ready_ms, begin_ms + later_ms - ready_ms, "r"))
                spans.append((begin_ms + later_ms - ready_ms, begin_ms + later_ms, "u"))
        head = GatedHead(*names, link, cycle_ms / 1000, green_ms / 1000, (green_ms - held_ms) / 1000, limit)
        return head, [
            (from_ms + turn_ms, until_ms + turn_ms, shown)
            for from_ms, until_ms, shown in spans
            for turn_ms in (-cycle_ms, 0, cycle_ms)  # what goes over the end of the cycle
            if from_ms < until_ms
        ]

    def _greens(self, link: int) -> list[Ints]:
        """Return the steps of each green of a head in order, across the end of the cycle; none where it has no red."""
        green, n_steps = self._is_green[:, link], len(self._codes)
        if green.all():
            return []
        firsts = np.flatnonzero(green & ~np.roll(green, 1)).tolist()
        lengths = [int(np.argmin(np.roll(green, -first))) for first in firsts]
        return [(first + np.arange(length)) % n_steps for first, length in zip(firsts, lengths, strict=True)]

    def _later_ms(self, link: int, green: Ints, share: float) -> tuple[int, str]:
        """Return how much later a green begins, and what keeps it from keeping its share only."""
        whole_ms = int(self._durations_ms[green].sum())
        least_ms = max(round(float(self._rules.min_green_s[link]) * 1000), _STEP_MS)
        most_ms = max(whole_ms - least_ms, 0) // _STEP_MS * _STEP_MS
        wanted_ms = round((1 - share) * whole_ms / _STEP_MS) * _STEP_MS
        possible_ms = [at_ms for at_ms in range(0, most_ms + 1, _STEP_MS) if self._may_begin(link, green, at_ms)]
        later_ms = min(possible_ms, key=lambda at_ms: (abs(at_ms - wanted_ms), at_ms))
        if later_ms == wanted_ms:
            return later_ms, ""
        return later_ms, MINIMUM_GREEN if later_ms == most_ms else CLEARANCE

    def _may_begin(self, link: int, green: Ints, at_ms: int) -> bool:
        """Whether a head may turn green some time into its green: those that ended within it have cleared."""
        if at_ms == 0:
            return True
        ends_ms = np.cumsum(self._durations_ms[green])
        now = int(np.searchsorted(ends_ms, at_ms, side="right"))
        for foe in np.flatnonzero(~np.isnan(self._rules.all_red_s[:, link])).tolist():
            was_green = np.flatnonzero(self._is_green[green[: now + 1], foe])
            if not len(was_green) or was_green[-1] == now:
                continue
            cleared_ms = ends_ms[was_green[-1]] + 1000 * (self._rules.yellow_s[foe] + self._rules.all_red_s[foe, link])
            if self._codes[green[now], foe] == YELLOW or at_ms < cleared_ms:
                return False
        return True

    def _red_yellow_ms(self, link: int, first: int) -> int:
        """Return how long a head shows red with yellow right before a green."""
        shown_ms = 0
        for back in range(1, len(self._codes)):
            if self._codes[first - back, link] != RED_YELLOW:
                break
            shown_ms += int(self._durations_ms[first - back])
        return shown_ms


def _heads_onto(city: City, gates: Mapping[str, float]) -> dict[str, list[int]]:
    """Return the rows of the heads that rule a movement onto each gated road."""
    rows = rows_of(tuple(gates), city.roads["road_id"].tolist(), "edge", "--gate")
    to_lane, link_of = city.movements["to_lane_ix"], city.movements["link_ix"]
    to_road = np.where(to_lane >= 0, city.lanes["road_ix"][to_lane], -1)
    found = {
        road: np.unique(link_of[(to_road == row) & (link_of >= 0)]).tolist()
        for road, row in zip(gates, rows, strict=True)
    }
    for road, links in found.items():
        if not links:
            raise Unusable(f"no signal leads onto {road!r}", "--gate", "give a road that begins at a signal")
    return found


def _not_less(road: str, heads: Sequence[GatedHead]) -> Unusable:
    limits = ", ".join(dict.fromkeys(head.limit for head in heads if head.limit))
    what = f"the green onto {road!r} cannot become shorter" + (f" ({limits})" if limits else "")
    mend = "gate a road with more green onto it" if limits else "ask for a smaller share"
    return Unusable(what, "--gate", mend)


def _steps(city: City, begin: int, end: int) -> list[_Step]:
    columns = [city.stages[name][begin:end].tolist() for name in ("state", "duration_s", "min_s", "max_s")]
    return [_Step(*row) for row in zip(*columns, strict=True)]


def _durations_ms(steps: Sequence[_Step]) -> Ints:
    return np.array([round(step.duration_s * 1000) for step in steps], np.int64)


def _split(steps: Sequence[_Step], spans: Mapping[int, _Spans]) -> list[_Step]:
    """Return the steps with what heads show instead; a step within which that changes becomes several."""
    bounds = sorted({bound for of_head in spans.values() for span in of_head for bound in span[:2]})
    result = []
    begin_ms = 0
    for step, duration_ms in zip(steps, _durations_ms(steps).tolist(), strict=True):
        inner = [bound for bound in bounds if begin_ms < bound < begin_ms + duration_ms]
        edges = [begin_ms, *inner, begin_ms + duration_ms]
        for from_ms, until_ms in pairwise(edges):
            state = list(step.state)
            for link, of_head in spans.items():
                state[link] = next((shown for a, b, shown in of_head if a <= from_ms < b), state[link])
            part = replace(step, state="".join(state))
            # a step that an actuated plan may stretch has no such bounds in parts
            split = {"duration_s": (until_ms - from_ms) / 1000, "min_s": np.nan, "max_s": np.nan} if inner else {}
            result.append(replace(part, **split))
        begin_ms += duration_ms
    return result

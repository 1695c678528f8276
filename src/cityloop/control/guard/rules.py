"""What each signal must keep, built once from the city's movements, conflicts, links and plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City, Finding
from cityloop.city.errors import Unusable
from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED
from cityloop.control.guard import reasons
from cityloop.control.guard.clearance import Clearance, all_red_s, walking_clearance_s, yellow_by_speed_s
from cityloop.control.guard.program import Program, head_rows, read_program

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SignalRules:
    """The rules of one signal with ``n`` links; all arrays are read-only.

    Parameters
    ----------
    signal_ix : int
        Row of the signal.
    signal_id : str
        Its name in the source.
    yellow_s, min_green_s : float64[n]
        Yellow after a green (0 for a crossing) and shortest green.
    max_red_s : float
        Longest red of a link that somebody waits at.
    all_red_s : float64[n, n]
        From the end of link i's yellow until link j may be green; nan where they do not conflict.
    is_conflict : bool[n, n]
        Some movement of the one crosses or joins some movement of the other; symmetric.
    yields_to : bool[n, n]
        Link i, showing a yielding green, yields to link j wherever their movements conflict.
    is_tolerated : bool[n, n]
        The program in force itself shows both green in conflict; symmetric.
    may_share : bool[2n, 2n]
        Which greens may be shown together; row and column ``2 * link + is_protected``. The one truth about
        safety: conflicts, yielding and tolerated pairs in the very states of the program are all in it.
    is_crossing, is_used : bool[n]
        The link rules a pedestrian crossing; some movement hangs on it.
    stages : uint8[k, n]
        Distinct green stages of the plan in force.
    step_stage_ix, step_duration_s : int64[m], float64[m]
        The plan in force as an order of stages with durations.
    home_ix : int64[n]
        Stage that recalls the link when its maximum red is near; -1 where no stage shows it green. The
        homes are few: each is chosen to serve as many links as possible.
    worst_red_s : float
        Longest red that can be kept whatever the services ask for and whoever calls: one order and every home
        once, each with its longest transition and minimum green.
    """

    signal_ix: int
    signal_id: str
    yellow_s: Floats
    min_green_s: Floats
    max_red_s: float
    all_red_s: Floats
    is_conflict: Bools
    yields_to: Bools
    is_tolerated: Bools
    may_share: Bools
    is_crossing: Bools
    is_used: Bools
    stages: Codes
    step_stage_ix: Ints
    step_duration_s: Floats
    home_ix: Ints
    worst_red_s: float

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def n_links(self) -> int:
        """Number of links of the signal."""
        return len(self.yellow_s)

    def fits(self, greens: Codes) -> str | None:
        """Return why these greens may not be shown, ``None`` where they may."""
        return can_be_green_together(self, greens)


def can_be_green_together(rules: SignalRules, greens: Codes) -> str | None:
    """Return why these greens may not be shown together, ``None`` where they may.

    Parameters
    ----------
    rules : SignalRules
    greens : uint8[n]
        ``GREEN``, ``GREEN_YIELDING`` or ``RED`` for each link.

    Returns
    -------
    str or None
        One of the fixed strings of `reasons`.
    """
    if greens.shape != (rules.n_links,):
        return reasons.WRONG_LENGTH
    if not ((greens == GREEN) | (greens == GREEN_YIELDING) | (greens == RED)).all():
        return reasons.UNKNOWN_CODE
    heads = head_rows(greens)
    return None if rules.may_share[heads[:, None], heads].all() else reasons.CONFLICTING_GREENS


def start_delay_s(rules: SignalRules, from_greens: Codes, to_greens: Codes) -> Floats:
    """Return how long after a switch each link may turn green, where the guard lets the switch begin at once.

    Parameters
    ----------
    rules : SignalRules
    from_greens, to_greens : uint8[n]
        What is green before and after.

    Returns
    -------
    float64[n]
        Seconds from the begin of the switch; 0 for links that stay green, for those that no ending link is in
        conflict with, and for those that are not green afterwards.
    """
    was_green, is_wanted = from_greens != RED, to_greens != RED
    ending = np.flatnonzero(was_green & ~is_wanted)
    clear_s = rules.yellow_s[ending, None] + np.nan_to_num(rules.all_red_s[ending], nan=-np.inf, neginf=-np.inf)
    delay_s = np.maximum(clear_s.max(axis=0, initial=0.0), 0.0)
    return np.where(is_wanted & ~was_green, delay_s, 0.0)


def signal_rules(city: City, clearance: Clearance) -> tuple[SignalRules, ...]:
    """Return the rules of every signal of a city, in the order of ``city.signals``.

    Parameters
    ----------
    city : City
    clearance : Clearance

    Raises
    ------
    Unusable
        Where a plan's states do not have one character a link.
    """
    pairs = _pairs(city, clearance)
    speeds_mps = _approach_speed_mps(city)
    return tuple(_rules_of(city, clearance, ix, pairs, speeds_mps) for ix in range(city.signals.n_rows))


def rule_findings(city: City, rules: tuple[SignalRules, ...]) -> tuple[Finding, ...]:
    """Return what a city should know about its programs: conflicts, links that stay red, states not kept."""
    found: list[Finding] = []
    for rule in rules:
        where = f"signal {rule.signal_id}"
        for i, j in zip(*np.nonzero(np.triu(rule.is_tolerated)), strict=True):
            text = f"the program in force shows links {i} and {j} green together although they conflict; kept as it is"
            found.append(Finding("conflicting greens", where, text))
        found.extend(
            Finding("not represented", where, f"the program in force shows {character!r}; the guard shows red instead")
            for character in _program(city, rule.signal_ix).other_states
        )
        never = np.flatnonzero(rule.is_used & (rule.home_ix < 0))
        if len(never):
            text = f"links {', '.join(map(str, never))} never turn green in the program in force; no maximum red"
            found.append(Finding("never green", where, text))
        if rule.worst_red_s > rule.max_red_s:
            text = f"with every stage called, a maximum red of {rule.max_red_s:g} s may become {rule.worst_red_s:g} s"
            found.append(Finding("maximum red", where, text))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Conflicting movements of one signal as links, every pair in both orders."""

    signal_ix: Ints
    link_ix: Ints
    foe_link_ix: Ints
    must_yield: Bools
    is_settled: Bools
    clear_s: Floats


def _pairs(city: City, clearance: Clearance) -> _Pairs:
    """Return the conflicting pairs of movements that hang on different links of the same signal."""
    movements, conflicts = city.movements, city.conflicts
    n = max(movements.n_rows, 1)
    key = conflicts["movement_ix"] * n + conflicts["foe_ix"]
    mirrored = conflicts["foe_ix"] * n + conflicts["movement_ix"]
    keys = np.unique(np.concatenate([key, mirrored]))
    movement_ix, foe_ix = keys // n, keys % n
    row_of = np.searchsorted(keys, key)
    # a pair that the source gives in one order only: the other order yields to nobody, clears late and enters early
    must_yield, entering_m = np.zeros(len(keys), np.bool_), np.zeros(len(keys))
    must_yield[row_of] = conflicts["must_yield"]
    clearing_m = movements["length_m"][movement_ix].astype(np.float64)
    clearing_m[row_of] = entering_m[row_of] = conflicts["conflict_m"]
    mirror = np.searchsorted(keys, foe_ix * n + movement_ix)
    is_crossing = movements["is_crossing"]
    vehicle_s = all_red_s(
        clearing_m,
        entering_m[mirror],
        movements["direction"][movement_ix] != "s",
        movements["speed_mps"][movement_ix],
        is_crossing[foe_ix],
        clearance,
    )
    walker_s = walking_clearance_s(movements["length_m"][movement_ix], clearance)
    link_ix, foe_link_ix = movements["link_ix"][movement_ix], movements["link_ix"][foe_ix]
    signal_ix = movements["signal_ix"][movement_ix]
    keep = (link_ix >= 0) & (foe_link_ix >= 0) & (link_ix != foe_link_ix)
    keep &= (signal_ix >= 0) & (signal_ix == movements["signal_ix"][foe_ix])
    return _Pairs(
        signal_ix=signal_ix[keep],
        link_ix=link_ix[keep],
        foe_link_ix=foe_link_ix[keep],
        must_yield=must_yield[keep],
        is_settled=(must_yield | must_yield[mirror])[keep],
        clear_s=np.where(is_crossing[movement_ix], walker_s, vehicle_s)[keep],
    )


def _approach_speed_mps(city: City) -> Floats:
    """Return the highest speed limit of the lanes that each link rules, 0 where it rules none."""
    movements = city.movements
    speed_mps = np.zeros(city.links.n_rows)
    drives = (movements["link_ix"] >= 0) & (movements["from_lane_ix"] >= 0)
    limit_mps = city.lanes["speed_mps"][movements["from_lane_ix"][drives]]
    np.maximum.at(speed_mps, movements["link_ix"][drives], limit_mps)
    return speed_mps


def _program(city: City, signal_ix: int) -> Program:
    """Return the program in force at one signal."""
    plan_ix, links = int(city.signals["plan_ix"][signal_ix]), city.links_of(signal_ix)
    n_links = links.stop - links.start
    states = city.states_of(plan_ix) if plan_ix >= 0 else []
    for state in states:
        if len(state) != n_links:
            where = f"signal {city.signals['signal_id'][signal_ix]}, plan {city.plans['plan_id'][plan_ix]}"
            raise Unusable(f"a state of {len(state)} characters for {n_links} links", where, "correct the program")
    start = int(city.plans["stages_start"][plan_ix]) if states else 0
    return read_program(states, city.stages["duration_s"][start : start + len(states)], n_links)


def _rules_of(city: City, clearance: Clearance, signal_ix: int, pairs: _Pairs, speeds_mps: Floats) -> SignalRules:
    links = city.links_of(signal_ix)
    n = links.stop - links.start
    program = _program(city, signal_ix)
    is_crossing = np.array(city.links["is_crossing"][links], np.bool_)
    own = pairs.signal_ix == signal_ix
    i, j = pairs.link_ix[own] - links.start, pairs.foe_link_ix[own] - links.start
    is_conflict = np.zeros((n, n), np.bool_)
    is_conflict[i, j] = True
    yields_to, is_settled = is_conflict.copy(), is_conflict.copy()
    yields_to[i[~pairs.must_yield[own]], j[~pairs.must_yield[own]]] = False
    is_settled[i[~pairs.is_settled[own]], j[~pairs.is_settled[own]]] = False
    between_s = np.where(is_conflict, -np.inf, np.nan)
    np.maximum.at(between_s, (i, j), pairs.clear_s[own])
    yields = np.zeros((n, 2, n, 2), np.bool_)
    yields[:, 0, :, 0] = is_settled
    yields[:, 0, :, 1] = yields_to
    yields[:, 1, :, 0] = yields_to.T
    together = program.greens_together.reshape(n, 2, n, 2)
    is_free = ~is_conflict[:, None, :, None]
    if clearance.takes_program_yellow:
        shown_s = np.minimum(program.yellow_s, clearance.program_yellow_cap_s)
        yellow_s = np.where(np.isnan(shown_s), clearance.yellow_s, shown_s)
    else:
        yellow_s = yellow_by_speed_s(speeds_mps[links], clearance)
    yellow_s = np.where(is_crossing, 0.0, yellow_s)
    min_green_s = np.where(is_crossing, clearance.walk_s, clearance.min_green_s)
    home_ix = home_stages(program.stages)
    return SignalRules(
        signal_ix=signal_ix,
        signal_id=str(city.signals["signal_id"][signal_ix]),
        yellow_s=yellow_s,
        min_green_s=min_green_s,
        max_red_s=clearance.max_red_s,
        all_red_s=between_s,
        is_conflict=is_conflict,
        yields_to=yields_to,
        is_tolerated=np.asarray((~is_free & together & ~yields).any(axis=(1, 3))),
        may_share=(is_free | yields | together).reshape(2 * n, 2 * n),
        is_crossing=is_crossing,
        is_used=np.array(city.links["is_used"][links], np.bool_),
        stages=program.stages.copy(),
        step_stage_ix=program.step_stage_ix,
        step_duration_s=program.step_duration_s,
        home_ix=home_ix,
        worst_red_s=worst_red_s(yellow_s, between_s, min_green_s, len(set(home_ix[home_ix >= 0].tolist()))),
    )


def home_stages(stages: Codes) -> Ints:
    """Return for each link the stage that recalls it: a small cover, most links first; -1 where there is none.

    Parameters
    ----------
    stages : uint8[k, n]
    """
    shows = stages != RED
    home_ix = np.full(stages.shape[1], -1, np.int64)
    while (shows & (home_ix < 0)).any():
        best = int((shows & (home_ix < 0)).sum(axis=1).argmax())
        home_ix[shows[best] & (home_ix < 0)] = best
    return home_ix


def worst_red_s(yellow_s: Floats, all_red_s: Floats, min_green_s: Floats, n_homes: int) -> float:
    """Return the longest red that holds whatever is asked: one order and each home once, at their slowest.

    Parameters
    ----------
    yellow_s, min_green_s : float64[n]
    all_red_s : float64[n, n]
    n_homes : int
        Stages that recall links.
    """
    clear_s = float(np.nan_to_num(all_red_s, nan=0.0).max(initial=0.0))
    block_s = float(yellow_s.max(initial=0.0)) + clear_s + float(min_green_s.max(initial=0.0))
    return (n_homes + 1) * block_s

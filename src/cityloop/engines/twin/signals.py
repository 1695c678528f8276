"""The signals of the twin: the city's plans, and displays that are set from outside."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import (
    BLINKING,
    DARK,
    GREEN,
    GREEN_YIELDING,
    RED,
    RED_YELLOW,
    STOP_THEN_GO,
    YELLOW,
    codes_of,
)
from cityloop.engines.twin.network import TwinNetwork
from cityloop.kernels import lane_records as lr
from cityloop.kernels.lane_records import Ints32, Records

Ints = NDArray[np.int64]
_RULE_OF_CODE: Ints32 = np.zeros(DARK + 1, np.int32)
_RULE_OF_CODE[[RED, RED_YELLOW]] = lr.STOP
_RULE_OF_CODE[[YELLOW, GREEN]] = lr.YELLOW, lr.PROTECTED
_RULE_OF_CODE[[GREEN_YIELDING, STOP_THEN_GO]] = lr.YIELDING, lr.STOP_THEN_YIELD


@dataclass(frozen=True)
class Plans:
    """All plans of all signals as the kernel takes them.

    A signal that rules junctions of several clusters has a face in each.

    Parameters
    ----------
    faces, stages, parts, states : int32
        See ``cityloop.kernels.lane_queues``.
    faces_of_signal : tuple of tuple of int
        Faces of each signal.
    stages_of_plan : dict of (int, int) to (int, int)
        First stage of a face's plan (by face and row of the plan), and the one after its last.
    """

    faces: Records
    stages: Records
    parts: Records
    states: Ints32
    faces_of_signal: tuple[tuple[int, ...], ...]
    stages_of_plan: dict[tuple[int, int], tuple[int, int]]


def rules_shown(network: TwinNetwork, moves: Ints, codes: NDArray[np.uint8]) -> Ints32:
    """Return what movements may do under what their signal heads show (codes of ``city.link_state``).

    A yielding green leads into the bay without yielding; whoever waits there may go on whatever the signal shows, and
    need not yield under a protected green.
    """
    is_off = (codes == BLINKING) | (codes == DARK)
    rules = np.where(is_off, network.rules[moves], _RULE_OF_CODE[np.where(is_off, RED, codes)])
    has_bay = (network.moves["bay_move"][moves] >= 0) & (rules == lr.YIELDING)
    rules = np.where(has_bay, lr.PROTECTED, rules)
    is_from_bay = network.moves["is_from_bay"][moves] == 1
    return np.where(is_from_bay & (rules != lr.PROTECTED), lr.YIELDING, rules).astype(np.int32)


def enter_ranges(clusters: Records, owner: Ints, first: str, last: str) -> None:
    """Write the range of rows that each cluster owns into two of its columns; ``owner`` is sorted."""
    clusters[first] = np.searchsorted(owner, np.arange(len(clusters)))
    clusters[last] = np.searchsorted(owner, np.arange(len(clusters)), side="right")


def plans_of(network: TwinNetwork, city: City, clusters: Records) -> Plans:
    """Return all plans, and enter the faces of each cluster."""
    table = city.movements
    signal = table["signal_ix"][network.movement_ix]
    signalised = np.flatnonzero(signal >= 0)
    cluster = network.cluster_of_node[table["node_ix"][network.movement_ix[signalised]]]
    order = np.lexsort((signalised, signal[signalised], cluster))
    moves, owner, signal_of = signalised[order], cluster[order], signal[signalised[order]]
    firsts = np.flatnonzero((np.diff(owner, prepend=-1) != 0) | (np.diff(signal_of, prepend=-1) != 0))
    lasts = np.append(firsts[1:], len(moves))[: len(firsts)]
    faces = np.zeros(len(firsts), lr.FACE)
    faces["first_part"], faces["last_part"] = firsts, lasts
    faces["switch_ms"] = lr.NEVER
    parts = np.zeros(len(moves), lr.PART)
    parts["move"] = moves
    parts["link"] = np.arange(len(moves)) - np.repeat(firsts, lasts - firsts)
    plans_of_signal: dict[int, list[int]] = {}
    for plan_ix, signal_ix in enumerate(city.plans["signal_ix"].tolist()):
        plans_of_signal.setdefault(signal_ix, []).append(plan_ix)
    link = city.links["index"][np.maximum(table["link_ix"][network.movement_ix[moves]], 0)]
    faces_of_signal: list[list[int]] = [[] for _ in range(city.signals.n_rows)]
    plays: list[tuple[int, int]] = []
    for face, signal_ix in enumerate(signal_of[firsts].tolist()):
        faces_of_signal[signal_ix].append(face)
        plays.extend((face, plan_ix) for plan_ix in plans_of_signal.get(signal_ix, []))
    of_face, of_plan = np.array(plays, np.int64).reshape(-1, 2).T
    begins, ends = city.plans["stages_start"][of_plan], city.plans["stages_end"][of_plan]
    last_stages = np.cumsum(ends - begins)
    stages = np.zeros(last_stages[-1] if len(plays) else 0, lr.STAGE)
    n_shown = np.repeat((lasts - firsts)[of_face], ends - begins)
    stages["first_state"] = np.cumsum(n_shown) - n_shown
    states = np.zeros(n_shown.sum(), np.int32)
    for last_stage, face, begin, end in zip(*(x.tolist() for x in (last_stages, of_face, begins, ends)), strict=True):
        here, rows = slice(firsts[face], lasts[face]), slice(last_stage - (end - begin), last_stage)
        stages["duration_ms"][rows] = np.round(city.stages["duration_s"][begin:end] * 1000)
        if begin < end:
            codes = np.concatenate([codes_of(str(state))[link[here]] for state in city.stages["state"][begin:end]])
            first_state = stages["first_state"][rows.start]
            states[first_state : first_state + len(codes)] = rules_shown(
                network, np.tile(moves[here], end - begin), codes
            )
    enter_ranges(clusters, owner[firsts], "first_face", "last_face")
    return Plans(
        faces=faces,
        stages=stages,
        parts=parts,
        states=states,
        faces_of_signal=tuple(map(tuple, faces_of_signal)),
        stages_of_plan=dict(zip(plays, pairwise([0, *last_stages.tolist()]), strict=True)),
    )


def stage_at(ends_s: Sequence[float], offset_s: float, time_s: float) -> tuple[int, float] | None:
    """Return the stage of a plan at a time, and how much of the cycle has passed; None for a plan without a cycle.

    Parameters
    ----------
    ends_s : sequence of float
        End of each stage in the cycle.
    offset_s, time_s : float
    """
    if not ends_s or ends_s[-1] <= 0:
        return None
    elapsed_s = (time_s - offset_s) % ends_s[-1]
    return min(bisect_right(ends_s, elapsed_s), len(ends_s) - 1), elapsed_s


def put_plan(
    plans: Plans, state: lr.State, city: City, signal_ix: int, plan_ix: int, time_s: float, since_begin_s: float
) -> None:
    """Let a signal play one of its plans from now on, in step with its offset.

    Parameters
    ----------
    plans : Plans
    state : State
    city : City
    signal_ix, plan_ix : int
    time_s : float
        Time of the scenario.
    since_begin_s : float
        The same after the begin of the run.
    """
    rows = slice(int(city.plans["stages_start"][plan_ix]), int(city.plans["stages_end"][plan_ix]))
    durations_s = city.stages["duration_s"][rows]
    ends_s = np.cumsum(durations_s).tolist()
    at = stage_at(ends_s, float(city.plans["offset_s"][plan_ix]), time_s)
    if at is None:
        return
    stage, elapsed_s = at
    begun_s = elapsed_s - (ends_s[stage] - float(durations_s[stage]))
    for face in plans.faces_of_signal[signal_ix]:
        first, last = plans.stages_of_plan[face, plan_ix]
        state.faces["first_stage"][face], state.faces["last_stage"][face] = first, last
        state.faces["stage"][face] = first + (stage - 1) % (last - first)
        state.faces["switch_ms"][face] = round((since_begin_s - begun_s) * 1000)

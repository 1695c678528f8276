"""The twin on several cores: many runs side by side, or one large city in parts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier, BrokenBarrierError

import numpy as np

from cityloop.city.errors import Unusable
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.prepare import TwinRun
from cityloop.engines.twin.simulation import simulate
from cityloop.kernels import lane_queues as lq


def simulate_replicas(network: TwinNetwork, runs: Sequence[TwinRun], begin_s: int, end_s: int, n_threads: int) -> None:
    """Run several runs of one city side by side, each with the bits that it has alone.

    The kernel needs no interpreter, so that threads are enough. This is the way to use many cores where there are
    many runs: they never wait for each other.

    Parameters
    ----------
    network : TwinNetwork
    runs : sequence of TwinRun
        Of that network; traffic, plans and seeds may differ. Their states are changed in place.
    begin_s, end_s : int
        Whole seconds after the begin of the runs.
    n_threads : int
        So many run at a time.

    Raises
    ------
    Unusable
        Where there is no thread.
    """
    _check(n_threads)
    pool = ThreadPoolExecutor(n_threads)
    try:
        for _ in pool.map(lambda run: simulate(network, run, begin_s, end_s), runs):
            pass
    finally:
        # after an interrupt nothing new begins
        pool.shutdown(cancel_futures=True)


def simulate_parallel(
    network: TwinNetwork, run: TwinRun, begin_s: int, end_s: int, n_threads: int, window_s: int | None = None
) -> None:
    """Run one city in parts side by side, with the bits of ``simulate``.

    Each thread has a range of clusters with its share of the lanes; after each window all wait for the slowest. It
    pays from some 300 junctions on cores that nobody else uses, and in calls of many windows: threads are started by
    each call, which costs as much as a second of a large city.

    Parameters
    ----------
    network : TwinNetwork
    run : TwinRun
        Its state is changed in place.
    begin_s, end_s : int
        Whole seconds after the begin of the run.
    n_threads : int
    window_s : int, optional
        Seconds that clusters run side by side; at most that of the network, which is the default.

    Raises
    ------
    Unusable
        Where there is no thread.
    """
    _check(n_threads)
    step_s = min(window_s or network.window_s, network.window_s)
    tails, known = run.state.tails, run.state.tails.copy()
    # who enters a lane becomes known to the cluster at its end when no thread is at work
    state = run.state._replace(known=known)
    parts = parts_of(network, n_threads)
    barrier = Barrier(len(parts), action=lambda: np.copyto(known, tails))

    def play(first: int, last: int) -> None:
        try:
            for begin in range(begin_s, end_s, step_s):
                lq.advance(first, last, begin, min(begin + step_s, end_s), step_s, run.built, state)
                barrier.wait()
        except BrokenBarrierError:
            pass  # another thread says why
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(len(parts)) as pool:
        others = [pool.submit(play, first, last) for first, last in parts[1:]]
        play(*parts[0])
        for other in others:
            other.result()


def parts_of(network: TwinNetwork, n_parts: int) -> list[tuple[int, int]]:
    """Return ranges of clusters with about as many lanes each; no more than there are clusters."""
    ends = network.clusters["last_lane"].astype(np.int64)
    cuts = np.searchsorted(ends, ends[-1] * np.arange(1, n_parts) / n_parts)
    return list(pairwise(np.unique(np.concatenate([[0], cuts, [len(ends)]])).tolist()))


def _check(n_threads: int) -> None:
    if n_threads < 1:
        raise Unusable(f"{n_threads} threads run nothing", "twin on several cores", "give at least 1")

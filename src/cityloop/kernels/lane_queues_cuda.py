"""The twin's kernel on a graphics processor: the functions of ``lane_queues`` compiled a second time, for CUDA.

The model stands in ``lane_queues`` and nowhere else. Here its functions get a name space of their own, in which each
of them calls the others as CUDA device functions. A thread runs one cluster of one replica for one window; state is
whole numbers only, so that the bits are those of the processor. Needs ``numba-cuda``, and so is imported only where a
graphics processor is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from numba import cuda
from numba.core.registry import CPUDispatcher

from cityloop.kernels import lane_queues as lq
from cityloop.kernels.lane_records import Built, Ints32, State

BY_REPLICA = ("clusters", "stages", "parts", "states", "queues", "dwells")
"""What of ``Built`` each replica has for itself, as ``[replica, row, column]``; the rest they share."""
INTERLEAVED = ("faces", "exits", "heads", "due", "entries", "tails", "known", "shown")
"""What of ``State`` lies as ``[row, replica, column]``: neighbouring threads run the same cluster of neighbouring
replicas and read these side by side. The rest lies as ``[replica, row, column]``: replicas are at different places
there."""

# the window that is being run
BEGIN_S, END_S, N_CLOCK = range(3)


@cuda.jit(device=True)
def _prefetch(array: Any, row: int) -> None:
    """Do nothing: while one thread waits for memory, another one runs."""


def _for_device(name: str) -> Callable[..., Any]:
    """Return a function of ``lane_queues`` as CUDA device function, with all that it calls."""
    space: dict[str, Any] = dict(vars(lq)) | {"prefetch": _prefetch}
    for key, value in vars(lq).items():
        if isinstance(value, CPUDispatcher):
            space[key] = cuda.jit(device=True)(FunctionType(value.py_func.__code__, space, key))
    function: Callable[..., Any] = space[name]
    return function


_advance = _for_device("advance")


@cuda.jit
def advance_replicas(clock: Ints32, built: Built, state: State) -> None:
    """Run all clusters of all replicas for one window, at least a thread for each cluster of each replica.

    Parameters
    ----------
    clock : int32, shape (N_CLOCK,)
        The window; it lies on the device, so that launches can be recorded and played again.
    built : Built
        See ``BY_REPLICA``.
    state : State
        See ``INTERLEAVED``; changed in place.
    """
    thread, n_replicas = cuda.grid(1), built.clusters.shape[0]
    cluster, replica = thread // n_replicas, thread % n_replicas
    if cluster < built.clusters.shape[1]:
        own_built = Built(
            built.numbers,
            built.clusters[replica],
            built.lanes,
            built.moves,
            built.foes,
            built.turns,
            built.ways,
            built.stages[replica],
            built.parts[replica],
            built.states[replica],
            built.queues[replica],
            built.dwells[replica],
        )
        own_state = State(
            state.faces[:, replica],
            state.sources[replica],
            state.exits[:, replica],
            state.heads[:, replica],
            state.due[:, replica],
            state.entries[:, replica],
            state.tails[:, replica],
            state.known[:, replica],
            state.rings[replica],
            state.shown[:, replica],
            state.vehicles[replica],
            state.steps[replica],
        )
        _advance(
            cluster, cluster + 1, clock[BEGIN_S], clock[END_S], clock[END_S] - clock[BEGIN_S], own_built, own_state
        )


@cuda.jit
def next_window(clock: Ints32, window_s: int, end_s: int, state: State) -> None:
    """Go on to the window after the one that was run: a thread for each lane of each replica, at least one.

    Until now clusters knew only who had entered before the window; nobody else could matter to them within it.

    Parameters
    ----------
    clock : int32, shape (N_CLOCK,)
    window_s : int
    end_s : int
        No window ends later.
    state : State
        Changed in place.
    """
    thread, n_replicas = cuda.grid(1), state.tails.shape[1]
    lane, replica = thread // n_replicas, thread % n_replicas
    if lane < state.tails.shape[0]:
        state.known[lane, replica] = state.tails[lane, replica]
    if thread == 0:
        clock[BEGIN_S] = clock[END_S]
        clock[END_S] = min(clock[END_S] + window_s, end_s)

"""The twin on a graphics processor: many runs of one city side by side.

The model's functions and their bits are those of the processor (``kernels.lane_queues_cuda``). Tested are the bits in
numba's CUDA simulator; nothing of this module has run on a graphics processor yet. Launches are not recorded as a CUDA
graph: each costs the host about 0.1 ms, which counts in small cities. The clock lies on the device, so that a
recording can be added where there is one to measure it on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.prepare import TwinRun
from cityloop.kernels import lane_records as lr

if TYPE_CHECKING:
    from types import ModuleType

_WHERE = "twin on a graphics processor"
_BLOCK = 64
"""Small blocks spread few threads over the device; as a thread takes 176 registers of an H100, blocks of more than 352
could not be started there."""


class GpuRuns:
    """Runs of one city on the device.

    Parameters
    ----------
    network : TwinNetwork
    runs : sequence of TwinRun
        Of that network; traffic, plans and seeds may differ. They are copied to the device, and what happens there
        shows in them only after ``fetch``.
    block : int
        Threads of a block.

    Raises
    ------
    Unusable
        Where ``numba-cuda`` or a device is absent, or where there is no run.
    """

    def __init__(self, network: TwinNetwork, runs: Sequence[TwinRun], block: int = _BLOCK) -> None:
        if not runs:
            raise Unusable("there is no run", _WHERE, "give at least one")
        self._kernels = _kernels()
        self._network, self._runs = network, tuple(runs)
        self._block = block
        self._built = lr.Built(**{name: self._to_device(name) for name in lr.Built._fields})
        self._state = lr.State(**{name: self._to_device(name) for name in lr.State._fields})

    def advance(self, begin_s: int, end_s: int, window_s: int | None = None) -> None:
        """Run all clusters from one second to another, window by window; returns when the device is done.

        Parameters
        ----------
        begin_s, end_s : int
            Whole seconds after the begin of the runs.
        window_s : int, optional
            Seconds that clusters run side by side; at most that of the network, which is the default.
        """
        kernels, cuda = self._kernels, self._kernels.cuda
        step_s = min(window_s or self._network.window_s, self._network.window_s)
        clock = cuda.to_device(np.array([begin_s, min(begin_s + step_s, end_s)], np.int32))
        n_replicas, block = len(self._runs), self._block
        n_blocks = -(-len(self._network.clusters) * n_replicas // block)
        n_lane_blocks = -(-len(self._network.lanes) * n_replicas // block)
        for _ in range(begin_s, end_s, step_s):
            kernels.advance_replicas[n_blocks, block](clock, self._built, self._state)
            kernels.next_window[n_lane_blocks, block](clock, step_s, end_s, self._state)
        cuda.synchronize()

    def fetch(self) -> None:
        """Copy the state on the device into the runs."""
        for name in lr.State._fields:
            rows = getattr(self._state, name).copy_to_host()
            for replica, run in enumerate(self._runs):
                array: NDArray[np.int32] = getattr(run.state, name)
                array[:] = self._of_replica(name, rows, replica)[: len(array)]

    def _to_device(self, name: str) -> Any:
        """Return an array of all runs on the device; where lengths differ, filled up with rows that nobody looks at."""
        part = "built" if name in lr.Built._fields else "state"
        arrays = [getattr(getattr(run, part), name) for run in self._runs]
        if part == "built" and name not in self._kernels.BY_REPLICA:
            return self._kernels.cuda.to_device(arrays[0].astype(_kind(arrays[0].dtype)))
        shape = (max(1, *(len(array) for array in arrays)), *arrays[0].shape[1:])
        place = (shape[0], len(arrays)) if name in self._kernels.INTERLEAVED else (len(arrays), shape[0])
        # stops are looked up by their step: those that fill up come after all others
        rows = np.full((*place, *shape[1:]), lr.NEVER, _kind(arrays[0].dtype))
        for replica, array in enumerate(arrays):
            self._of_replica(name, rows, replica)[: len(array)] = array
        return self._kernels.cuda.to_device(rows)

    def _of_replica(self, name: str, rows: NDArray[Any], replica: int) -> NDArray[Any]:
        view: NDArray[Any] = rows[:, replica] if name in self._kernels.INTERLEAVED else rows[replica]
        return view


def simulate_on_gpu(
    network: TwinNetwork, runs: Sequence[TwinRun], begin_s: int, end_s: int, window_s: int | None = None
) -> None:
    """Run all clusters of all runs from one second to another on a graphics processor, with the bits of ``simulate``.

    Copies the runs there and back; for more than one stretch of time ``GpuRuns`` keeps them there.

    Parameters
    ----------
    network : TwinNetwork
    runs : sequence of TwinRun
        Their states are changed in place.
    begin_s, end_s : int
        Whole seconds after the begin of the runs.
    window_s : int, optional
        Seconds that clusters run side by side; at most that of the network, which is the default.

    Raises
    ------
    Unusable
        Where ``numba-cuda`` or a device is absent.
    """
    on_device = GpuRuns(network, runs)
    on_device.advance(begin_s, end_s, window_s)
    on_device.fetch()


def _kernels() -> ModuleType:
    if importlib.util.find_spec("numba_cuda") is None:
        raise Unusable("numba-cuda is not installed", _WHERE, "install it with pip install 'cityloop[gpu]'")
    from numba import cuda

    if not cuda.is_available():
        raise Unusable("there is no CUDA device", _WHERE, "use a machine with one, or run the twin on the processor")
    from cityloop.kernels import lane_queues_cuda

    return lane_queues_cuda


def _kind(kind: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of an array on the device.

    In numba's simulator products of ``int32`` would overflow, and columns are found by name only in ``np.record``.
    """
    from numba import cuda

    if not cuda.config.ENABLE_CUDASIM:
        return kind
    return np.dtype((np.record, [(name, np.int64) for name in kind.names])) if kind.names else np.dtype(np.int64)

"""Running the kernel: in one go, in windows, over cores."""

from __future__ import annotations

from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.prepare import TwinRun
from cityloop.kernels import lane_queues as lq


def simulate(network: TwinNetwork, run: TwinRun, begin_s: int, end_s: int, window_s: int | None = None) -> None:
    """Run all clusters from one second to another on one core.

    Parameters
    ----------
    network : TwinNetwork
    run : TwinRun
        Its state is changed in place.
    begin_s, end_s : int
        Whole seconds after the begin of the run.
    window_s : int, optional
        Seconds that a cluster runs before the next one does; at most that of the network, which is the default.
    """
    window_s = min(window_s or network.window_s, network.window_s)
    lq.advance(0, len(run.built.clusters), begin_s, end_s, window_s, run.built, run.state)

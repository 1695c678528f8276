"""Runs the twin in numba's CUDA simulator and prints, for each case, which arrays differ from the processor's.

Started by ``test_gpu`` in a process of its own: the simulator is chosen by the environment before numba is imported.
"""

from __future__ import annotations

import json
import sys

from cityloop.engines.twin.gpu import GpuRuns, simulate_on_gpu
from cityloop.engines.twin.simulation import simulate

from .small_runs import differing, small_city, small_network, small_run

WARM_S, LONG_S = 580, 12
"""The processor fills the city before the simulator, which is slow, takes over."""


def main() -> None:
    """Print a JSON object."""
    city = small_city()
    network = small_network(city)

    def runs(*sizes: int, until_s: int = WARM_S) -> list:  # type: ignore[type-arg]
        made = [small_run(network, city, seed, n) for seed, n in enumerate(sizes, 1)]
        for run in made:
            simulate(network, run, 0, until_s)
        return made

    def compare(on_gpu: list, sizes: tuple[int, ...], until_s: int) -> list[str]:  # type: ignore[type-arg]
        own = runs(*sizes, until_s=until_s)
        assert sum(int((run.state.tails - run.state.heads).sum()) for run in own) > 0
        return [name for one, other in zip(on_gpu, own, strict=True) for name in differing(one, other)]

    found = {}
    for window_s, block in ((None, 64), (10, 7), (4, 512), (1, 1)):
        on_gpu = runs(1500)
        on_device = GpuRuns(network, on_gpu, block)
        on_device.advance(WARM_S, WARM_S + LONG_S, window_s)
        assert differing(on_gpu[0], runs(1500)[0]) == []  # nothing has come back yet
        on_device.fetch()
        found[f"one run, window {window_s}, block {block}"] = compare(on_gpu, (1500,), WARM_S + LONG_S)
    sizes = (1200, 1500, 3)
    on_gpu = runs(*sizes)
    on_device = GpuRuns(network, on_gpu)
    on_device.advance(WARM_S, WARM_S + 7)
    on_device.advance(WARM_S + 7, WARM_S + LONG_S)
    on_device.fetch()
    found["replicas"] = compare(on_gpu, sizes, WARM_S + LONG_S)
    on_gpu = runs(1500, 700, until_s=0)
    simulate_on_gpu(network, on_gpu, 0, 20)
    found["from the begin"] = compare(on_gpu, (1500, 700), 20)
    on_gpu = runs(1500)
    simulate_on_gpu(network, on_gpu, WARM_S, WARM_S + 5)
    simulate(network, on_gpu[0], WARM_S + 5, WARM_S + 15)
    found["and on with the processor"] = compare(on_gpu, (1500,), WARM_S + 15)
    on_gpu = runs(1500)
    simulate_on_gpu(network, on_gpu, WARM_S, WARM_S)
    found["no time"] = compare(on_gpu, (1500,), WARM_S)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

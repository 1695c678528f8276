from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cityloop.city.errors import Unusable
from cityloop.engines.twin.gpu import GpuRuns, simulate_on_gpu
from cityloop.kernels import lane_records as lr

from .small_runs import small_city, small_network, small_run

ROOT = Path(__file__).parents[3]
has_numba_cuda = importlib.util.find_spec("numba_cuda") is not None
needs_numba_cuda = pytest.mark.skipif(not has_numba_cuda, reason="numba-cuda is not installed")


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """Return which arrays differ from the processor's in numba's CUDA simulator, by case."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.engines.twin.simulated_gpu"],
        cwd=ROOT,
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    cases: dict[str, list[str]] = json.loads(ran.stdout)
    return cases


@needs_numba_cuda
@pytest.mark.parametrize(
    "case",
    [
        "one run, window None, block 64",
        "one run, window 10, block 7",
        "one run, window 4, block 512",
        "one run, window 1, block 1",
        "replicas",
        "from the begin",
        "and on with the processor",
        "no time",
    ],
)
def test_cuda_has_the_bits_of_the_processor(found: dict[str, list[str]], case: str) -> None:
    assert found[case] == []


@needs_numba_cuda
def test_every_array_has_its_layout() -> None:
    kernels = pytest.importorskip("cityloop.kernels.lane_queues_cuda")
    assert set(kernels.BY_REPLICA) < set(lr.Built._fields)
    assert set(kernels.INTERLEAVED) < set(lr.State._fields)


@needs_numba_cuda
def test_no_device_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba import cuda

    monkeypatch.setattr(cuda, "is_available", lambda: False)
    network = small_network(small_city())
    with pytest.raises(Unusable, match=r"^[^\n]*no CUDA device[^\n]*$"):
        simulate_on_gpu(network, [small_run(network, small_city(), 1, 5)], 0, 1)


def test_no_numba_cuda_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str) -> ModuleType | None:
        assert name == "numba_cuda"
        return None

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    network = small_network(small_city())
    with pytest.raises(Unusable, match=r"^[^\n]*pip install 'cityloop\[gpu\]'[^\n]*$"):
        GpuRuns(network, [small_run(network, small_city(), 1, 5)])


def test_no_run_is_refused() -> None:
    with pytest.raises(Unusable, match="give at least one"):
        GpuRuns(small_network(small_city()), [])

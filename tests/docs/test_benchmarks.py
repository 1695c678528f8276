"""The benchmarks fit the program: what they import is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_every_benchmark_can_be_loaded():
    names = sorted(path.stem for path in BENCHMARKS.glob("*.py"))
    assert {"decide", "signals", "twin"} <= set(names)
    command = [sys.executable, "-c", f"import {', '.join(names)}"]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Processes of their own: their processor time, their memory, and what they print."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Process:
    """What a process took, and its standard output."""

    cpu_s: float
    wall_s: float
    peak_bytes: int
    text: str


def run_process(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> Process:
    """Run a command to its end.

    Parameters
    ----------
    command : sequence of str or Path
    environment : dict of str to str, optional
        Variables that are set beside those of this process.

    Raises
    ------
    RuntimeError
        When it fails; with what it said.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begin_s = perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=err, env={**os.environ, **(environment or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = perf_counter() - begin_s
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {err.read()[-2000:]}")
        return Process(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss * 1024, out.read())

"""What people see: a progress bar on standard error, figures that read well."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def apart() -> Iterator[IO[str]]:
    """Keep what libraries print to the process's own streams from the user; gives the real standard error.

    SUMO and its libraries write to the file descriptors themselves, past Python, and would end up among the results.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {stream: os.dup(stream) for stream in (1, 2)}
    with tempfile.TemporaryFile() as elsewhere, os.fdopen(os.dup(2), "w", encoding="utf-8") as screen:
        for stream in kept:
            os.dup2(elsewhere.fileno(), stream)
        try:
            yield screen
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, before in kept.items():
                os.dup2(before, stream)
                os.close(before)


@contextmanager
def progress_bar(screen: IO[str], is_shown: bool) -> Iterator[Progress]:
    """Give a progress bar with the time left; it shows on terminals only."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(file=screen)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not (is_shown and console.is_terminal)) as bar:
        yield bar


def figure(value: float | None, digits: int = 1) -> str:
    """Return a number for a table; a dash where it cannot be told."""
    return "-" if value is None else f"{value:.{digits}f}"


def plus_minus(interval: Mapping[str, Any], digits: int = 1) -> str:
    """Return a mean with half of its interval, ``12.3 ± 1.3``."""
    if interval["low"] is None:
        return figure(interval["mean"], digits)
    return f"{interval['mean']:.{digits}f} ± {interval['high'] - interval['mean']:.{digits}f}"


def percent(interval: Mapping[str, Any]) -> str:
    """Return the mean of a share in per cent."""
    return "-" if interval["mean"] is None else f"{100 * interval['mean']:.0f} %"


def change(ratio: Mapping[str, Any]) -> str:
    """Return a ratio with its interval as a change in per cent, ``-46 % [-51, -41]``."""
    if ratio["mean"] is None:
        return "-"
    text = f"{100 * (ratio['mean'] - 1):+.0f} %"
    if ratio["low"] is None:
        return text
    return f"{text} [{100 * (ratio['low'] - 1):+.0f}, {100 * (ratio['high'] - 1):+.0f}]"

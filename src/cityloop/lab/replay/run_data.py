"""What moves in a replay: vehicles and signals over time, read from a run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable
from cityloop.lab.replay.packing import pack
from cityloop.measures.signals import Displays
from cityloop.run.folder import STANDING, read_arrays

_COLUMNS = {"t_s", "first", "way_ix", "n_standing", "n_moving", "head_m"}


def read_standing(run_dir: Path) -> dict[str, NDArray[Any]]:
    """Return the columns of ``cityloop.run.onlookers.Standing`` that a run has kept.

    Raises
    ------
    Unusable
        When it has kept none, or of another layout.
    """
    standing = read_arrays(run_dir / STANDING) if (run_dir / STANDING).is_file() else {}
    if not standing.keys() >= _COLUMNS:
        raise Unusable("the run has not kept what a replay needs", str(run_dir), "run it again with --replay")
    return standing


def moving_data(standing: dict[str, NDArray[Any]], displays: Displays) -> dict[str, Any]:
    """Return the vehicles and the signals over time for the page; times in milliseconds since the window's begin.

    Parameters
    ----------
    standing : dict
        Columns of ``cityloop.run.onlookers.Standing``.
    displays : Displays
    """
    begin_s = float(displays.t_s[0]) if len(displays.t_s) else 0.0
    return {
        "begin_s": begin_s,
        "end_s": displays.end_s,
        "t_ms": pack(np.round((standing["t_s"] - begin_s) * 1000), is_delta=True),
        "first": pack(standing["first"], is_delta=True),
        "way_ix": pack(standing["way_ix"], is_delta=True),
        "n_standing": pack(standing["n_standing"]),
        "n_moving": pack(standing["n_moving"]),
        "head_m": pack(np.round(np.nan_to_num(standing["head_m"]))),
        "display_t_ms": pack(np.round((displays.t_s - begin_s) * 1000), is_delta=True),
        "display": pack(displays.codes, is_delta=True),
    }

"""The folder of a run: ``<out>/runs/<scenario>/<arm>/<seed>/``.

| file | holds |
| --- | --- |
| ``run.json`` | specification, setting, versions, figures, faults, refusals; there only when the run is finished |
| ``trips.npz`` | one row a trip, columns of the schema ``trips`` |
| ``roads.npz`` | per period and road, as in ``cityloop.measures.roads.RoadPeriods`` |
| ``queues.npz`` | ``t_s``, ``queue_veh``, ``outside_veh``, ``running_veh``, means of ten seconds |
| ``displays.npz`` | ``t_s``, ``codes`` (one column a link of the city), ``end_s``: what the signals showed |
| ``red_waits.npz`` | ``longest_s``, one a link of the city: longest time that somebody waited at red |
| ``tracks.npz`` | where kept: one row a vehicle and second: ``t_s``, ``vehicle_ix``, ``lane_ix``, ``position_m``, ... |
| ``standing.npz`` | where the run is to be replayed: columns of ``cityloop.run.onlookers.Standing`` |
| ``memory.npz`` | where the arm learns: what its service keeps for the next day |

A run writes into a hidden folder beside its place, which takes its name when everything is in it.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable
from cityloop.city.table import Table
from cityloop.measures.roads import RoadPeriods
from cityloop.measures.signals import Displays

RUN, TRIPS, ROADS, QUEUES = "run.json", "trips.npz", "roads.npz", "queues.npz"
DISPLAYS, RED_WAITS, TRACKS, MEMORY = "displays.npz", "red_waits.npz", "tracks.npz", "memory.npz"
STANDING = "standing.npz"


def run_folder(out_dir: Path, scenario_name: str, arm: str, seed: int, room: str = "runs") -> Path:
    """Return the folder of a run, or with ``room="raw"`` that of the simulator's own outputs."""
    return out_dir / room / scenario_name / arm / str(seed)


def read_run(folder: Path) -> dict[str, Any] | None:
    """Return ``run.json`` of a finished run; ``None`` where there is none."""
    try:
        run: dict[str, Any] = json.loads((folder / RUN).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:  # not written by this project: as good as none
        return None
    return run


def read_trips_of(folder: Path) -> Table:
    """Return the trips of a finished run."""
    return Table("trips", read_arrays(folder / TRIPS))


def read_roads_of(folder: Path) -> RoadPeriods:
    """Return what happened on each road in a finished run."""
    return RoadPeriods(**read_arrays(folder / ROADS))


def read_displays_of(folder: Path) -> Displays:
    """Return what the signals showed in a finished run."""
    arrays = read_arrays(folder / DISPLAYS)
    return Displays(arrays["t_s"], arrays["codes"], float(arrays["end_s"]))


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays to an ``.npz`` file; text is stored as fixed-width text, so that no pickle is needed."""
    columns = {name: np.asarray(values) for name, values in arrays.items()}
    plain = {name: values.astype(np.str_) if values.dtype == object else values for name, values in columns.items()}
    np.savez_compressed(path, allow_pickle=False, **plain)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file.

    Raises
    ------
    Unusable
        When it is missing or no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise Unusable(f"cannot be read ({error})", str(path), "run it again") from error


@contextmanager
def writing(target: Path) -> Iterator[Path]:
    """Give a hidden folder that becomes ``target`` when the block ends well, and vanishes otherwise.

    Raises
    ------
    Unusable
        When it cannot be written, or the disk is full.
    """
    work = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        with written_safely(target):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            yield work
            put_in_place(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def put_in_place(work: Path, target: Path) -> None:
    """Let a finished folder take the name of its target; what was there goes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        old = target.parent / f".{target.name}.{os.getpid()}.old"
        target.rename(old)
        work.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        work.rename(target)


def drop_leftovers(target: Path) -> None:
    """Remove hidden folders that killed runs of the same target left behind."""
    for leftover in (*target.parent.glob(f".{target.name}.*.part"), *target.parent.glob(f".{target.name}.*.old")):
        shutil.rmtree(leftover, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a file in one piece: beside its place first, then renamed.

    Raises
    ------
    Unusable
        When it cannot be written, or the disk is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with written_safely(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(text, "utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def written_safely(path: Path) -> Iterator[None]:
    """Turn errors of writing into one line.

    Raises
    ------
    Unusable
        In place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        mend = (
            "free space and give the same command again: what is finished is kept" if full else "choose another --out"
        )
        raise Unusable(f"cannot be written ({error.strerror or error})", str(path), mend) from error

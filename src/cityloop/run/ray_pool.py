"""Runs on a Ray cluster: the specification travels there, the run's folder travels back.

The scenario has to be there too: in a package, or under the same path.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cityloop.city.errors import Unusable
from cityloop.run import folder
from cityloop.run.pool import N_TRIES, Outcome, Run, outcome_of
from cityloop.run.spec import RunSpec

Files = dict[str, bytes]


def run_all(specs: Sequence[RunSpec], address: str, on_result: Callable[[Outcome], None], run: Run) -> list[Outcome]:
    """Run all specifications on a cluster, each in a process of its own; see ``cityloop.run.pool.run_all``.

    Raises
    ------
    Unusable
        When Ray is not installed or the cluster does not answer.
    """
    try:
        import ray
    except ImportError:
        raise Unusable("Ray is not installed", f"--pool {address}", "pip install 'cityloop[cluster]'") from None
    try:
        ray.init(address, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise Unusable(f"the cluster does not answer ({error})", f"--pool {address}", "check the address") from error
    try:
        there = ray.remote(num_cpus=1, max_calls=1, max_retries=N_TRIES - 1)(run_there)
        places: dict[Any, int] = {}
        for place, spec in enumerate(specs):
            memory = spec.memory_path.read_bytes() if spec.memory_path else None
            places[there.remote(spec, memory, run)] = place
        outcomes: dict[int, Outcome] = {}
        while len(outcomes) < len(specs):
            (ready, *_), _ = ray.wait([ref for ref, place in places.items() if place not in outcomes])
            place = places[ready]
            outcomes[place] = _outcome(specs[place], ready, ray)
            on_result(outcomes[place])
    finally:
        ray.shutdown()
    return [outcomes[place] for place in range(len(specs))]


def _outcome(spec: RunSpec, ready: Any, ray: Any) -> Outcome:
    try:
        outcome, files = ray.get(ready)
    except ray.exceptions.RayError as error:
        return Outcome(spec, failure=f"its process died, {N_TRIES} times ({str(error).splitlines()[0]})")
    try:
        unpack(files, spec.out_dir)
    except Unusable as error:
        return Outcome(spec, unusable=error)
    return Outcome(spec, outcome.result, outcome.unusable, outcome.failure)


def run_there(spec: RunSpec, memory: bytes | None, run: Run) -> tuple[Outcome, Files]:
    """Run in a folder that does not outlive the call and return the outcome and the files written."""
    with tempfile.TemporaryDirectory(prefix="cityloop-") as name:
        here = Path(name)
        if memory is not None:
            (here / folder.MEMORY).write_bytes(memory)
            spec = replace(spec, memory_path=here / folder.MEMORY)
        out_dir = here / "out"
        outcome = outcome_of(run, replace(spec, out_dir=out_dir))
        paths = [path for path in sorted(out_dir.rglob("*")) if path.is_file()]
        return outcome, {str(path.relative_to(out_dir)): path.read_bytes() for path in paths}


def unpack(files: Files, out_dir: Path) -> None:
    """Write the files of a run, folder by folder in one piece, the run's own folder last.

    Raises
    ------
    Unusable
        When they cannot be written.
    """
    by_folder: dict[Path, Files] = {}
    for name, content in files.items():
        by_folder.setdefault(Path(name).parent, {})[Path(name).name] = content
    for place in sorted(by_folder, key=lambda place: place.parts[0] == "runs"):
        with folder.writing(out_dir / place) as work:
            for name, content in by_folder[place].items():
                (work / name).write_bytes(content)

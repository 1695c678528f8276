"""Runs in parallel, in processes: on this machine, or on a Ray cluster.

SUMO is one a process and gets a new one for each run; the twin's runs follow each other in the same. A process that
dies takes only the run along that it was at work on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from cityloop.city.errors import Unusable
from cityloop.run.once import run_once
from cityloop.run.spec import RunResult, RunSpec

N_TRIES = 2
"""A run whose process dies is tried so many times in all."""

Run = Callable[[RunSpec], RunResult]


@dataclass(frozen=True)
class Outcome:
    """What became of a run: its result, or why there is none.

    Parameters
    ----------
    spec : RunSpec
    result : RunResult or None
    unusable : Unusable or None
        The run was refused.
    failure : str
        Why the process died or the run failed; empty otherwise.
    """

    spec: RunSpec
    result: RunResult | None = None
    unusable: Unusable | None = None
    failure: str = ""


def run_all(
    specs: Sequence[RunSpec],
    where: int | str,
    on_result: Callable[[Outcome], None] = lambda outcome: None,
    run: Run = run_once,
) -> list[Outcome]:
    """Run all specifications; one that fails does not keep the others from running.

    A run whose process dies is tried once more. An interrupt ends the running processes and is passed on;
    finished runs stay.

    Parameters
    ----------
    specs : sequence of RunSpec
    where : int or str
        Number of processes on this machine, or the address of a Ray cluster (``ray://host:port``).
    on_result : callable, optional
        Told each outcome as it comes.
    run : callable, optional
        What to do with a specification, a function that other processes can import.

    Returns
    -------
    list of Outcome
        In the order of ``specs``.

    Raises
    ------
    Unusable
        When Ray is asked for and not installed or not reached.
    """
    if isinstance(where, str):
        from cityloop.run import ray_pool

        return ray_pool.run_all(specs, where, on_result, run)
    outcomes: dict[int, Outcome] = {}
    waiting = deque((place, 1) for place in range(len(specs)))
    busy: list[_Worker] = []
    idle: list[_Worker] = []
    with tempfile.TemporaryDirectory(prefix="cityloop-") as words_dir:
        try:
            while waiting or busy:
                while waiting and len(busy) < max(1, where):
                    place, n_tries = waiting.popleft()
                    if not idle:
                        with _interrupts_held_back():
                            idle.append(_start(run, Path(words_dir) / f"{place}-{n_tries}"))
                    busy.append(idle.pop())
                    busy[-1].take(_Job(specs[place], place, n_tries))
                ready = wait([worker.connection for worker in busy])
                for worker in [worker for worker in busy if worker.connection in ready]:
                    busy.remove(worker)
                    job, outcome = worker.job, worker.outcome()
                    if outcome is not None and _leaves_nothing(job.spec):
                        idle.append(worker)
                    else:
                        worker.end()
                    if outcome is None and job.n_tries < N_TRIES:
                        waiting.append((job.place, job.n_tries + 1))
                        continue
                    outcomes[job.place] = outcome or Outcome(job.spec, failure=worker.epitaph())
                    on_result(outcomes[job.place])
            for worker in idle:
                worker.end()
        finally:
            for worker in (*busy, *idle):
                worker.process.terminate()
            for worker in (*busy, *idle):
                worker.process.join()
    return [outcomes[place] for place in range(len(specs))]


def _leaves_nothing(spec: RunSpec) -> bool:
    """Whether a process is as good as new after a run; one that SUMO ran in is not used again."""
    return spec.engine == "twin"


@dataclass(frozen=True)
class _Job:
    spec: RunSpec
    place: int
    n_tries: int


@dataclass
class _Worker:
    """A process and what it is at work on."""

    process: BaseProcess
    connection: Connection
    words_path: Path
    job: _Job = field(init=False)

    def take(self, job: _Job) -> None:
        """Give it a run to do."""
        self.job = job
        with suppress(OSError):  # it has died meanwhile: seen when its outcome is asked for
            self.connection.send(job.spec)

    def outcome(self) -> Outcome | None:
        """Return what the process sent; None where it died before it could."""
        try:
            outcome: Outcome = self.connection.recv()
        except (EOFError, OSError):
            return None
        return outcome

    def end(self) -> None:
        """Let the process end, and wait until it has."""
        self.connection.close()
        self.process.join()

    def epitaph(self) -> str:
        """Return how the process ended and the last line that it wrote."""
        code = self.process.exitcode
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        lines = self.words_path.read_text("utf-8", "replace").strip().splitlines() if self.words_path.exists() else []
        last = f" ({lines[-1].strip()})" if lines else ""
        return f"its process {how}, {self.job.n_tries} times{last}"


def _start(run: Run, words_path: Path) -> _Worker:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_work, args=(run, theirs, words_path), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, mine, words_path)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let an interrupt come only afterwards, and never to the processes that are started meanwhile.

    It is the parent's to deal with. A process that is not yet in our own code would answer it with Python's words,
    and a parent that leaves in the midst of a start would leave half a process behind.
    """
    resource_tracker.ensure_running()  # its first start would lift the mask
    held: list[int] = []
    handler = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
    if handler is not None:
        signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # new processes inherit it; other threads do not
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
    if held:
        signal.raise_signal(signal.SIGINT)


def _work(run: Run, connection: Connection, words_path: Path) -> None:
    words = os.open(words_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):  # what libraries print would end up among the results or in the progress bar
        os.dup2(words, stream)
    while True:
        try:
            spec = connection.recv()
        except EOFError:
            return
        connection.send(outcome_of(run, spec))


def outcome_of(run: Run, spec: RunSpec) -> Outcome:
    """Run a specification here and return what became of it, whatever it raises."""
    try:
        return Outcome(spec, run(spec))
    except Unusable as error:
        return Outcome(spec, unusable=error)
    except Exception as error:  # noqa: BLE001  the others go on
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome(spec, failure=f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")

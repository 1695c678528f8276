"""Processes that end well, fail, die and are interrupted."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cityloop.city.errors import Unusable
from cityloop.run.pool import Outcome, _interrupts_held_back, run_all
from cityloop.run.spec import RunSpec


def specs(tmp_path: Path, n: int = 3, scenario: str = "s.sumocfg") -> list[RunSpec]:
    return [RunSpec(scenario, "field", seed, tmp_path) for seed in range(1, n + 1)]


def test_outcomes_come_in_the_order_of_the_specifications_and_nobody_prints(tmp_path, fakes, capfd):
    told: list[Outcome] = []
    outcomes = run_all(specs(tmp_path), 2, told.append, fakes.plain)
    assert [outcome.result.seed for outcome in outcomes] == [1, 2, 3]
    assert sorted(outcome.spec.seed for outcome in told) == [1, 2, 3]
    assert capfd.readouterr() == ("", "")


def test_a_run_whose_process_dies_is_tried_again(tmp_path, fakes):
    outcomes = run_all(specs(tmp_path), 2, run=fakes.dies_once)
    assert all(outcome.result is not None for outcome in outcomes)
    assert (tmp_path / "tried-2").exists()


def test_a_run_whose_process_dies_again_is_reported_and_the_others_go_on(tmp_path, fakes):
    first, second, third = run_all(specs(tmp_path), 1, run=fakes.dies_always)
    assert first.result is not None
    assert third.result is not None
    assert second.result is None
    assert second.failure == "its process was killed by signal 9, 2 times (Segmentation of something)"


@pytest.mark.parametrize(("engine", "n_processes"), [("sumo", 4), ("twin", 2)])
def test_only_runs_of_the_twin_follow_each_other_in_a_process(tmp_path, fakes, engine, n_processes):
    runs = [replace(spec, engine=engine) for spec in specs(tmp_path, 4)]
    outcomes = run_all(runs, 1, run=fakes.notes_its_process)
    assert all(outcome.result is not None for outcome in outcomes)
    # seed 2 kills its process the first time, in either case; the others of the twin share one before and one after
    assert len({(tmp_path / f"process-{seed}").read_text() for seed in (1, 2, 3, 4)}) == n_processes


def test_failures_and_refusals_stay_with_their_run(tmp_path, fakes):
    first, second, third = run_all(specs(tmp_path), 2, run=fakes.fails)
    assert first.result is not None
    assert second.failure.startswith("KeyError: 'something inside' (fake_runs.py:")
    assert str(third.unusable) == "the scenario: it cannot be used; mend it"


def test_no_specifications_no_processes(tmp_path, fakes):
    assert run_all([], 2, run=fakes.plain) == []
    assert not multiprocessing.active_children()


INTERRUPTED = """
import sys
from pathlib import Path
from cityloop.run.pool import run_all
from cityloop.run.spec import RunSpec
if __name__ == "__main__":
    import fake_runs
    print("ready", flush=True)
    specs = [RunSpec(sys.argv[1], "field", seed, Path(sys.argv[2])) for seed in (1, 2, 3)]
    run_all(specs, 2, run=fake_runs.slow)
"""


def is_empty(group: int) -> bool:
    """Return whether a process group has ended within a few seconds (its resource tracker takes a moment)."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_an_interrupt_ends_the_processes_and_leaves_finished_runs(tmp_path, fakes, crossing):
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, str(script), str(crossing), str(tmp_path / "out")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, start_new_session=True) as process:
        finished = tmp_path / "out" / "runs" / "crossing" / "field" / "1" / "run.json"
        for _ in range(300):
            if finished.exists() and (tmp_path / "ran").read_text().count("\n") >= 2:
                break
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the processes get it too
        _, words = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in words
    assert words.count(b"Traceback") == 1  # only the parent says so
    assert finished.exists()
    assert is_empty(process.pid)


def test_an_interrupt_waits_until_a_process_has_started_and_does_not_reach_it():
    done = []
    asks = [sys.executable, "-c", "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"]
    with pytest.raises(KeyboardInterrupt), _interrupts_held_back():
        os.kill(os.getpid(), signal.SIGINT)
        done.append(subprocess.run(asks, capture_output=True, text=True, check=True).stdout)
    assert done == ["True\n"]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_ray_is_asked_for_by_its_address(tmp_path, fakes, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Unusable, match=r"Ray is not installed; pip install 'cityloop\[cluster\]'"):
        run_all(specs(tmp_path), "ray://nowhere:1", run=fakes.plain)

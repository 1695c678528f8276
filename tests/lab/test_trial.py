"""Trials that end, break off and go on."""

import json
from dataclasses import replace

import pytest

from cityloop.city.errors import Unusable
from cityloop.lab.design import FIRST_DAY_SEED, Trial
from cityloop.lab.trial import run_trial
from cityloop.run.folder import read_arrays
from cityloop.run.pool import outcome_of

from ..run.crossing import write_crossing


@pytest.fixture
def trial(crossing, tmp_path):
    return Trial((str(crossing),), ("field", "smart"), (1, 2), tmp_path / "out")


@pytest.fixture
def here(monkeypatch):
    """Run in this process: only what processes do to each other needs others."""

    def run_all(specs, where, on_result, run):
        outcomes = []
        for spec in specs:
            outcomes.append(outcome_of(run, spec))
            on_result(outcomes[-1])
        return outcomes

    monkeypatch.setattr("cityloop.lab.trial.run_all", run_all)


def ran(tmp_path):
    path = tmp_path / "ran"
    return sorted(path.read_text().splitlines()) if path.exists() else []


def test_a_trial_learns_runs_and_reports(trial, here, fakes, tmp_path):
    progress = []
    results = run_trial(trial, 2, progress.append, fakes.write)
    assert ran(tmp_path) == sorted(
        [
            f"crossing smart {FIRST_DAY_SEED} memory=False",
            "crossing field 1 memory=False",
            "crossing smart 1 memory=True",
            "crossing field 2 memory=False",
            "crossing smart 2 memory=True",
        ]
    )
    assert json.loads((trial.out_dir / "results.json").read_text()) == results
    assert results["schema"] == 1
    assert [(run["arm"], run["seed"]) for run in results["runs"]] == [
        ("field", 1),
        ("smart", 1),
        ("field", 2),
        ("smart", 2),
    ]
    assert [arm["arm"] for arm in results["arms"]] == ["field", "smart"]
    assert [(pair["arm"], pair["base"], pair["verdict"]) for pair in results["paired"]] == [
        ("smart", "field", "better")
    ]
    assert results["failures"] == []
    assert results["scenarios"][0]["name"] == "crossing"
    assert results["scenarios"][0]["clearance"] == "street"
    assert results["protocol"]["seeds"] == [1, 2]
    assert (progress[-1].n_done, progress[-1].n_runs, progress[-1].n_reused) == (5, 5, 0)


def test_days_build_on_each_other(trial, here, fakes):
    run_trial(replace(trial, days_before=3), 2, run=fakes.write)
    assert read_arrays(trial.out_dir / "memory" / "crossing" / "smart.npz")["days"].tolist() == [3.0]


def test_the_same_trial_again_repeats_nothing(trial, here, fakes, tmp_path):
    first = run_trial(trial, 2, run=fakes.write)
    before, progress = ran(tmp_path), []
    again = run_trial(trial, 2, progress.append, fakes.write)
    assert ran(tmp_path) == before
    assert again == first
    assert progress[-1].n_reused == 5


def test_more_seeds_repeat_none_of_the_finished_runs(trial, here, fakes, tmp_path):
    run_trial(trial, 2, run=fakes.write)
    results = run_trial(replace(trial, seeds=(1, 2, 3)), 2, run=fakes.write)
    assert len(ran(tmp_path)) == 7
    assert len(results["runs"]) == 6


def test_other_settings_run_again(trial, here, fakes, tmp_path):
    run_trial(trial, 2, run=fakes.write)
    run_trial(replace(trial, sensing="loops"), 2, run=fakes.write)
    assert len(ran(tmp_path)) == 10


def test_a_trial_whose_worker_was_killed_keeps_its_finished_runs_and_goes_on(trial, fakes, tmp_path):
    trial = replace(trial, arms=("field",))
    (tmp_path / "deadly").touch()
    results = run_trial(trial, 2, run=fakes.write_or_die)
    assert [(run["arm"], run["seed"]) for run in results["runs"]] == [("field", 1)]
    assert [(failure["arm"], failure["seed"]) for failure in results["failures"]] == [("field", 2)]
    assert "ended with code 9" in results["failures"][0]["why"]
    assert ran(tmp_path) == ["crossing field 1 memory=False"]
    (tmp_path / "deadly").unlink()
    results = run_trial(trial, 2, run=fakes.write_or_die)
    assert results["failures"] == []
    assert ran(tmp_path) == ["crossing field 1 memory=False", "crossing field 2 memory=False"]


def test_leftovers_of_killed_runs_go(trial, here, fakes):
    leftover = trial.out_dir / "runs" / "crossing" / "field" / ".2.4711.part"
    leftover.mkdir(parents=True)
    run_trial(trial, 2, run=fakes.write)
    assert not leftover.exists()


def test_runs_on_files_that_changed_meanwhile_do_not_count(trial, here, fakes, tmp_path):
    config = write_crossing(tmp_path / "town", end=100)

    def changes(spec):
        if spec.seed == 2:
            config.write_text(config.read_text().replace("100", "90"))
        return fakes.write(spec)

    results = run_trial(replace(trial, scenarios=(str(config),), arms=("field",)), 1, run=changes)
    assert [run["seed"] for run in results["runs"]] == [1]
    assert "differ from those at the begin" in results["failures"][0]["why"]


def test_an_unreadable_run_is_run_again(trial, here, fakes, tmp_path):
    run_trial(trial, 2, run=fakes.write)
    (trial.out_dir / "runs" / "crossing" / "field" / "1" / "run.json").write_text("{")
    run_trial(trial, 2, run=fakes.write)
    assert len(ran(tmp_path)) == 6


def test_a_city_without_signals_is_refused_before_anything_runs(trial, here, fakes, tmp_path):
    config = write_crossing(tmp_path / "plain", kind="priority")
    with pytest.raises(Unusable, match="no signals"):
        run_trial(replace(trial, scenarios=(str(config),)), 2, run=fakes.write)
    assert ran(tmp_path) == []
    assert not trial.out_dir.exists()


def test_a_refused_run_ends_the_trial_with_its_line(trial, here, fakes):
    with pytest.raises(Unusable, match="it cannot be used"):
        run_trial(replace(trial, seeds=(1, 3), days_before=0), 2, run=fakes.fails)
    assert not (trial.out_dir / "results.json").exists()


def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(trial, here, fakes, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unusable, match="cannot be written"):
        run_trial(replace(trial, out_dir=tmp_path / "file" / "out"), 2, run=fakes.write)
    assert ran(tmp_path) == []

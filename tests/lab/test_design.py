"""Designs of trials."""

from dataclasses import replace

import pytest

from cityloop.city.errors import Unusable
from cityloop.lab.design import (
    FIRST_DAY_SEED,
    Trial,
    command_of,
    load_scenarios,
    memory_path,
    specs_of_day,
    specs_of_trial,
)

from ..run.crossing import write_crossing


@pytest.fixture
def trial(crossing, tmp_path):
    return Trial((str(crossing),), ("field", "smart"), (1, 2), tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scenarios": ()}, "no scenario is given"),
        ({"arms": ()}, "no arm is given"),
        ({"seeds": ()}, "no seed is given"),
        ({"arms": ("field", "field")}, "an arm is named twice|a arm is named twice"),
        ({"arms": ("field", "clever")}, "unknown arm 'clever'"),
        ({"days_before": -1}, "use 0 or above"),
        ({"seeds": (1, FIRST_DAY_SEED)}, "kept for the days before"),
    ],
)
def test_designs_that_cannot_be_run(trial, change, words):
    with pytest.raises(Unusable, match=words):
        replace(trial, **change)


def test_the_plan_in_force_is_what_others_are_compared_with(trial):
    assert replace(trial, arms=("smart", "field")).base_arm == "field"
    assert replace(trial, arms=("smart", "actuated")).base_arm == "smart"


def test_runs_come_in_whole_pairs(trial):
    specs = specs_of_trial(trial, load_scenarios(trial))
    assert [(spec.arm, spec.seed) for spec in specs] == [("field", 1), ("smart", 1), ("field", 2), ("smart", 2)]
    assert [spec.keep_tracks for spec in specs] == [True, True, False, False]
    assert [spec.memory_path is not None for spec in specs] == [False, True, False, True]


def test_days_before_are_for_arms_that_learn_and_each_builds_on_the_one_before(trial):
    trial = replace(trial, days_before=2)
    scenarios = load_scenarios(trial)
    (first,), (second,) = (specs_of_day(trial, scenarios, day) for day in (0, 1))
    assert (first.arm, first.seed, first.memory_path) == ("smart", FIRST_DAY_SEED, None)
    assert second.memory_path == trial.out_dir / "memory/runs/crossing/smart" / str(FIRST_DAY_SEED) / "memory.npz"
    assert memory_path(trial, "crossing", "smart") == trial.out_dir / "memory" / "crossing" / "smart.npz"
    assert memory_path(trial, "crossing", "field") is None
    assert memory_path(replace(trial, days_before=0), "crossing", "smart") is None


def test_two_scenarios_of_one_name_need_names_of_their_own(trial, crossing, tmp_path):
    other = write_crossing(tmp_path / "other")
    with pytest.raises(Unusable, match="two scenarios are called crossing"):
        load_scenarios(replace(trial, scenarios=(str(crossing), str(other))))


def test_the_command_that_runs_it_again(crossing, tmp_path):
    trial = Trial(("cologne8",), ("field", "smart"), (1, 2, 3), tmp_path, clearance="street")
    assert command_of(trial) == (
        "cityloop trial cologne8 --arms field,smart --seeds 3 --sensing ideal --clearance street"
    )
    assert command_of(replace(trial, seeds=(2, 3))) == ""
    assert command_of(replace(trial, window_s=(0.0, 60.0))) == ""

"""Means, pairs and verdicts of a trial."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from cityloop.lab.statistics import IS_LOWER_BETTER, arm_figures, paired_figures
from cityloop.measures.intervals import mean_interval
from cityloop.run.spec import RunSpec


@pytest.fixture
def runs(fakes, crossing, tmp_path):
    def of(arm, *seeds):
        return [fakes.write(RunSpec(str(crossing), arm, seed, tmp_path / "out")) for seed in seeds]

    return of


def test_an_arms_means_have_their_intervals(runs):
    results = runs("field", 1, 2, 3)
    figures = arm_figures(results)
    expected = mean_interval([run.delay_s for run in results])
    assert figures["seeds"] == [1, 2, 3]
    assert figures["delay_s"] == {"mean": expected.mean, "low": expected.low, "high": expected.high, "n": 3}
    assert figures["delay_worst_s"] == max(run.delay_s for run in results)
    assert figures["delay_median_s"] == np.median([run.delay_s for run in results])
    assert figures["co2_g"] == {"mean": None, "low": None, "high": None, "n": 0}  # cannot be told
    json.dumps(figures, allow_nan=False)


def test_arms_are_paired_by_seed_whatever_the_order(runs, tmp_path):
    ours, base = runs("smart", 3, 1, 2), runs("field", 1, 2, 3, 4)
    pair = paired_figures(ours, base, tmp_path / "out")
    base_of = {run.seed: run.delay_s for run in base}
    differences = [run.delay_s - base_of[run.seed] for run in ours]
    assert pair["seeds"] == [3, 1, 2]
    assert pair["difference"]["mean"] == pytest.approx(np.mean(differences))
    assert pair["ratio"]["mean"] == pytest.approx(
        np.mean([r.delay_s for r in ours]) / np.mean([base_of[r.seed] for r in ours])
    )
    assert pair["verdict"] == "better"
    assert set(pair["measures"]) == set(IS_LOWER_BETTER)
    assert pair["measures"]["delay_s"]["difference"] == pair["difference"]
    assert pair["measures"]["throughput_veh"]["verdict"] == "cannot tell"  # the same in every run
    assert pair["measures"]["co2_g"]["verdict"] == "cannot tell"
    json.dumps(pair, allow_nan=False)


def test_changes_of_trips_are_means_over_the_seeds(runs, tmp_path):
    pair = paired_figures(runs("smart", 1, 2), runs("field", 1, 2), tmp_path / "out")
    assert pair["worse_frac"]["mean"] == 0.0
    assert pair["better_frac"]["mean"] == pytest.approx(100 / 101)  # the first trip has no delay in either
    assert pair["delay_p95_change_s"]["mean"] == pytest.approx(1.9 * pair["difference"]["mean"])


def test_one_seed_cannot_tell(runs, tmp_path):
    pair = paired_figures(runs("smart", 1), runs("field", 1), tmp_path / "out")
    assert pair["verdict"] == "cannot tell"
    assert pair["difference"]["low"] is None
    assert pair["difference"]["mean"] < 0


def test_arms_without_a_seed_in_common_have_no_pair(runs, tmp_path):
    assert paired_figures(runs("smart", 1), runs("field", 2), tmp_path / "out") is None


def test_more_throughput_is_better(runs, tmp_path):
    ours = [replace(run, throughput_veh=200 + run.seed) for run in runs("smart", 1, 2, 3)]
    pair = paired_figures(ours, runs("field", 1, 2, 3), tmp_path / "out")
    assert pair["measures"]["throughput_veh"]["verdict"] == "better"
    assert math.isclose(pair["measures"]["throughput_veh"]["difference"]["mean"], 102.0)

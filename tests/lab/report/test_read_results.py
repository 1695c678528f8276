from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from cityloop.lab.report.read_results import interval_of, scenario_report
from cityloop.measures.signals import can_be_green
from cityloop.run import folder


@pytest.fixture
def report(results, trial_dir):
    return scenario_report(results, results["scenarios"][0], trial_dir)


def test_every_part_is_there(report, results, street):
    assert (report.base_arm, report.ours_arm, report.seeds) == ("field", "sumo-actuated", (1, 2))
    assert [arm.arm for arm in report.arms] == ["field", "sumo-actuated"]
    assert report.arms[0].figure("delay_s").mean == results["arms"][0]["delay_s"]["mean"]
    assert len(report.arms[0].seed_delays_s) == 2
    assert len(report.network.road_ids) == street.roads.n_rows
    assert [queues.n_veh.shape[0] for queues in report.queues] == [2, 2]
    assert {junction.signal_id for junction in report.junctions} <= set(street.signals["signal_id"])
    assert report.junctions[0].n_veh == max(junction.n_veh for junction in report.junctions)
    assert report.timing_signal_id == report.junctions[0].signal_id
    assert [timing.end_s - timing.begin_s for timing in report.timings] == [300.0, 300.0]
    assert [diagram.arm for diagram in report.space_times] == ["field", "sumo-actuated"]
    assert report.space_times[0].stop_lines and report.space_times[0].trajectories
    assert dict(report.settings)["begin_s"] == "00:10"


def test_the_change_is_the_ratio_less_one(report, results):
    paired = report.arm("sumo-actuated").paired["delay_s"]
    stored = results["paired"][0]
    assert paired.verdict == stored["verdict"]
    assert paired.change_frac.mean == pytest.approx(stored["ratio"]["mean"] - 1)
    if stored["ratio"]["low"] is not None:
        excludes_no_change = not paired.change_frac.low <= 0 <= paired.change_frac.high
        assert excludes_no_change == (paired.verdict in ("better", "worse"))


def test_going_down_to_nothing_is_a_change_of_all(results, trial_dir):
    unknown = {"mean": None, "low": None, "high": None, "n": 2}
    results["arms"][0]["n_undeparted"] = {"mean": 94.0, "low": 90.0, "high": 98.0, "n": 2}
    results["paired"][0]["measures"]["n_undeparted"] = {
        "difference": {"mean": -94.0, "low": -98.0, "high": -90.0, "n": 2},
        "ratio": unknown,
        "verdict": "better",
    }
    report = scenario_report(results, results["scenarios"][0], trial_dir)
    change = report.arm("sumo-actuated").paired["n_undeparted"].change_frac
    assert change.mean == -1.0 and math.isnan(change.low)


def test_trips_are_paired_by_vehicle_and_seed(report, trial_dir):
    n_trips = sum(folder.read_trips_of(folder.run_folder(trial_dir, "street", "field", seed)).n_rows for seed in (1, 2))
    before, after = report.trips
    assert len(before.delay_s) == len(after.delay_s) == n_trips
    assert np.isfinite(before.delay_s).all()
    assert np.isfinite(after.delay_s).mean() > 0.9


def test_junctions_agree_with_what_the_signals_showed(report, trial_dir, street):
    waits = [
        folder.read_arrays(folder.run_folder(trial_dir, "street", "field", seed) / folder.RED_WAITS)["longest_s"]
        for seed in (1, 2)
    ]
    counted = can_be_green(street) & street.links["is_used"]
    longest_s = max(float(wait_s[counted].max()) for wait_s in waits)
    assert max(junction.before.red_wait_s for junction in report.junctions) == longest_s
    for junction in report.junctions:
        assert 0 < junction.before.green_use_frac < 1.5
        assert junction.before.switches_per_h > 0
        assert junction.before.delay_s >= 0


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        (folder.ROADS, ("roads", "junctions", "timings")),
        (folder.DISPLAYS, ("junctions", "timings", "space_times")),
        (folder.QUEUES, ("queues",)),
        (folder.TRIPS, ("trips",)),
        (folder.TRACKS, ("space_times",)),
        (folder.RED_WAITS, ("junctions", "timings")),
    ],
)
@pytest.mark.parametrize("is_damaged", [True, False])
def test_a_missing_or_damaged_file_empties_its_parts_alone(results, trial_dir, tmp_path, name, empty, is_damaged):
    shutil.copytree(trial_dir, tmp_path / "trial")
    for path in (tmp_path / "trial" / "runs").glob(f"*/*/*/{name}"):
        path.unlink()
        if is_damaged:
            path.write_bytes(b"PK\x03\x04 cut short")
    report = scenario_report(results, results["scenarios"][0], tmp_path / "trial")
    parts = ("network", "roads", "queues", "junctions", "timings", "space_times", "trips")
    assert {part for part in parts if not getattr(report, part)} == set(empty)


def test_without_the_scenario_the_numbers_remain(results, trial_dir):
    gone = {**results["scenarios"][0], "asked": "/nowhere/gone.sumocfg"}
    report = scenario_report(results, gone, trial_dir)
    assert report.network is None and report.junctions == () and report.timings == ()
    assert report.queues and report.trips and report.arms[0].figure("delay_s").mean > 0


def test_one_arm_alone(results, trial_dir):
    alone = {
        **results,
        "arms": results["arms"][:1],
        "paired": [],
        "runs": [run for run in results["runs"] if run["arm"] == "field"],
    }
    report = scenario_report(alone, results["scenarios"][0], trial_dir)
    assert report.ours_arm == report.base_arm == "field"
    assert report.roads is None
    assert len(report.timings) == len(report.space_times) == 1


def test_smart_is_the_arm_in_question_wherever_it_stands(results, trial_dir):
    renamed = json.loads(json.dumps(results).replace('"sumo-actuated"', '"smart"'))
    renamed["arms"].append({**renamed["arms"][1], "arm": "webster"})
    assert scenario_report(renamed, results["scenarios"][0], trial_dir).ours_arm == "smart"


def test_findings_of_one_place_come_together(results, trial_dir):
    found = [
        {"kind": "conflicting greens", "where": "signal A", "text": "links 1 and 2"},
        {"kind": "conflicting greens", "where": "signal A", "text": "links 3 and 4"},
        {"kind": "conflicting greens", "where": "signal A", "text": "links 1 and 2"},
        {"kind": "never green", "where": "signal A", "text": "link 7"},
    ]
    report = scenario_report(results, {**results["scenarios"][0], "findings": found}, trial_dir)
    assert [note.text.en for note in report.notes] == ["links 1 and 2; links 3 and 4", "link 7"]


def test_intervals_of_json():
    interval = interval_of({"mean": 3.0, "low": None, "high": None, "n": 1})
    assert interval.mean == 3.0 and math.isnan(interval.low) and interval.n == 1
    assert math.isnan(interval_of(None).mean)


def test_an_empty_folder(results, tmp_path: Path):
    report = scenario_report(results, results["scenarios"][0], tmp_path)
    assert report.network is not None and report.queues == () and report.trips == ()

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from cityloop.city.errors import Unusable
from cityloop.lab.report import write_report


def test_a_trial_becomes_one_light_file_that_is_the_same_again(results, trial_dir):
    path = write_report(results, trial_dir)
    assert path == trial_dir / "report.html"
    page = path.read_text("utf-8")
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert path.stat().st_size < 1_000_000
    assert page.count("<svg ") == 6
    assert not re.search(r"\bnan\b|\binf\b|None|Undefined", re.sub(r"<script>.*?</script>", "", page, flags=re.S))
    assert write_report(json.loads(json.dumps(results)), trial_dir).read_text("utf-8") == page
    assert not list(trial_dir.glob(".*.part"))


def test_failed_runs_and_how_to_run_again_are_named(results, tmp_path):
    results["failures"] = [{"scenario": "street", "arm": "smart", "seed": 3, "why": "killed"}]
    page = write_report(results, tmp_path).read_text("utf-8")
    assert "street, smart, 3: killed" in page
    assert "cityloop trial" in page


def test_a_scenario_whose_runs_all_failed_is_left_out(results, tmp_path):
    results["scenarios"].append({**results["scenarios"][0], "name": "other"})
    page = write_report(results, tmp_path).read_text("utf-8")
    assert 'id="s1-street"' in page
    assert "other" not in re.findall(r'id="s\d+-(\w+)"', page)


def test_without_a_finished_run_there_is_still_a_report(results, tmp_path):
    results |= {"arms": [], "paired": [], "runs": []}
    assert "No run of this trial has finished" in write_report(results, tmp_path).read_text("utf-8")


def test_where_the_plan_in_force_failed_the_others_are_still_reported(results, tmp_path):
    results["arms"], results["paired"] = results["arms"][1:], []
    assert "SUMO's own actuated signals in street: mean delay" in html.unescape(
        write_report(results, tmp_path).read_text("utf-8")
    )


def test_what_cannot_be_written_is_said_in_one_line(results, tmp_path: Path):
    (tmp_path / "report.html").mkdir()
    (tmp_path / "report.html" / "in the way").touch()
    with pytest.raises(Unusable, match="cannot be written"):
        write_report(results, tmp_path)
    assert not list(tmp_path.glob(".*.part"))

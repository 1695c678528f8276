"""Commands that end well, on SUMO itself."""

import gc
import json

from cityloop.cli.main import main
from cityloop.lab.trial import run_trial


def test_scenarios_for_machines_and_people(capfd):
    assert main(["scenarios", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert "cologne8" in [entry["name"] for entry in listed]
    assert all(entry["licence"] and entry["real"] and entry["synthetic"] for entry in listed)
    assert main(["scenarios"]) == 0
    written = capfd.readouterr()
    assert written.err == ""
    assert all(entry["name"] in written.out for entry in listed)


def test_scenarios_of_a_data_folder(capfd, tmp_path, crossing):
    (tmp_path / "mine.toml").write_text(f'name = "mine"\nconfig = "{crossing}"\n')
    assert main(["scenarios", "--json", "--data", str(tmp_path)]) == 0
    assert "mine" in [entry["name"] for entry in json.loads(capfd.readouterr().out)]
    assert (
        main(["run", "mine", "--arm", "field", "--json", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    )
    assert json.loads(capfd.readouterr().out)["scenario"] == "mine"


def test_run_for_machines(capfd, tmp_path, crossing):
    assert main(["run", str(crossing), "--arm", "field", "--seed", "3", "--out", str(tmp_path), "--json"]) == 0
    written = capfd.readouterr()
    result = json.loads(written.out)
    assert (result["scenario"], result["arm"], result["seed"]) == ("crossing", "field", 3)
    assert result["delay_s"] > 0
    assert result["decide_ms_mean"] is None
    assert gc.isenabled()
    assert written.err == ""
    assert (tmp_path / "runs" / "crossing" / "field" / "3" / "run.json").exists()


def test_run_for_people(capfd, tmp_path, crossing):
    assert main(["run", str(crossing), "--arm", "sumo-actuated", "--out", str(tmp_path)]) == 0
    written = capfd.readouterr()
    assert "delay, mean" in written.out
    assert str(tmp_path / "runs" / "crossing" / "sumo-actuated" / "1") in written.out
    assert written.err == ""  # the progress bar is for terminals


def test_trial_for_people_and_machines_and_resumed(capfd, monkeypatch, tmp_path, crossing):
    out = tmp_path / "trial"
    monkeypatch.setenv("COLUMNS", "80")
    arguments = ["trial", str(crossing), "--arms", "field,smart", "--seeds", "2", "--out", str(out), "--keep-raw"]
    assert main(arguments) == 0
    written = capfd.readouterr()
    assert written.err == ""
    for words in ("crossing", "field", "smart", "vs field", "report: "):
        assert words in written.out
    assert (out / "report.html").exists()
    assert (out / "raw" / "crossing" / "smart" / "2" / "tls_states.xml").exists()
    first = (out / "runs" / "crossing" / "smart" / "2" / "run.json").stat().st_mtime_ns
    assert main([*arguments, "--json"]) == 0
    written = capfd.readouterr()
    results = json.loads(written.out)
    assert results == json.loads((out / "results.json").read_text())
    assert [(run["arm"], run["seed"]) for run in results["runs"]] == [
        ("field", 1),
        ("smart", 1),
        ("field", 2),
        ("smart", 2),
    ]
    assert (out / "runs" / "crossing" / "smart" / "2" / "run.json").stat().st_mtime_ns == first


def test_trial_whose_runs_fail_in_part(capfd, monkeypatch, tmp_path, crossing):
    out = tmp_path / "trial"

    def some_fail(design, where, on_progress):
        results = run_trial(design, where, on_progress)
        results["failures"] = [{"scenario": "crossing", "arm": "field", "seed": 9, "why": "its process was killed"}]
        return results

    monkeypatch.setattr("cityloop.lab.trial.run_trial", some_fail)
    monkeypatch.setattr("cityloop.lab.report.write_report", lambda results, folder: folder / "report.html")
    assert main(["trial", str(crossing), "--arms", "field", "--seeds", "1", "--out", str(out), "--json"]) == 1
    written = capfd.readouterr()
    assert json.loads(written.out)["failures"]
    assert written.err.count("\n") == 1
    assert "1 runs failed" in written.err

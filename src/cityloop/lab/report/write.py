"""Write the report of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cityloop.lab.report.model import Method
from cityloop.lab.report.page import render
from cityloop.lab.report.read_results import scenario_report
from cityloop.run.folder import write_text

REPORT = "report.html"


def write_report(results: Mapping[str, Any], out_dir: Path) -> Path:
    """Write ``report.html`` beside ``results.json`` and return its path.

    One file that needs nothing from outside itself; the same results give the same file.

    Parameters
    ----------
    results : mapping
        The content of ``results.json`` as ``cityloop.lab.trial.run_trial`` returns it.
    out_dir : Path
        The folder of the trial; parts whose run folders are missing there say so.

    Raises
    ------
    Unusable
        When the file cannot be written, or the disk is full.
    """
    finished = {arm["scenario"] for arm in results["arms"]}
    reports = [
        scenario_report(results, scenario, out_dir) for scenario in results["scenarios"] if scenario["name"] in finished
    ]
    path = out_dir / REPORT
    write_text(path, render(reports, _method(results)))
    return path


def _method(results: Mapping[str, Any]) -> Method:
    protocol = {
        key: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in results["protocol"].items()
    }
    failures = [
        f"{entry['scenario']}, {entry['arm']}, {entry['seed']}: {entry['why']}" for entry in results["failures"]
    ]
    if failures:
        protocol["failures"] = "; ".join(failures)
    versions = {str(name): str(version) for name, version in results["versions"].items()}
    return Method(
        protocol=tuple(protocol.items()),
        versions=tuple(versions.items()),
        command=str(results.get("command", "")),
        cityloop_version=versions.get("cityloop", ""),
    )

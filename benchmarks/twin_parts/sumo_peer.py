"""SUMO micro and meso on a case, as processes of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lxml import etree

from twin_parts.cases import Case
from twin_parts.clocked import Clocked
from twin_parts.process import BIN, Process, run_process

MICRO: tuple[str, ...] = ()
MESO = ("--mesosim", "--meso-junction-control")
"""``--meso-junction-control`` makes signals and right of way count; without it vehicles drive through."""
COUNTED_S = 10
"""So often SUMO writes how many vehicles are in the network, its only output."""


def clock_sumo(case: Case, model: tuple[str, ...]) -> Clocked:
    """Run SUMO once to the begin of what is measured and once to its end; the difference leaves loading out.

    Parameters
    ----------
    case : Case
    model : tuple of str
        ``MICRO`` or ``MESO``.
    """
    window_s = case.micro_s if model == MICRO else case.window_s
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "summary.xml"
        counts = ("--summary-output", str(path), "--summary-output.period", f"{COUNTED_S}")
        short = _run_sumo(case, model, max(case.warm_s, 1), counts)
        whole = _run_sumo(case, model, case.warm_s + window_s, counts)
        n_running = [
            int(step.get("running"))
            for _, step in etree.iterparse(path, tag="step")
            if float(step.get("time")) >= case.begin_s + case.warm_s
        ]
    return Clocked(whole.cpu_s - short.cpu_s, sum(n_running) / len(n_running) * window_s)


def _run_sumo(case: Case, model: tuple[str, ...], until_s: int, more: tuple[str, ...] = ()) -> Process:
    window = ["--begin", f"{case.begin_s:g}", "--end", f"{case.begin_s + until_s:g}"]
    quiet = ["--no-step-log", "--no-warnings", "--xml-validation", "never"]
    files = ["--net-file", str(case.net_path), "--route-files", str(case.routes_path)]
    return run_process([BIN / "sumo", *files, *window, *quiet, "--time-to-teleport", "-1", *model, *more])

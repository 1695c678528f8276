"""Reports to print: one made of numbers, one of a small trial in SUMO."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED, YELLOW
from cityloop.lab.design import Trial
from cityloop.lab.report.model import (
    ArmResult,
    Junction,
    JunctionSide,
    Method,
    Network,
    Note,
    Paired,
    Queues,
    RoadDelays,
    ScenarioReport,
    SpaceTime,
    StopLine,
    Timing,
    TimingRow,
    TripDelays,
)
from cityloop.lab.report.words import Words, same
from cityloop.lab.trial import run_trial
from cityloop.measures.intervals import Interval


def made_network() -> Network:
    lines = (
        np.array([[0.0, 0.0], [200.0, 0.0]]),
        np.array([[200.0, 0.0], [200.0, 150.0]]),
        np.array([[0.0, 5], [9, 9]]),
    )
    return Network(
        ("a", "b", "c"), ("Main Street", "", ""), lines, (np.array([[198.0, 0.0], [200.0, 2.0]]),),
        ("x", "y"), np.array([[200.0, 0.0], [0.0, 0.0]]),
    )  # fmt: skip


def made_report(**changes: object) -> ScenarioReport:
    """Return a report on two arms; ``changes`` replace its parts."""
    figures = {
        "delay_s": Interval(49.0, 48.5, 49.5, 3),
        "stops": Interval(1.3, 1.2, 1.4, 3),
        "teleports": Interval(0.0, 0.0, 0.0, 3),
        "co2_g": Interval(math.nan, math.nan, math.nan, 0),
    }
    better = Paired("better", Interval(-28.0, -29.5, -26.5, 3), Interval(-0.571, -0.602, -0.541, 3))
    rows = tuple(
        TimingRow(
            Words(f"from N, {turn}", "북측"), np.array([0.0, 20.0, 23.0]), np.array([code, YELLOW, RED], np.uint8)
        )
        for turn, code in (("straight", GREEN), ("left", GREEN_YIELDING))
    )
    space_times = tuple(
        SpaceTime(
            arm, 0.0, 120.0, 300.0, (StopLine("x", 200.0, np.array([[0.0, 30.0], [60.0, 90.0]])),),
            (np.array([[0.0, 0.0], [20.0, 190.0], [32.0, 195.0], [40.0, 300.0]]),),
        )
        for arm in ("field", "smart")
    )  # fmt: skip
    t_s = np.arange(0.0, 600.0, 60.0)
    values = {
        "scenario": "made",
        "place": Words("Madetown", "가상시"),
        "base_arm": "field",
        "ours_arm": "smart",
        "seeds": (1, 2, 3),
        "begin_s": 25200.0,
        "end_s": 28800.0,
        "arms": (
            ArmResult("field", (48.6, 49.0, 49.4), figures, {}),
            ArmResult(
                "smart",
                (20.5, 21.0, 21.5),
                figures | {"delay_s": Interval(21.0, 20.0, 22.0, 3)},
                {"delay_s": better, "co2_g": Paired("cannot tell", figures["co2_g"], figures["co2_g"])},
            ),
        ),
        "network": made_network(),
        "roads": RoadDelays(
            np.array([40.0, 10.0, math.nan]), np.array([5.0, 12.0, math.nan]), np.array([900.0, 40.0, 0.0])
        ),
        "queues": (Queues("field", t_s, np.ones((3, 10)) * 20), Queues("smart", t_s, np.arange(30.0).reshape(3, 10))),
        "junctions": (Junction("x", 940.0, JunctionSide(30, 60, 0.5, 80), JunctionSide(math.nan, 40, 0.7, 120)),),
        "timing_signal_id": "x",
        "timings": (Timing("field", 0.0, 60.0, rows), Timing("smart", 0.0, 60.0, rows)),
        "space_times": space_times,
        "trips": (
            TripDelays("field", np.array([10.0, 60.0, 30.0, 5.0])),
            TripDelays("smart", np.array([11.0, 20.0, 50.0, math.nan])),
        ),
        "notes": (Note("conflicting greens", "signal <x>", same("links 1 and 2 & more")),),
        "settings": (("protocol", "resco"), ("is_teleporting", "no")),
        "licence": "a licence",
        "real": same("the streets"),
        "synthetic": same("the cars"),
    }
    return ScenarioReport(**(values | changes))


def made_method() -> Method:
    return Method((("sensing", "ideal"), ("odd", "value")), (("libsumo", "1.28.0"),), "cityloop trial made", "0.1.0")


@pytest.fixture
def made() -> SimpleNamespace:
    """What makes reports of numbers."""
    return SimpleNamespace(report=made_report, method=made_method, network=made_network)


@pytest.fixture(scope="session")
def trial_dir(street_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a trial of two arms on two seeds of the hand-made street."""
    out_dir = tmp_path_factory.mktemp("trial")
    design = Trial((str(street_path),), ("field", "sumo-actuated"), (1, 2), out_dir, days_before=0)
    run_trial(design, 1)
    return out_dir


@pytest.fixture
def results(trial_dir: Path) -> dict[str, object]:
    """Return the content of its ``results.json``."""
    return json.loads((trial_dir / "results.json").read_text("utf-8"))

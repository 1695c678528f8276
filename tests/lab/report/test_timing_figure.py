from __future__ import annotations

from cityloop.lab.report.timing_figure import timing_figure

from .drawn import texts


def test_every_state_has_its_colour_and_every_arm_its_panel(made):
    svg = timing_figure(made.report().timings, "t")
    assert all(f"var(--{role}," in svg for role in ("green", "yielding", "yellow", "red"))
    assert {"Plan in force", "Smart signals"} <= set(texts(svg))
    assert texts(svg).count("from N, straight") == 2
    assert "현행 신호" in texts(svg, "ko")


def test_one_arm_is_enough(made):
    assert "Smart signals" not in texts(timing_figure(made.report().timings[:1], "t"))

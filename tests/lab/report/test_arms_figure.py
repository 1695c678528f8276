from __future__ import annotations

import math
from dataclasses import replace

from cityloop.lab.report.arms_figure import arms_figure
from cityloop.measures.intervals import Interval

from .drawn import plain, texts


def test_means_stand_beside_the_names(made):
    svg = arms_figure(made.report().arms, "a")
    assert {"49.0", "21.0"} <= set(plain(svg))
    assert "Plan in force" in texts(svg) and "스마트 신호" in texts(svg, "ko")


def test_an_arm_without_an_interval_shows_its_dots_and_one_without_a_value_its_name(made):
    arm = made.report().arms[0]
    alone = replace(arm, seed_delays_s=(49.0,), figures={"delay_s": Interval(49.0, math.nan, math.nan, 1)})
    unknown = replace(arm, arm="smart", seed_delays_s=(), figures={})
    svg = arms_figure([alone, unknown], "a")
    assert "49.0" in plain(svg)
    assert "Smart signals" in texts(svg)

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cityloop.lab.report.spacetime_figure import spacetime_figure

from .drawn import plain, texts


def test_both_arms_share_their_scales(made):
    svg = spacetime_figure(made.report().space_times, "s")
    assert {"Plan in force", "Smart signals", "red at a stop line"} <= set(texts(svg))
    assert plain(svg).count("00:01") == 2
    assert "var(--red," in svg and "var(--trajectory," in svg


def test_a_route_without_vehicles_and_reds_can_be_drawn(made):
    empty = replace(made.report().space_times[0], trajectories=(), stop_lines=())
    assert "Plan in force" in texts(spacetime_figure([empty], "s"))
    never = replace(made.report().space_times[0].stop_lines[0], reds_s=np.empty((0, 2)))
    assert spacetime_figure([replace(empty, stop_lines=(never,))], "s")

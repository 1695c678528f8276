from __future__ import annotations

import numpy as np

from cityloop.lab.report.model import Queues
from cityloop.lab.report.queues_figure import queues_figure

from .drawn import plain, texts


def test_the_axis_is_the_time_of_day(made):
    t_s = np.arange(25200.0, 28800.0, 60.0)
    svg = queues_figure([Queues("field", t_s, np.ones((2, 60))), Queues("smart", t_s, np.zeros((2, 60)))], "q")
    assert {"07:00", "07:10", "07:50"} <= set(plain(svg))
    assert {"현행 신호", "스마트 신호"} <= set(texts(svg, "ko"))


def test_a_single_minute_can_be_drawn():
    assert "00:00" in plain(queues_figure([Queues("field", np.array([0.0]), np.zeros((1, 1)))], "q"))

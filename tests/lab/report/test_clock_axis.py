from __future__ import annotations

import pytest

from cityloop.lab.report.clock_axis import set_clock_axis
from cityloop.lab.report.svg import drawing


@pytest.mark.parametrize(
    ("begin_s", "end_s", "first", "n_most"),
    [(25200, 28800, "07:00", 7), (25190, 25510, "07:00", 7), (0, 90000, "00:00", 14), (25200, 25245, "07:00", 4)],
)
def test_ticks_are_round_and_few(begin_s, end_s, first, n_most):
    with drawing(4, 2) as figure:
        axes = figure.add_subplot()
        set_clock_axis(axes, begin_s, end_s)
        labels = [text.get_text() for text in axes.get_xticklabels()]
        assert labels[0] == first
        assert 2 <= len(labels) <= n_most
        assert axes.get_xlim() == (begin_s, end_s)

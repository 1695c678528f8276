from __future__ import annotations

import numpy as np

from cityloop.lab.report.model import TripDelays
from cityloop.lab.report.trips_figure import trips_figure

from .drawn import texts


def test_shares_are_of_the_pairs_alone(made):
    before, after = made.report().trips
    said = texts(trips_figure(before, [after], "t"))
    assert "33\N{NO-BREAK SPACE}% gained" in said and "33\N{NO-BREAK SPACE}% lost" in said
    assert "Smart signals: 95th percentile 47 s" in said


def test_trips_that_all_go_as_before_can_be_drawn():
    delay_s = np.array([5.0, 7.0, 9.0])
    said = texts(trips_figure(TripDelays("field", delay_s), [TripDelays("smart", delay_s + 1.0)], "t"))
    assert "0\N{NO-BREAK SPACE}% gained" in said and "0\N{NO-BREAK SPACE}% lost" in said

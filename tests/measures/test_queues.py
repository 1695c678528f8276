"""Queues from SUMO's summary."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.measures.queues import by_period, mean_over, read_queues

from .conftest import END_S, Outputs


def test_queues_are_those_who_stand_without_meaning_to(outputs: Outputs):
    queues = read_queues(outputs.summary)
    steps = ET.parse(outputs.summary).getroot().findall("step")
    assert queues.t_s.tolist() == [float(s.get("time")) for s in steps]
    at_stop = np.array([int(s.get("stopped")) for s in steps])
    assert at_stop.sum() >= 20  # the bus
    assert (queues.queue_veh + at_stop).tolist() == [int(s.get("halting")) for s in steps]
    assert queues.outside_veh[-1] > 50
    assert (queues.queue_veh <= queues.running_veh).all()
    assert queues.n_teleports == 0
    assert queues.n_discarded == int(steps[-1].get("discarded"))


def test_vehicles_that_the_simulator_gives_up_are_known_only_to_the_summary(outputs: Outputs):
    assert read_queues(outputs.summary).n_discarded > 0


def test_a_summary_without_a_step(tmp_path):
    path = tmp_path / "summary.xml"
    path.write_text("<summary/>")
    queues = read_queues(path)
    assert queues.t_s.size == 0
    assert math.isnan(mean_over(queues.t_s, queues.queue_veh, 0.0, END_S))
    assert by_period(queues.t_s, queues.queue_veh, 60.0)[0].size == 0


def test_the_mean_is_that_of_the_window():
    t_s = np.arange(10.0)
    assert mean_over(t_s, t_s, 2.0, 5.0) == 3.0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.integers(1, 20))
def test_periods_of_equal_length_keep_the_mean(values, period_s):
    t_s = 57600.0 + np.arange(len(values))
    begins_s, means = by_period(t_s, np.array(values), float(period_s))
    n = np.diff([*begins_s, t_s[-1] + 1])
    assert (means * n).sum() / len(values) == pytest.approx(np.mean(values))
    assert begins_s[0] == 57600.0

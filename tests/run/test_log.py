"""What the log keeps of a loop."""

import numpy as np
import pytest

from cityloop.city.link_state import codes_of
from cityloop.city.sumo import read_city
from cityloop.control.orders import Permit, Receipt, Refusal
from cityloop.control.view import View
from cityloop.run.log import RunLog
from cityloop.scenarios import load_scenario


@pytest.fixture(scope="module")
def city(crossing):
    return read_city(load_scenario(crossing).source, "crossing")


def view(t_s: float, state: str) -> View:
    return View(t_s, codes_of(state), np.zeros(len(state), np.int64))


def test_displays_are_kept_when_they_change_and_permits_show_at_once(city):
    n = city.links.n_rows
    log = RunLog(city, 0.0)
    for t_s, seen, permitted in ((1.0, "G", None), (2.0, "G", None), (3.0, "G", "y"), (4.0, "y", "y"), (5.0, "y", "r")):
        log.seen(view(t_s, seen * n))
        log.intent(t_s, Permit() if permitted is None else Permit((0,), (codes_of(permitted * n),)))
    displays = log.displays(10.0)
    assert displays.t_s.tolist() == [0.0, 3.0, 5.0]  # what is shown first is taken to be there from the begin
    assert displays.codes.tolist() == [codes_of(state * n).tolist() for state in "Gyr"]
    assert displays.span_s.tolist() == [3.0, 2.0, 5.0]


def test_refusals_are_counted_and_faults_listed(city):
    log = RunLog(city, 0.0)
    refusal = Refusal(0, "signals", "minimum green")
    log.seen(view(1.0, "G" * city.links.n_rows))
    log.intent(1.0, Permit(refusals=(refusal, refusal)))
    log.fault(2.0, "signals", "ValueError: oh")
    log.receipts(3.0, (Receipt(0, is_applied=True), Receipt(0, is_applied=False, reason="no such signal")))
    assert log.refusals == {(0, "signals", "minimum green"): 2}
    assert [(fault.t_s, fault.who, fault.reason) for fault in log.faults] == [
        (2.0, "signals", "ValueError: oh"),
        (3.0, "signal c", "no such signal"),
    ]


def test_nothing_seen_nothing_shown(city):
    log = RunLog(city, 0.0)
    log.intent(1.0, Permit())
    assert log.displays(10.0).codes.shape == (0, city.links.n_rows)

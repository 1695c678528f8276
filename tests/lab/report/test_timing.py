from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.link_state import codes_of
from cityloop.lab.report.timing import timings
from cityloop.measures.signals import Displays


@pytest.fixture
def shown(street) -> Displays:
    """The plans in force of the street, second by second for a minute and a half."""
    rows = []
    for second in range(90):
        codes = np.zeros(street.links.n_rows, np.uint8)
        for signal_ix, plan_ix in enumerate(street.signals["plan_ix"]):
            stages = slice(int(street.plans["stages_start"][plan_ix]), int(street.plans["stages_end"][plan_ix]))
            ends_s = np.cumsum(street.stages["duration_s"][stages])
            at = int(np.searchsorted(ends_s, second % ends_s[-1], side="right"))
            codes[street.links_of(signal_ix)] = codes_of(street.states_of(int(plan_ix))[at])
        rows.append(codes)
    return Displays(np.arange(90.0), np.array(rows), 90.0)


@pytest.mark.parametrize("signal_ix", [0, 1])
def test_rows_show_what_every_used_link_showed(street, shown, signal_ix):
    (timing,) = timings(street, signal_ix, [("field", shown)], 10.0, 80.0)
    links = street.links_of(signal_ix)
    used = np.flatnonzero(street.links["is_used"][links])
    courses = {tuple(shown.codes[10:80, links.start + link].tolist()) for link in used}
    drawn = set()
    for row in timing.rows:
        assert row.from_s[0] == 10.0
        assert (np.diff(row.codes.astype(int)) != 0).all()
        at = np.searchsorted(row.from_s, np.arange(10.0, 80.0), side="right") - 1
        drawn.add(tuple(row.codes[at].tolist()))
    assert drawn == courses
    labels = [row.label.en for row in timing.rows]
    assert len(set(labels)) == len(labels)
    assert any(label.startswith("Crossing") for label in labels)


def test_arms_have_the_same_rows(street, shown):
    other = Displays(shown.t_s, shown.codes[::-1], shown.end_s)
    first, second = timings(street, 0, [("field", shown), ("smart", other)], 0.0, 60.0)
    assert [row.label for row in first.rows] == [row.label for row in second.rows]
    assert (first.arm, second.arm) == ("field", "smart")

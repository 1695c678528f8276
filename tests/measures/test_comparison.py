"""Who gained and who lost."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.table import Table
from cityloop.measures.comparison import change_of, pair_trips


def trips(delay_s: dict[str, float]) -> Table:
    n = len(delay_s)
    zeros = dict.fromkeys(("depart_s", "depart_delay_s", "travel_time_s", "time_loss_s", "waiting_s"), np.zeros(n))
    more = {"stops": np.zeros(n), "length_m": np.zeros(n), "is_departed": [True] * n, "is_finished": [True] * n}
    return Table("trips", {"vehicle_id": list(delay_s), "delay_s": list(delay_s.values()), **zeros, **more})


def test_by_hand():
    pairs = pair_trips(trips({"a": 10, "b": 20, "c": 5, "d": 1}), trips({"c": 5, "a": 40, "b": 15, "x": 9}))
    assert pairs.vehicle_id.tolist() == ["a", "b", "c"]
    assert pairs.change_s.tolist() == [-30.0, 5.0, 0.0]
    assert pairs.n_unpaired == 2
    change = change_of(pairs)
    assert (change.worse_frac, change.better_frac) == (1 / 3, 1 / 3)
    assert (change.loss_s, change.gain_s) == (5.0, 30.0)
    assert change.median_s == 0.0


def test_no_pair_no_answer():
    change = change_of(pair_trips(trips({"a": 1}), trips({"b": 1})))
    assert all(math.isnan(getattr(change, name)) for name in change.__slots__)


delays = st.dictionaries(st.text("abc", min_size=1, max_size=4), st.floats(0, 100), min_size=1)


@given(delays, delays)
def test_turned_over_gains_become_losses(ours, base):
    one, other = change_of(pair_trips(trips(ours), trips(base))), change_of(pair_trips(trips(base), trips(ours)))
    np.testing.assert_allclose(
        [one.worse_frac, one.loss_s, one.median_s, one.delay_p95_change_s],
        [other.better_frac, other.gain_s, -other.median_s, -other.delay_p95_change_s],
        atol=1e-9,
    )


@given(delays)
def test_nobody_gains_or_loses_in_the_same_run(ours):
    change = change_of(pair_trips(trips(ours), trips(ours)))
    assert (change.worse_frac, change.better_frac, change.delay_p95_change_s) == (0.0, 0.0, 0.0)

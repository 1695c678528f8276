from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.link_state import GREEN, RED
from cityloop.lab.report.junction_rows import JunctionRun, junctions
from cityloop.measures.roads import RoadPeriods
from cityloop.measures.signals import Displays


def run_of(city, lost_s: float, n_veh: float, red_wait_s: float) -> JunctionRun:
    """An hour in which every road loses the same, half of it green everywhere."""
    n_roads, n_links = city.roads.n_rows, city.links.n_rows
    zeros = {name: np.zeros((1, n_roads)) for name in ("waiting_s", "sampled_s", "driven_m")}
    counts = np.full((1, n_roads), n_veh)
    roads = RoadPeriods(
        np.array([0.0]), np.array([3600.0]), np.full((1, n_roads), lost_s), n_entered=counts, n_left=counts, **zeros
    )
    codes = np.array([np.full(n_links, GREEN), np.full(n_links, RED)], np.uint8)
    return JunctionRun(roads, Displays(np.array([0.0, 1800.0]), codes, 3600.0), np.full(n_links, red_wait_s))


def test_seeds_are_weighted_by_their_vehicles_and_the_longest_wait_counts(street):
    before = [run_of(street, 1000.0, 100.0, 40.0), run_of(street, 4000.0, 200.0, 90.0)]
    after = [run_of(street, 500.0, 100.0, 30.0)]
    rows = junctions(street, before, after)
    assert {row.signal_id for row in rows} == set(street.signals["signal_id"])
    for row in rows:
        # every road of an approach loses as much: 5,000 s over 300 vehicles against 500 s over 100
        assert row.before.delay_s / row.after.delay_s == pytest.approx((5000 / 300) / 5)
        assert (row.before.red_wait_s, row.after.red_wait_s) == (90.0, 30.0)
        assert row.before.switches_per_h == 1.0
        assert row.before.green_use_frac == pytest.approx(1.5 * row.after.green_use_frac)
    assert [row.n_veh for row in rows] == sorted((row.n_veh for row in rows), reverse=True)


def test_a_junction_that_nobody_passed_is_left_out(street):
    nobody = [run_of(street, 0.0, 0.0, 0.0)]
    assert junctions(street, nobody, nobody) == ()

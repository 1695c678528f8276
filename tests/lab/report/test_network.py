from __future__ import annotations

import numpy as np
import pytest

from cityloop.lab.report.network import network_of, road_delays
from cityloop.measures.roads import RoadPeriods


def test_every_road_has_its_line(street):
    network = network_of(street)
    assert len(network.lines) == len(network.road_ids) == street.roads.n_rows
    for line, length_m in zip(network.lines, street.roads["length_m"], strict=True):
        assert np.hypot(*np.diff(line, axis=0).T).sum() == pytest.approx(length_m, rel=0.05)
    assert network.signal_xy_m.shape == (street.signals.n_rows, 2)
    assert network.ways and all(way.shape[1] == 2 for way in network.ways)


def roads(lost_s: list[float], n_left: list[float], n_entered: list[float]) -> RoadPeriods:
    rows = {name: np.zeros((1, 3)) for name in ("waiting_s", "sampled_s", "driven_m")}
    return RoadPeriods(
        np.array([0.0]), np.array([60.0]), np.array([lost_s]), n_left=np.array([n_left]),
        n_entered=np.array([n_entered]),
        **rows,
    )  # fmt: skip


def test_delay_per_vehicle_counts_those_that_stay_on_the_road():
    before = [roads([100.0, 0.0, 30.0], [10.0, 0.0, 0.0], [8.0, 0.0, 3.0])]
    after = [
        roads([50.0, 4.0, 0.0], [10.0, 2.0, 5.0], [10.0, 2.0, 5.0]),
        roads([30.0, 4.0, 0.0], [10.0, 2.0, 5.0], [0.0, 2.0, 5.0]),
    ]
    delays = road_delays(before, after)
    assert delays.before_s.tolist()[0::2] == [10.0, 10.0]
    assert np.isnan(delays.before_s[1])
    assert delays.after_s.tolist() == [4.0, 2.0, 0.0]
    assert delays.n_veh.tolist() == [10.0, 2.0, 5.0]

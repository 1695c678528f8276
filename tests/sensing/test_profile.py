from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.sensing.profile import Profile

KEY = np.array([3, 4])
SURE = np.ones(2, np.bool_)


def test_usual_flow_is_that_of_the_same_part_of_an_earlier_day() -> None:
    first = Profile("loops", KEY)
    assert np.isnan(first.flow_vps(0.0)).all()
    for t_s in range(28_800, 29_700):
        first.count(float(t_s), 1.0, np.array([t_s % 10 == 0, t_s % 2 == 0]), SURE)
    np.testing.assert_allclose(first.flow_vps(29_000.0), [0.1, 0.5])
    assert np.isnan(first.usual_vps(29_000.0)).all()
    second = Profile("loops", KEY, first.memory())
    np.testing.assert_allclose(second.usual_vps(29_000.0), [0.1, 0.5])
    assert np.isnan(second.usual_vps(60_000.0)).all()


def test_what_is_not_sure_does_not_count() -> None:
    profile = Profile("loops", KEY)
    for t_s in range(900):
        profile.count(float(t_s), 1.0, np.array([1, 1]), np.array([True, False]))
    assert profile.flow_vps(0.0)[0] == 1.0
    assert np.isnan(profile.flow_vps(0.0)[1])


def test_a_memory_of_another_city_is_refused() -> None:
    memory = Profile("loops", KEY).memory()
    for other in (np.array([3, 5]), np.array([3])):
        with pytest.raises(Unusable, match="another city"):
            Profile("loops", other, memory)
    with pytest.raises(Unusable, match="from 0 up"):
        Profile("loops", KEY, {**memory, "loops_veh": np.full((96, 2), np.nan)})
    Profile("cameras", KEY, memory)  # arrays of others do not matter

import numpy as np
import pytest

from cityloop.city.sumo.draws import Draws, Purpose


def test_draws_depend_on_seed_purpose_name_and_number_alone() -> None:
    draws = Draws(5)
    keys = [(purpose, name, index) for purpose in Purpose for name in ("f", "g") for index in range(100)]
    values = [draws.uniform(*key) for key in keys]
    assert values == [Draws(5).uniform(*key) for key in keys]
    assert len(set(values)) == len(values)
    assert 0 <= min(values) < max(values) < 1
    assert np.mean(values) == pytest.approx(0.5, abs=0.03)
    assert Draws(6).uniform(*keys[0]) != values[0]
    assert 0 <= Draws(2**70).uniform(Purpose.TYPE, "f", 2**40) < 1


def test_choices_follow_their_shares() -> None:
    drawn = [Draws(0).choice([1.0, 0.0, 3.0], Purpose.ROUTE, "f", index) for index in range(1000)]
    assert drawn.count(1) == 0
    assert drawn.count(2) == pytest.approx(750, abs=50)
    assert Draws(0).choice([0.2], Purpose.ROUTE, "f") == 0


def test_draws_tell_whether_they_were_used() -> None:
    draws = Draws(0)
    draws.choice([0.2], Purpose.ROUTE, "f")
    assert not draws.is_used
    draws.choice([0.2, 0.8], Purpose.ROUTE, "f")
    assert draws.is_used

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.chance import uniform

WORD = 1 << 64


def _by_hand(key: int, salt: int) -> float:
    """SplitMix64's finaliser in whole numbers of any size."""
    z = (key * 0x9E3779B97F4A7C15 + salt * 0xD1342543DE82EF95) % WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % WORD
    return ((z ^ (z >> 31)) >> 11) / 2**53


@settings(deadline=None)  # the first call compiles
@given(st.integers(0, 2**62), st.integers(0, 100))
def test_the_number_is_the_same_on_every_machine(key: int, salt: int) -> None:
    assert uniform(key, salt) == _by_hand(key, salt)
    assert 0.0 <= uniform(key, salt) < 1.0


def test_numbers_spread_evenly() -> None:
    drawn = np.array([uniform(key, 1) for key in range(20000)])
    counts = np.histogram(drawn, bins=20, range=(0.0, 1.0))[0]
    chi_square = float(((counts - 1000.0) ** 2 / 1000.0).sum())
    assert chi_square < 43.8  # 19 degrees of freedom, 0.1 %


def test_neighbours_and_salts_have_nothing_in_common() -> None:
    one, other = (np.array([uniform(key, salt) for key in range(5000)]) for salt in (1, 2))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 0.05

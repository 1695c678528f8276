from __future__ import annotations

import pytest

from cityloop.city.metropolis.right_of_way import must_yield

# arms: 0 north, 1 east, 2 south, 3 west


@pytest.mark.parametrize(
    ("own", "foe", "at_signal", "without_signal"),
    [
        ((0, "l"), (2, "s"), True, True),  # left turn against who comes towards it
        ((2, "s"), (0, "l"), False, False),
        ((0, "t"), (2, "l"), True, True),
        ((0, "r"), (1, "s"), True, True),  # right turn into the road of others
        ((0, "s"), (1, "s"), False, True),  # kept apart by the signal; else the major road goes first
        ((1, "s"), (0, "s"), False, False),
        ((1, "l"), (0, "s"), False, False),
        ((0, "r"), (1, "w"), True, True),  # walkers
        ((0, "s"), (0, "w"), False, True),
        ((0, "w"), (0, "s"), False, False),
    ],
)
def test_who_yields(own: tuple[int, str], foe: tuple[int, str], at_signal: bool, without_signal: bool) -> None:
    assert must_yield(own, foe, is_signalised=True, major_axis=1) == at_signal
    assert must_yield(own, foe, is_signalised=False, major_axis=1) == without_signal


def test_equals_without_a_signal_are_settled_one_way() -> None:
    pair = ((0, "l"), (2, "l"))
    assert must_yield(*pair, is_signalised=False, major_axis=1) != must_yield(
        *pair[::-1], is_signalised=False, major_axis=1
    )

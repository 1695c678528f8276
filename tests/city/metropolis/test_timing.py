from __future__ import annotations

import pytest

from cityloop.city.errors import Unusable
from cityloop.city.metropolis.timing import Stage, Timing, states_of


def test_a_link_that_stays_green_shows_no_yellow() -> None:
    stages = [Stage(10.0, frozenset({0, 1})), Stage(8.0, frozenset({2}), permissive=frozenset({1}))]
    states = states_of(stages, 3, Timing())
    assert states == (
        ("GGr", 10.0),
        ("yGr", 3.0),
        ("rGr", 2.0),
        ("rgG", 8.0),
        ("rgy", 3.0),
        ("rgr", 2.0),
    )


def test_walkers_start_first_and_clear_within_their_stage() -> None:
    stage = Stage(20.0, frozenset({0}), walks=frozenset({1}), walking_clearance_s=12.0)
    states = states_of([stage, Stage(9.0, frozenset())], 2, Timing(all_red_s=0.0))
    assert states[:3] == (("GG", 8.0), ("Gr", 12.0), ("yr", 3.0))
    with pytest.raises(Unusable, match="walkers"):
        states_of([Stage(18.0, frozenset({0}), walks=frozenset({1}), walking_clearance_s=12.0)], 2, Timing())


def test_the_cycle_is_shared_out_to_the_second() -> None:
    timing = Timing(cycle_s=100.0)
    assert timing.split_s((2.0, 1.0, 2.0, 1.0)) == (27.0, 13.0, 27.0, 13.0)
    with pytest.raises(Unusable, match="too short"):
        timing.green_s(11)


@pytest.mark.parametrize(
    "wrong", [{"cycle_s": 0.0}, {"yellow_s": -3.0}, {"all_red_s": -1.0}, {"left_frac": 1.2}, {"cycle_s": float("inf")}]
)
def test_times_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(Unusable):
        Timing(**wrong)

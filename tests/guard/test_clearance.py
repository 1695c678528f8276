from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.control.guard.clearance import (
    Clearance,
    all_red_s,
    clearance_of,
    walking_clearance_s,
    yellow_by_speed_s,
)


def test_yellow_is_three_seconds_up_to_sixty_and_follows_the_formula_above() -> None:
    speed_mps = np.array([0.0, 30, 50, 60, 70, 80, 100]) / 3.6
    # 1 s + v / (2 * 3.05): 4.19, 4.64, 5.55 s
    np.testing.assert_array_equal(yellow_by_speed_s(speed_mps, Clearance.street()), [3, 3, 3, 3, 5, 5, 6])


def test_yellow_is_longer_downhill() -> None:
    downhill = Clearance(grade_frac=-0.06)
    assert yellow_by_speed_s(np.array([80 / 3.6]), downhill)[0] == 6  # 1 + 22.2 / (2 (3.05 - 0.59)) = 5.51


def _one(
    clearing_m: float, entering_m: float, *, turn: bool = False, limit_mps: float = 13.9, walks: bool = False
) -> float:
    arrays = (
        np.array([clearing_m]),
        np.array([entering_m]),
        np.array([turn]),
        np.array([limit_mps]),
        np.array([walks]),
    )
    return float(all_red_s(*arrays, Clearance.street())[0])


def test_all_red_is_clearing_minus_entering_time() -> None:
    assert _one(40, 12) == 4  # 46 / 10 - 12 / 11.1 = 3.52
    assert _one(40, 12, turn=True) == 5  # 46 / 7 - 1.08 - 1 = 4.49
    assert _one(30, 12, limit_mps=8.0) == 4  # 36 / 8 - 1.08 = 3.42
    assert _one(30, 12, walks=True) == 4  # a pedestrian enters at once: 36 / 10
    assert _one(34, 0) == 4  # 40 / 10 to the point
    assert _one(15, 40, limit_mps=0.0) == 2


def test_all_red_has_a_floor_and_a_cap() -> None:
    assert _one(5, 20) == 2
    assert _one(200, 0) == 6


def test_pedestrians_clear_at_a_metre_a_second() -> None:
    np.testing.assert_array_equal(walking_clearance_s(np.array([12.0, 12.1, 3.0]), Clearance.street()), [12, 13, 3])


def test_program_adds_no_all_red() -> None:
    program = clearance_of("program")
    assert program.takes_program_yellow
    assert program.min_green_s == 5
    assert program.max_red_s == 120
    far = (np.array([50.0]), np.array([0.0]), np.array([False]), np.array([10.0]), np.array([False]))
    assert all_red_s(*far, program)[0] == 0
    assert clearance_of("street") == Clearance.street()


@pytest.mark.parametrize(
    "change",
    [
        {"yellow_s": -1.0},
        {"walking_mps": 0.0},
        {"deceleration_mps2": 0.0},
        {"max_red_s": 0.0},
        {"min_green_s": float("nan")},
        {"all_red_cap_s": float("inf")},
        {"grade_frac": -0.4},
    ],
)
def test_figures_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(Unusable, match=next(iter(change))):
        Clearance(**change)  # type: ignore[arg-type]


def test_an_unknown_clearance_names_the_known_ones() -> None:
    with pytest.raises(Unusable, match="street or program"):
        clearance_of("none")

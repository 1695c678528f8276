from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cityloop.lab.report.movement_names import movement_name, origin_deg, origin_name, turn_rank


def city_with_lane(*points: tuple[float, float]) -> SimpleNamespace:
    x_m, y_m = np.array(points).T
    return SimpleNamespace(
        lanes={"points_start": np.array([0]), "points_end": np.array([len(points)])}, points={"x_m": x_m, "y_m": y_m}
    )


@pytest.mark.parametrize(
    ("points", "bearing_deg", "name"),
    [
        ([(0, 100), (0, 0)], 0.0, "N"),
        ([(100, 0), (0, 0)], 90.0, "E"),
        ([(-70, -70), (0, 0)], 225.0, "SW"),
        ([(0, 100), (2, 3), (0, 0)], 1.18, "N"),  # the short bend before the stop line does not count
        ([(0, 5), (0, 0)], 0.0, "N"),  # a lane shorter than what is looked at
    ],
)
def test_where_a_lane_comes_from(points, bearing_deg, name):
    found = origin_deg(city_with_lane(*points), 0)
    assert found == pytest.approx(bearing_deg, abs=1.3) or found == pytest.approx(bearing_deg + 360, abs=1.3)
    assert origin_name(found).en == name


def test_names_in_both_languages():
    name = movement_name(180.0, {"s", "r"})
    assert name.en == "from S, right/straight"
    assert name.ko == "남측 우회전·직진"
    assert movement_name(350.0, {"L", "l"}).en == "from N, left"
    assert [turn_rank(turn) for turn in "rslt"] == [0, 1, 2, 3]

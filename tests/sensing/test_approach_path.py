from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.sensing.approach_path import longest_path, path_from


def test_stretches_join_from_the_stop_line_up(street: City) -> None:
    ids = street.lanes["lane_id"].tolist()
    approaches = approach_lanes(street, 200.0)
    path = path_from(street, approaches, ids.index("AJ_1"), ids.index("WA_1"))
    assert [ids[lane_ix] if lane_ix >= 0 else "" for lane_ix in path.lane_ix] == ["AJ_1", "", "WA_1"]
    assert path.movement_ix[1] >= 0
    assert path.offset_m[0] == 0.0
    assert path.offset_m[1:] == path.entry_m[:-1]
    assert longest_path(street, approaches, ids.index("AJ_1")) == path


def test_a_lane_just_beyond_the_reach_is_reached_by_its_movement(street: City) -> None:
    ids = street.lanes["lane_id"].tolist()
    approaches = approach_lanes(street, 12.0)  # ends on the movement between the two lanes
    path = path_from(street, approaches, ids.index("AJ_1"), ids.index("WA_1"))
    assert [ids[lane_ix] if lane_ix >= 0 else "" for lane_ix in path.lane_ix] == ["AJ_1", "", "WA_1"]
    assert path.offset_m[2] == path.entry_m[1]


@given(distance_m=st.floats(0.0, 600.0))
def test_places_are_on_their_stretch(street: City, distance_m: float) -> None:
    ids = street.lanes["lane_id"].tolist()
    path = path_from(street, approach_lanes(street, 200.0), ids.index("AJ_1"), ids.index("WA_1"))
    lane_ix, movement_ix, position_m = path.place_of(distance_m)
    assert (lane_ix >= 0) != (movement_ix >= 0)
    length_m = street.lanes["length_m"][lane_ix] if lane_ix >= 0 else street.movements["length_m"][movement_ix]
    assert 0.0 <= position_m <= length_m + 1e-6
    at = path.lane_ix.index(lane_ix) if lane_ix >= 0 else path.movement_ix.index(movement_ix)
    if distance_m < path.entry_m[-1]:
        assert path.entry_m[at] - position_m == pytest.approx(distance_m)
    assert np.isfinite(position_m)

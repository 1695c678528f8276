from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.approaches import approach_lanes
from cityloop.city.city import City
from cityloop.control.view import Detectors
from cityloop.sensing.loop_layout import from_stop_line, loop_layout, loop_places


def test_every_stop_lane_has_a_loop_at_its_stop_line_and_one_upstream(street: City) -> None:
    places = loop_places(street)
    signalised = (street.movements["signal_ix"] >= 0) & ~street.movements["is_crossing"]
    stop_lanes = set(street.movements["from_lane_ix"][signalised].tolist())
    for is_upstream in (False, True):
        rows = places.is_upstream == is_upstream
        assert set(places.serves_stop_lane_ix[rows].tolist()) == stop_lanes
    assert (places.serves_m[~places.is_upstream] == 2.0).all()
    np.testing.assert_allclose(places.serves_m[places.is_upstream], 80.0)


def test_a_short_stop_lane_is_followed_upstream(street: City) -> None:
    places = loop_places(street)
    ids = street.lanes["lane_id"].tolist()
    of_short = places.is_upstream & (places.serves_stop_lane_ix == ids.index("AJ_1"))
    assert [ids[places.lane_ix[loop_ix]] for loop_ix in places.serves_loop_ix[of_short]] == ["WA_1"]


def test_loops_lie_on_their_lanes_and_have_names_of_their_own(street: City) -> None:
    layout = loop_layout(street)
    assert len(set(layout["detector_id"].tolist())) == layout.n_rows
    assert (layout["distance_m"] > 0).all()
    assert (layout["distance_m"] < street.lanes["length_m"][layout["lane_ix"]]).all()


def test_distances_count_from_the_stop_line(street: City) -> None:
    places = loop_places(street)
    n = len(places.lane_ix)
    readings = from_stop_line(Detectors(lane_ix=places.lane_ix, distance_m=places.distance_m), places)
    assert set(np.round(readings.distance_m, 6).tolist()) == {2.0, 80.0}
    partial = Detectors(lane_ix=places.lane_ix[: n - 1])
    assert from_stop_line(partial, places) is partial


@pytest.mark.parametrize("reach_m", [80.0])
def test_loops_beyond_a_junction_serve_what_their_lane_feeds(street: City, reach_m: float) -> None:
    approaches = approach_lanes(street, reach_m)
    fed = set(zip(approaches["stop_lane_ix"].tolist(), approaches["lane_ix"].tolist(), strict=True))
    places = loop_places(street)
    for pair in np.flatnonzero(places.is_upstream):
        lane_ix = int(places.lane_ix[places.serves_loop_ix[pair]])
        assert (int(places.serves_stop_lane_ix[pair]), lane_ix) in fed

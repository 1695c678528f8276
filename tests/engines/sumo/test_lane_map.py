from __future__ import annotations

from pathlib import Path

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput
from cityloop.engines.sumo.lane_map import lane_map_of


def test_lanes_and_ways_through_junctions_have_codes(street: City, street_source: SumoInput) -> None:
    lane_map = lane_map_of(street, lambda _: 4.0)
    assert [lane_map.code_of[lane_id] for lane_id in street.lanes["lane_id"]] == list(range(street.lanes.n_rows))
    movements = street.movements
    n_parts = 0
    for ix in range(movements.n_rows):
        if movements["is_crossing"][ix]:
            assert movements["via_ids"][ix] not in lane_map.code_of
            continue
        for part, via_id in enumerate(movements["via_ids"][ix].split()):
            code = lane_map.code_of[via_id] - lane_map.n_lanes
            assert lane_map.movement_ix[code] == ix
            assert lane_map.offset_m[code] == 4.0 * part
            n_parts += part > 0
    assert n_parts > 0  # left turns that wait inside the junction have two lanes
    assert Path(street_source.net_path).is_file()

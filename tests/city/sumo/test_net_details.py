from dataclasses import replace
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_city, read_sumo_config
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.net_file import read_net_file
from cityloop.city.sumo.places import lanes_of


def test_known_classes_need_no_net_file(pair: City) -> None:
    details = NetDetails(replace(pair, net_path=Path("gone.net.xml")))
    for vehicle_class, column in (
        ("passenger", "allows_cars"),
        ("bus", "allows_buses"),
        ("bicycle", "allows_bicycles"),
    ):
        assert details.open_lanes(vehicle_class) == pair.lanes[column].tolist()
    assert all(details.open_lanes("ignoring"))
    assert details.equal_rank_via_ids == frozenset()
    with pytest.raises(Unusable, match="the net cannot be read"):
        details.open_lanes("truck")


def test_other_classes_are_read_from_the_net(street: City) -> None:
    lanes = lanes_of(read_net_file(street.net_path))
    details = NetDetails(street)
    for vehicle_class in ("truck", "tram", "emergency"):
        ours = dict(zip(street.lanes["lane_id"], details.open_lanes(vehicle_class), strict=True))
        assert ours == {lane_id: lanes[lane_id].allows(vehicle_class) for lane_id in ours}
    assert details.open_lanes("truck") == details.open_lanes("passenger")


def test_ways_between_streets_of_equal_rank_in_an_old_net(resco_configs: dict[str, Path]) -> None:
    source = read_sumo_config(resco_configs["cologne3"])
    city = read_city(source, "cologne3")
    via_ids = NetDetails(city).equal_rank_via_ids
    assert len(via_ids) == 4
    assert via_ids <= {ids.split()[0] for ids in city.movements["via_ids"] if ids}

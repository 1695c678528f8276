from __future__ import annotations

from cityloop.city.city import City
from cityloop.engines.sumo.routes import NONE_AHEAD, RouteMap


def lane(city: City, lane_id: str) -> int:
    return city.lanes["lane_id"].tolist().index(lane_id)


def way(city: City, movement_ix: int) -> tuple[str, str]:
    movements, ids = city.movements, city.lanes["lane_id"]
    return ids[movements["from_lane_ix"][movement_ix]], ids[movements["to_lane_ix"][movement_ix]]


def test_the_next_signal_is_found_past_an_unsignalised_node(street: City) -> None:
    routes = RouteMap(street)
    route = routes.route_of(("WA", "AJ", "JK", "KE"))
    assert route.stop_at == (1, 1, 2, -1)
    for lane_id, stop_lane_id in (("WA_1", "AJ_1"), ("WA_2", "AJ_2"), ("AJ_1", "AJ_1")):
        place = 0 if lane_id.startswith("WA") else 1
        movement_ix = routes.next_movement(route, place, lane(street, lane_id))
        assert street.movements["signal_ix"][movement_ix] >= 0
        assert way(street, movement_ix)[0] == stop_lane_id
        assert way(street, movement_ix)[1].startswith("JK")


def test_from_a_lane_that_does_not_lead_there_the_nearest_that_does_is_taken(street: City) -> None:
    routes = RouteMap(street)
    right = routes.route_of(("WA", "AJ", "JS"))
    assert way(street, routes.next_movement(right, 1, lane(street, "AJ_2")))[0] == "AJ_1"
    left = routes.route_of(("WA", "AJ", "JN"))
    assert way(street, routes.next_movement(left, 1, lane(street, "AJ_1")))[0] == "AJ_2"


def test_behind_the_last_signal_none_lies_ahead(street: City) -> None:
    routes = RouteMap(street)
    route = routes.route_of(("EK", "KJ", "JA", "AW"))
    assert routes.next_movement(route, 2, lane(street, "JA_1")) == NONE_AHEAD
    assert routes.next_movement(route, 3, lane(street, "AW_1")) == NONE_AHEAD


def test_a_road_driven_twice_is_told_apart_by_its_place(street: City) -> None:
    routes = RouteMap(street)
    route = routes.route_of(("JK", "KE", "JK", "KS"))
    first = routes.next_movement(route, 0, lane(street, "JK_1"))
    last = routes.next_movement(route, 2, lane(street, "JK_1"))
    assert way(street, first)[1].startswith("KE")
    assert way(street, last)[1].startswith("KS")


def test_unknown_edges_are_no_signals(street: City) -> None:
    routes = RouteMap(street)
    route = routes.route_of(("somewhere", "AJ"))
    assert route.roads[0] == -1
    assert route.stop_at == (-1, -1)

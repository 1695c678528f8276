"""The next signalised movement at each place of a route."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from cityloop.city.city import City

NONE_AHEAD = -2


@dataclass(frozen=True, slots=True)
class Route:
    """A route, and at each of its roads the place in it of the next road that ends at a signal.

    Parameters
    ----------
    roads : tuple of int
        Rows of the city's roads; -1 for one that the city does not know.
    stop_at : tuple of int, one a road
        Place of the next road from which the route takes a signalised movement, -1 none.
    """

    roads: tuple[int, ...]
    stop_at: tuple[int, ...]


class RouteMap:
    """Finds the next signalised movement of a vehicle from its route, its place in it and its lane."""

    def __init__(self, city: City) -> None:
        self._road_of_id = {str(road_id): ix for ix, road_id in enumerate(city.roads["road_id"])}
        self.road_ix_of_lane: list[int] = city.lanes["road_ix"].tolist()
        self._exits: dict[tuple[int, int], tuple[int, int]] = {}  # (lane, next road) -> movement, out-lane
        self._signalised: dict[tuple[int, int], int] = {}  # (lane, next road) -> movement
        self._lanes: dict[tuple[int, int], list[int]] = defaultdict(list)  # (road, next road) -> in-lanes
        self._signalised_lanes: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._found: dict[tuple[int, tuple[int, ...]], int] = {}  # (lane, roads to the stop line and on) -> movement
        movements = city.movements
        for ix in range(movements.n_rows):
            if movements["is_crossing"][ix]:
                continue
            from_ix, to_ix = int(movements["from_lane_ix"][ix]), int(movements["to_lane_ix"][ix])
            road_ix, next_ix = self.road_ix_of_lane[from_ix], self.road_ix_of_lane[to_ix]
            self._exits.setdefault((from_ix, next_ix), (ix, to_ix))
            self._lanes[road_ix, next_ix].append(from_ix)
            if movements["signal_ix"][ix] >= 0:
                self._signalised.setdefault((from_ix, next_ix), ix)
                self._signalised_lanes[road_ix, next_ix].append(from_ix)

    def route_of(self, edge_ids: tuple[str, ...]) -> Route:
        """Return a route of SUMO's edges."""
        roads = tuple(self._road_of_id.get(edge_id, -1) for edge_id in edge_ids)
        stop_at, ahead = [-1] * len(roads), -1
        for place in range(len(roads) - 2, -1, -1):
            if (roads[place], roads[place + 1]) in self._signalised_lanes:
                ahead = place
            stop_at[place] = ahead
        return Route(roads, tuple(stop_at))

    def next_movement(self, route: Route, place: int, lane_ix: int) -> int:
        """Return the row of the next signalised movement, ``NONE_AHEAD`` where none lies ahead.

        From the lane it is on the way is followed lane by lane; where a lane does not lead to the next
        road of the route, the lane that does and lies nearest is taken, as the vehicle will have to.

        Parameters
        ----------
        route : Route
        place : int
            Place in the route of the road that the vehicle is on.
        lane_ix : int
            Lane of that road.
        """
        stop = route.stop_at[place]
        if stop < 0:
            return NONE_AHEAD
        ahead = (lane_ix, route.roads[place : stop + 2])
        movement_ix = self._found.get(ahead)
        if movement_ix is None:
            movement_ix = self._found[ahead] = self._last_movement(*ahead)
        return movement_ix

    def _last_movement(self, lane_ix: int, roads: tuple[int, ...]) -> int:
        """Return the movement between the last two roads of a way, which is signalised, from a lane of the first."""
        stop = len(roads) - 2
        for at in range(stop):
            way = (lane_ix, roads[at + 1])
            if way not in self._exits:
                lanes = self._lanes.get((roads[at], roads[at + 1]))
                if not lanes:
                    break
                way = (_nearest(lanes, lane_ix), roads[at + 1])
            lane_ix = self._exits[way][1]
        way = (lane_ix, roads[stop + 1])
        if way not in self._signalised:
            way = (_nearest(self._signalised_lanes[roads[stop], roads[stop + 1]], lane_ix), roads[stop + 1])
        return self._signalised[way]


def _nearest(lanes: list[int], lane_ix: int) -> int:
    # lanes of a road are neighbouring rows
    return min(lanes, key=lambda other: (abs(other - lane_ix), other))

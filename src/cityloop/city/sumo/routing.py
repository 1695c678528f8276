"""The fastest ways through a city, found as SUMO finds them for trips.

SUMO routes a trip when it departs, over the travel times of that moment. Before the streets fill these are the free
ones, and over these the ways here equal SUMO's (``--device.rerouting.adaptation-interval 0``): of a road
``length / speed``, the speed being the lower of its lanes' mean limit and what the vehicle drives on its first lane,
and of the way through the junction the same, plus a penalty where it yields without a signal. See ``MSEdge`` and
``MSRoutingEngine`` in SUMO's source. The travel times of the moment are in ``kernels.travel_times``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from math import inf

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo.config import SumoInput
from cityloop.city.sumo.net_details import NetDetails


@dataclass(frozen=True, slots=True)
class Penalties:
    """What SUMO adds to the time of a way that must yield and has no signal."""

    minor_s: float = 1.5
    turnaround_s: float = 5.0


def penalties_of(source: SumoInput) -> Penalties:
    """Return the penalties that a scenario sets, SUMO's own where it sets none.

    Raises
    ------
    Unusable
        When one is no number.
    """
    options, values = dict(source.options), []
    for option, default in (("weights.minor-penalty", "1.5"), ("weights.turnaround-penalty", "5")):
        try:
            values.append(float(options.get(option, default)))
        except ValueError as error:
            place = f"{source.config_path or source.net_path} <{option}>"
            raise Unusable(f"no number: {options[option]!r}", place, "give seconds") from error
    return Penalties(*values)


class RoadGraph:
    """Roads, their free travel times and what follows on them, for the vehicles of one class and speed.

    Parameters
    ----------
    details : NetDetails
    vehicle_class : str
    max_speed_mps, speed_factor : float
        Of the vehicles. SUMO draws a factor for each vehicle; here all have the mean of their type.
    penalties : Penalties

    Attributes
    ----------
    road_s, own_s : list of float
        Travel time of each road over free streets, and with nobody in the way.
    following : list of list of (int, float)
        Roads that follow each road, with the travel time through the junction.
    is_open : list of bool
        Whether a lane of each road is open to the class.
    """

    def __init__(
        self,
        details: NetDetails,
        vehicle_class: str,
        max_speed_mps: float,
        speed_factor: float,
        penalties: Penalties,
    ) -> None:
        self._max_speed_mps, self._speed_factor, self._penalties = max_speed_mps, speed_factor, penalties
        is_lane_open = details.open_lanes(vehicle_class)
        self.road_s, self.own_s, self.is_open = self._roads(details.city, is_lane_open)
        self.following = self._following(details, is_lane_open)
        self._trees: dict[tuple[int, ...], tuple[list[float], list[int]]] = {}

    def way(self, origins: tuple[int, ...], targets: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the fastest way from one of the origins to one of the targets; None where there is none.

        Parameters
        ----------
        origins, targets : tuple of int
            Rows of roads: one, or those of a junction or zone.

        Returns
        -------
        tuple of int or None
            Rows of roads, both ends included. Among equally fast ways it is SUMO's: the search takes roads of
            equal time in the order of the net file, and the first way to a road stays.
        """
        arrival_s, before = self._tree(origins)
        reached = [
            (arrival_s[road] + (self.road_s[road] if len(targets) > 1 else 0.0), road)
            for road in targets
            if arrival_s[road] < inf
        ]
        if not reached:
            return None
        road = min(reached)[1]
        way = [road]
        while before[road] >= 0:
            road = before[road]
            way.append(road)
        return tuple(way[::-1])

    def loop(self, road: int) -> tuple[int, ...] | None:
        """Return the fastest way that leaves a road and comes back to it; None where there is none."""
        best: tuple[int, ...] | None = None
        best_s = inf
        for follower, _ in self.following[road]:
            arrival_s = self._tree((follower,))[0][road]
            way = self.way((follower,), (road,))
            if way is not None and arrival_s < best_s:
                best, best_s = (road, *way), arrival_s
        return best

    def gap(self, way: Sequence[int]) -> tuple[int, int] | None:
        """Return two consecutive roads of a way without a connection open to the class; None where all have one.

        A closed road is a gap in itself.
        """
        for road in way:
            if not self.is_open[road]:
                return road, road
        for road, follower in pairwise(way):
            if all(follower != candidate for candidate, _ in self.following[road]):
                return road, follower
        return None

    def _tree(self, origins: tuple[int, ...]) -> tuple[list[float], list[int]]:
        """Return the time at which each road is reached from the origins, and the road before it (Dijkstra)."""
        tree = self._trees.get(origins)
        if tree is not None:
            return tree
        road_s, following = self.road_s, self.following
        arrival_s, before, is_settled = [inf] * len(road_s), [-1] * len(road_s), [False] * len(road_s)
        queue: list[tuple[float, int]] = []
        for road in origins:
            if self.is_open[road]:
                arrival_s[road] = 0.0
                heappush(queue, (0.0, road))
        while queue:
            time_s, road = heappop(queue)
            if is_settled[road]:
                continue
            is_settled[road] = True
            time_s += road_s[road]
            for follower, through_s in following[road]:
                follower_s = time_s + through_s
                if follower_s < arrival_s[follower]:
                    arrival_s[follower] = follower_s
                    before[follower] = road
                    heappush(queue, (follower_s, follower))
        self._trees[origins] = arrival_s, before
        return arrival_s, before

    def _roads(self, city: City, is_lane_open: Sequence[bool]) -> tuple[list[float], list[float], list[bool]]:
        lanes, n_roads = city.lanes, city.roads.n_rows
        sum_mps, first_s, is_open = [0.0] * n_roads, [0.0] * n_roads, [False] * n_roads
        length_m = city.roads["length_m"].tolist()
        for lane, (road, index, limit_mps) in enumerate(
            zip(lanes["road_ix"].tolist(), lanes["index"].tolist(), lanes["speed_mps"].tolist(), strict=True)
        ):
            sum_mps[road] += limit_mps
            is_open[road] = is_open[road] or is_lane_open[lane]
            if index == 0:
                first_s[road] = length_m[road] / self._speed_mps(limit_mps)
        mean_mps = [total / n for total, n in zip(sum_mps, city.roads["n_lanes"].tolist(), strict=True)]
        road_s = [
            max(length / max(speed, 1e-3), first)
            for length, speed, first in zip(length_m, mean_mps, first_s, strict=True)
        ]
        return road_s, first_s, is_open

    def _speed_mps(self, limit_mps: float) -> float:
        return max(min(self._max_speed_mps, limit_mps * self._speed_factor), 1e-3)

    def _following(self, details: NetDetails, is_lane_open: Sequence[bool]) -> list[list[tuple[int, float]]]:
        city, rows = details.city, details.city.movements
        from_lanes, to_lanes = rows["from_lane_ix"].tolist(), rows["to_lane_ix"].tolist()
        road_of = city.lanes["road_ix"].tolist()
        vias = [ids.split() for ids in rows["via_ids"]]
        through_s = self._through_s(details, vias)
        # all lanes between two roads count as their first one, whichever lane is used
        of_via = {ids[0]: row for row, ids in enumerate(vias) if ids}
        times: list[dict[int, float]] = [{} for _ in range(city.roads.n_rows)]
        is_connected: set[tuple[int, int]] = set()
        for row in sorted((row for row, lane in enumerate(from_lanes) if lane >= 0), key=from_lanes.__getitem__):
            road, follower = road_of[from_lanes[row]], road_of[to_lanes[row]]
            if is_lane_open[from_lanes[row]] and is_lane_open[to_lanes[row]]:
                is_connected.add((road, follower))
            if follower not in times[road]:
                first = of_via.get(f"{vias[row][0].rpartition('_')[0]}_0", row) if vias[row] else row
                times[road][follower] = through_s[first] if vias[row] else 0.0
        return [
            [(follower, time_s) for follower, time_s in followers.items() if (road, follower) in is_connected]
            for road, followers in enumerate(times)
        ]

    def _through_s(self, details: NetDetails, vias: list[list[str]]) -> list[float]:
        """Return the travel time of each movement; one that waits inside the junction yields there as well."""
        rows, kinds = details.city.movements, details.city.nodes["kind"]
        times: list[float] = []
        for row, (length_m, limit_mps, direction, is_minor, signal, node) in enumerate(
            zip(
                rows["length_m"].tolist(),
                rows["speed_mps"].tolist(),
                rows["direction"].tolist(),
                rows["is_minor"].tolist(),
                rows["signal_ix"].tolist(),
                rows["node_ix"].tolist(),
                strict=True,
            )
        ):
            is_minor = is_minor or (vias[row][:1] and vias[row][0] in details.equal_rank_via_ids)
            # a merge in turns counts as a way with priority
            has_to_yield = bool(signal < 0 and is_minor and kinds[node] != "zipper")
            penalty_s = self._penalties.turnaround_s if direction == "t" else self._penalties.minor_s
            # the place to wait inside the junction has the direction of the whole way, except in nets of SUMO 0.x
            penalty_s *= has_to_yield + max(len(vias[row]) - 1, 0)
            driven_s = length_m / self._speed_mps(limit_mps) + penalty_s
            times.append(max(length_m / max(limit_mps, 1e-3), driven_s))
        return times

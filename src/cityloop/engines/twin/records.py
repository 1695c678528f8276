"""Trips, queues and roads of a run of the twin, from when each vehicle left each road of its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.parameters import TwinParameters
from cityloop.engines.twin.prepare import TwinRun
from cityloop.measures.queues import Queues
from cityloop.measures.records import Records
from cityloop.measures.roads import RoadPeriods
from cityloop.measures.trips import PUBLIC_TRANSPORT

Floats = NDArray[np.float64]
_DRIVER = TwinParameters()
ROLLING_S_PER_MPS = 1 / (2 * _DRIVER.decel_mps2) + 1 / (2 * _DRIVER.accel_mps2)
"""Delay of a stop that a vehicle spends braking and accelerating, for each metre a second of its speed."""


@dataclass(frozen=True, slots=True)
class Passages:
    """Every road that a vehicle was on by the end of the run, one row each, in order of vehicle and way.

    Parameters
    ----------
    vehicle, road_ix : int64
        Row of the vehicle in the run, row of the road in the city.
    entered_s, left_s : float64
        When it came onto the road behind the junction, and when it left it, after the begin; the end where it has not.
    is_left : bool
    is_last : bool
        Its way ends here.
    free_s : float64
        What the same way takes at the speed that its driver wants, junction before included.
    stood_s : float64
        Time it stood, until it left.
    driven_m : float64
        Junction before included.
    """

    vehicle: NDArray[np.int64]
    road_ix: NDArray[np.int64]
    entered_s: Floats
    left_s: Floats
    is_left: NDArray[np.bool_]
    is_last: NDArray[np.bool_]
    free_s: Floats
    stood_s: Floats
    driven_m: Floats


def passages_of(network: TwinNetwork, city: City, run: TwinRun, end_s: float) -> Passages:
    """Return the passages of a run that has lasted ``end_s`` seconds."""
    vehicles, (owner, rows) = run.state.vehicles, run.steps_in_order()
    steps, roads = run.state.steps[rows], run.roads[rows]
    is_first, is_last = rows == run.steps_start[owner], rows == run.steps_end[owner] - 1
    passed_ms = steps["passed_ms"].astype(np.float64)
    is_left = passed_ms >= 0
    entered_ms = np.append([0.0], passed_ms)[:-1]
    entered_ms[is_first] = vehicles["entered_ms"]
    seen = np.flatnonzero(entered_ms >= 0)
    before = np.where(is_first[seen], -1, np.append([-1], steps["turn"][:-1])[seen])
    owner, is_left, is_first, is_last = owner[seen], is_left[seen], is_first[seen], is_last[seen]
    factor = vehicles["slow"][owner] / 1024
    wanted_mps, length_m = city.roads["speed_mps"], city.roads["length_m"]
    road = roads[seen]
    parts = vehicles["parts"][owner]
    share = np.where(is_first, (parts & 0xFFFF) / 1024, 1.0) * np.where(is_last, (parts >> 16) / 1024, 1.0)
    road_m = length_m[road] * share
    road_free_s = length_m[road] / wanted_mps[road] * factor * share
    table = city.movements
    way = network.movement_ix[np.maximum(before, 0)]
    way_m = np.where(before >= 0, table["length_m"][way], 0.0)
    way_free_s = np.where(before >= 0, way_m / table["speed_mps"][way] * factor, 0.0)
    cross_s = np.where(before >= 0, network.moves["cross_ms"][np.maximum(before, 0)] / 1000 * factor, 0.0)
    left_s = np.where(is_left, passed_ms[seen] / 1000, end_s)
    begun_s = entered_ms[seen] / 1000
    entered_s = np.minimum(begun_s + cross_s, left_s)
    own_s = road_m / _free_mps(network)[road] * factor
    due_s = np.maximum(left_s - entered_s - own_s, 0.0)
    done = np.where(is_left, 1.0, np.clip((left_s - entered_s) / np.maximum(own_s, 1e-3), 0.0, 1.0))
    return Passages(
        vehicle=owner,
        road_ix=road,
        entered_s=entered_s,
        left_s=left_s,
        is_left=is_left,
        is_last=is_last,
        free_s=road_free_s * done + way_free_s,
        stood_s=np.maximum(due_s - ROLLING_S_PER_MPS * wanted_mps[road] / factor, 0.0),
        driven_m=road_m * done + way_m,
    )


def _free_mps(network: TwinNetwork) -> Floats:
    """Return the speed at which an average vehicle drives on each empty road."""
    first = np.minimum(network.road_lanes[:, 0], len(network.lanes) - 1)
    free_ms = np.maximum(network.lanes["free_ms"][first], 1)
    speed: Floats = network.lanes["length_mm"][first] / free_ms
    return np.maximum(speed, 0.1)


def records_of(
    network: TwinNetwork, city: City, traffic: Traffic, run: TwinRun, begin_s: float, end_s: float, period_s: float
) -> Records:
    """Return what a run leaves to be measured.

    Parameters
    ----------
    network : TwinNetwork
    city : City
    traffic : Traffic
    run : TwinRun
    begin_s, end_s : float
        Window, in scenario time.
    period_s : float
        Length of the periods of the roads.
    """
    passages = passages_of(network, city, run, end_s - begin_s)
    return Records(
        trips=_trips(traffic, run, passages, begin_s, end_s),
        queues=_queues(traffic, run, passages, begin_s, end_s),
        roads=_roads(city, passages, begin_s, end_s, period_s),
    )


def _trips(traffic: Traffic, run: TwinRun, passages: Passages, begin_s: float, end_s: float) -> Table:
    table, n = traffic.vehicles, len(run.traffic_ix)
    entered_s, left_s, is_departed, is_finished = _spans(run, end_s - begin_s)
    planned_s = run.state.vehicles["depart_ms"] / 1000
    travel_time_s = np.where(is_departed, left_s - entered_s, 0.0)
    depart_delay_s = np.where(is_departed, entered_s, end_s - begin_s) - planned_s
    free_s = np.bincount(passages.vehicle, passages.free_s, n)
    time_loss_s = np.where(is_departed, np.maximum(travel_time_s - free_s, 0.0), 0.0)
    classes = table["class"][run.traffic_ix]
    return Table(
        "trips",
        {
            "vehicle_id": table["vehicle_id"][run.traffic_ix],
            "class": classes,
            "is_departed": is_departed,
            "is_finished": is_finished,
            "depart_s": planned_s + begin_s,
            "depart_delay_s": depart_delay_s,
            "travel_time_s": travel_time_s,
            "time_loss_s": time_loss_s,
            "waiting_s": np.bincount(passages.vehicle, passages.stood_s, n),
            "stops": np.bincount(passages.vehicle, passages.stood_s > 0, n),
            "delay_s": time_loss_s + depart_delay_s,
            "length_m": np.bincount(passages.vehicle, passages.driven_m, n),
            "n_persons": np.where(np.isin(classes, list(PUBLIC_TRANSPORT)), np.nan, 1.0),
        },
    )


def _spans(run: TwinRun, end_s: float) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return when each vehicle entered and left the network, and whether it did."""
    entered_ms = run.state.vehicles["entered_ms"]
    left_ms = run.state.steps["passed_ms"][run.steps_end - 1]
    is_departed, is_finished = entered_ms >= 0, left_ms >= 0
    return (
        np.where(is_departed, entered_ms / 1000, end_s),
        np.where(is_finished, left_ms / 1000, end_s),
        is_departed,
        is_finished,
    )


def _queues(traffic: Traffic, run: TwinRun, passages: Passages, begin_s: float, end_s: float) -> Queues:
    span_s = int(np.ceil(end_s - begin_s))
    entered_s, left_s, _, _ = _spans(run, end_s - begin_s)
    planned_s = run.state.vehicles["depart_ms"] / 1000
    n_out = int(((traffic.vehicles["depart_s"] >= begin_s) & (traffic.vehicles["depart_s"] < end_s)).sum())
    return Queues(
        t_s=begin_s + np.arange(span_s, dtype=np.float64),
        queue_veh=_number_over_time(passages.left_s - passages.stood_s, passages.left_s, span_s),
        outside_veh=_number_over_time(planned_s, entered_s, span_s),
        running_veh=_number_over_time(entered_s, left_s, span_s),
        n_teleports=0,
        n_discarded=n_out - len(run.traffic_ix),
    )


def _number_over_time(from_s: Floats, until_s: Floats, span_s: int) -> Floats:
    """Return how many of the intervals hold each whole second."""
    begins = np.clip(np.ceil(from_s), 0, span_s).astype(np.int64)
    ends = np.clip(np.ceil(until_s), 0, span_s).astype(np.int64)
    change = np.bincount(begins, minlength=span_s + 1) - np.bincount(ends, minlength=span_s + 1)
    return np.cumsum(change)[:span_s].astype(np.float64)


def _roads(city: City, passages: Passages, begin_s: float, end_s: float, period_s: float) -> RoadPeriods:
    n_periods = max(int(np.ceil((end_s - begin_s) / period_s)), 1)
    n_roads, road = city.roads.n_rows, passages.road_ix
    span_s = np.maximum(passages.left_s - passages.entered_s, 1e-3)
    lost_s = np.maximum(span_s - passages.free_s, 0.0)
    sums: dict[str, list[Floats]] = {
        name: [] for name in ("time_loss_s", "waiting_s", "driven_m", "sampled_s", "n_entered", "n_left")
    }
    for period in range(n_periods):
        first_s, last_s = period * period_s, (period + 1) * period_s
        inside_s = np.clip(passages.left_s, first_s, last_s) - np.clip(passages.entered_s, first_s, last_s)
        standing_s = np.clip(passages.left_s, first_s, last_s) - np.clip(
            passages.left_s - passages.stood_s, first_s, last_s
        )
        came = (passages.entered_s >= first_s) & (passages.entered_s < last_s)
        went = passages.is_left & (passages.left_s >= first_s) & (passages.left_s < last_s)
        for name, values in (
            ("time_loss_s", lost_s * inside_s / span_s),
            ("waiting_s", standing_s),
            ("driven_m", passages.driven_m * inside_s / span_s),
            ("sampled_s", inside_s),
            ("n_entered", came),
            ("n_left", went),
        ):
            sums[name].append(np.bincount(road, values, n_roads).astype(np.float64))
    begins_s = begin_s + np.arange(n_periods, dtype=np.float64) * period_s
    return RoadPeriods(
        begin_s=begins_s,
        end_s=np.minimum(begins_s + period_s, end_s),
        **{name: np.array(rows) for name, rows in sums.items()},
    )

from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.control.view import Vehicles
from cityloop.services.signals.lane_traffic import REACH_M, LaneTraffic, lane_traffic
from cityloop.services.signals.network import SignalNetwork

from .closed_loop import inside, lanes_of, queued, together


def _traffic(
    street: City, network: SignalNetwork, vehicles: Vehicles, walkers: dict[int, int] | None = None
) -> LaneTraffic:
    n_walkers = np.zeros(street.links.n_rows, np.int64)
    for link, n in (walkers or {}).items():
        n_walkers[link] = n
    return lane_traffic(network, vehicles, np.asarray(street.lanes["length_m"]), n_walkers)


def _row(street: City, network: SignalNetwork, lane: str) -> int:
    return int(np.flatnonzero(network.lane_ix == lanes_of(street)[lane])[0])  # copies of it stay empty


def test_nobody_calls(street: City, network: SignalNetwork) -> None:
    traffic = _traffic(street, network, Vehicles())
    assert not traffic.n_veh.any()
    assert not traffic.is_called.any()
    assert np.isinf(traffic.nearest_m).all()
    assert np.isinf(traffic.nearest_s).all()


def test_vehicles_are_counted_at_their_stop_line(street: City, network: SignalNetwork) -> None:
    # two fit on the last 11 m, the others stand before the unsignalised node upstream
    vehicles = together(queued(street, {"AJ_1": 2, "NJ_1": 3}), queued(street, {"WA_1": 2}, first_ix=10))
    traffic = _traffic(street, network, vehicles)
    west, north = _row(street, network, "AJ_1"), _row(street, network, "NJ_1")
    assert (traffic.n_veh[west], traffic.n_veh[north]) == (4.0, 3.0)
    assert traffic.n_veh.sum() == 7.0
    assert np.flatnonzero(traffic.is_called).tolist() == sorted([west, north])


def test_the_nearest_vehicle_tells_the_gap(street: City, network: SignalNetwork) -> None:
    traffic = _traffic(street, network, queued(street, {"NJ_1": 2}, speed_mps=10.0))
    north = _row(street, network, "NJ_1")
    assert traffic.nearest_m[north] == pytest.approx(1.0)
    assert traffic.nearest_s[north] == pytest.approx(0.1)
    standing = _traffic(street, network, queued(street, {"NJ_1": 1}))
    assert standing.nearest_s[north] == pytest.approx(0.5)  # it may start at any moment


def test_who_is_far_away_inside_or_bound_for_no_signal_is_of_no_concern(street: City, network: SignalNetwork) -> None:
    n_near = int((REACH_M - 1.0) // 7.5) + 1
    far = queued(street, {"NJ_1": 30, "AW_1": 5})
    traffic = _traffic(street, network, together(far, inside([(90, 1), (91, 2)])))
    assert traffic.n_veh.sum() == n_near
    assert np.flatnonzero(traffic.is_called).tolist() == [_row(street, network, "NJ_1")]


def test_pedestrians_call_their_crossing(street: City, network: SignalNetwork) -> None:
    link = int(network.crossing_link[0])
    traffic = _traffic(street, network, Vehicles(), {link: 4})
    assert traffic.n_veh[network.crossing_lane[0]] == 4.0
    assert np.flatnonzero(traffic.is_called).tolist() == [int(network.crossing_lane[0])]

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import libsumo
import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.sumo import read_city, read_sumo_config
from cityloop.control.view import Vehicles
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.engines.sumo.lane_map import lane_map_of
from cityloop.engines.sumo.truth import TruthReader
from cityloop.sensing import sensor_of

OpenEngine = Callable[..., SumoEngine]


@pytest.fixture
def running(open_engine: OpenEngine, street: City) -> Iterator[tuple[SumoEngine, TruthReader]]:
    with open_engine("ideal") as engine:
        yield engine, TruthReader(street, libsumo, lane_map_of(street, libsumo.lane.getLength))


def check_against_sumo(city: City, vehicles: Vehicles, n_ids: int) -> tuple[int, int, int]:
    """Compare with SUMO's own list of next signals; return vehicles compared, same signal, same link."""
    ids = [v for v in libsumo.vehicle.getIDList() if libsumo.vehicle.getLaneID(v) in set(city.lanes["lane_id"])]
    on_lane = np.flatnonzero(vehicles.lane_ix >= 0)
    assert len(ids) == len(on_lane) <= n_ids
    n_same_signal = n_same_link = 0
    for vehicle_id, row in zip(ids, on_lane, strict=True):
        assert city.lanes["lane_id"][vehicles.lane_ix[row]] == libsumo.vehicle.getLaneID(vehicle_id)
        assert vehicles.position_m[row] == libsumo.vehicle.getLanePosition(vehicle_id)
        assert vehicles.speed_mps[row] == libsumo.vehicle.getSpeed(vehicle_id)
        assert vehicles.length_m[row] == libsumo.vehicle.getLength(vehicle_id)
        ahead = libsumo.vehicle.getNextTLS(vehicle_id)
        movement_ix = int(vehicles.movement_ix[row])
        if not ahead or movement_ix < 0:
            n_same_signal += (movement_ix == -2) == (not ahead)
            n_same_link += (movement_ix == -2) == (not ahead)
            continue
        signal_ix, link_ix = city.movements["signal_ix"][movement_ix], city.movements["link_ix"][movement_ix]
        n_same_signal += city.signals["signal_id"][signal_ix] == ahead[0][0]
        n_same_link += city.links["index"][link_ix] == ahead[0][1]
    return len(ids), n_same_signal, n_same_link


def test_vehicles_are_where_sumo_says(street: City, running: tuple[SumoEngine, TruthReader]) -> None:
    engine, reader = running
    n = same_signal = same_link = 0
    for t_s in range(601, 780):
        engine.advance(float(t_s))
        counts = check_against_sumo(street, reader.read(float(t_s)), libsumo.vehicle.getIDCount())
        n, same_signal, same_link = n + counts[0], same_signal + counts[1], same_link + counts[2]
    assert n > 2000
    assert same_signal == n
    assert same_link > 0.97 * n  # on the wrong lane the link that SUMO names depends on where it will change lanes


def test_next_movements_on_a_real_net(tmp_path: Path) -> None:
    sumo_rl = find_spec("sumo_rl")
    if sumo_rl is None or sumo_rl.origin is None:
        pytest.skip("the scenarios of sumo-rl are not installed")
    source = read_sumo_config(Path(sumo_rl.origin).parent / "nets/RESCO/ingolstadt7/ingolstadt7.sumocfg")
    city = read_city(source, "ingolstadt7")
    begin_s = source.begin_s
    n = same_signal = same_link = 0
    outputs = SumoOutputs(tmp_path / "out")
    with SumoEngine(city, source, sensor_of("ideal", city, 1), begin_s, begin_s + 300, 1, outputs) as engine:
        reader = TruthReader(city, libsumo, lane_map_of(city, libsumo.lane.getLength))
        for t_s in range(20, 260, 8):
            engine.advance(begin_s + t_s)
            counts = check_against_sumo(city, reader.read(begin_s + t_s), libsumo.vehicle.getIDCount())
            n, same_signal, same_link = n + counts[0], same_signal + counts[1], same_link + counts[2]
    assert n > 1000
    assert same_signal > 0.99 * n
    assert same_link > 0.95 * n


def test_inside_a_junction(street: City, running: tuple[SumoEngine, TruthReader]) -> None:
    engine, reader = running
    seen = 0
    for t_s in range(601, 720):
        engine.advance(float(t_s))
        vehicles = reader.read(float(t_s))
        inside = np.flatnonzero(vehicles.lane_ix < 0)
        movement_ix = vehicles.movement_ix[inside]
        assert (movement_ix >= 0).all()
        assert (vehicles.position_m[inside] >= 0).all()
        assert (vehicles.position_m[inside] <= street.movements["length_m"][movement_ix] + 0.1).all()
        internal = [v for v in libsumo.vehicle.getIDList() if libsumo.vehicle.getLaneID(v).startswith(":")]
        assert len(internal) == len(inside)
        seen += len(inside)
    assert seen > 90


def test_waiting_counts_from_the_last_stop_line(running: tuple[SumoEngine, TruthReader], street: City) -> None:
    engine, reader = running
    longest_s: dict[int, float] = {}
    n_resets = 0
    for t_s in range(601, 780):
        engine.advance(float(t_s))
        vehicles = reader.read(float(t_s))
        for row, number in enumerate(vehicles.vehicle_ix.tolist()):
            waiting_s = float(vehicles.waiting_s[row])
            before_s = longest_s.get(number, 0.0)
            if waiting_s < before_s:
                n_resets += 1
                assert waiting_s <= 1.0
            else:
                assert waiting_s - before_s in (0.0, 1.0)
            longest_s[number] = waiting_s
    assert n_resets > 10
    assert max(longest_s.values()) > 10.0


def test_numbers_stay_and_persons_are_counted(running: tuple[SumoEngine, TruthReader]) -> None:
    engine, reader = running
    number_of_bus, on_board = set(), []
    for t_s in range(601, 660):
        engine.advance(float(t_s))
        vehicles = reader.read(float(t_s))
        assert len(set(vehicles.vehicle_ix.tolist())) == len(vehicles.vehicle_ix)
        bus = np.flatnonzero(vehicles.length_m > 10)
        number_of_bus |= set(vehicles.vehicle_ix[bus].tolist())
        on_board += vehicles.n_persons[bus].tolist()
        others = np.flatnonzero(vehicles.length_m <= 10)
        assert (vehicles.n_persons[others] == 1.0).all()
    assert len(number_of_bus) == 1
    assert on_board[0] == 1.0
    assert on_board[-1] == 2.0  # the driver and the rider


def test_a_new_route_is_noticed(street: City, running: tuple[SumoEngine, TruthReader]) -> None:
    engine, reader = running
    engine.advance(606.0)
    reader.read(606.0)
    ids = libsumo.vehicle.getIDList()
    row = ids.index("through.0")
    libsumo.vehicle.setRoute("through.0", ["WA", "AJ", "JS"])
    for t_s in range(607, 620):
        engine.advance(float(t_s))
        vehicles = reader.read(float(t_s))
    row = [v for v in libsumo.vehicle.getIDList() if libsumo.vehicle.getLaneID(v)].index("through.0")
    to_lane_ix = street.movements["to_lane_ix"][vehicles.movement_ix[row]]
    assert str(street.lanes["lane_id"][to_lane_ix]).startswith("JS_")

from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import GREEN
from cityloop.control.view import Detectors, SensorState, Vehicles, View
from cityloop.sensing.draws import Draw, draws
from cityloop.sensing.faults import KINDS, Faults, FaultyLoops, drawn_faults
from cityloop.sensing.health import LoopHealth
from cityloop.sensing.loop_layout import loop_layout, loop_places
from cityloop.sensing.loops import LoopSensor

FLOW_VPS = 0.12


def _readings(street: City, t_s: int, since_s: np.ndarray) -> Detectors:
    """Return Poisson traffic at every loop."""
    places = loop_places(street)
    n = len(places.lane_ix)
    is_there = draws(np.arange(n), t_s, Draw.GHOST, 3) < FLOW_VPS
    since_s[:] = np.where(is_there, 0.0, since_s + 1.0)
    return Detectors(
        places.lane_ix, places.stop_line_m, is_there.astype(np.int64), 0.4 * is_there, since_s.copy(), np.zeros(n)
    )


def _day(street: City, health: LoopHealth, faults: Faults, n_s: int = 3600) -> dict[int, dict[int, float]]:
    """Return by loop when each state was first said."""
    sensor, since_s = FaultyLoops(LoopSensor(street), faults, 1), np.full(len(faults.state), 1e3)
    display, walkers = np.full(street.links.n_rows, GREEN, np.uint8), np.zeros(street.links.n_rows, np.int64)
    found: dict[int, dict[int, float]] = {}
    for t_s in range(n_s):
        _, said = sensor.observe(float(t_s), Vehicles(), _readings(street, t_s, since_s))
        view = health.estimate(View(float(t_s), display, walkers, Vehicles(), said))
        for sensor_ix, state in zip(view.health.sensor_ix.tolist(), view.health.state.tolist(), strict=True):
            found.setdefault(sensor_ix, {}).setdefault(state, float(t_s))
            assert np.isfinite(view.detectors.since_s[sensor_ix])
            assert view.detectors.confidence_frac[sensor_ix] < 1.0
    return found


@pytest.fixture(scope="module")
def memory(street: City) -> dict[str, np.ndarray]:
    health = LoopHealth(street, loop_places(street))
    assert _day(street, health, Faults.none(loop_layout(street).n_rows)) == {}
    return health.memory()


def test_working_loops_are_not_suspected(street: City, memory: dict[str, np.ndarray]) -> None:
    health = LoopHealth(street, loop_places(street), memory)
    assert _day(street, health, Faults.none(loop_layout(street).n_rows)) == {}


@pytest.mark.parametrize(
    ("state", "within_s"),
    [
        (SensorState.SILENT, 20.0),
        (SensorState.CHATTERING, 200.0),
        (SensorState.STUCK_ON, 310.0),
        (SensorState.STUCK_OFF, 900.0),
        (SensorState.DRIFTING, 2700.0),
    ],
)
def test_a_fault_is_found_in_time(
    street: City, memory: dict[str, np.ndarray], state: SensorState, within_s: float
) -> None:
    n = loop_layout(street).n_rows
    one = np.zeros(n, np.uint8)
    one[2] = state
    found = _day(street, LoopHealth(street, loop_places(street), memory), Faults(one, np.full(n, 120.0)))
    assert 120.0 <= found[2][state] <= 120.0 + within_s
    assert set(found) == {2}


def test_faults_are_drawn_by_seed_one_by_one() -> None:
    some, more = drawn_faults(1000, 0.2, 1), drawn_faults(1000, 0.5, 1)
    assert 150 < (some.state > 0).sum() < 250
    assert (more.state[some.state > 0] == some.state[some.state > 0]).all()
    assert set(some.state[some.state > 0].tolist()) == set(KINDS)
    assert not np.array_equal(some.state, drawn_faults(1000, 0.2, 2).state)
    assert not drawn_faults(10, 0.0, 1).state.any()

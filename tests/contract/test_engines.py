"""What every engine promises. Engines are found by their folder; ``tests/contract/engines`` says how to open each."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

import cityloop.engines
from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED, YELLOW
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config
from cityloop.city.table import Table
from cityloop.control.orders import Permit
from cityloop.control.ports import Engine
from cityloop.control.view import Detectors, SensorState, Source, Vehicles, View
from cityloop.sensing import Sensor, estimator_of, sensor_of

ENGINES = sorted(path.name for path in Path(cityloop.engines.__path__[0]).iterdir() if (path / "__init__.py").is_file())
OPENERS = Path(__file__).parent / "engines"
SENSING = ("ideal", "connected:0.5", "connected:1.0", "loops")
BEGIN_S, END_S = 600.0, 690.0

Open = Callable[..., AbstractContextManager[Engine]]


@pytest.fixture(params=ENGINES)
def open_engine(request: pytest.FixtureRequest, street: City, street_source: SumoInput, tmp_path: Path) -> Open:
    """Return a function that opens an engine on the street."""
    spec = importlib.util.spec_from_file_location(f"opener_{request.param}", OPENERS / f"{request.param}.py")
    assert spec is not None
    assert spec.loader is not None
    opener = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(opener)

    def open_it(
        sensing: str | Sensor = "ideal",
        seed: int = 3,
        end_s: float = END_S,
        city: City = street,
        source: SumoInput = street_source,
        begin_s: float = BEGIN_S,
    ) -> AbstractContextManager[Engine]:
        sensor = sensor_of(sensing, city, seed) if isinstance(sensing, str) else sensing
        opened: AbstractContextManager[Engine] = opener.open_engine(
            city, source, sensor, begin_s, end_s, seed, tmp_path / "run"
        )
        return opened

    return open_it


def views_of(engine: Engine, until_s: float = END_S, begin_s: float = BEGIN_S) -> Iterator[View]:
    for t_s in np.arange(begin_s + 1.0, until_s + 0.5):
        engine.advance(float(t_s))
        yield engine.sense()


def assert_same(one: View, other: View) -> None:
    """Equal bit by bit."""
    assert one.t_s == other.t_s
    np.testing.assert_array_equal(one.display, other.display)
    np.testing.assert_array_equal(one.n_walkers, other.n_walkers)
    for kind in ("vehicles", "detectors"):
        mine, its = getattr(one, kind), getattr(other, kind)
        for field in dataclasses.fields(mine):
            np.testing.assert_array_equal(getattr(mine, field.name), getattr(its, field.name), err_msg=field.name)


def hostile_permit(city: City, t_s: float) -> Permit:
    """Change something every few seconds, at every signal."""
    code = (RED, GREEN, YELLOW)[int(t_s) // 7 % 3]
    signals = tuple(range(city.signals.n_rows))
    sizes = [city.links_of(ix).stop - city.links_of(ix).start for ix in signals]
    return Permit(signals, tuple(np.full(size, code, np.uint8) for size in sizes))


@pytest.mark.parametrize("sensing", SENSING)
def test_the_same_seed_gives_the_same_bits(open_engine: Open, street: City, sensing: str) -> None:
    runs = []
    for _ in range(2):
        with open_engine(sensing) as engine:
            views = []
            for view in views_of(engine):
                views.append(view)
                engine.act(hostile_permit(street, view.t_s))
            runs.append(views)
    assert len(runs[0]) == 90
    for one, other in zip(*runs, strict=True):
        assert_same(one, other)


def test_another_seed_gives_another_day(open_engine: Open) -> None:
    speeds = []
    for seed in (3, 4):
        with open_engine("connected:1.0", seed) as engine:
            speeds.append(np.concatenate([view.vehicles.speed_mps for view in views_of(engine, 640.0)]))
    assert len(speeds[0]) != len(speeds[1]) or (speeds[0] != speeds[1]).any()


def test_a_view_knows_nothing_of_the_future(open_engine: Open, street: City) -> None:
    with open_engine("connected:1.0", end_s=640.0) as engine:
        short = list(views_of(engine, 640.0))
    with open_engine("connected:1.0", end_s=END_S) as engine:
        long = []
        for view in views_of(engine):
            long.append(view)
            if view.t_s >= 640.0:
                engine.act(hostile_permit(street, view.t_s))
    for one, other in zip(short, long, strict=False):
        assert_same(one, other)


def test_looking_changes_nothing(open_engine: Open) -> None:
    with open_engine("ideal") as engine:
        looked = list(views_of(engine))[-1]
    with open_engine("ideal") as engine:
        engine.advance(END_S)
        only_once = engine.sense()
    assert looked.t_s == only_once.t_s
    np.testing.assert_array_equal(looked.display, only_once.display)
    np.testing.assert_array_equal(looked.n_walkers, only_once.n_walkers)
    assert sorted(looked.vehicles.position_m.tolist()) == sorted(only_once.vehicles.position_m.tolist())
    assert sorted(looked.vehicles.speed_mps.tolist()) == sorted(only_once.vehicles.speed_mps.tolist())


def test_it_starts_again_after_a_failure(open_engine: Open) -> None:
    with open_engine() as engine:
        whole = list(views_of(engine))
    with pytest.raises(KeyboardInterrupt), open_engine() as engine:
        engine.advance(620.0)
        raise KeyboardInterrupt
    with open_engine() as engine:
        for one, other in zip(whole, views_of(engine), strict=True):
            assert_same(one, other)


def test_a_truncated_run_leaves_no_files(open_engine: Open, tmp_path: Path, street_path: Path) -> None:
    before = sorted(street_path.parent.rglob("*"))
    with pytest.raises(KeyboardInterrupt), open_engine("loops") as engine:
        engine.advance(620.0)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    assert sorted(street_path.parent.rglob("*")) == before


def test_what_is_applied_shows_in_the_next_view(open_engine: Open, street: City) -> None:
    with open_engine() as engine:
        for t_s in range(601, 640):
            engine.advance(float(t_s))
            permit = hostile_permit(street, t_s)
            receipts = engine.act(permit)
            assert [receipt.signal_ix for receipt in receipts] == list(permit.signal_ix)
            assert all(receipt.is_applied for receipt in receipts)
            engine.advance(t_s + 0.5)
            view = engine.sense()
            for signal_ix, display in zip(permit.signal_ix, permit.displays, strict=True):
                np.testing.assert_array_equal(view.display[street.links_of(signal_ix)], display)


def test_signals_are_obeyed(open_engine: Open, street: City) -> None:
    permit = hostile_permit(street, 0.0)
    assert (permit.displays[0] == RED).all()
    with open_engine("connected:1.0", end_s=700.0) as engine:
        engine.advance(660.0)
        engine.act(permit)
        engine.advance(672.0)  # who was past the stop line has left the junction
        for t_s in range(673, 700):
            engine.advance(float(t_s))
            vehicles = engine.sense().vehicles
            inside = vehicles.movement_ix[vehicles.lane_ix < 0]
            assert (street.movements["signal_ix"][inside] < 0).all()


def test_time_runs_forward_only(open_engine: Open) -> None:
    with open_engine() as engine:
        times = []
        for until_s in (610.0, 605.0, 610.0, 610.5, 612.0):
            engine.advance(until_s)
            times.append(engine.sense().t_s)
    assert times == [610.0, 610.0, 610.0, 610.5, 612.0]


@pytest.mark.parametrize("sensing", SENSING)
def test_views_are_whole(open_engine: Open, street: City, sensing: str) -> None:
    with open_engine(sensing) as engine:
        view = list(views_of(engine))[-1]
    assert view.display.dtype == np.uint8
    assert view.display.shape == view.n_walkers.shape == (street.links.n_rows,)
    n_loops = sensor_of(sensing, street, 3).loops.n_rows
    assert {len(getattr(view.detectors, field.name)) for field in dataclasses.fields(Detectors)} == {n_loops}
    lengths = {len(getattr(view.vehicles, field.name)) for field in dataclasses.fields(Vehicles)}
    assert len(lengths) == 1
    assert (view.vehicles.lane_ix < street.lanes.n_rows).all()
    assert (view.vehicles.movement_ix < street.movements.n_rows).all()
    assert ((view.vehicles.lane_ix >= 0) | (view.vehicles.movement_ix >= 0)).all()


class Silent:
    """A sensor that has loops on the street and tells nothing of them."""

    def __init__(self, city: City) -> None:
        self.loops: Table = sensor_of("loops", city, 1).loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        return Vehicles(), Detectors()


class Stale(Silent):
    """A sensor whose loops are all out of date."""

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        return Vehicles(), dataclasses.replace(detectors, age_s=np.full(len(detectors.lane_ix), np.inf))


@pytest.mark.parametrize("broken", [Silent, Stale])
@pytest.mark.parametrize("sensing", ["loops", "connected:0.5"])
def test_missing_and_stale_sensors_stop_nothing(
    open_engine: Open, street: City, broken: type[Silent], sensing: str
) -> None:
    estimator = estimator_of(sensing, street)
    with open_engine(broken(street)) as engine:
        for view in views_of(engine, 630.0):
            estimate = estimator.estimate(view)
            # nobody is made up but by what is usual, and the view says that nothing has measured it
            assert (estimate.vehicles.source == Source.PROFILE).all()
            assert (estimate.health.state == SensorState.SILENT).all()
            assert (len(estimate.health.sensor_ix) > 0) == (broken is Stale and sensing == "loops")


def test_a_real_city_repeats(open_engine: Open) -> None:
    found = importlib.util.find_spec("sumo_rl")
    if found is None or found.origin is None:
        pytest.skip("the scenarios of sumo-rl are not installed")
    source = read_sumo_config(Path(found.origin).parent / "nets/RESCO/cologne1/cologne1.sumocfg")
    city = read_city(source, "cologne1")
    begin_s = source.begin_s
    runs = []
    for _ in range(2):
        with open_engine("ideal", 7, begin_s + 120, city, source, begin_s) as engine:
            runs.append(list(views_of(engine, begin_s + 120, begin_s)))
    assert len(runs[0][-1].vehicles.vehicle_ix) > 10
    for one, other in zip(*runs, strict=True):
        assert_same(one, other)

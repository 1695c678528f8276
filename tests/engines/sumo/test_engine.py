from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.sensing import sensor_of

OpenEngine = Callable[..., SumoEngine]


def test_a_whole_run_leaves_its_outputs_and_nothing_else(
    open_engine: OpenEngine, street_path: Path, tmp_path: Path
) -> None:
    before = sorted(street_path.parent.iterdir())
    with open_engine(
        has_emissions=True, road_period_s=60.0, has_signal_states=True, tracked_road_ids=("AJ", "JK")
    ) as engine:
        engine.advance(700.0)
        assert engine.t_s == 700.0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"tripinfo.xml", "summary.xml", "edges.xml", "tls_states.xml", "fcd.xml"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert sorted(street_path.parent.iterdir()) == before

    trips = etree.parse(tmp_path / "out" / "tripinfo.xml").findall("tripinfo")
    assert {trip.get("id") for trip in trips} > {"through.0", "bus"}
    assert any(trip.get("arrival") == "-1.00" for trip in trips)  # still on the way
    emissions = [trip.find("emissions") for trip in trips if float(trip.get("routeLength", 0)) > 0]
    assert all(float(row.get("CO2_abs")) > 0 for row in emissions)
    edges = etree.parse(tmp_path / "out" / "edges.xml")
    assert len(edges.findall("interval")) == 2
    assert edges.find("interval/edge").get("waitingTime") is not None
    tracked = {row.get("lane").rpartition("_")[0] for row in etree.parse(tmp_path / "out" / "fcd.xml").iter("vehicle")}
    assert {"AJ", "JK"} <= tracked
    assert not {road for road in tracked if not road.startswith((":", "AJ", "JK"))}
    states = etree.parse(tmp_path / "out" / "tls_states.xml").findall("tlsState")
    assert {state.get("id") for state in states} == {"J", "K"}


def test_an_error_leaves_nothing_and_frees_sumo(open_engine: OpenEngine, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_engine() as engine:
        engine.advance(610.0)
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with open_engine() as engine:
        engine.advance(601.0)
    assert (tmp_path / "out" / "tripinfo.xml").is_file()


def test_what_a_killed_run_left_is_cleared(open_engine: OpenEngine, tmp_path: Path) -> None:
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "tripinfo.xml").write_text("half")
    with open_engine():
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_one_sumo_a_process(open_engine: OpenEngine, tmp_path: Path) -> None:
    with open_engine() as engine:
        engine.advance(601.0)
        with pytest.raises(RuntimeError, match="another SUMO"), open_engine():
            pass
        engine.advance(602.0)
        assert engine.t_s == 602.0


def test_time_never_runs_back(open_engine: OpenEngine) -> None:
    with open_engine() as engine:
        engine.advance(605.0)
        engine.advance(603.0)
        assert engine.t_s == 605.0


def test_sensing_twice_tells_the_same(open_engine: OpenEngine) -> None:
    with open_engine("loops") as engine:
        engine.advance(660.0)
        first, second = engine.sense(), engine.sense()
    assert first.detectors.n_veh.sum() > 0
    for field in dataclasses.fields(first.detectors):
        np.testing.assert_array_equal(getattr(first.detectors, field.name), getattr(second.detectors, field.name))


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ('<routes><vehicle id="v" depart="610"><route edges="nowhere"/></vehicle></routes>', "nowhere"),
        ('<routes><vehicle id="v" depart="600"><route edges="AJ"/></vehicle>', "out.rou.xml"),
        ('<routes><vehicle id="v" depart="610"><route edges="WA KE"/></vehicle></routes>', "WA"),
    ],
)
def test_faulty_demand_ends_in_one_line(
    street: City,
    street_source: SumoInput,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    routes: str,
    message: str,
) -> None:
    path = tmp_path / "out.rou.xml"
    path.write_text(routes)
    source = dataclasses.replace(street_source, route_paths=(path,), additional_paths=())
    outputs = SumoOutputs(tmp_path / "out")
    with (
        pytest.raises(Unusable, match=message) as caught,
        SumoEngine(street, source, sensor_of("ideal", street, 1), 600.0, 900.0, 1, outputs) as engine,
    ):
        engine.advance(900.0)
    assert "\n" not in str(caught.value)
    assert "Error" not in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["out.rou.xml"]


def test_loading_keeps_standard_output_clean() -> None:
    code = "from cityloop.engines.sumo.library import load_libsumo; load_libsumo()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_stuck_vehicles_stay_when_told(street: City, street_source: SumoInput, tmp_path: Path) -> None:
    # a bus that never leaves its stop blocks the lane; with teleporting, those behind it are taken away
    routes = tmp_path / "stuck.rou.xml"
    routes.write_text(
        '<routes><vehicle id="wall" depart="600" departLane="1"><route edges="SJ JN"/>'
        '<stop lane="SJ_1" endPos="100" duration="1000"/></vehicle>'
        '<vehicle id="behind" depart="610" departLane="1"><route edges="SJ JN"/></vehicle></routes>'
    )
    source = dataclasses.replace(
        street_source, route_paths=(routes,), additional_paths=(), options=(("time-to-teleport", "20"),)
    )
    teleports = {}
    for is_teleporting in (True, False):
        sensor = sensor_of("ideal", street, 1)
        outputs = SumoOutputs(tmp_path / f"out{is_teleporting}")
        with SumoEngine(street, source, sensor, 600.0, 900.0, 1, outputs, is_teleporting=is_teleporting) as engine:
            engine.advance(700.0)
        steps = etree.parse(outputs.folder / "summary.xml").findall("step")
        teleports[is_teleporting] = int(steps[-1].get("teleports"))
    assert teleports == {True: 1, False: 0}

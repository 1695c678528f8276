"""The engine runs whatever SUMO runs: short steps, rail, taxis, walkers, ramp meters, no signals at all."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.sumo import read_city, read_sumo_config
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.sensing import sensor_of


def scenarios() -> list[Path]:
    found = find_spec("sumo")
    folder = Path(found.origin).parent / "tools" / "game" if found and found.origin else Path("none")
    return sorted(folder.glob("*.sumocfg")) or [folder]


@pytest.mark.parametrize("path", scenarios(), ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    if not path.is_file():
        pytest.skip("the wheel of eclipse-sumo brings no games")
    source = read_sumo_config(path)
    city = read_city(source, path.stem)
    outputs = SumoOutputs(tmp_path / "out", has_emissions=True, road_period_s=60.0, has_signal_states=True)
    begin_s, n_vehicles = source.begin_s, 0
    with SumoEngine(
        city, source, sensor_of("connected:0.5", city, 1), begin_s, begin_s + 120, 1, outputs, is_teleporting=False
    ) as engine:
        for t_s in np.arange(begin_s + 1, begin_s + 121):
            engine.advance(float(t_s))
            view = engine.sense()
            assert view.t_s == pytest.approx(t_s)
            n_vehicles += len(view.vehicles.vehicle_ix) + int(view.detectors.n_veh.sum())
    assert {"tripinfo.xml", "summary.xml", "edges.xml"} <= {path.name for path in outputs.folder.iterdir()}
    assert n_vehicles > 0 or city.signals.n_rows == 0 or path.stem.startswith(("DRT", "rail"))

"""The same run played by either engine."""

from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.run import folder
from cityloop.run.once import run_once
from cityloop.run.spec import RunSpec


@pytest.fixture(scope="module")
def spec(crossing, tmp_path_factory):
    return RunSpec(str(crossing), "actuated", 1, tmp_path_factory.mktemp("out"), engine="twin", keep_tracks=True)


@pytest.fixture(scope="module")
def result(spec):
    return run_once(spec)


def test_the_twin_leaves_the_folder_that_sumo_leaves(spec, result, tmp_path):
    run_once(replace(spec, engine="sumo", out_dir=tmp_path))
    names = [
        sorted(path.name for path in folder.run_folder(out_dir, "crossing", "actuated", 1).iterdir())
        for out_dir in (spec.out_dir, tmp_path)
    ]
    assert names[0] == names[1]


def test_the_twin_lets_the_same_streams_drive(spec, result, tmp_path):
    judged = run_once(replace(spec, engine="sumo", out_dir=tmp_path))
    assert abs(result.n_vehicles - judged.n_vehicles) < 15  # the flows are random, each engine draws its own
    assert result.travel_time_s == pytest.approx(judged.travel_time_s, rel=0.15)
    assert result.n_faults == 0


def test_the_twin_cannot_tell_emissions(result):
    assert np.isnan(result.co2_g)
    assert np.isnan(result.fuel_g)


def test_the_same_run_of_the_twin_gives_the_same_figures(spec, result, tmp_path):
    again = run_once(replace(spec, out_dir=tmp_path))
    timings = {"decide_ms_mean": 0.0, "decide_ms_p99": 0.0, "setup_s": 0.0, "wall_s": 0.0}
    assert replace(again, **timings).as_json() == replace(result, **timings).as_json()


def test_roads_and_trips_of_the_twin_tell_the_same(spec, result):
    run_dir = folder.run_folder(spec.out_dir, "crossing", "actuated", 1)
    trips, roads = folder.read_trips_of(run_dir), folder.read_roads_of(run_dir)
    assert roads.sampled_s.sum() == pytest.approx(trips["travel_time_s"].sum(), rel=0.1)
    assert (roads.n_left <= roads.n_entered.cumsum(axis=0)).all()
    assert (trips["time_loss_s"] >= 0).all()


@pytest.mark.parametrize("engine", ["sumo", "twin"])
def test_an_arm_that_asks_for_nothing_runs_the_same_whatever_could_be_seen(spec, tmp_path, engine):
    trips = []
    for sensing in ("ideal", "loops"):
        run_once(replace(spec, arm="field", engine=engine, sensing=sensing, out_dir=tmp_path / sensing))
        trips.append(folder.read_trips_of(folder.run_folder(tmp_path / sensing, "crossing", "field", 1)))
    np.testing.assert_array_equal(trips[0]["delay_s"], trips[1]["delay_s"])


def test_a_word_for_sensing_is_checked_where_nobody_looks(spec, tmp_path):
    with pytest.raises(Unusable, match="radar"):
        run_once(replace(spec, arm="field", sensing="radar", out_dir=tmp_path))

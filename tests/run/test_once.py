"""Runs of a small scenario on SUMO itself, from the specification to the folder."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_city
from cityloop.run import folder
from cityloop.run.once import run_once
from cityloop.run.spec import RunSpec
from cityloop.scenarios import load_scenario

from .crossing import write_crossing

WINDOW_S = (0.0, 120.0)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def spec(crossing, out):
    return RunSpec(str(crossing), "field", 1, out, keep_raw=True, keep_tracks=True)


@pytest.fixture(scope="module")
def result(spec):
    return run_once(spec)


@pytest.fixture(scope="module")
def run_dir(spec, result):
    return folder.run_folder(spec.out_dir, "crossing", "field", 1)


def test_figures_are_those_of_sumos_own_output(spec, result):
    raw = folder.run_folder(spec.out_dir, "crossing", "field", 1, "raw")
    assert sorted(path.name for path in raw.iterdir()) == ["tls_states.xml", "tripinfo.xml"]
    trips = ET.parse(raw / "tripinfo.xml").getroot().findall("tripinfo")
    loss_s = [float(trip.get("timeLoss")) + float(trip.get("departDelay")) for trip in trips]
    assert result.n_vehicles == len(trips) > 10
    assert result.delay_s == pytest.approx(np.mean(loss_s))
    assert result.co2_g > 0
    assert np.isnan(result.decide_ms_mean)  # nobody decided anything


def test_what_was_shown_is_what_sumo_says_it_showed(spec, result, run_dir):
    raw = folder.run_folder(spec.out_dir, "crossing", "field", 1, "raw")
    states = [(float(s.get("time")), s.get("state")) for s in ET.parse(raw / "tls_states.xml").getroot()]
    changes = [state for i, (_, state) in enumerate(states) if i == 0 or state != states[i - 1][1]]
    displays = folder.read_displays_of(run_dir)
    assert displays.t_s[0] == 0.0
    assert displays.end_s == 120.0
    from cityloop.city.link_state import text_of

    assert [text_of(codes) for codes in displays.codes] == changes[: len(displays.codes)]


def test_the_folder_holds_everything(result, run_dir, crossing):
    city = read_city(load_scenario(crossing).source, "crossing")
    assert sorted(path.name for path in run_dir.iterdir()) == [
        "displays.npz",
        "queues.npz",
        "red_waits.npz",
        "roads.npz",
        "run.json",
        "tracks.npz",
        "trips.npz",
    ]
    run = json.loads((run_dir / "run.json").read_text())
    assert run["result"] == result.as_json()
    assert run["setting"]["end_s"] == 120.0
    assert str(crossing) in run["spec"]["scenario"]
    assert folder.read_trips_of(run_dir).n_rows == result.n_vehicles
    roads = folder.read_roads_of(run_dir)
    assert roads.time_loss_s.shape == (1, city.roads.n_rows)
    assert roads.n_left.sum() > 0
    queues = folder.read_arrays(run_dir / "queues.npz")
    assert queues["queue_veh"].mean() == pytest.approx(result.queue_mean_veh)
    longest_s = folder.read_arrays(run_dir / "red_waits.npz")["longest_s"]
    assert longest_s.shape == (city.links.n_rows,)
    assert longest_s.max() == result.max_red_wait_s
    tracks = folder.read_arrays(run_dir / "tracks.npz")
    assert len(np.unique(tracks["vehicle_ix"])) > 10
    assert tracks["lane_ix"].max() < city.lanes.n_rows


def test_the_same_again_gives_the_same(spec, result):
    again = run_once(replace(spec, out_dir=spec.out_dir / "again", keep_raw=False, keep_tracks=False))
    assert replace(again, wall_s=0, setup_s=0).as_json() == replace(result, wall_s=0, setup_s=0).as_json()


@pytest.mark.parametrize("arm", ["smart", "actuated", "sumo-actuated"])
def test_every_kind_of_arm_runs(spec, arm, run_dir):
    told = []
    result = run_once(replace(spec, arm=arm, keep_raw=False, keep_tracks=False, has_emissions=False), told.append)
    assert told[-1] == 120.0
    assert result.n_faults == 0
    assert result.n_vehicles > 10
    assert np.isnan(result.co2_g)
    assert np.isnan(result.decide_ms_mean) == (arm == "sumo-actuated")
    memory = folder.run_folder(spec.out_dir, "crossing", arm, 1) / "memory.npz"
    assert memory.exists() == (arm == "smart")


def test_what_was_learned_is_an_input(spec):
    learned = replace(spec, arm="smart", seed=7, keep_raw=False, keep_tracks=False)
    run_once(learned)
    memory_path = folder.run_folder(spec.out_dir, "crossing", "smart", 7) / "memory.npz"
    result = run_once(replace(learned, seed=8, memory_path=memory_path))
    assert result.n_vehicles > 10


def test_settings_of_the_service_can_be_chosen_and_unknown_ones_are_refused(spec, crossing):
    smart = replace(spec, arm="smart", seed=9, keep_raw=False, keep_tracks=False)
    assert run_once(replace(smart, options=(("planner.beam_width", 8),))).n_faults == 0
    for options in ((("planner.beam", 8),), (("planner.beam_width", "wide"),), (("colour", 1),)):
        with pytest.raises(Unusable, match="arm smart: setting"):
            run_once(replace(smart, options=options))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "priority"}, "the net has no signals"),
        ({"to": "nowhere"}, "nowhere"),
    ],
)
def test_what_cannot_be_run_leaves_nothing(tmp_path, change, words):
    config = write_crossing(tmp_path / "town", **change)
    with pytest.raises(Unusable, match=words):
        run_once(RunSpec(str(config), "field", 1, tmp_path / "out"))
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_a_window_without_vehicles_cannot_be_measured(tmp_path, crossing):
    with pytest.raises(Unusable, match="no vehicle departs between 400 and 420 s"):
        run_once(RunSpec(str(crossing), "field", 1, tmp_path, window_s=(400.0, 420.0)))


def test_an_output_that_a_full_disk_cut_short_is_unusable(tmp_path, crossing, monkeypatch):
    from cityloop.engines.sumo import outputs

    publish = outputs.OutputFolder.publish

    def cut(self, names):
        publish(self, names)
        path = self.target / "tripinfo.xml"
        path.write_bytes(path.read_bytes()[:-100])

    monkeypatch.setattr(outputs.OutputFolder, "publish", cut)
    with pytest.raises(Unusable, match=r"cut short .*: what is finished is kept"):
        run_once(RunSpec(str(crossing), "field", 1, tmp_path))
    assert not list((tmp_path / "runs" / "crossing" / "field").iterdir())

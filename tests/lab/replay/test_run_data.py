"""What an onlooker counts in a run, and what of it gets into the page; with both engines."""

from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_city
from cityloop.control.view import Vehicles
from cityloop.lab.replay.run_data import read_standing
from cityloop.run import folder
from cityloop.run.folder import STANDING
from cityloop.run.onlookers import Standing
from cityloop.run.setting import fingerprint, setting_of
from cityloop.run.spec import RunSpec
from cityloop.scenarios import load_scenario


@pytest.fixture(scope="module")
def city(crossing):
    return read_city(load_scenario(crossing).source, "crossing")


def vehicles(city, rows):
    """Rows of lane, movement, metres before the end of it, and speed."""
    lane_ix, movement_ix, before_m, speed_mps = (np.array(column) for column in zip(*rows, strict=True))
    inside_m = city.movements["length_m"][np.maximum(movement_ix, 0)]
    length_m = np.where(lane_ix >= 0, city.lanes["length_m"][lane_ix], inside_m)
    n = np.ones(len(rows))
    return Vehicles(np.arange(len(rows)), lane_ix, movement_ix, length_m - before_m, speed_mps, 5 * n, 0 * n, n, 0 * n)


def test_it_counts_who_stands_and_who_drives_on_every_way(city):
    standing = Standing(city, 100.0, 2.0)
    rows = [(1, 0, 1.0, 0.0), (1, 0, 8.5, 0.05), (1, 0, 90.0, 9.0), (0, -1, 50.0, 3.0), (-1, 0, 4.0, 0.0)]
    seen = vehicles(city, rows)
    for t_s in (101.0, 102.0, 103.0, 103.9999999, 106.0):
        standing.see(t_s, seen if t_s < 106.0 else Vehicles())
    columns = standing.columns()
    assert columns["t_s"].tolist() == [102.0, 103.9999999, 106.0]
    assert columns["first"].tolist() == [0, 3, 6, 6]
    assert columns["way_ix"].tolist() == [0, 1, city.lanes.n_rows] * 2
    assert columns["n_standing"].tolist() == [0, 2, 1] * 2
    assert columns["n_moving"].tolist() == [1, 1, 0] * 2
    assert columns["head_m"][1:3] == pytest.approx([1.0, 4.0], abs=1e-4)
    assert np.isnan(columns["head_m"][0])


def test_nobody_was_ever_there(city):
    assert Standing(city, 0.0, 2.0).columns()["way_ix"].size == 0


def test_a_run_counts_as_its_own_figures_do(run_dir, city):
    columns = read_standing(run_dir)
    assert columns["t_s"].tolist() == list(np.arange(2.0, 121.0, 2.0))
    queues = folder.read_arrays(run_dir / "queues.npz")
    sums = np.add.reduceat(np.append(columns["n_standing"], 0), columns["first"][:-1])
    assert sums.max() > 3
    # in the twin's pictures whoever still brakes, or is about to accelerate, stands; its figures leave that out
    most = 1.5 if "twin" in run_dir.parents[3].name else 1.25
    assert 0.75 < sums.mean() / queues["queue_veh"].mean() < most
    everybody = np.add.reduceat(np.append(columns["n_standing"] + columns["n_moving"], 0), columns["first"][:-1])
    assert everybody.mean() == pytest.approx(queues["running_veh"].mean(), rel=0.25)
    queue_ends_m = columns["head_m"][columns["n_standing"] > 2]
    assert np.median(queue_ends_m) < 3.0  # queues begin at the stop line
    assert columns["way_ix"].max() < city.lanes.n_rows + city.movements.n_rows


def test_the_page_holds_what_the_run_kept(run_dir, content, unpacked):
    columns, displays = read_standing(run_dir), folder.read_displays_of(run_dir)
    assert (content["begin_s"], content["end_s"]) == (0.0, 120.0)
    assert (unpacked(content["t_ms"]).ravel() / 1000).tolist() == columns["t_s"].tolist()
    for name in ("first", "way_ix", "n_standing", "n_moving"):
        assert unpacked(content[name]).ravel().tolist() == columns[name].tolist()
    assert np.abs(unpacked(content["head_m"]).ravel() - np.nan_to_num(columns["head_m"])).max() <= 0.5
    assert np.array_equal(unpacked(content["display"]), displays.codes)
    assert (unpacked(content["display_t_ms"]).ravel() / 1000).tolist() == displays.t_s.tolist()


def test_a_run_without_the_data_says_how_to_get_it(tmp_path):
    with pytest.raises(Unusable, match="again with --replay"):
        read_standing(tmp_path)
    (tmp_path / STANDING).write_bytes(b"no archive")
    with pytest.raises(Unusable, match="cannot be read"):
        read_standing(tmp_path)


def test_a_run_that_keeps_its_replay_is_another_run(crossing, tmp_path):
    spec = RunSpec(str(crossing), "field", 1, tmp_path)
    setting = setting_of(spec, load_scenario(crossing))
    assert fingerprint(spec, setting, "") != fingerprint(replace(spec, keep_replay=True), setting, "")

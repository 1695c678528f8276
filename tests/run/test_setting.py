"""What a protocol settles, and what makes two runs the same."""

from dataclasses import replace

import pytest

from cityloop.city.errors import Unusable
from cityloop.run.setting import fingerprint, setting_of, source_digest
from cityloop.run.spec import RunSpec
from cityloop.scenarios import load_scenario


@pytest.fixture
def scenario(crossing):
    return load_scenario(crossing)


@pytest.fixture
def spec(crossing, tmp_path):
    return RunSpec(str(crossing), "field", 1, tmp_path)


def test_a_scenario_of_ones_own_runs_as_it_says(spec, scenario):
    setting = setting_of(spec, scenario)
    assert (setting.protocol, setting.clearance, setting.is_teleporting) == ("scenario", "street", True)
    assert (setting.begin_s, setting.end_s) == (0.0, 120.0)


def test_resco_is_an_hour_without_teleporting_with_the_programs_clearance(spec, scenario):
    setting = setting_of(replace(spec, protocol="resco"), scenario)
    assert (setting.clearance, setting.is_teleporting) == ("program", False)
    assert (setting.begin_s, setting.end_s) == (0.0, 3600.0)
    assert setting_of(replace(spec, protocol="resco", clearance="street"), scenario).clearance == "street"
    assert setting_of(spec, replace(scenario, protocol="resco")).protocol == "resco"


def test_a_window_of_ones_own(spec, scenario):
    setting = setting_of(replace(spec, window_s=(30.0, 60.0)), scenario)
    assert (setting.begin_s, setting.end_s) == (30.0, 60.0)
    with pytest.raises(Unusable, match="has no length"):
        setting_of(replace(spec, window_s=(60.0, 60.0)), scenario)


@pytest.mark.parametrize("name", ["..", "a/b", "../x"])
def test_a_name_that_leads_out_of_the_folder_is_refused(spec, scenario, name):
    with pytest.raises(Unusable, match="folder"):
        setting_of(spec, replace(scenario, name=name))


def test_what_changes_the_figures_changes_the_fingerprint(spec, scenario, tmp_path):
    memory = tmp_path / "memory.npz"
    memory.write_bytes(b"1")
    digest = source_digest(scenario)
    setting = setting_of(spec, scenario)
    marks = [fingerprint(spec, setting, digest), fingerprint(spec, setting, "other files")]
    for change in (
        {"arm": "smart"},
        {"seed": 2},
        {"sensing": "loops"},
        {"has_emissions": False},
        {"options": (("planner.beam_width", 8),)},
        {"keep_raw": True},
        {"protocol": "resco"},
        {"clearance": "program"},
        {"window_s": (0.0, 60.0)},
        {"memory_path": memory},
    ):
        changed = replace(spec, **change)
        marks.append(fingerprint(changed, setting_of(changed, scenario), digest))
    memory.write_bytes(b"2")
    learned = replace(spec, memory_path=memory)
    marks.append(fingerprint(learned, setting, digest))
    assert len(set(marks)) == len(marks)


def test_where_it_is_written_does_not_change_the_fingerprint(spec, scenario, tmp_path):
    setting, digest = setting_of(spec, scenario), source_digest(scenario)
    elsewhere = replace(spec, out_dir=tmp_path / "elsewhere")
    assert fingerprint(spec, setting, digest) == fingerprint(elsewhere, setting, digest)


def test_a_change_in_the_scenarios_files_changes_the_digest(crossing, tmp_path):
    before = source_digest(load_scenario(crossing))
    assert before == source_digest(load_scenario(crossing))
    for name in ("net.xml", "traffic.xml", crossing.name):
        (tmp_path / name).write_bytes((crossing.parent / name).read_bytes())
    (tmp_path / "traffic.xml").write_text((tmp_path / "traffic.xml").read_text().replace("0.15", "0.16"))
    assert source_digest(load_scenario(tmp_path / crossing.name)) != before

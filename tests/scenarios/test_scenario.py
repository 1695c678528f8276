import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_city, require_signals
from cityloop.scenarios import catalogue, load_scenario

KNOWN = {
    "adlershof": (15, 0.0, 3600.0),
    "arterial4x4": (16, 0.0, 3600.0),
    "brunswick": (1, 54000.0, 57600.0),
    "cologne1": (1, 25200.0, 28800.0),
    "cologne3": (3, 25200.0, 28800.0),
    "cologne8": (8, 25200.0, 28800.0),
    "grid4x4": (16, 0.0, 3600.0),
    "ingolstadt1": (1, 57600.0, 61200.0),
    "ingolstadt21": (21, 57600.0, 61200.0),
    "ingolstadt7": (7, 57600.0, 61200.0),
}
NET = """<net><edge id="a" from="A" to="B"><lane id="a_0" index="0" speed="9" length="50" shape="0,0 50,0"/></edge>
<junction id="A" type="dead_end" x="0" y="0"/><junction id="B" type="dead_end" x="50" y="0"/></net>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one small scenario."""
    (tmp_path / "x.net.xml").write_text(NET)
    (tmp_path / "x.rou.xml").write_text('<routes><trip id="t" depart="70" from="a" to="a"/></routes>')
    (tmp_path / "x.sumocfg").write_text(
        '<c><input><net-file value="x.net.xml"/><route-files value="x.rou.xml"/></input>'
        '<time><begin value="60"/></time></c>'
    )
    (tmp_path / "town.toml").write_text('name = "town"\nconfig = "x.sumocfg"\nlicence = "ours"')
    return tmp_path


def test_the_catalogue_says_what_each_scenario_is() -> None:
    listings = catalogue()
    assert [listing.name for listing in listings] == sorted(KNOWN)
    for listing in listings:
        assert (listing.begin_s, listing.end_s) == KNOWN[listing.name][1:]
        for text in (listing.licence, listing.real, listing.synthetic):
            assert text and text != "not stated"
        assert listing.install.startswith("pip install")
        assert listing.protocol == ("scenario" if listing.name in ("adlershof", "brunswick") else "resco")
    licences = {listing.name: listing.licence for listing in listings}
    assert all(licences[f"cologne{n}"].startswith("CC BY-NC-SA") for n in (1, 3, 8))
    assert all(licences[f"ingolstadt{n}"].startswith("GPL-3") for n in (1, 7, 21))


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_known_scenarios_can_be_loaded_and_read(name: str) -> None:
    if not next(listing for listing in catalogue() if listing.name == name).is_installed:
        pytest.skip("its package is not installed")
    scenario = load_scenario(name)
    assert (scenario.begin_s, scenario.end_s) == KNOWN[name][1:]
    assert (scenario.source.begin_s, scenario.source.end_s) == KNOWN[name][1:]
    city = read_city(scenario.source, scenario.name)
    require_signals(city)
    assert city.signals.n_rows == KNOWN[name][0]
    assert city.demand.n_rows > 50


@pytest.mark.parametrize("name", ["adlershof", "brunswick"])
def test_scenarios_put_together_here_run_in_sumo_without_an_error(name: str) -> None:
    """Only their first minutes: every vehicle finds its way, and the program in force is the one that was read."""
    import libsumo

    source = load_scenario(name).source
    city = read_city(source, name)
    command = ["sumo", "-n", str(source.net_path), "-a", ",".join(map(str, source.additional_paths))]
    command += ["-r", ",".join(map(str, source.route_paths)), "-b", str(source.begin_s), "--no-warnings", "true"]
    for option, value in source.options:
        command += [f"--{option}", value]
    libsumo.start(command)
    try:
        libsumo.simulationStep(source.begin_s + 300.0)
        assert libsumo.vehicle.getIDCount() > 20
        for signal_id, plan_ix in zip(city.signals["signal_id"], city.signals["plan_ix"], strict=True):
            assert libsumo.trafficlight.getProgram(str(signal_id)) == city.plans["plan_id"][plan_ix]
    finally:
        libsumo.close()


def test_packages_are_looked_up_and_never_imported() -> None:
    code = "import sys; from cityloop.scenarios import catalogue; catalogue(); print('sumo_rl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_scenario_whose_package_is_missing_is_listed_and_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not any(listing.is_installed for listing in catalogue())
    with pytest.raises(Unusable, match=r"scenario cologne8: not installed; pip install 'cityloop\[scenarios\]'"):
        load_scenario("cologne8")


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(Unusable, match=r"atlantis: unknown scenario; use one of adlershof, .*ingolstadt7"):
        load_scenario("atlantis")


def test_a_configuration_by_its_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load_scenario(folder / "x.sumocfg")
    assert (scenario.name, scenario.protocol, scenario.licence) == ("x", "scenario", "not stated")
    # its end is open: an hour after the last departure
    assert (scenario.begin_s, scenario.end_s, scenario.source.end_s) == (60.0, 3670.0, 3670.0)
    monkeypatch.chdir(folder)
    assert load_scenario("x.sumocfg") == scenario
    with pytest.raises(Unusable, match=r"none\.sumocfg.*the file does not exist"):
        load_scenario("none.sumocfg")


def test_a_scenario_file_by_its_path(folder: Path) -> None:
    scenario = load_scenario(folder / "town.toml")
    assert (scenario.name, scenario.licence) == ("town", "ours")
    assert scenario.source.net_path == folder / "x.net.xml"
    (folder / "town.toml").write_text('name = "town"\nconfig = "y.sumocfg"')
    with pytest.raises(Unusable, match=r"y\.sumocfg \(scenario town\): the file does not exist"):
        load_scenario(folder / "town.toml")


def test_window_and_options_of_the_scenario_go_first(folder: Path) -> None:
    path = folder / "town.toml"
    path.write_text('name = "town"\nconfig = "x.sumocfg"\nbegin_s = 65\nend_s = 90\n[options]\nscale = "2"')
    scenario = load_scenario(path)
    assert (scenario.source.begin_s, scenario.source.end_s) == (scenario.begin_s, scenario.end_s) == (65.0, 90.0)
    assert scenario.source.options == (("scale", "2"),)
    path.write_text('name = "town"\nconfig = "x.sumocfg"\nbegin_s = 65\nend_s = 65')
    with pytest.raises(Unusable, match="end is not after begin"):
        load_scenario(path)


def test_a_scenario_of_single_files(folder: Path) -> None:
    path = folder / "bare.toml"
    path.write_text('name = "bare"\nnet = "x.net.xml"\nroutes = ["x.rou.xml"]\nadditional = []')
    scenario = load_scenario(path)
    by_config = load_scenario(folder / "x.sumocfg").source
    assert scenario.source == replace(by_config, config_path=None, begin_s=0.0)


def test_a_data_folder_adds_scenarios_and_files(folder: Path) -> None:
    names = {listing.name: listing.is_installed for listing in catalogue(folder)}
    assert names["town"]
    assert names.keys() - {"town"} == KNOWN.keys()
    assert load_scenario("town", folder).source.config_path == folder / "x.sumocfg"
    # files in the data folder go before those of a package
    target = folder / "nets/RESCO/cologne1"
    target.mkdir(parents=True)
    (target / "cologne1.sumocfg").write_text('<c><net-file value="../../../x.net.xml"/></c>')
    assert load_scenario("cologne1", folder).source.config_path == target / "cologne1.sumocfg"
    with pytest.raises(Unusable, match="the data folder does not exist"):
        catalogue(folder / "none")

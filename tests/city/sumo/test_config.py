import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_sumo_config


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    for name in ("a.net.xml", "a.rou.xml", "b.rou.xml", "c.add.xml"):
        (tmp_path / name).write_text("<x/>")

    def write(body: str) -> Path:
        path = tmp_path / "case.sumocfg"
        path.write_text(f"<configuration>{body}</configuration>")
        return path

    return write


NET = '<input><net-file value="a.net.xml"/></input>'


def test_reads_files_window_and_options(write: Callable[[str], Path], tmp_path: Path) -> None:
    path = write(
        """
        <input>
            <net-file value="a.net.xml"/>
            <route-files value="a.rou.xml, b.rou.xml"/>
            <additional-files value="c.add.xml"/>
            <weight-files value="w.xml"/>
        </input>
        <time><begin value="7:00:00"/><end value="28800"/><step-length value="0.5"/></time>
        <random_number><seed value="42"/></random_number>
        <processing><time-to-teleport value="-1"/><ignore-route-errors value="true"/></processing>
        <output><tripinfo-output value="trips.xml"/><human-readable-time value="true"/></output>
        <report><log value="log.txt"/><vehroute-output.sorted value="true"/></report>
        <gui_only><gui-settings-file value="view.xml"/><osg-view value="true"/></gui_only>
        """
    )
    source = read_sumo_config(path)
    assert source.config_path == path
    assert source.net_path == tmp_path / "a.net.xml"
    assert source.route_paths == (tmp_path / "a.rou.xml", tmp_path / "b.rou.xml")
    assert source.additional_paths == (tmp_path / "c.add.xml",)
    assert (source.begin_s, source.end_s, source.step_s, source.seed) == (25200.0, 28800.0, 0.5, 42)
    assert source.options == (
        ("weight-files", str(tmp_path / "w.xml")),
        ("time-to-teleport", "-1"),
        ("ignore-route-errors", "true"),
    )
    assert source.is_on("ignore-route-errors")
    assert not source.is_on("time-to-teleport")
    assert not source.is_on("tls.all-off")
    dropped = [note.split()[1] for note in source.notes]
    assert dropped == [
        "tripinfo-output",
        "human-readable-time",
        "log",
        "vehroute-output.sorted",
        "gui-settings-file",
        "osg-view",
    ]


def test_defaults_and_short_names(write: Callable[[str], Path], tmp_path: Path) -> None:
    source = read_sumo_config(str(write('<n v="a.net.xml"/><r value="a.rou.xml"/><b value="5"/><e value="-1"/>')))
    assert source.route_paths == (tmp_path / "a.rou.xml",)
    assert (source.begin_s, source.end_s, source.step_s, source.seed) == (5.0, None, 1.0, None)


def test_relative_path_is_made_absolute(
    write: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(NET)
    monkeypatch.chdir(tmp_path)
    assert read_sumo_config("case.sumocfg").net_path == tmp_path / "a.net.xml"


def test_reads_gzip(write: Callable[[str], Path], tmp_path: Path) -> None:
    packed = tmp_path / "case.sumocfg.gz"
    packed.write_bytes(gzip.compress(write(NET).read_bytes()))
    assert read_sumo_config(packed).net_path == tmp_path / "a.net.xml"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "no net-file is named"),
        ('<input><net-file value=""/></input>', "no net-file is named"),
        ('<input><net-file value="a.net.xml,b.net.xml"/></input>', "does not exist"),
        ('<input><net-file value="z.net.xml"/></input>', r"z\.net\.xml \(net-file of .*does not exist"),
        (NET + '<input><route-files value="a.rou.xml,z.rou.xml"/></input>', r"z\.rou\.xml \(route-files of"),
        (NET + '<input><additional-files value="z.add.xml"/></input>', r"z\.add\.xml \(additional-files of"),
        (NET + '<time><begin value="noon"/></time>', "no time: 'noon'"),
        (NET + '<time><begin value="-3"/></time>', "begin is negative"),
        (NET + '<time><begin value="10"/><end value="10"/></time>', "end is not after begin"),
        (NET + '<time><step-length value="0"/></time>', "step-length is not above 0"),
        (NET + '<random_number><seed value="x"/></random_number>', "seed is no whole number: 'x'"),
    ],
)
def test_unusable_configurations_say_what_and_where(write: Callable[[str], Path], body: str, what: str) -> None:
    with pytest.raises(Unusable, match=what) as caught:
        read_sumo_config(write(body))
    assert "\n" not in str(caught.value)
    assert "case.sumocfg" in str(caught.value)


def test_missing_and_truncated_configurations_are_unusable(write: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="does not exist"):
        read_sumo_config(tmp_path / "none.sumocfg")
    path = write(NET)
    path.write_text(path.read_text()[:-8])
    with pytest.raises(Unusable, match="not a complete XML file"):
        read_sumo_config(path)

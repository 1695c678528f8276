from pathlib import Path

import pytest

from cityloop.city.errors import Unusable
from cityloop.scenarios.scenario_file import ScenarioFile, read_scenario_file


def _read(tmp_path: Path, text: str) -> ScenarioFile:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return read_scenario_file(path)


def test_reads_a_configuration_or_single_files(tmp_path: Path) -> None:
    file = _read(tmp_path, 'name = "a"\nconfig = "a.sumocfg"')
    assert (file.files, file.protocol, file.begin_s, file.licence) == (("a.sumocfg",), "scenario", None, "not stated")
    file = _read(
        tmp_path,
        'name = "a"\nnet = "n.net.xml"\nroutes = ["r.xml"]\nadditional = ["x.xml"]\nprotocol = "resco"\n'
        '[options]\nscale = "2"',
    )
    assert (file.files, file.protocol, file.options) == (("n.net.xml", "x.xml", "r.xml"), "resco", {"scale": "2"})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name = ", "no TOML"),
        ('name = "a"', "give either config or net"),
        ('name = "a"\nconfig = "c"\nnet = "n"', "give either config or net"),
        ('name = "a"\nconfig = "c"\nroutes = ["r"]', "routes and additional go with net"),
        ('config = "c"', "key name: Field required"),
        ('name = "a"\nconfig = "c"\ncolour = "red"', "key colour: Extra inputs are not permitted"),
        ('name = "a"\nconfig = "c"\nprotocol = "mine"', "key protocol"),
        ('name = "a"\nconfig = "c"\nbegin_s = -1', "key begin_s"),
        ('name = "a"\nconfig = "c"\nend_s = "late"', "key end_s"),
        ('name = "a"\nconfig = "c"\nend_s = nan', "key end_s"),
        ('name = "a"\nconfig = "c"\nend_s = inf', "key end_s"),
    ],
)
def test_broken_files_are_unusable(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(Unusable, match=what) as caught:
        _read(tmp_path, text)
    assert "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_unreadable_files_are_unusable(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="does not exist"):
        read_scenario_file(tmp_path / "none.toml")
    with pytest.raises(Unusable, match="cannot be read"):
        read_scenario_file(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Unusable, match="cannot be read"):
        read_scenario_file(tmp_path / "bytes.toml")

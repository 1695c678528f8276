"""How commands end: one line for what cannot be used, nothing on standard output but results."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cityloop.cli.main import main

from ..run.crossing import write_crossing


def refused(capfd, *arguments) -> str:
    """Run a command that must be refused and return its line."""
    code = main([str(argument) for argument in arguments])
    written, line = capfd.readouterr()
    assert code == 2
    assert written == ""
    assert line.count("\n") == 1
    assert line.startswith("cityloop: ")
    return line


@pytest.fixture(params=["run", "trial"])
def command(request):
    return request.param


def test_unknown_scenario(capfd, command):
    assert "unknown scenario" in refused(capfd, command, "atlantis")


def test_missing_file(capfd, command, tmp_path):
    assert "does not exist" in refused(capfd, command, tmp_path / "none.sumocfg", "--out", tmp_path / "out")


def test_missing_scenario_file(capfd, command, tmp_path):
    assert "does not exist" in refused(capfd, command, tmp_path / "none.toml", "--out", tmp_path / "out")


@pytest.mark.parametrize("name", ["crossing.sumocfg", "net.xml", "traffic.xml"])
def test_truncated_xml(capfd, command, tmp_path, name):
    config = write_crossing(tmp_path / "town")
    path = config.parent / name
    path.write_bytes(path.read_bytes()[:-40])
    capfd.readouterr()
    assert name in refused(capfd, command, config, "--out", tmp_path / "out")
    assert not (tmp_path / "out" / "results.json").exists()


def test_net_without_signals(capfd, command, tmp_path):
    config = write_crossing(tmp_path / "town", kind="priority")
    capfd.readouterr()
    assert "no signals" in refused(capfd, command, config, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists() or not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]


def test_demand_outside_the_net(capfd, command, tmp_path):
    config = write_crossing(tmp_path / "town", to="elsewhere")
    capfd.readouterr()
    assert "elsewhere" in refused(capfd, command, config, "--out", tmp_path / "out")


def test_unknown_arm(capfd, crossing):
    assert "unknown arm 'clever'" in refused(capfd, "run", crossing, "--arm", "clever")
    assert "unknown arm 'clever'" in refused(capfd, "trial", crossing, "--arms", "field,clever")


def test_negative_seed(capfd, crossing):
    assert "--seed" in refused(capfd, "run", crossing, "--seed", "-1")
    assert "--seeds" in refused(capfd, "trial", crossing, "--seeds", "-1")


def test_seed_that_is_no_number(capfd, crossing):
    assert "--seed" in refused(capfd, "run", crossing, "--seed", "one")


def test_unknown_sensing_engine_pool_and_option(capfd, crossing, tmp_path):
    out = ("--out", tmp_path / "out")
    assert "unknown sensing" in refused(capfd, "run", crossing, "--sensing", "camera:fog", *out)
    assert "no sensors that fail" in refused(capfd, "run", crossing, "--failed", "0.2", *out)
    assert "unknown sensing" in refused(capfd, "trial", crossing, "--sensing", "connected:2", *out)
    assert "use sumo or twin" in refused(capfd, "run", crossing, "--engine", "matsim")
    assert "use local or ray://" in refused(capfd, "trial", crossing, "--pool", "cloud")
    assert "use resco or scenario" in refused(capfd, "trial", crossing, "--protocol", "mine")
    assert "use street or program" in refused(capfd, "trial", crossing, "--clearance", "none")
    assert "--nonsense" in refused(capfd, "trial", crossing, "--nonsense")
    assert "No such command" in refused(capfd, "fly")
    assert "scenario" in refused(capfd, "run")


def test_data_folder_that_is_not_there(capfd, command, tmp_path):
    assert "data folder" in refused(capfd, command, "cologne1", "--data", tmp_path / "none")


def test_out_that_cannot_be_written(capfd, command, crossing, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert "cannot be written" in refused(capfd, command, crossing, "--out", tmp_path / "file" / "out")


def test_an_interrupt_has_an_exit_code_of_its_own(capfd, monkeypatch, crossing):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("cityloop.scenarios.load_scenario", interrupt)
    assert main(["run", str(crossing)]) == 130
    assert capfd.readouterr() == ("", "cityloop: interrupted; what is finished is kept\n")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["run", "--help"], ["trial", "--help"]])
def test_help_needs_nothing_heavy(arguments):
    program = (
        "import sys; from cityloop.cli.main import main; code = main(sys.argv[1:]); "
        "heavy = {'numpy', 'numba', 'scipy', 'libsumo', 'matplotlib', 'rich', 'lxml'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else code)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_the_installed_command_ends_with_the_code(tmp_path):
    cityloop = Path(sys.executable).with_name("cityloop")
    done = subprocess.run([cityloop, "run", "atlantis"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1

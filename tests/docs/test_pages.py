"""Every block of the README and of the documentation runs, and the pages say what the program does."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from cityloop.cli.main import app
from cityloop.control.guard import Clearance, GuardConfig, reasons
from cityloop.lab.report.numbers import clock
from cityloop.run.arms import ARMS
from cityloop.scenarios import catalogue
from cityloop.scenarios.scenario_file import ScenarioFile

from .blocks import ROOT, Block, blocks

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
IS_INSTALLED = any(listing.name == "cologne1" and listing.is_installed for listing in catalogue())
needs_scenarios = pytest.mark.skipif(not IS_INSTALLED, reason="needs the scenarios of sumo-rl")
SMALL = """name = "{name}"
package = "sumo_rl"
config = "nets/RESCO/cologne1/cologne1.sumocfg"
begin_s = 25200
end_s = 25500
"""
RUN_BY = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}


def run(block: Block, folder: Path, text: str | None = None) -> str:
    """Run a block in a folder as its reader would, with the program's own environment first on the path."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [*RUN_BY[block.language], block.text if text is None else text]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"line {block.line}: {done.stdout}{done.stderr}"
    return done.stdout


def is_make(block: Block) -> bool:
    """Whether the block only calls make: its targets run apart, not inside the tests that they run."""
    return block.language == "bash" and all(line.startswith("make ") for line in block.text.splitlines())


def would_run(target: str) -> str:
    """Return what make would do."""
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_are_of_a_kind_that_is_tested(page):
    for block in blocks(page):
        assert block.language in ("bash", "python", "toml", "text"), f"line {block.line}"
        if is_make(block):
            for line in block.text.splitlines():
                assert would_run(line.split()[1])
        elif block.language in ("bash", "python"):
            assert page.name in ("README.md", "tutorial.md"), f"line {block.line} is not run by any test"


@needs_scenarios
def test_the_tutorial_runs(tmp_path):
    said = []
    for block in blocks(DOCS / "tutorial.md"):
        if block.title:
            (tmp_path / block.title).write_text(block.text.replace("end_s = 26100", "end_s = 25500"), "utf-8")
        elif block.language in RUN_BY:
            said.append(run(block, tmp_path))
    assert "verdict" in said[2]
    assert "smart against field" in said[3]
    assert int(said[4].split()[0]) > 100
    assert (tmp_path / "out" / "quarter" / "report.html").stat().st_size > 50_000


@needs_scenarios
def test_the_commands_of_the_readme_run(tmp_path):
    names = {"cologne1": "one", "cologne8": "two", "ingolstadt7": "three"}
    for name in names.values():
        (tmp_path / f"{name}.toml").write_text(SMALL.format(name=name), "utf-8")
    (block,) = (block for block in blocks(ROOT / "README.md") if block.language == "bash" and not is_make(block))
    text = block.text.replace("--seeds 10", "--seeds 1").replace(
        "field,smart", "field,actuated"
    )  # smart: in the tutorial
    for scenario, name in names.items():
        assert scenario in text
        text = text.replace(scenario, f"{name}.toml")
    said = run(block, tmp_path, text)
    assert "CC BY-NC-SA" in said
    assert (tmp_path / "out" / "trial" / "report.html").is_file()


def test_make_demo_is_what_the_readme_says():
    assert "cityloop trial cologne8 --arms field,actuated,smart --seeds 3 --out out/demo" in would_run("demo")
    assert "pytest" in would_run("test")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not link.startswith(("https://", "#")):
            assert (page.parent / link.partition("#")[0]).exists(), link


def test_the_picture_is_there_and_light():
    assert 20_000 < (DOCS / "images" / "report.png").stat().st_size < 300_000


def test_every_page_is_in_the_site_and_every_module_of_the_reference_exists():
    site = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert sorted(re.findall(r"(\w+\.md)$", site, re.M)) == sorted(page.name for page in DOCS.glob("*.md"))
    for page in DOCS.glob("*.md"):
        for module in re.findall(r"^::: (\S+)$", page.read_text("utf-8"), re.M):
            importlib.import_module(module)


def test_every_command_option_arm_and_sensing_is_described():
    text = (DOCS / "commands.md").read_text("utf-8")
    commands = typer.main.get_command(app).commands
    for name, command in commands.items():
        assert f"`cityloop {name}" in text
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        missing = [option for option in options - {"--help", "--engine"} if option not in text]
        assert missing == [], name
    for arm in ARMS:
        assert f"| `{arm.name}` |" in text


def test_the_scenarios_are_those_of_the_catalogue():
    text = (DOCS / "scenarios.md").read_text("utf-8")
    for listing in catalogue():
        window = f"{clock(listing.begin_s)} to {clock(listing.end_s)}"
        row = f"| `{listing.name}` | {window} | {listing.real} | {listing.synthetic} | {listing.licence} |"
        assert row in text
    assert [key for key in ScenarioFile.model_fields if f"`{key}`" not in text] == []


def test_the_guards_reasons_are_explained():
    text = (DOCS / "guard.md").read_text("utf-8")
    known = [value for name, value in vars(reasons).items() if name.isupper()]
    assert known and [reason for reason in known if reason not in text] == []


def test_the_guards_figures_are_those_of_its_clearance():
    text = (DOCS / "guard.md").read_text("utf-8")
    street, program = Clearance.street(), Clearance.program()
    for said in (
        f"{street.yellow_s:g} s up to {street.yellow_until_mps * 3.6:g} km/h",
        f"{street.reaction_s:g} s + v / (2 a) with a = {street.deceleration_mps2:g} m/s²",
        f"at least {street.all_red_floor_s:g} s, at most {street.all_red_cap_s:g} s",
        f"minimum green | {street.min_green_s:g} s",
        f"{street.walk_s:g} s of walk, then clearance at {street.walking_mps:.1f} m/s",
        f"green again within {street.max_red_s:g} s",
        f"at most {program.program_yellow_cap_s:g} s",
        f"the minimum green is {program.min_green_s:g} s",
        f"nobody has ordered anything for {GuardConfig().silence_s:g} s",
    ):
        assert said in text
    assert (street.turning_head_start_s, program.all_red_cap_s) == (1.0, 0.0)


def test_the_site_builds(tmp_path):
    pytest.importorskip("mkdocs", reason="the site's generator is an extra")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "measures" / "index.html").read_text("utf-8")
    assert "max_red_wait_s" in page

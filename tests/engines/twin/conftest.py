"""Small streets for the twin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city

from ...theory.twin_streets import Streets

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(scope="session")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    """Return the streets of ``tests/theory``, made by netconvert once."""
    return Streets.in_folder(tmp_path_factory.mktemp("streets"))


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return one signal over two junctions 20 m apart, with the plan that its file gives."""
    net_path = tmp_path_factory.mktemp("pair") / "pair.net.xml"
    plain = GOLDEN / "pair"
    command = [str(Path(sys.executable).parent / "netconvert"), "-n", str(plain / "pair.nod.xml")]
    command += ["-e", str(plain / "pair.edg.xml"), "-o", str(net_path), "--no-turnarounds"]
    subprocess.run(command, check=True, capture_output=True)
    return read_city(SumoInput(None, net_path, additional_paths=(plain / "programs.add.xml",)), "pair")

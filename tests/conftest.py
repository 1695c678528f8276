"""Hand-made cities that several rooms test with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def street_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the configuration of a street with two signals, crossings, a bus, walkers and a short last road."""
    folder = tmp_path_factory.mktemp("street")
    shutil.copytree(GOLDEN / "street", folder, dirs_exist_ok=True)
    netconvert = Path(sys.executable).parent / "netconvert"
    subprocess.run(
        [
            *(str(netconvert), "-n", "street.nod.xml", "-e", "street.edg.xml", "-o", "street.net.xml"),
            *("--crossings.guess", "--walkingareas", "--no-turnarounds", "--tls.default-type", "static"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "street.sumocfg"


@pytest.fixture(scope="session")
def street_source(street_path: Path) -> SumoInput:
    """Return the files of the street."""
    return read_sumo_config(street_path)


@pytest.fixture(scope="session")
def street(street_source: SumoInput) -> City:
    """Return the street as a city."""
    return read_city(street_source, "street")

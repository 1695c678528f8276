from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config

from .block import N_SECONDS, write_block
from .crossing import write_crossing


@pytest.fixture(scope="session")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a small scenario."""
    return write_crossing(tmp_path_factory.mktemp("crossing"))


@pytest.fixture(scope="session")
def block(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a street with a way around a part of it."""
    return write_block(tmp_path_factory.mktemp("block"))


@pytest.fixture(scope="session")
def source(block: Path) -> SumoInput:
    return replace(read_sumo_config(block), end_s=N_SECONDS)


@pytest.fixture(scope="session")
def city(source: SumoInput) -> City:
    return read_city(source, "block")


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Stand-ins for a run that other processes can import."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv("RAN", str(tmp_path))
    return importlib.import_module("fake_runs")

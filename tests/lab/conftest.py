from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from ..run.crossing import write_crossing


@pytest.fixture(scope="session")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a small scenario."""
    return write_crossing(tmp_path_factory.mktemp("crossing"))


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Stand-ins for a run that other processes can import."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "run"))
    monkeypatch.setenv("RAN", str(tmp_path))
    return importlib.import_module("fake_runs")

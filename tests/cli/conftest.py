from __future__ import annotations

from pathlib import Path

import pytest

from ..run.crossing import write_crossing


@pytest.fixture(scope="session")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a small scenario."""
    return write_crossing(tmp_path_factory.mktemp("crossing"))

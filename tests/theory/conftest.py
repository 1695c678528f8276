"""Streets on which the twin is held against theory."""

from __future__ import annotations

import pytest

from .twin_streets import Streets


@pytest.fixture(scope="session")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    """Return all streets, made by netconvert once."""
    return Streets.in_folder(tmp_path_factory.mktemp("streets"))

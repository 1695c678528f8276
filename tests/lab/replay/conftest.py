from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cityloop.lab.replay import write_replay
from cityloop.run.folder import run_folder
from cityloop.run.once import run_once
from cityloop.run.spec import RunSpec
from cityloop.scenarios import load_scenario


@pytest.fixture(scope="session", params=["sumo", "twin"])
def run_dir(request: pytest.FixtureRequest, crossing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the crossing that keeps its replay, with either engine."""
    out = tmp_path_factory.mktemp(request.param)
    run_once(RunSpec(str(crossing), "field", 1, out, engine=request.param, has_emissions=False, keep_replay=True))
    return run_folder(out, "crossing", "field", 1)


@pytest.fixture(scope="session")
def replay(run_dir: Path, crossing: Path) -> Path:
    """The replay of that run."""
    return write_replay(run_dir, load_scenario(crossing))


@pytest.fixture(scope="session")
def unpacked() -> Callable[[dict[str, Any]], NDArray[np.int64]]:
    """Do what ``unpack.js`` does."""

    def unpack(packed: dict[str, Any]) -> NDArray[np.int64]:
        data = zlib.decompress(base64.b64decode(packed["data"]))
        rows = np.frombuffer(data, f"<{packed['dtype']}").astype(np.int64).reshape(-1, packed["width"])
        return np.cumsum(rows, axis=0) if packed["delta"] else rows

    return unpack


@pytest.fixture(scope="session")
def content(replay: Path) -> dict[str, Any]:
    """What the page draws."""
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', replay.read_text("utf-8"), re.S)
    assert found
    return json.loads(found[1])

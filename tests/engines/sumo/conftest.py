"""A running SUMO on the street."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.sensing import sensor_of

OpenEngine = Callable[..., SumoEngine]


@pytest.fixture
def open_engine(street: City, street_source: SumoInput, tmp_path: Path) -> OpenEngine:
    """Return a function that makes an engine for the street; outputs and sensing can be chosen."""

    def open_it(sensing: str = "connected:1.0", **outputs: Any) -> SumoEngine:
        sensor = sensor_of(sensing, street, seed=1)
        return SumoEngine(street, street_source, sensor, 600.0, 900.0, 1, SumoOutputs(tmp_path / "out", **outputs))

    return open_it

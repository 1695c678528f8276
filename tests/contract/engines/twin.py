"""How the contract tests open the twin."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_traffic
from cityloop.control.ports import Engine
from cityloop.engines.twin import TwinEngine
from cityloop.sensing import Sensor


def open_engine(
    city: City, source: SumoInput, sensor: Sensor, begin_s: float, end_s: float, seed: int, folder: Path
) -> AbstractContextManager[Engine]:
    """Return the engine; it leaves no files."""
    return TwinEngine(city, read_traffic(source, city, seed), sensor, begin_s, end_s, seed)

"""How the contract tests open the SUMO engine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput
from cityloop.control.ports import Engine
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.sensing import Sensor


def open_engine(
    city: City, source: SumoInput, sensor: Sensor, begin_s: float, end_s: float, seed: int, folder: Path
) -> AbstractContextManager[Engine]:
    """Return the engine; its files go into the folder."""
    return SumoEngine(city, source, sensor, begin_s, end_s, seed, SumoOutputs(folder))

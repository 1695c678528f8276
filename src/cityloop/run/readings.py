"""What the runs of a process share: a city, its rules and its traffic are read once, until a file changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city, read_traffic
from cityloop.city.sumo.net_details import NetDetails
from cityloop.city.sumo.routing import RoadGraph, penalties_of
from cityloop.city.traffic import Traffic
from cityloop.control.guard import SignalRules, clearance_of, signal_rules

if TYPE_CHECKING:
    from cityloop.engines.twin.network import TwinNetwork
    from cityloop.engines.twin.routing import Router

Marks = tuple[tuple[int, int], ...]


def city_of(source: SumoInput, name: str) -> City:
    """Return the city of a scenario.

    Raises
    ------
    Unusable
        When it cannot be read.
    """
    return _city(source, name, _marks(source))


def rules_of(source: SumoInput, name: str, clearance: str) -> tuple[SignalRules, ...]:
    """Return the guard's rules for the city of a scenario."""
    return _rules(source, name, clearance, _marks(source))


def traffic_of(source: SumoInput, name: str, seed: int) -> Traffic:
    """Return the vehicles of a scenario; where nothing of them is drawn, they are read once for all seeds.

    Raises
    ------
    Unusable
        When they cannot be read.
    """
    return _traffic_reader(source, name, _marks(source)).of(seed)


def twin_network_of(source: SumoInput, name: str) -> TwinNetwork:
    """Return the twin's arrays of the city of a scenario."""
    return _network(source, name, _marks(source))


def router_of(source: SumoInput, name: str) -> Router:
    """Return where trips may drive in the twin's city of a scenario."""
    return _router(source, name, _marks(source))


def _marks(source: SumoInput) -> Marks:
    """Return size and time of change of each file."""
    paths: tuple[Path | None, ...] = (source.net_path, *source.route_paths, *source.additional_paths)
    stats = [path.stat() for path in paths if path is not None and path.exists()]
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


@lru_cache(maxsize=2)
def _city(source: SumoInput, name: str, marks: Marks) -> City:
    return read_city(source, name)


@lru_cache(maxsize=2)
def _rules(source: SumoInput, name: str, clearance: str, marks: Marks) -> tuple[SignalRules, ...]:
    return signal_rules(_city(source, name, marks), clearance_of(clearance))


class _TrafficReader:
    """Reads the traffic of a seed, and keeps it until that of another one is asked for."""

    def __init__(self, source: SumoInput, city: City) -> None:
        self._source, self._city = source, city
        self._last: tuple[int, Traffic] | None = None

    def of(self, seed: int) -> Traffic:
        if self._last is None or (self._last[1].is_drawn and self._last[0] != seed):
            self._last = seed, read_traffic(self._source, self._city, seed)
        return self._last[1]


@lru_cache(maxsize=2)
def _traffic_reader(source: SumoInput, name: str, marks: Marks) -> _TrafficReader:
    return _TrafficReader(source, _city(source, name, marks))


@lru_cache(maxsize=2)
def _network(source: SumoInput, name: str, marks: Marks) -> TwinNetwork:
    from cityloop.engines.twin.network import network_of

    return network_of(_city(source, name, marks))


@lru_cache(maxsize=2)
def _router(source: SumoInput, name: str, marks: Marks) -> Router:
    from cityloop.engines.twin.routing import Router

    city = _city(source, name, marks)
    details, penalties = NetDetails(city), penalties_of(source)
    return Router(_network(source, name, marks), city, lambda kind: RoadGraph(details, *kind, penalties))

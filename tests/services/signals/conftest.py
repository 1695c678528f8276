"""Cities whose signals the service plans."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.sumo import read_city, read_sumo_config
from cityloop.control.guard import SignalRules, clearance_of, signal_rules
from cityloop.services.signals import SignalsConfig
from cityloop.services.signals.network import SignalNetwork, signal_network

from .interchange import read_interchange


@pytest.fixture(scope="session")
def rules(street: City) -> tuple[SignalRules, ...]:
    """Return the rules of the street's two signals."""
    return signal_rules(street, clearance_of("program"))


@pytest.fixture(scope="session")
def network(street: City, rules: tuple[SignalRules, ...]) -> SignalNetwork:
    """Return the street as the planner sees it."""
    return signal_network(street, rules, SignalsConfig())


@pytest.fixture(scope="session")
def cologne1() -> City:
    """Return a real junction."""
    found = importlib.util.find_spec("sumo_rl")
    if found is None or found.origin is None:
        pytest.skip("the scenarios of sumo-rl are not installed")
    return read_city(read_sumo_config(Path(found.origin).parent / "nets/RESCO/cologne1/cologne1.sumocfg"), "cologne1")


@pytest.fixture(scope="session")
def interchange(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return two signals 14 m apart and a third one further on."""
    return read_interchange(tmp_path_factory.mktemp("interchange"))

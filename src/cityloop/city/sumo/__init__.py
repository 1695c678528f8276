"""Reading SUMO scenarios: configuration, net, signal programs, demand, stops and detectors."""

from cityloop.city.sumo.config import SumoInput, read_sumo_config
from cityloop.city.sumo.read import read_city, require_signals

__all__ = ["SumoInput", "read_city", "read_sumo_config", "require_signals"]

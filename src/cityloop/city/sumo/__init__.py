"""Reading SUMO scenarios: configuration, net, signal programs, demand, stops and detectors."""

from cityloop.city.sumo.config import SumoInput, read_sumo_config
from cityloop.city.sumo.read import last_departure_s, read_city, require_signals
from cityloop.city.sumo.vehicles import read_traffic

__all__ = ["SumoInput", "last_departure_s", "read_city", "read_sumo_config", "read_traffic", "require_signals"]

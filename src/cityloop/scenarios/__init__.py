"""Known scenarios: where their files are, their window and licence, what is real in them."""

from cityloop.scenarios.scenario import Listing, Scenario, catalogue, load_scenario

__all__ = ["Listing", "Scenario", "catalogue", "load_scenario"]

"""Signals that follow the traffic of the moment."""

from cityloop.services.signals.config import PlannerConfig, PolicyName, SignalsConfig
from cityloop.services.signals.service import SignalsService

__all__ = ["PlannerConfig", "PolicyName", "SignalsConfig", "SignalsService"]

"""A city in SUMO, driven in this process through libsumo."""

from cityloop.engines.sumo.engine import SumoEngine
from cityloop.engines.sumo.outputs import SumoOutputs

__all__ = ["SumoEngine", "SumoOutputs"]

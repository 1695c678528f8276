"""The twin: a mesoscopic queue simulation of the city in exact whole milliseconds."""

from cityloop.engines.twin.engine import TwinEngine

__all__ = ["TwinEngine"]

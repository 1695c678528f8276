"""The smart intersection: what sensors tell of the traffic, and estimates of what they do not tell."""

from cityloop.sensing.choice import Blind, estimator_of, memory_of, sensor_of
from cityloop.sensing.loop_layout import loop_layout
from cityloop.sensing.sensor import Sensor

__all__ = ["Blind", "Sensor", "estimator_of", "loop_layout", "memory_of", "sensor_of"]

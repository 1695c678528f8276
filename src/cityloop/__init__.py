"""cityloop: the services of a smart city as one closed loop (sense, decide, guard, act, measure)."""

__version__ = "0.1.0"

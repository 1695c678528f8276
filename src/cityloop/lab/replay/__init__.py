"""The replay of a run: its queues and signals on the map of the city, one HTML file that plays anywhere."""

from cityloop.lab.replay.write import write_replay

__all__ = ["write_replay"]

"""Large made-up cities and their traffic, to measure how a simulation grows; none of it is real."""

from cityloop.city.metropolis.gravity import Mix, gravity_traffic
from cityloop.city.metropolis.grid import grid_city
from cityloop.city.metropolis.radial import radial_city
from cityloop.city.metropolis.superblock import superblock_city
from cityloop.city.metropolis.timing import Timing

__all__ = ["Mix", "Timing", "gravity_traffic", "grid_city", "radial_city", "superblock_city"]

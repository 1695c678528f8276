"""A small crowded city with all that the twin's kernel knows: signals, right of way, bays, short lanes, stops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.metropolis import gravity_traffic, superblock_city
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.twin.network import TwinNetwork, network_of
from cityloop.engines.twin.prepare import TwinRun, run_of
from cityloop.kernels import lane_records as lr

END_S = 600


def small_city() -> City:
    """Return four large and four small signals with side streets."""
    city = superblock_city(2, 2)
    wait_m = np.where(city.movements["is_minor"], 6.0, np.nan)
    return replace(city, movements=_with(city.movements, "movements", wait_m=wait_m))


def _with(table: Table, schema: str, **columns: NDArray[np.float64]) -> Table:
    return Table(schema, {name: table[name] for name in table} | columns)


def small_network(city: City) -> TwinNetwork:
    """Return its arrays, with clusters that run 10 s side by side."""
    return network_of(city, windows_s=(10,))


def small_traffic(city: City, n_vehicles: int, seed: int) -> Traffic:
    """Return vehicles of which some begin and end in the middle of a road, and some stop on their way."""
    traffic = gravity_traffic(city, n_vehicles, 0.0, float(END_S), seed)
    chance = np.random.default_rng(seed)
    depart_m, arrival_m = chance.uniform(0, 300, (2, n_vehicles))
    stop_s = np.where(chance.uniform(size=traffic.routes.n_rows) < 0.05, 12.0, 0.0)
    return Traffic(
        vehicles=_with(traffic.vehicles, "vehicles", depart_m=depart_m, arrival_m=arrival_m),
        routes=_with(traffic.routes, "routes", stop_s=stop_s),
    )


def small_run(network: TwinNetwork, city: City, seed: int, n_vehicles: int = 1500) -> TwinRun:
    """Return a run with traffic of its own."""
    return run_of(network, city, small_traffic(city, n_vehicles, seed), 0.0, float(END_S), seed)


def differing(one: TwinRun, other: TwinRun) -> list[str]:
    """Return which arrays of two states differ; what is due is only a hint where to look."""
    return [
        name
        for name in lr.State._fields
        if name != "due" and not np.array_equal(getattr(one.state, name), getattr(other.state, name))
    ]

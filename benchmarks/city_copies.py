"""Cities of any size, made of copies of real ones, and views of them made of recorded views.

A copy is the city's own tables with row numbers moved on, so that whatever is built from a city is built from the
copies as from any other. Points, demand, stops and detectors are left out: nothing that decides reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.table import Table, schema
from cityloop.control.guard import SignalRules
from cityloop.control.view import Vehicles, View

LEFT_OUT = ("points", "demand", "stops", "detectors")
TABLE_OF = {"foe": "movements"}
"""Tables that a column is not named after."""


def joined_city(cities: Sequence[City]) -> City:
    """Return one city of which each of the cities is a part; they have no road in common."""
    names = [field.name for field in fields(City) if isinstance(getattr(cities[0], field.name), Table)]
    first_rows = {name: _first_rows([getattr(city, name).n_rows for city in cities]) for name in names}
    tables: dict[str, Any] = {
        name: Table(name) if name in LEFT_OUT else _joined(name, [getattr(city, name) for city in cities], first_rows)
        for name in names
    }
    return replace(cities[0], name=f"{len(cities)} cities", findings=(), **tables)


def joined_rules(rules: Sequence[Sequence[SignalRules]]) -> tuple[SignalRules, ...]:
    """Return the rules of all signals of a joined city."""
    first = _first_rows([len(of_city) for of_city in rules])
    return tuple(
        replace(rule, signal_ix=rule.signal_ix + int(start))
        for start, of_city in zip(first, rules, strict=False)
        for rule in of_city
    )


def joined_view(t_s: float, cities: Sequence[City], views: Sequence[View]) -> View:
    """Return what the sensors of a joined city tell: the views of its parts, all said to be of one time.

    A vehicle's number is moved on by the vehicles of the parts before it. Readings of loops are left out.
    """
    lane, movement = (_first_rows([getattr(city, name).n_rows for city in cities]) for name in ("lanes", "movements"))
    vehicle = _first_rows([int(view.vehicles.vehicle_ix.max(initial=-1)) + 1 for view in views])
    # a movement of -1 or -2 and a lane of -1 are no rows
    columns = {
        "vehicle_ix": [view.vehicles.vehicle_ix + first for view, first in zip(views, vehicle, strict=False)],
        "lane_ix": [_moved(view.vehicles.lane_ix, first) for view, first in zip(views, lane, strict=False)],
        "movement_ix": [_moved(view.vehicles.movement_ix, first) for view, first in zip(views, movement, strict=False)],
    }
    for field in fields(Vehicles):
        if field.name not in columns:
            columns[field.name] = [getattr(view.vehicles, field.name) for view in views]
    return View(
        t_s,
        np.concatenate([view.display for view in views]),
        np.concatenate([view.n_walkers for view in views]),
        Vehicles(**{name: np.concatenate(parts) for name, parts in columns.items()}),
    )


def _joined(name: str, parts: Sequence[Table], first_rows: Mapping[str, NDArray[np.int64]]) -> Table:
    """Return the rows of all parts, their row numbers in this and other tables moved on."""
    columns = {}
    for column in schema(name):
        named = _table_named(column.name)
        values = [part[column.name] for part in parts]
        if named is not None:
            values = [_moved(of_part, first) for of_part, first in zip(values, first_rows[named], strict=False)]
        columns[column.name] = np.concatenate(values)
    return Table(name, columns)


def _table_named(column: str) -> str | None:
    """Return the table that a column's row numbers are of: the name before ``_ix``, ``_start`` or ``_end``."""
    for ending in ("_ix", "_start", "_end"):
        if column.endswith(ending):
            word = column.removesuffix(ending).removeprefix("from_").removeprefix("to_")
            return TABLE_OF.get(word, f"{word.removesuffix('s')}s")
    return None


def _moved(rows: NDArray[np.int64], first: np.int64) -> NDArray[np.int64]:
    return np.where(rows >= 0, rows + first, rows)


def _first_rows(n_rows: Sequence[int]) -> NDArray[np.int64]:
    """Return where the rows of each part begin, and in the last entry their number."""
    return np.concatenate([[0], np.cumsum(n_rows, dtype=np.int64)])

"""Typed columns with units, described by a schema file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable

_DTYPES: dict[str, Any] = {"str": object, "int": np.int64, "float": np.float64, "bool": np.bool_}


@dataclass(frozen=True)
class Column:
    """One column of a schema: its name, type, unit, default (``None``: required) and meaning."""

    name: str
    type: str
    unit: str
    default: str | None
    text: str

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the column."""
        return _DTYPES[self.type]

    def filled(self, n_rows: int) -> NDArray[Any]:
        """Return the column filled with its default."""
        if self.default is None:
            raise Unusable("a required column is missing", f"column {self.name}", "give its values")
        value: Any = self.default
        if self.type == "bool":
            value = self.default == "true"
        elif self.type in ("int", "float"):
            value = _DTYPES[self.type](self.default)
        return np.full(n_rows, value, dtype=self.dtype)


@cache
def schema(name: str) -> tuple[Column, ...]:
    """Return the columns of the schema file ``city/schema/<name>.csv``.

    A default of ``-`` in the file means that the column is required.
    """
    text = resources.files("cityloop.city").joinpath("schema", f"{name}.csv").read_text("utf-8")
    return tuple(
        Column(row["name"], row["type"], row["unit"], None if row["default"] == "-" else row["default"], row["text"])
        for row in csv.DictReader(text.splitlines())
    )


class Table(Mapping[str, NDArray[Any]]):
    """Columns of equal length that follow a schema; read-only.

    Parameters
    ----------
    schema_name : str
        The schema file in ``city/schema`` without its ending.
    columns : mapping of str to sequence
        Values by column name; columns with a default may be left out.

    Raises
    ------
    Unusable
        For an unknown, missing or odd-length column.
    """

    def __init__(self, schema_name: str, columns: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None) -> None:
        given = dict(columns or {})
        known = schema(schema_name)
        self.schema_name = schema_name
        unknown = set(given) - {column.name for column in known}
        if unknown:
            raise Unusable(f"unknown columns {sorted(unknown)}", f"table {schema_name}", "use the names of its schema")
        lengths = {len(values) for values in given.values()}
        if len(lengths) > 1:
            raise Unusable("columns differ in length", f"table {schema_name}", "give one value a row in each")
        self.n_rows = lengths.pop() if lengths else 0
        self._columns: dict[str, NDArray[Any]] = {}
        for column in known:
            if column.name in given or self.n_rows == 0:
                values = np.array(given.get(column.name, ()), dtype=column.dtype)
            else:
                values = column.filled(self.n_rows)
            values.setflags(write=False)
            self._columns[column.name] = values

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Return the number of columns; ``n_rows`` is the number of rows."""
        return len(self._columns)

    def __repr__(self) -> str:
        return f"Table({self.schema_name}, {self.n_rows} rows)"


def table_of_rows(schema_name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table from a list of rows (readers that walk a file use it)."""
    names = [column.name for column in schema(schema_name) if rows and column.name in rows[0]]
    return Table(schema_name, {name: [row[name] for row in rows] for name in names})

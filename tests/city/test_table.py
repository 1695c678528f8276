from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.city.table import Table, schema, table_of_rows

SCHEMAS = sorted(
    path.name.removesuffix(".csv")
    for path in resources.files("cityloop.city").joinpath("schema").iterdir()
    if path.name.endswith(".csv")
)
POINTS = {"x_m": [0.0, 3.0], "y_m": [1.0, 4.0]}
LINKS = {"signal_ix": [0, 0], "index": [0, 1]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_can_be_read_and_explains_itself(name: str) -> None:
    columns = schema(name)
    assert len({column.name for column in columns}) == len(columns)
    for column in columns:
        assert column.type in ("str", "int", "float", "bool")
        assert column.text
        if column.default is not None:
            values = column.filled(2)
            assert values.dtype == column.dtype
            assert len(values) == 2


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_empty_table_has_all_its_columns(name: str) -> None:
    table = Table(name)
    assert table.n_rows == 0
    assert {column: values.dtype for column, values in table.items()} == {c.name: c.dtype for c in schema(name)}


def test_columns_are_typed_and_defaults_filled_in() -> None:
    table = Table("links", LINKS)
    assert table.n_rows == 2
    assert table["signal_ix"].dtype == np.int64
    np.testing.assert_array_equal(table["is_used"], [True, True])
    np.testing.assert_array_equal(table["is_crossing"], [False, False])


def test_a_default_may_be_absent() -> None:
    table = Table("stages", {"plan_ix": [0], "state": ["Gr"], "duration_s": [30]})
    assert np.isnan(table["min_s"]).all()
    assert table["duration_s"].dtype == np.float64


def test_nothing_can_be_written_to_it() -> None:
    given = np.array([1.0, 2.0])
    table = Table("points", {"x_m": given, "y_m": given})
    with pytest.raises(ValueError, match="read-only"):
        table["x_m"][0] = 5.0
    given[0] = 9.0
    assert table["x_m"][0] == 1.0


def test_it_is_a_mapping_of_columns() -> None:
    table = Table("points", POINTS)
    assert len(table) == 2
    assert list(table) == ["x_m", "y_m"]
    assert repr(table) == "Table(points, 2 rows)"
    with pytest.raises(KeyError):
        table["z_m"]


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({**POINTS, "z_m": [0.0, 0.0], "a_m": [0.0, 0.0]}, r"unknown columns \['a_m', 'z_m'\]"),
        ({"x_m": [0.0], "y_m": [0.0, 1.0]}, "columns differ in length"),
        ({"x_m": [0.0, 1.0]}, "column y_m: a required column is missing"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(columns: dict[str, Any], what: str) -> None:
    with pytest.raises(Unusable, match=what):
        Table("points", columns)


def test_rows_become_columns() -> None:
    table = table_of_rows(
        "links", [{"signal_ix": 3, "index": 1, "is_used": False}, {"signal_ix": 4, "index": 2, "is_used": True}]
    )
    np.testing.assert_array_equal(table["signal_ix"], [3, 4])
    np.testing.assert_array_equal(table["is_used"], [False, True])
    np.testing.assert_array_equal(table["is_crossing"], [False, False])
    assert table_of_rows("links", []).n_rows == 0

from __future__ import annotations

import pickle

import pytest

from cityloop.city.errors import Unusable


def test_one_line_says_where_what_and_how_to_mend_it() -> None:
    error = Unusable("the file does not exist", "a.net.xml", "name an existing file")
    assert str(error) == "a.net.xml: the file does not exist; name an existing file"
    assert (error.what, error.where, error.mend) == (
        "the file does not exist",
        "a.net.xml",
        "name an existing file",
    )


def test_it_stays_one_line() -> None:
    assert "\n" not in str(Unusable("two\nlines", "net\n.xml", "mend\nit"))


def test_it_crosses_process_borders_whole() -> None:
    error = Unusable("what", "where", "mend")
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(copy, Unusable)
    assert (str(copy), copy.what, copy.where, copy.mend) == (str(error), "what", "where", "mend")


def test_it_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="mend"):
        raise Unusable("what", "where", "mend")

from __future__ import annotations

import os
from typing import Any

import pytest

from cityloop.city.errors import Unusable
from cityloop.engines.sumo.library import load_libsumo, message_of, sumo_errors


def test_what_is_raised_goes_first() -> None:
    assert message_of("The edge 'a' is\n not known.", "Error: other") == "The edge 'a' is not known."


def test_what_is_written_stands_in() -> None:
    written = "Warning: slow\nError: On processing 'x':\n No option 'x' exists.\nQuitting\n"
    assert message_of("Process Error", written) == "On processing 'x': No option 'x' exists."
    assert message_of("Process Error", "") == "SUMO stopped without a message"


def test_standard_error_is_kept_apart_and_given_back(capfd: pytest.CaptureFixture[str]) -> None:
    libsumo: Any = load_libsumo()
    with pytest.raises(Unusable, match="no such net"), sumo_errors(libsumo, "here"):
        os.write(2, b"Error: no such net\n")
        raise libsumo.TraCIException("Process Error")
    os.write(2, b"back")
    assert capfd.readouterr().err == "back"


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), sumo_errors(load_libsumo(), "here"):
        raise KeyError

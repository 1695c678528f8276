from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cityloop.city.errors import Unusable
from cityloop.engines.sumo import SumoEngine
from cityloop.engines.sumo.library import getter_of, load_libsumo, message_of, sumo_errors


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


def test_a_getter_is_read_from_the_compiled_library_where_it_has_it() -> None:
    def public(object_id: str) -> str:
        return f"public {object_id}"

    def compiled(object_id: str) -> str:
        return f"compiled {object_id}"

    without = SimpleNamespace(vehicle=SimpleNamespace(getSpeed=public))
    other_name = SimpleNamespace(vehicle=SimpleNamespace(getSpeed=public), _libsumo=SimpleNamespace())
    known = SimpleNamespace(
        vehicle=SimpleNamespace(getSpeed=public), _libsumo=SimpleNamespace(vehicle_getSpeed=compiled)
    )
    assert getter_of(without, "vehicle", "getSpeed")("a") == "public a"
    assert getter_of(other_name, "vehicle", "getSpeed")("a") == "public a"
    assert getter_of(known, "vehicle", "getSpeed")("a") == "compiled a"


def test_a_getter_of_the_compiled_library_reads_and_fails_like_the_public_one(
    open_engine: Callable[..., SumoEngine],
) -> None:
    libsumo: Any = load_libsumo()
    with open_engine("ideal"):
        direct = getter_of(libsumo, "trafficlight", "getProgram")
        assert direct is not libsumo.trafficlight.getProgram
        assert direct("J") == libsumo.trafficlight.getProgram("J")
        with pytest.raises(libsumo.TraCIException, match="not known"):
            direct("nowhere")

"""What people see."""

import os

import pytest

from cityloop.cli.screen import apart, change, figure, percent, plus_minus, progress_bar


def test_figures_and_what_cannot_be_told():
    assert figure(12.345) == "12.3"
    assert figure(None) == "-"
    assert plus_minus({"mean": 12.34, "low": 11.0, "high": 13.68}) == "12.3 ± 1.3"
    assert plus_minus({"mean": 12.34, "low": None, "high": None}) == "12.3"
    assert plus_minus({"mean": None, "low": None, "high": None}) == "-"
    assert percent({"mean": 0.345}) == "34 %"
    assert percent({"mean": None}) == "-"
    assert change({"mean": 0.54, "low": 0.49, "high": 0.59}) == "-46 % [-51, -41]"
    assert change({"mean": 1.1, "low": None, "high": None}) == "+10 %"
    assert change({"mean": None, "low": None, "high": None}) == "-"


def test_what_libraries_print_is_kept_apart_and_the_streams_come_back(capfd):
    with pytest.raises(ZeroDivisionError), apart() as screen:
        os.write(1, b"a library's words\n")
        os.write(2, b"and more\n")
        screen.write("for people\n")
        raise ZeroDivisionError
    os.write(1, b"a result\n")
    assert capfd.readouterr() == ("a result\n", "for people\n")


def test_the_progress_bar_is_for_terminals(capfd):
    with apart() as screen, progress_bar(screen, is_shown=True) as bar:
        bar.update(bar.add_task("runs", total=2, note=""), completed=1)
    assert capfd.readouterr() == ("", "")

from __future__ import annotations

from pathlib import Path

from cityloop.city.sumo import SumoInput
from cityloop.engines.sumo.command import sumo_command


def options_of(command: list[str]) -> dict[str, str]:
    assert command[0] == "sumo"
    return {name.removeprefix("--"): value for name, value in zip(command[1::2], command[2::2], strict=True)}


def test_the_scenario_is_respected() -> None:
    source = SumoInput(
        None,
        Path("/a/net.xml"),
        (Path("/a/1.rou.xml"), Path("/a/2.rou.xml")),
        step_s=0.1,
        options=(("lateral-resolution", "0.8"), ("time-to-teleport", "120"), ("verbose", "true"), ("random", "true")),
    )
    command = sumo_command(source, (Path("/a/3.add.xml"),), 25200.5, 28800.0, 7, True, [("tripinfo-output", "/o.xml")])
    options = options_of(command)
    assert options["net-file"] == "/a/net.xml"
    assert options["route-files"] == "/a/1.rou.xml,/a/2.rou.xml"
    assert options["additional-files"] == "/a/3.add.xml"
    assert options["begin"] == "25200.5"
    assert options["end"] == "28800"
    assert options["step-length"] == "0.1"
    assert options["seed"] == "7"
    assert options["lateral-resolution"] == "0.8"
    assert options["time-to-teleport"] == "120"
    assert options["tripinfo-output"] == "/o.xml"
    assert not {"verbose", "random"} & set(options)


def test_no_teleporting_overrides_the_scenario() -> None:
    source = SumoInput(None, Path("/a/net.xml"), options=(("time-to-teleport", "120"),))
    options = options_of(sumo_command(source, (), 0.0, 10.0, 1, False, []))
    assert options["time-to-teleport"] == "-1"
    assert not {"route-files", "additional-files"} & set(options)

from collections.abc import Callable
from pathlib import Path

from cityloop.city.city import City, Finding
from cityloop.city.sumo import read_city, read_sumo_config


def _of(city: City, kind: str) -> list[Finding]:
    return [finding for finding in city.findings if finding.kind == kind]


def _program(name: str, *states: str) -> str:
    phases = "".join(f'<phase duration="9" state="{state}"/>' for state in states)
    return f'<tlLogic id="J" programID="{name}" type="static" offset="0">{phases}</tlLogic>'


def test_a_sound_program_has_none(pair: City) -> None:
    assert pair.findings == ()


def test_conflicting_greens_of_every_program(city_with: Callable[..., City]) -> None:
    # links 0 and 1 meet at A, links 2 and 3 at B; 0 and 3 are far apart
    city = city_with(_program("p", "GGrr", "rrGG", "GrrG") + _program("q", "Ggrr", "gGrr", "rrGG"))
    (finding,) = _of(city, "conflicting greens")
    assert finding.where == "signal J"
    assert finding.text.endswith(": 0-1, 2-3 (program p); 2-3 (program q)")


def test_never_green_counts_the_plan_in_force(city_with: Callable[..., City]) -> None:
    assert not _of(city_with(_program("p", "Grrr", "rsrr", "rrgo")), "never green")
    (finding,) = _of(city_with(_program("p", "Grrr", "yurr")), "never green")
    assert finding.text == "the plan in force never lets go links 1, 2, 3"


def test_unused_links_and_special_states(cross: City, city_with: Callable[..., City]) -> None:
    (finding,) = _of(cross, "unused links")
    assert finding.text == "no movement hangs on links 14, 16, 17, 18, 19"
    (finding,) = _of(city_with(_program("p", "Guso", "rOGG")), "special states")
    assert finding.text == "its programs show s, u, o, O"


def test_field_programs_of_ingolstadt_show_conflicting_greens(resco_configs: dict[str, Path]) -> None:
    city = read_city(read_sumo_config(resco_configs["ingolstadt7"]), "ingolstadt7")
    (finding,) = _of(city, "conflicting greens")
    assert finding.where == "signal gneJ210"
    assert finding.text.endswith(": 6-8, 7-9 (program 0)")


def test_turns_in_two_steps_are_named(game_configs: list[Path]) -> None:
    path = next(path for path in game_configs if path.stem == "fokr_bs_demo")
    city = read_city(read_sumo_config(path), "brunswick")
    assert sum("turn in two steps" in finding.text for finding in city.findings) == 4
    # the program stands in a file of its own without a root around it
    assert str(city.plans["plan_id"][city.signals["plan_ix"][0]]) == "DLR_UT_v1-0-0"

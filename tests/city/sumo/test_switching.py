from collections.abc import Callable
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable

PROGRAMS = "".join(
    f'<tlLogic id="J" programID="{name}" type="static" offset="0">'
    f'<phase duration="30" state="{state}"/><phase duration="30" state="rrrr"/></tlLogic>'
    for name, state in (("a", "GrGr"), ("b", "yyyy"))
)


def _waut(*switches: tuple[object, str], start: str = "0", more: str = "") -> str:
    inner = "".join(f'<wautSwitch time="{at}" to="{name}"/>' for at, name in switches)
    waut = f'<WAUT id="w" startProg="{start}" {more}>{inner}</WAUT>'
    return f'{PROGRAMS}{waut}<wautJunction wautID="w" junctionID="J"/>'


def _in_force(city: City) -> str:
    return str(city.plans["plan_id"][city.signals["plan_ix"][0]])


def _switches(city: City) -> list[tuple[float, str]]:
    plans = city.plans["plan_id"][city.switches["plan_ix"]]
    return list(zip(city.switches["at_s"].tolist(), map(str, plans), strict=True))


@pytest.mark.parametrize("begin_s", [0.0, 99.0, 100.0, 150.0, 300.0])
@pytest.mark.parametrize("waut", [_waut((100, "a"), (200, "b")), _waut((100, "off"), (200, "b")), _waut(start="b")])
def test_program_in_force_is_sumos(
    city_with: Callable[..., City], pair_net: Path, tmp_path: Path, waut: str, begin_s: float
) -> None:
    import libsumo

    city = city_with(waut, begin_s=begin_s)
    libsumo.start(["sumo", "-n", str(pair_net), "-a", str(tmp_path / "extra.add.xml"), "-b", str(begin_s)])
    try:
        assert _in_force(city) == libsumo.trafficlight.getProgram("J")
    finally:
        libsumo.close()


def test_switches_of_the_day(city_with: Callable[..., City]) -> None:
    city = city_with(_waut(("6:0:0", "a"), (72000, "b"), more='refTime="3600"'))
    assert _switches(city) == [(25200.0, "a"), (75600.0, "b")]
    assert _in_force(city) == "0"


def test_a_period_below_a_day_comes_round_again(city_with: Callable[..., City]) -> None:
    city = city_with(_waut((0, "a"), (20000, "b"), more='period="40000"'))
    assert _switches(city) == [(0.0, "a"), (20000.0, "b"), (40000.0, "a"), (60000.0, "b"), (80000.0, "a")]


def test_a_period_of_a_day_stands_once(city_with: Callable[..., City]) -> None:
    assert _switches(city_with(_waut((100, "a"), (200, "b"), more='period="86400"'))) == [(100.0, "a"), (200.0, "b")]


@pytest.mark.parametrize(
    ("additional", "what"),
    [
        (_waut((100, "c")), "signal J is switched to program c, which it does not have"),
        (_waut((100, "a"), start="c"), "signal J is switched to program c"),
        (_waut((200, "a"), (100, "b")), "its switches are out of order"),
        ('<wautJunction wautID="w" junctionID="J"/>', "WAUT w is not defined before it is used"),
        ('<WAUT id="w"/>', "attribute startProg is missing"),
    ],
)
def test_broken_timetables_are_unusable(city_with: Callable[..., City], additional: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        city_with(additional)

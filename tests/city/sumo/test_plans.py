from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, read_city

GOLDEN = Path(__file__).parents[2] / "golden"
PROGRAM = '<tlLogic id="J" programID="{}" type="static" offset="{}"><phase duration="9" state="{}"/></tlLogic>'


def _in_force(city: City) -> str:
    return str(city.plans["plan_id"][city.signals["plan_ix"][0]])


def test_programs_of_the_net(pair: City) -> None:
    assert (pair.signals.n_rows, pair.plans.n_rows, pair.links.n_rows) == (1, 1, 4)
    assert pair.states_of(0) == ["rrGr", "rryr", "rGrG", "ryrG", "GrrG", "yrry"]
    assert list(pair.stages["duration_s"]) == [27.0, 3.0, 27.0, 3.0, 27.0, 3.0]
    assert np.isnan(pair.stages["min_s"]).all()
    assert list(pair.links["index"]) == [0, 1, 2, 3]
    assert pair.links["is_used"].all()


def test_links_between_those_in_use_are_kept(cross: City) -> None:
    assert cross.links.n_rows == 22
    assert list(cross.links["index"][~cross.links["is_used"]]) == [14, 16, 17, 18, 19]
    assert list(cross.links["index"][cross.links["is_crossing"]]) == [15, 20, 21]


def test_several_programs_and_the_one_loaded_last_is_in_force(pair_net: Path) -> None:
    source = SumoInput(None, pair_net, additional_paths=(GOLDEN / "pair" / "programs.add.xml",))
    city = read_city(source, "pair")
    assert list(city.plans["plan_id"]) == ["0", "day", "night"]
    assert list(city.plans["kind"]) == ["static", "static", "actuated"]
    assert list(city.plans["offset_s"]) == [0.0, 5.0, 0.0]
    assert _in_force(city) == "night"
    assert city.states_of(2) == ["GrGr", "usoO"]
    day = slice(int(city.plans["stages_start"][1]), int(city.plans["stages_end"][1]))
    assert list(city.stages["min_s"][day][[2]]) == [10.0]
    assert list(city.stages["max_s"][day][[2]]) == [40.0]
    assert np.isnan(city.stages["min_s"][day][[0, 1, 3]]).all()
    assert [(f.kind, f.where) for f in city.findings] == [("special states", "signal J")]


def test_one_link_drives_several_movements(cross_net: Path, tmp_path: Path) -> None:
    text = cross_net.read_text().replace('tl="C" linkIndex="5"', 'tl="C" linkIndex="4"')
    (tmp_path / "shared.net.xml").write_text(text)
    city = read_city(SumoInput(None, tmp_path / "shared.net.xml"), "shared")
    four = np.flatnonzero(city.links["index"] == 4)[0]
    assert (city.movements["link_ix"] == four).sum() == 2
    assert not city.links["is_used"][np.flatnonzero(city.links["index"] == 5)[0]]


def test_offsets(city_with: Callable[..., City]) -> None:
    assert city_with(PROGRAM.format("p", "begin", "GGGG"), begin_s=30.0).plans["offset_s"][1] == 30.0
    assert city_with(PROGRAM.format("p", "-4", "GGGG")).plans["offset_s"][1] == -4.0
    # a program without phases gives the known one of its name another offset
    city = city_with('<tlLogic id="J" programID="0" type="static" offset="7"/>')
    assert list(city.plans["offset_s"]) == [7.0]
    with pytest.raises(Unusable, match="no time: 'soon'"):
        city_with(PROGRAM.format("p", "soon", "GGGG"))


def test_a_longer_program_leaves_links_unused_and_shorter_ones_red(city_with: Callable[..., City]) -> None:
    city = city_with(PROGRAM.format("p", "0", "GrGrGG"))
    assert city.links.n_rows == 6
    assert list(city.links["is_used"]) == [True] * 4 + [False] * 2
    assert city.states_of(0)[0] == "rrGrrr"
    assert [f.kind for f in city.findings if "fewer links" in f.text] == ["unused links"]


@pytest.mark.parametrize(
    ("additional", "what"),
    [
        (PROGRAM.format("0", "0", "GGGG"), "signal J has two programs 0"),
        (PROGRAM.format("p", "0", "GGG"), "its states have 3 characters, its signal has 4 links"),
    ],
)
def test_programs_that_sumo_refuses_are_unusable(city_with: Callable[..., City], additional: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        city_with(additional)


def test_what_hangs_nowhere_is_named(city_with: Callable[..., City]) -> None:
    city = city_with(PROGRAM.format("p", "0", "G").replace('"J"', '"K"') + '<tlLogic id="J" programID="empty"/>')
    texts = {(f.where, f.text) for f in city.findings}
    assert ("signal K", "no movement hangs on it") in texts
    assert ("signal J", "program empty has no phases") in texts
    assert list(city.signals["signal_id"]) == ["J"]


def test_a_signal_without_program_counts_as_unsignalised(pair_net: Path, tmp_path: Path) -> None:
    text = pair_net.read_text()
    start, end = text.index("<tlLogic"), text.index("</tlLogic>") + len("</tlLogic>")
    (tmp_path / "none.net.xml").write_text(text[:start] + text[end:])
    city = read_city(SumoInput(None, tmp_path / "none.net.xml"), "none")
    assert city.signals.n_rows == 0
    assert set(city.movements["signal_ix"]) == {-1}
    assert any("it has no program" in finding.text for finding in city.findings)


def test_all_signals_off(pair_net: Path) -> None:
    city = read_city(SumoInput(None, pair_net, options=(("tls.all-off", "true"),)), "pair")
    assert _in_force(city) == "off"
    assert city.plans["kind"][1] == "off"
    assert city.states_of(1) == ["oOoO"]
    assert "switched off" in {finding.kind for finding in city.findings}

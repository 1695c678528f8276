from __future__ import annotations

import re
import string
import tomllib
from importlib import resources
from pathlib import Path

import pytest

import cityloop.lab.report
from cityloop.city.sumo import read_city
from cityloop.control.guard import clearance_of, rule_findings, signal_rules
from cityloop.lab.report.measure_names import ARM_ROWS, CARDS, EMISSIONS
from cityloop.lab.report.words import Words, arm_name, has, mid_sentence, same, say, translated
from cityloop.measures.intervals import Verdict
from cityloop.run.arms import ARMS
from cityloop.scenarios import catalogue, load_scenario

ROOM = Path(cityloop.lab.report.__file__).parent
STRINGS = tomllib.loads((ROOM / "strings.toml").read_text("utf-8"))
ENTRIES = [(f"{section}.{name}", both) for section, entries in STRINGS.items() for name, both in entries.items()]
SYMBOLS = {"unit.kg", "unit.pct"}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("key", "both"), ENTRIES, ids=[key for key, _ in ENTRIES])
def test_every_text_says_the_same_in_both_languages(key, both):
    assert set(both) == {"en", "ko"}
    assert both["en"] and both["ko"]
    assert places(both["en"]) == places(both["ko"])
    if key not in SYMBOLS:
        assert re.search("[가-힣]", both["ko"]) or not re.search("[A-Za-z]", both["en"]) or places(both["ko"])


def test_every_key_that_the_page_uses_is_there():
    used = set()
    for path in [*ROOM.glob("*.py"), *(ROOM / "templates").iterdir()]:
        used |= set(re.findall(r"""\b(?:say|t)\(["']([a-z_]+\.[a-z0-9_]+)["'][,)]""", path.read_text("utf-8")))
    assert len(used) > 60
    assert [key for key in sorted(used) if not has(key)] == []


def test_every_arm_verdict_and_measure_has_a_name():
    assert [arm.name for arm in ARMS if not has(f"arm.{arm.name}")] == []
    for verdict in Verdict:
        key = verdict.replace(" ", "_")
        assert has(f"headline.{key}") and has(f"verdict.{key}")
    for measure in (*ARM_ROWS, *CARDS, *EMISSIONS):
        assert measure.name.en and measure.unit_name.ko


def test_the_catalogue_is_translated_as_it_stands():
    for listing in catalogue():
        assert has(f"place.{listing.name}")
        assert say(f"real.{listing.name}").en == listing.real
        assert say(f"synthetic.{listing.name}").en == listing.synthetic


def test_sentences_of_findings_are_translated():
    written = "the program in force shows links 3 and 7 green together although they conflict; kept as it is"
    assert translated(written, "finding_text").ko.startswith("현행 신호 프로그램이 상충하는 신호등 3번과 7번을")
    assert translated("4 <poly> not read", "finding_text") == Words("4 <poly> not read", "<poly> 4건을 읽지 않았다")
    assert translated("something new", "finding_text") == same("something new")


@pytest.mark.parametrize("name", ["ingolstadt7", "ingolstadt21", "adlershof"])
def test_what_readers_find_in_known_scenarios_is_translated(name):
    if not next(listing.is_installed for listing in catalogue() if listing.name == name):
        pytest.skip("the scenario is not installed")
    city = read_city(load_scenario(name).source, name)
    found = city.findings + rule_findings(city, signal_rules(city, clearance_of("street")))
    assert found
    for finding in found:
        assert re.search("[가-힣]", translated(finding.text, "finding_text").ko), finding.text
        assert has("finding." + finding.kind.replace(" ", "_"))


def test_places_are_filled_language_by_language():
    filled = say("headline.better", arm=Words("Smart signals", "스마트 신호"), place=same("X"), pct="57")
    assert filled == Words(
        "Smart signals cut delay in X by 57\N{NO-BREAK SPACE}%", "X, 스마트 신호 적용 시 평균 지체 57% 감소"
    )
    with pytest.raises(KeyError):
        say("headline.better", arm="a")
    with pytest.raises(KeyError):
        say("headline.unheard_of")


def test_texts_join():
    assert Words("a", "가") + "!" + Words("b", "나") == Words("a!b", "가!나")


def test_an_unknown_arm_keeps_its_name():
    assert arm_name("ours-2") == same("ours-2")


def test_names_inside_a_sentence():
    assert mid_sentence(arm_name("smart")) == Words("smart signals", "스마트 신호")
    assert mid_sentence(arm_name("sumo-actuated")).en == "SUMO's own actuated signals"
    assert mid_sentence(same("ours")) == same("ours")
    assert mid_sentence(Words("", "")) == Words("", "")


def test_the_table_travels_with_the_package():
    assert resources.files("cityloop.lab.report").joinpath("strings.toml").is_file()

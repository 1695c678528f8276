from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cityloop.lab.report.page import named, render
from cityloop.lab.report.words import Words

VOID = {"meta", "br", "input", "link", "img", "hr"}


class Checked(HTMLParser):
    """Walks a page: tags close in order, identifiers are unique, links stay inside."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src", "data") if given.get(name)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def page(made) -> str:
    return render([made.report()], made.method())


def test_the_page_is_whole_and_stays_inside_itself(page):
    checked = Checked(page)
    assert checked.open == []
    assert len(set(checked.ids)) == len(checked.ids)
    assert all(link.startswith("#") and link[1:] in checked.ids for link in checked.links)
    assert not re.search(r"@import|url\((?!#)|<link|<iframe|fetch\(|XMLHttpRequest|import\(", page)


def test_the_same_report_gives_the_same_page(made, page):
    assert render([made.report()], made.method()) == page


def test_it_speaks_both_languages(page):
    english = re.findall(r'<span class="en" lang="en">', page)
    korean = re.findall(r'<span class="ko" lang="ko">', page)
    assert len(english) == len(korean) > 60
    assert "가상시, 스마트 신호 적용 시 평균 지체 57% 감소" in page
    assert '<meta name="title-ko" content="가상시, 스마트 신호 적용 시 평균 지체 57% 감소">' in page


def test_what_comes_from_files_is_escaped(made):
    attack = "<script>alert(1)</script>"
    report = made.report(licence=attack, place=Words(attack, attack), timing_signal_id=attack, scenario="a/b <c>")
    report = replace(report, junctions=(replace(report.junctions[0], signal_id=attack),))
    page = render([report], replace(made.method(), command=attack))
    assert attack not in page
    assert page.count("<script>") == 1
    assert 'id="s1-a-b-c-"' in page
    assert "signal &lt;x&gt;" in page


def test_missing_parts_say_so(made):
    bare = made.report(
        network=None, roads=None, queues=(), junctions=(), timings=(), space_times=(), trips=(), notes=(), licence=""
    )
    page = render([bare], made.method())
    assert page.count("These runs recorded nothing for this part.") == 6
    assert "Nothing found that the owner should know." in page
    assert "not stated by the scenario" in page
    Checked(page)


def test_several_scenarios_begin_with_an_overview(made):
    first, second = made.report(), made.report(scenario="other", place=Words("Otherton", "다른시"))
    unknown = replace(second.arms[1], paired={})
    second = replace(second, arms=(second.arms[0], unknown))
    page = render([first, second], made.method())
    checked = Checked(page)
    assert len(set(checked.ids)) == len(checked.ids)
    assert {"#s1-made", "#s2-other", "#method"} <= set(checked.links)
    assert (
        page.index("2 scenarios") < page.index('id="s1-made"') < page.index('id="s2-other"') < page.index('id="method"')
    )
    assert "<title>Trial report</title>" in page


def test_known_settings_are_translated_and_others_kept():
    rows = named([("protocol", "resco"), ("mode", "fast")])
    assert rows[0].name == Words("Protocol", "프로토콜")
    assert rows[0].value.ko.startswith("resco: 3,600초")
    assert rows[1].name.en == rows[1].name.ko == "mode"
    assert rows[1].value.ko == "fast"

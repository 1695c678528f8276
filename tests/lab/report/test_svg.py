from __future__ import annotations

import re

import pytest
from lxml import etree

from cityloop.lab.report.colours import light
from cityloop.lab.report.svg import drawing, inline, label, legend, tooltip
from cityloop.lab.report.words import Words


@pytest.fixture
def text() -> str:
    with drawing(3, 2) as figure:
        axes = figure.add_subplot()
        (line,) = axes.plot([0, 1, 2], [0, 3, 1], "o-", color=light("arm-smart"))
        tooltip(line, "a <road> & more")
        axes.set_xlim(0.5, 1.5)
        label(axes, x=Words("Time & day", "시각"), y=Words("y", "세로"), title=Words("Title", "제목"))
        legend(axes, [line], [Words("one", "하나")])
        return inline(figure, "first", Words("A figure", "그림"))


def test_it_is_well_formed_and_needs_nothing(text):
    root = etree.fromstring(text)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "A figure / 그림"
    assert root.get("viewBox") and root.get("width") is None
    links = re.findall(r"(?:href|src)=\"([^\"]*)\"", text)
    assert links and all(link.startswith("#first-") for link in links)
    without_namespaces = re.sub(r"xmlns(:\w+)?=\"[^\"]*\"", "", text)
    assert "http" not in without_namespaces
    assert "<metadata" not in text and "<!--" not in text


def test_every_text_is_there_twice(text):
    root = etree.fromstring(text)
    said = {language: root.xpath(f"//*[@class='{language}']/text()") for language in ("en", "ko")}
    assert set(said["en"]) == {"Time & day", "y", "Title", "one"}
    assert set(said["ko"]) == {"시각", "세로", "제목", "하나"}
    assert "ko|" not in text


def test_colours_follow_the_page_and_fonts_too(text):
    assert f"var(--arm-smart,{light('arm-smart')})" in text
    colours = set(re.findall(r"(?<!,)#[0-9a-f]{6}\b", text))
    assert colours <= {"#000000"}  # matplotlib's own default in its style element, which draws nothing
    assert "DejaVu" not in text
    assert "font-size:" in text and "font-family" not in text


def test_tips_become_titles(text):
    assert etree.fromstring(text).xpath("string(//*[local-name()='title'])") == "a <road> & more"


def test_identifiers_do_not_meet(text):
    identifiers = re.findall(r"\bid=\"([^\"]*)\"", text)
    assert len(set(identifiers)) == len(identifiers)
    assert all(identifier.startswith("first-") for identifier in identifiers)
    targets = set(re.findall(r"url\(#([^)]*)\)", text)) | {x[1:] for x in re.findall(r"href=\"(#[^\"]*)\"", text)}
    assert targets <= set(identifiers)

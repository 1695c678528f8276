"""What a drawing says."""

from __future__ import annotations

from lxml import etree


def texts(svg: str, language: str = "en") -> list[str]:
    """Return the texts of a drawing in a language, numbers and names left out."""
    return etree.fromstring(svg).xpath(f"//*[@class='{language}']/text()")


def plain(svg: str) -> list[str]:
    """Return the texts that are alike in both languages."""
    return etree.fromstring(svg).xpath("//*[local-name()='text'][not(@class)]/text()")


def tips(svg: str) -> list[str]:
    """Return what appears where the reader points."""
    return etree.fromstring(svg).xpath("//*[local-name()='title']/text()")

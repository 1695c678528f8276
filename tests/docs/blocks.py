"""The fenced blocks of a page, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the title behind it, its text and its line."""

    language: str
    title: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a Markdown page.

    Raises
    ------
    ValueError
        For a fence that is not closed.
    """
    text = page.read_text("utf-8")
    found = [
        Block(match["language"], match["title"] or "", match["text"], text[: match.start()].count("\n") + 1)
        for match in re.finditer(
            r"^```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", text, re.M | re.S
        )
    ]
    if text.count("\n```") + text.startswith("```") != 2 * len(found):
        raise ValueError(f"{page}: a fence is not closed, or says more than a language and a title")
    return found

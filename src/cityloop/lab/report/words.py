"""Everything that a report says, in English and Korean, from one table (``strings.toml``)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Words:
    """The same text in both languages."""

    en: str
    ko: str

    def filled(self, **values: Any) -> Words:
        """Return the text with its ``{places}`` filled; a value that is ``Words`` is taken language by language."""
        return Words(
            self.en.format(**{name: _in(value, "en") for name, value in values.items()}),
            self.ko.format(**{name: _in(value, "ko") for name, value in values.items()}),
        )

    def __add__(self, other: Words | str) -> Words:
        return Words(self.en + _in(other, "en"), self.ko + _in(other, "ko"))


NOTHING = Words("", "")


def _in(value: Any, language: str) -> Any:
    return getattr(value, language) if isinstance(value, Words) else value


def same(text: object) -> Words:
    """Return text that reads alike in both languages: a number, a name, a unit."""
    return Words(str(text), str(text))


@cache
def _strings() -> Mapping[str, Words]:
    text = resources.files("cityloop.lab.report").joinpath("strings.toml").read_text("utf-8")
    return {
        # a percent sign never begins a line
        f"{section}.{name}": Words(entry["en"].replace(" %", "\N{NO-BREAK SPACE}%"), entry["ko"])
        for section, entries in tomllib.loads(text).items()
        for name, entry in entries.items()
    }


def say(key: str, **values: Any) -> Words:
    """Return the text of a key such as ``"headline.better"`` with its places filled.

    Raises
    ------
    KeyError
        For a key that the table does not have, or a place that is not given.
    """
    words = _strings()[key]
    return words.filled(**values) if values else words


@cache
def _patterns(section: str) -> tuple[tuple[re.Pattern[str], Words], ...]:
    """Return the texts of a section as patterns, those with the most fixed words first."""
    found = []
    for key, words in _strings().items():
        if key.startswith(f"{section}."):
            parts = re.split(r"\{(\w+)\}", words.en)
            pattern = "".join(f"(?P<{part}>.+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
            found.append((re.compile(pattern), words))
    return tuple(sorted(found, key=lambda entry: -len(entry[1].en)))


def translated(text: str, section: str) -> Words:
    """Return an English sentence in both languages where a section has its pattern, else alike in both."""
    for pattern, words in _patterns(section):
        match = pattern.fullmatch(text)
        if match:
            return Words(text, words.ko.format(**match.groupdict()))
    return same(text)


def has(key: str) -> bool:
    """Whether the table has the key (names of arms and places fall back to their own)."""
    return key in _strings()


def arm_name(arm: str) -> Words:
    """Return how people call an arm; an unknown arm keeps its own name."""
    return say(f"arm.{arm}") if has(f"arm.{arm}") else same(arm)


def mid_sentence(words: Words) -> Words:
    """Return a text that begins a line as it stands inside a sentence: ``smart signals``, but ``SUMO's own``."""
    is_word = words.en[:1].isupper() and words.en[1:2].islower()
    return Words(words.en[:1].lower() + words.en[1:] if is_word else words.en, words.ko)

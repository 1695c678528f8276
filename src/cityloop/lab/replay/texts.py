"""What the page of a replay says, in English and Korean, from one table (``strings.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from cityloop.lab.report.words import Words


@cache
def texts() -> Mapping[str, Words]:
    """Return every text of the page by its key."""
    text = resources.files("cityloop.lab.replay").joinpath("strings.toml").read_text("utf-8")
    return {key: Words(entry["en"], entry["ko"]) for key, entry in tomllib.loads(text).items()}

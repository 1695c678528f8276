"""Lists on the command line of the benchmarks."""

from __future__ import annotations


def names(text: str) -> list[str]:
    """Return what stands between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def seeds(text: str) -> list[int]:
    """Return seeds given by commas, or as 1-10."""
    listed: list[int] = []
    for part in names(text):
        first, _, last = part.partition("-")
        listed += range(int(first), int(last or first) + 1)
    return listed

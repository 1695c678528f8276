"""Streaming SUMO's XML files, plain or gzipped, with errors that name file and line."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable

_GZIP_MAGIC = b"\x1f\x8b"


def elements(path: Path, root_tag: str | None = None, own_tags: Collection[str] = ()) -> Iterator[etree._Element]:
    """Yield the elements below the root of a file one by one, each with its children.

    An element is emptied once the next one is asked for, so that large files need little memory.

    Parameters
    ----------
    path : Path
        An XML file, plain or gzipped (told by its content, as SUMO does).
    root_tag : str, optional
        The root that the file must have.
    own_tags : collection of str
        Elements that may be the root themselves, as SUMO reads a file that is one bare ``<tlLogic>``;
        such a root is yielded whole.

    Raises
    ------
    Unusable
        When the file is missing, cannot be read, is cut short or is not XML, or has another root.
    """
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            source = gzip.GzipFile(fileobj=raw) if is_gzip else raw
            context = etree.iterparse(
                source, events=("end",), remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
            )
            for _, element in context:
                parent = element.getparent()
                if parent is None:
                    _check_root(element, root_tag, path)
                    if element.tag in own_tags:
                        yield element
                elif parent.getparent() is None and parent.tag not in own_tags:
                    _check_root(parent, root_tag, path)
                    yield element
                    element.clear()
                    while element.getprevious() is not None:
                        del parent[0]
    except FileNotFoundError as error:
        raise Unusable("the file does not exist", str(path), "correct the path or create the file") from error
    except (etree.XMLSyntaxError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unusable(
            f"not a complete XML file ({error})", str(path), "restore it from its source or write it again"
        ) from error
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror})", str(path), "give a readable file") from error


def _check_root(root: etree._Element, root_tag: str | None, path: Path) -> None:
    if root_tag is not None and root.tag != root_tag:
        raise Unusable(f"the root is <{root.tag}>, not <{root_tag}>", str(path), f"give a file with <{root_tag}>")


def where(element: etree._Element, path: Path) -> str:
    """Return ``file:line <tag id>`` of an element, for errors."""
    name = element.get("id")
    return f"{path}:{element.sourceline} <{element.tag}{'' if name is None else ' ' + name}>"


def required(element: etree._Element, attribute: str, path: Path) -> str:
    """Return an attribute that must be there.

    Raises
    ------
    Unusable
        When it is missing.
    """
    value = element.get(attribute)
    if value is None:
        raise Unusable(f"attribute {attribute} is missing", where(element, path), f"add {attribute}")
    return value


def number(element: etree._Element, attribute: str, path: Path, default: float | None = None) -> float:
    """Return an attribute as a number; without a default it must be there.

    Raises
    ------
    Unusable
        When it is missing or no number.
    """
    if default is not None and element.get(attribute) is None:
        return default
    value = required(element, attribute, path)
    try:
        result = float(value)
        if not math.isfinite(result):
            raise ValueError
    except ValueError as error:
        raise Unusable(
            f"attribute {attribute} is no number: {value!r}", where(element, path), "give a number"
        ) from error
    return result


def whole_number(element: etree._Element, attribute: str, path: Path, default: int | None = None) -> int:
    """Return an attribute as a whole number; without a default it must be there.

    Raises
    ------
    Unusable
        When it is missing or no whole number.
    """
    if default is not None and element.get(attribute) is None:
        return default
    value = required(element, attribute, path)
    try:
        return int(value)
    except ValueError as error:
        raise Unusable(
            f"attribute {attribute} is no whole number: {value!r}", where(element, path), "give a whole number"
        ) from error


def seconds_of(text: str, place: str) -> float:
    """Return a time in seconds: ``3600``, ``1:00:00`` or ``0:1:00:00`` (days first), as SUMO writes it.

    Raises
    ------
    Unusable
        When it is no time.
    """
    parts = text.strip().lstrip("-").split(":")
    sign = -1.0 if text.strip().startswith("-") else 1.0
    try:
        if len(parts) not in (1, 3, 4):
            raise ValueError
        total_s = 0.0
        for part, factor_s in zip(reversed(parts), (1.0, 60.0, 3600.0, 86400.0), strict=False):
            total_s += float(part) * factor_s
        if not math.isfinite(total_s):
            raise ValueError
    except ValueError as error:
        raise Unusable(f"no time: {text!r}", place, "give seconds or hours:minutes:seconds") from error
    return sign * total_s


def seconds(element: etree._Element, attribute: str, path: Path, default: float | None = None) -> float:
    """Return an attribute as a time in seconds; without a default it must be there.

    Raises
    ------
    Unusable
        When it is missing or no time.
    """
    if default is not None and element.get(attribute) is None:
        return default
    return seconds_of(required(element, attribute, path), where(element, path))

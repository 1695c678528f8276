"""From a matplotlib figure to SVG that lives inside a page: two languages, light and dark, one drawing."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lxml import etree

from cityloop.lab.report.colours import COLOURS, light
from cityloop.lab.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_KOREAN = "ko|"
_TOOLTIP = "tip|"


@contextmanager
def drawing(width_in: float, height_in: float) -> Iterator[Figure]:
    """Yield an empty figure in the report's style; draw on it and call :func:`inline` inside the block."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {
        "svg.fonttype": "none",  # text stays text: searchable, and in the reader's own fonts
        "svg.hashsalt": "cityloop",
        "font.family": ["sans-serif"],
        "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the layout is measured alike everywhere
        "font.size": 9.0,
        "axes.titlesize": 10.0,
        "axes.labelsize": 9.0,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.edgecolor": light("line"),
        "axes.labelcolor": light("muted"),
        "axes.titlecolor": light("ink"),
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.8,
        "axes.grid": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": light("grid"),
        "grid.linewidth": 0.8,
        "figure.facecolor": "none",
        "text.color": light("ink"),
        "xtick.color": light("line"),
        "ytick.color": light("line"),
        "xtick.labelcolor": light("muted"),
        "ytick.labelcolor": light("muted"),
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.solid_capstyle": "round",
        "path.simplify": True,
        "path.simplify_threshold": 0.2,
    }
    with mpl.rc_context(style):
        yield Figure(figsize=(width_in, height_in), layout="constrained")


def write(text: Text, words: Words) -> Text:
    """Give a text artist its English words and remember the Korean ones for :func:`inline`."""
    text.set_text(words.en)
    text.set_gid(_KOREAN + words.ko)
    return text


def label(axes: Axes, x: Words | None = None, y: Words | None = None, title: Words | None = None) -> None:
    """Set the axis labels and the title of axes in both languages."""
    for words, text in ((x, axes.xaxis.label), (y, axes.yaxis.label)):
        if words is not None:
            write(text, words)
    if title is not None:
        write(axes.set_title(title.en), title)


def tick_labels(labels: Sequence[Text], words: Sequence[Words]) -> None:
    """Give tick labels, as returned by ``set_xticks(..., labels=...)``, their words in both languages."""
    for text, both in zip(labels, words, strict=True):
        text.set_gid(_KOREAN + both.ko)


def legend(axes: Any, handles: Sequence[Any], words: Sequence[Words], **options: Any) -> None:
    """Draw a legend in both languages on axes or a figure."""
    drawn = axes.legend(handles=handles, labels=[both.en for both in words], **options)
    for text, both in zip(drawn.get_texts(), words, strict=True):
        write(text, both)


def tooltip(artist: Any, text: str) -> None:
    """Let a browser show ``text`` when the reader points at the artist."""
    artist.set_gid(_TOOLTIP + text)


def inline(figure: Figure, name: str, description: Words) -> str:
    """Return the figure as an ``<svg>`` element for a page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        Unlike that of any other figure of the page; identifiers inside the drawing begin with it.
    description : Words
        What a screen reader says in place of the picture.

    Returns
    -------
    str
        Text as text, colours as CSS variables with the light value as fallback, no date, no width: the page decides.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = etree.fromstring(buffer.getvalue())
    for element in [*root.iter(etree.Comment), *root.iter(_SVG + "metadata")]:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    _speak_twice(root)
    _prefix_identifiers(root, name)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, "")
    root.set("class", "figure")
    root.set("role", "img")
    root.set("aria-label", f"{description.en} / {description.ko}")
    return _as_text(root)


def _speak_twice(root: etree._Element) -> None:
    """Turn every text with Korean words into an English and a Korean one, and tips into titles."""
    for group in list(root.iter(_SVG + "g")):
        identifier = group.get("id", "")
        if identifier.startswith(_TOOLTIP):
            del group.attrib["id"]
            title = etree.Element(_SVG + "title")
            title.text = identifier.removeprefix(_TOOLTIP)
            group.insert(0, title)
        if not identifier.startswith(_KOREAN):
            continue
        del group.attrib["id"]
        for text in list(group.iter(_SVG + "text")):
            korean = copy.deepcopy(text)
            korean.text = identifier.removeprefix(_KOREAN)
            text.set("class", "en")
            korean.set("class", "ko")
            text.addnext(korean)


def _prefix_identifiers(root: etree._Element, name: str) -> None:
    used = set()
    for element in root.iter():
        for attribute, value in element.attrib.items():
            used.update(re.findall(r"url\(#([^)]+)\)", str(value)))
            if attribute in ("href", _XLINK + "href"):
                used.add(str(value).removeprefix("#"))
    for element in root.iter():
        if "id" in element.attrib:
            if element.get("id") in used:
                element.set("id", f"{name}-{element.get('id')}")
            else:
                del element.attrib["id"]
        if _XLINK + "href" in element.attrib:
            reference = str(element.attrib.pop(_XLINK + "href"))
            element.set("href", f"#{name}-{reference.removeprefix('#')}")
        for attribute, value in element.attrib.items():
            if "url(#" in str(value):
                element.set(attribute, str(value).replace("url(#", f"url(#{name}-"))


def _as_text(root: etree._Element) -> str:
    for element in root.iter(_SVG + "path", _SVG + "use", _SVG + "text", _SVG + "g"):
        for attribute in ("d", "transform", "x", "y"):
            if attribute in element.attrib:
                short = re.sub(r"-?\d+\.\d+", _shortened, str(element.attrib[attribute]))
                element.set(attribute, short)
            if str(element.attrib.get("transform", "")).startswith("rotate(-0 "):
                del element.attrib["transform"]
        if "style" in element.attrib:
            element.set("style", _styled(str(element.attrib["style"])))
    etree.cleanup_namespaces(root)
    text = etree.tostring(root, encoding="unicode")
    return re.sub(r">\s+<", "><", text)


def _shortened(number: re.Match[str]) -> str:
    text = f"{float(number.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _styled(style: str) -> str:
    for colour in COLOURS:
        style = style.replace(colour.light, f"var(--{colour.role},{colour.light})")
    # the page chooses the font; size and weight stay as measured
    style = re.sub(r"font-family:[^;]*;?\s*", "", style)
    found = re.search(r"font:\s*(?P<words>[^;]*?)(?P<size>[\d.]+px)\s+[^;]*", style)
    if found:
        weight = "font-weight:700;" if re.search(r"\b(700|bold)\b", found["words"]) else ""
        style = style.replace(found.group(), f"{weight}font-size:{found['size']}")
    return style.replace("; ", ";").replace(": ", ":")

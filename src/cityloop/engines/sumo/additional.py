"""The scenario's additional files, without the outputs that they would write beside themselves."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable

_DISCARD = "NUL"
"""SUMO's name on every system for a file that keeps nothing."""
_OUTPUT_ATTRIBUTES = {
    **dict.fromkeys(("inductionLoop", "e1Detector", "instantInductionLoop", "instantE1Detector"), "file"),
    **dict.fromkeys(("laneAreaDetector", "e2Detector", "entryExitDetector", "e3Detector"), "file"),
    **dict.fromkeys(("edgeData", "laneData", "routeProbe", "vTypeProbe"), "file"),
    "calibrator": "output",
    "timedEvent": "dest",
}
_INPUT_ATTRIBUTES = {"include": "href", "rerouter": "file", "variableSpeedSign": "file"}


def without_outputs(paths: tuple[Path, ...], folder: Path) -> tuple[Path, ...]:
    """Return the files, those with outputs of their own replaced by copies whose outputs are discarded.

    Detectors keep working; only their files are not written, so that a run leaves nothing in the folder of
    the scenario.

    Parameters
    ----------
    paths : tuple of Path
    folder : Path
        Where the copies go.

    Raises
    ------
    Unusable
        If a file is no XML.
    """
    return tuple(_without_outputs(path, folder) for path in paths)


def _without_outputs(path: Path, folder: Path) -> Path:
    try:
        tree = etree.parse(str(path), etree.XMLParser(remove_comments=True, no_network=True, huge_tree=True))
    except (etree.XMLSyntaxError, OSError) as error:
        raise Unusable(f"not a complete XML file ({error})", str(path), "restore it from its source") from error
    is_changed = False
    for element in tree.iter(etree.Element):
        output = _OUTPUT_ATTRIBUTES.get(str(element.tag))
        if output is not None and element.get(output):
            element.set(output, _DISCARD)
            is_changed = True
        elif element.tag == "param" and element.get("key") == "file":
            element.set("value", _DISCARD)
            is_changed = True
        elif element.tag == "include" and element.get("href"):
            included = path.parent / element.get("href", "")
            copied = _without_outputs(included, folder)
            element.set("href", str(copied.absolute()))
            is_changed |= copied != included
    if not is_changed:
        return path
    for element in tree.iter(*_INPUT_ATTRIBUTES):
        named = _INPUT_ATTRIBUTES[str(element.tag)]
        value = element.get(named)
        if value:
            element.set(named, str((path.parent / value).absolute()))
    copy = folder / f"additional-{len(list(folder.glob('additional-*')))}.xml"
    tree.write(str(copy), encoding="utf-8", xml_declaration=True)
    return copy

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.engines.sumo.additional import without_outputs


def test_outputs_are_discarded_and_inputs_stay_found(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    copies = tmp_path / "copies"
    copies.mkdir()
    path = tmp_path / "own" / "street.add.xml"
    path.write_text(
        '<additional><include href="more.add.xml"/><inductionLoop id="a" file="a.xml"/>'
        '<calibrator id="c" output="c.xml"/><timedEvent type="SaveTLSStates" dest="t.xml"/>'
        '<rerouter id="r" file="r.xml"/><tlLogic id="J"><param key="file" value="d.xml"/></tlLogic>'
        '<busStop id="s" lane="x_0"/></additional>'
    )
    (tmp_path / "own" / "more.add.xml").write_text('<additional><edgeData id="e" file="e.xml"/></additional>')
    (copy,) = without_outputs((path,), copies)
    assert copy.parent == copies
    root = etree.parse(copy).getroot()
    assert root.find("inductionLoop").get("file") == "NUL"
    assert root.find("calibrator").get("output") == "NUL"
    assert root.find("timedEvent").get("dest") == "NUL"
    assert root.find("tlLogic/param").get("value") == "NUL"
    assert root.find("rerouter").get("file") == str(tmp_path / "own" / "r.xml")
    assert root.find("busStop").get("lane") == "x_0"
    included = Path(root.find("include").get("href"))
    assert included.parent == copies
    assert etree.parse(included).find("edgeData").get("file") == "NUL"


def test_files_without_outputs_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "stops.add.xml"
    path.write_text('<additional><busStop id="s" lane="x_0"/></additional>')
    assert without_outputs((path,), tmp_path) == (path,)


@pytest.mark.parametrize("text", ["<additional><busStop", ""])
def test_a_file_cut_short_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stops.add.xml"
    path.write_text(text)
    with pytest.raises(Unusable, match=r"stops\.add\.xml"):
        without_outputs((path,), tmp_path)

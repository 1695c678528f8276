import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.errors import Unusable
from cityloop.city.sumo.xml_file import elements, number, required, seconds, seconds_of, whole_number

TEXT = '<root><!-- note --><a id="1"><b/></a><?pi x?><a id="2"/><c/></root>'


def _write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("name", ["plain.xml", "packed.xml.gz", "packed.xml"])
def test_yields_elements_below_the_root_plain_or_gzipped_whatever_the_name(tmp_path: Path, name: str) -> None:
    content = gzip.compress(TEXT.encode()) if "packed" in name else TEXT.encode()
    found = [(e.tag, e.get("id"), len(e)) for e in elements(_write(tmp_path / name, content))]
    assert found == [("a", "1", 1), ("a", "2", 0), ("c", None, 0)]


def test_yields_a_root_that_is_an_element_itself(tmp_path: Path) -> None:
    path = _write(tmp_path / "bare.xml", '<tlLogic id="J"><phase/><phase/></tlLogic>')
    assert [(e.tag, len(e)) for e in elements(path, own_tags={"tlLogic"})] == [("tlLogic", 2)]
    assert [e.tag for e in elements(path)] == ["phase", "phase"]


@pytest.mark.parametrize(
    "content",
    [b"", b"<root>", b"<root><a></root>", b"no xml", gzip.compress(TEXT.encode())[:-12], b"\x1f\x8bxx", b"\xff\xfe<"],
)
def test_damaged_files_are_unusable(tmp_path: Path, content: bytes) -> None:
    path = _write(tmp_path / "damaged.xml", content)
    with pytest.raises(Unusable, match=r"damaged\.xml"):
        list(elements(path))


def test_missing_file_folder_and_wrong_root_are_unusable(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="does not exist"):
        list(elements(tmp_path / "none.xml"))
    with pytest.raises(Unusable, match="cannot be read"):
        list(elements(tmp_path))
    for content in (TEXT, "<root/>"):
        with pytest.raises(Unusable, match="the root is <root>, not <net>"):
            list(elements(_write(tmp_path / "other.xml", content), root_tag="net"))


def test_attributes_are_named_with_file_line_and_element(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.xml", '<root>\n<a id="q" f="1.5" n="2" t="1:00:00" bad="z"/>\n</root>')
    for element in elements(path):
        assert required(element, "id", path) == "q"
        assert number(element, "f", path) == 1.5
        assert number(element, "g", path, 7.0) == 7.0
        assert whole_number(element, "n", path) == 2
        assert whole_number(element, "g", path, -1) == -1
        assert seconds(element, "t", path) == 3600.0
        assert seconds(element, "g", path, 3.0) == 3.0
        with pytest.raises(Unusable, match=r"x\.xml:2 <a q>: attribute g is missing; add g"):
            required(element, "g", path)
        for read in (number, whole_number, seconds):
            with pytest.raises(Unusable, match="'z'"):
                read(element, "bad", path)


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("0", 0.0),
        (" 25200.5 ", 25200.5),
        ("15:0:0", 54000.0),
        ("1:00:00:00.5", 86400.5),
        ("-1", -1.0),
        ("-0:0:5", -5.0),
    ],
)
def test_times(text: str, expected_s: float) -> None:
    assert seconds_of(text, "here") == expected_s


@pytest.mark.parametrize("text", ["", "noon", "1:2", "1:2:3:4:5", "1::3", "nan", "inf"])
def test_no_times(text: str) -> None:
    with pytest.raises(Unusable, match="no time"):
        seconds_of(text, "here")


@given(st.integers(0, 9), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_clock_times_add_up(days: int, hours: int, minutes: int, secs: int) -> None:
    expected_s = ((days * 24 + hours) * 60 + minutes) * 60 + secs
    assert seconds_of(f"{days}:{hours}:{minutes:02d}:{secs:02d}", "here") == expected_s
    assert seconds_of(str(expected_s), "here") == expected_s

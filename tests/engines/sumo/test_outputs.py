from __future__ import annotations

from pathlib import Path

from cityloop.engines.sumo.outputs import (
    OutputFolder,
    SumoOutputs,
    output_elements,
    output_names,
    output_options,
)


def test_trips_are_always_written_with_the_unfinished(tmp_path: Path) -> None:
    options = dict(output_options(SumoOutputs(tmp_path, has_summary=False), tmp_path))
    assert options == {
        "tripinfo-output": str(tmp_path / "tripinfo.xml"),
        "tripinfo-output.write-unfinished": "true",
        "tripinfo-output.write-undeparted": "true",
    }
    assert output_elements(SumoOutputs(tmp_path), tmp_path, ["J"]) == []
    assert output_names(SumoOutputs(tmp_path, has_summary=False), has_signals=True) == ("tripinfo.xml",)


def test_a_city_without_signals_has_no_signal_states(tmp_path: Path) -> None:
    outputs = SumoOutputs(tmp_path, has_signal_states=True)
    assert "tls_states.xml" in output_names(outputs, has_signals=True)
    assert "tls_states.xml" not in output_names(outputs, has_signals=False)


def test_names_are_quoted(tmp_path: Path) -> None:
    (element,) = output_elements(SumoOutputs(tmp_path, has_signal_states=True), tmp_path, ['a"<&'])
    assert "source='a\"&lt;&amp;'" in element


def test_publishing_keeps_what_else_is_in_the_folder(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "run")
    folder.target.mkdir()
    (folder.target / "mine.txt").write_text("mine")
    (folder.target / "tripinfo.xml").write_text("old")
    folder.open()
    (folder.path / "tripinfo.xml").write_text("new")
    (folder.path / "cityloop.add.xml").write_text("own")
    folder.publish(("tripinfo.xml",))
    assert {path.name: path.read_text() for path in folder.target.iterdir()} == {
        "mine.txt": "mine",
        "tripinfo.xml": "new",
    }
    assert not folder.path.exists()

"""The folder of a run: whole or not there."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.errors import Unusable
from cityloop.run import folder


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def test_a_folder_appears_when_it_is_whole(tmp_path):
    target = folder.run_folder(tmp_path, "town", "field", 3)
    with folder.writing(target) as work:
        (work / "a").write_text("1")
        assert not target.exists()
    assert names(target) == ["a"]
    assert names(target.parent) == ["3"]


def test_a_new_run_takes_the_place_of_an_old_one_in_one_piece(tmp_path):
    target = tmp_path / "3"
    for name in ("old", "new"):
        with folder.writing(target) as work:
            (work / name).write_text("1")
    assert names(target) == ["new"]
    assert names(tmp_path) == ["3"]


def test_a_run_that_fails_leaves_what_was_there(tmp_path):
    target = tmp_path / "3"
    with folder.writing(target) as work:
        (work / "old").write_text("1")
    with pytest.raises(ZeroDivisionError), folder.writing(target) as work:
        (work / "half").write_text("1")
        raise ZeroDivisionError
    assert names(target) == ["old"]
    assert names(tmp_path) == ["3"]


def test_leftovers_of_killed_runs_of_the_same_place_go(tmp_path):
    for name in (".3.77.part", ".3.77.old", ".33.77.part", "3"):
        (tmp_path / name).mkdir()
    folder.drop_leftovers(tmp_path / "3")
    assert names(tmp_path) == [".33.77.part", "3"]


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unusable, match="choose another --out"), folder.writing(tmp_path / "file" / "3"):
        pass
    with pytest.raises(Unusable, match="choose another --out"):
        folder.write_text(tmp_path / "file" / "results.json", "{}")


def test_a_full_disk_leaves_the_old_file_and_no_half_of_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    folder.write_text(path, "old")

    def no_space(self, *arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(Unusable, match=r"\(No space left on device\); free space and give the same command again"):
        folder.write_text(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["results.json"]


def test_arrays_come_back_as_they_went(tmp_path):
    folder.write_arrays(tmp_path / "a.npz", {"id": np.array(["a", "b b"], object), "x": [1.5, np.nan], "n": 3})
    arrays = folder.read_arrays(tmp_path / "a.npz")
    assert arrays["id"].tolist() == ["a", "b b"]
    assert np.array_equal(arrays["x"], [1.5, np.nan], equal_nan=True)
    assert arrays["n"] == 3


def test_equal_arrays_make_equal_files(tmp_path):
    for name in ("a.npz", "b.npz"):
        folder.write_arrays(tmp_path / name, {"x": np.arange(5)})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut short"])
def test_arrays_that_cannot_be_read(tmp_path, content):
    if content is not None:
        (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(Unusable, match=r"a\.npz: cannot be read"):
        folder.read_arrays(tmp_path / "a.npz")


def test_a_run_is_finished_when_its_json_is_there_and_whole(tmp_path):
    assert folder.read_run(tmp_path) is None
    (tmp_path / "run.json").write_text('{"half": ')
    assert folder.read_run(tmp_path) is None
    (tmp_path / "run.json").write_text('{"whole": 1}')
    assert folder.read_run(tmp_path) == {"whole": 1}

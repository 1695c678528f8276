"""What travels to a cluster and back, without the cluster."""

from dataclasses import replace

import pytest

from cityloop.city.errors import Unusable
from cityloop.run import ray_pool
from cityloop.run.spec import RunSpec


def test_the_files_of_a_run_arrive_as_if_it_had_run_here(tmp_path, fakes, crossing):
    here, spec = tmp_path / "here", RunSpec(str(crossing), "smart", 4, tmp_path / "out")
    fakes.write(replace(spec, out_dir=here))
    outcome, files = ray_pool.run_there(spec, None, fakes.write)
    assert outcome.result.arm == "smart"
    assert not spec.out_dir.exists()  # on the cluster it wrote elsewhere
    ray_pool.unpack(files, spec.out_dir)
    for path in (path for path in here.rglob("*") if path.is_file()):
        assert (spec.out_dir / path.relative_to(here)).read_bytes() == path.read_bytes()


def test_what_was_learned_travels_along(tmp_path, fakes, crossing):
    day, spec = tmp_path / "day", RunSpec(str(crossing), "smart", 9, tmp_path / "out")
    fakes.write(replace(spec, out_dir=day))
    memory = (day / "runs" / "crossing" / "smart" / "9" / "memory.npz").read_bytes()
    ray_pool.run_there(replace(spec, memory_path=tmp_path / "only here"), memory, fakes.write)
    assert (tmp_path / "ran").read_text().splitlines()[-1] == "crossing smart 9 memory=True"


def test_a_failure_there_is_told_here(tmp_path, fakes):
    outcome, files = ray_pool.run_there(RunSpec("s", "field", 2, tmp_path), None, fakes.fails)
    assert outcome.failure.startswith("KeyError")
    assert files == {}


def test_files_that_cannot_be_written_are_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unusable, match="cannot be written"):
        ray_pool.unpack({"runs/a/b/1/run.json": b"{}"}, tmp_path / "file")

"""The page of a replay: whole, alone, the same every time; and what cannot be replayed."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from lxml import html

from cityloop.city.errors import Unusable
from cityloop.cli.main import main
from cityloop.lab.replay import write_replay
from cityloop.lab.replay.page import About, render
from cityloop.run.folder import read_arrays, write_arrays
from cityloop.scenarios import load_scenario

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def test_the_page_has_its_parts_in_both_languages(replay):
    page = html.document_fromstring(replay.read_text("utf-8"))
    for name in ("map", "series", "seek", "speed", "play", "language", "theme", "clock", "tip", "closer"):
        assert page.get_element_by_id(name) is not None
    text = page.text_content()
    for words in (
        "Plan in force, crossing",
        "현행 신호, crossing",
        "Licence of the data",
        "자료 이용허락",
        "not stated",
    ):
        assert words in text
    engine = "SUMO (every vehicle)" if "sumo" in str(replay) else "twin (queues of vehicles)"
    assert engine in text
    assert len(page.xpath("//span[@class='en']")) == len(page.xpath("//span[@class='ko']")) > 20


def test_the_page_needs_nothing_from_outside(replay):
    text = replay.read_text("utf-8")
    assert "http:" not in text and "https:" not in text
    page = html.document_fromstring(text)
    assert not page.xpath("//@src | //@href | //link | //img | //iframe | //object | //base")
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(|sendBeacon", text)
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy
    assert replay.stat().st_size < 150_000


def test_the_same_run_gives_the_same_bits(replay, run_dir, crossing):
    before = replay.read_bytes()
    assert write_replay(run_dir, load_scenario(crossing)) == replay
    assert replay.read_bytes() == before


def test_what_a_scenario_says_cannot_end_the_page(crossing, content):
    from dataclasses import replace

    rude = replace(load_scenario(crossing), name="</script><b>", licence="<i>free</i>", real="x & y")
    text = render(About(rude, "mine", 1, "sumo", "ideal", {}), {**content, "roads": ["</script><script>alert(1)"]})
    page = html.document_fromstring(text)
    assert len(page.xpath("//script")) == 3
    assert not page.xpath("//b[not(ancestor::p or ancestor::div)]") and not page.xpath("//dd//i")
    assert json.loads(page.get_element_by_id("content").text)["roads"] == ["</script><script>alert(1)"]


def test_what_cannot_be_replayed_says_so(run_dir, crossing, street_path, tmp_path):
    scenario = load_scenario(crossing)
    with pytest.raises(Unusable, match=r"no finished run.*--replay"):
        write_replay(tmp_path / "nowhere", scenario)
    bare = tmp_path / "bare"
    shutil.copytree(run_dir, bare)
    (bare / "standing.npz").unlink()
    (bare / "replay.html").unlink(missing_ok=True)
    with pytest.raises(Unusable, match="run it again with --replay"):
        write_replay(bare, scenario)
    shutil.copy(run_dir / "standing.npz", bare)
    with pytest.raises(Unusable, match="not one of scenario"):
        write_replay(bare, load_scenario(street_path))
    columns = read_arrays(bare / "standing.npz")
    write_arrays(bare / "standing.npz", {**columns, "way_ix": columns["way_ix"] + np.int32(10_000)})
    with pytest.raises(Unusable, match="not one of scenario"):
        write_replay(bare, scenario)
    write_arrays(bare / "standing.npz", {"t_s": columns["t_s"]})
    with pytest.raises(Unusable, match="run it again with --replay"):
        write_replay(bare, scenario)
    assert not (bare / "replay.html").exists()


def test_the_command_writes_it(capfd, tmp_path, crossing):
    assert main(["run", str(crossing), "--arm", "field", "--replay", "--out", str(tmp_path)]) == 0
    path = tmp_path / "runs" / "crossing" / "field" / "1" / "replay.html"
    assert f"replay: {path}" in capfd.readouterr().out
    assert path.is_file()


@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
def test_a_browser_plays_it(replay, run_dir, tmp_path):
    command = [
        *(str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        f"--user-data-dir={tmp_path}",
        *("--virtual-time-budget=4000", "--dump-dom", f"file://{replay}#lang=ko&theme=dark&t=60&play=0"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    page = html.document_fromstring(done.stdout)
    assert page.get("data-ready") is not None, page.get_element_by_id("trouble").text
    assert (page.get("lang"), page.get("data-theme")) == ("ko", "dark")
    assert page.get_element_by_id("clock").text == "00:01:00"
    columns = read_arrays(run_dir / "standing.npz")
    step = columns["t_s"].tolist().index(60.0)
    rows = slice(columns["first"][step], columns["first"][step + 1])
    assert page.get_element_by_id("standing").text == str(columns["n_standing"][rows].sum())
    assert page.get_element_by_id("moving").text == str(columns["n_moving"][rows].sum())

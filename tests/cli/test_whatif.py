"""``cityloop whatif``, for machines, for people, and with what it cannot use."""

import json

import pytest

from cityloop.cli.main import main

from ..run.block import write_block
from .test_main import refused


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    return str(write_block(tmp_path_factory.mktemp("block")))


def test_for_people(capfd, monkeypatch, tmp_path, block):
    monkeypatch.setenv("COLUMNS", "120")
    asked = ["whatif", block, "--close", "rest", "--from", "00:03", "--until", "00:07:30", "--arms", "field"]
    assert main([*asked, "--seeds", "3", "--out", str(tmp_path)]) == 0
    written = capfd.readouterr()
    assert written.err == ""
    for words in (
        "block: closed: rest from 00:03 until 00:07:30",
        "delay s/veh",
        "journey s/veh",
        "worse",
        "another way",
    ):
        assert words in written.out
    assert "6 runs of 600 s on the twin, 3 seeds, in " in written.out
    assert str(tmp_path / "whatif.json") in written.out
    assert json.loads((tmp_path / "whatif.json").read_text())["options"][1]["until_s"] == 450


def test_for_machines(capfd, tmp_path, block):
    changed = ["--demand", "1.3", "--offset", "a=12", "--close-lane", "direct_0", "--until", "300"]
    asked = ["whatif", block, "--arms", "field", "--seeds", "1", "--out", str(tmp_path), "--json"]
    assert main([*asked, *changed]) == 0
    written = capfd.readouterr()
    assert written.err == ""
    told = json.loads(written.out)
    assert told == json.loads((tmp_path / "whatif.json").read_text())
    option = told["options"][1]
    assert option["name"] == "closed: direct_0 until 300 demand x 1.3 offset a=12"
    assert (option["demand_frac"], option["offsets_s"], option["from_s"]) == (1.3, {"a": 12}, None)
    assert [(result["option"], result["seed"]) for result in told["results"]] == [
        ("as things are", 1),
        (option["name"], 1),
    ]
    (comparison,) = told["comparisons"]
    assert comparison["measures"]["delay_s"]["verdict"] == "cannot tell"
    assert comparison["measures"]["delay_s"]["difference"]["low"] is None


def test_a_gate_for_machines(capfd, tmp_path, block):
    gates = ["--gate", "direct=0.5", "--gate", "around, direct=0.4"]
    assert main(["whatif", block, *gates, "--arms", "field", "--seeds", "1", "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    option = told["options"][1]
    assert (option["name"], option["gates"]) == (
        "gate direct=0.5, around, direct=0.4",
        {"direct": 0.4, "around": 0.4},
    )
    heads = told["gated_heads"][option["name"]]
    assert {head["signal"] for head in heads} == {"a"}
    assert all(head["green_s"] < head["green_before_s"] for head in heads)
    assert told["gated_heads"]["as things are"] == []
    assert told["comparisons"][0]["is_gated"]


def test_a_gate_for_people(capfd, monkeypatch, tmp_path, block):
    monkeypatch.setenv("COLUMNS", "200")
    asked = ["whatif", block, "--gate", "direct=0.1", "--arms", "field,max-pressure", "--seeds", "1", "--workers", "1"]
    assert main([*asked, "--out", str(tmp_path)]) == 0
    said = capfd.readouterr().out
    assert "block: gate direct=0.1" in said
    assert "gate direct: signal a, plan 0, green in a cycle of 90 s by head " in said
    assert "to 7 s (minimum green)" in said
    assert "max-pressure: decides its greens itself and knows of no gate" in said
    assert "field: decides" not in said


def test_one_seed_is_shown_without_intervals(capfd, tmp_path, block):
    assert main(["whatif", block, "--demand", "0.5", "--arms", "field", "--seeds", "1", "--out", str(tmp_path)]) == 0
    said = capfd.readouterr().out
    assert "cannot tell" in said
    assert "nan" not in said
    assert "without a way" not in said  # nothing is closed


def test_runs_that_fail(capfd, monkeypatch, tmp_path, block):
    def fail(*arguments):
        raise KeyError("something inside")

    monkeypatch.setattr("cityloop.run.whatif._play", fail)
    assert main(["whatif", block, "--demand", "0.5", "--arms", "field", "--seeds", "1", "--out", str(tmp_path)]) == 1
    written = capfd.readouterr()
    assert "2 runs failed, the first (field, seed 1: KeyError: 'something inside'" in written.err
    assert written.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing is changed"),
        (("--close", "rast"), "the city has no edge 'rast'; did you mean rest"),
        (("--close-lane", "rest_7"), "did you mean rest_"),
        (("--offset", "q=3"), "the city has no signal 'q'"),
        (("--offset", "three"), "give it as SIGNAL=SECONDS"),
        (("--offset", "a=soon"), "give it as SIGNAL=SECONDS"),
        (("--offset", "a=nan"), "is no number"),
        (("--gate", "half"), "give it as EDGE[,EDGE]=SHARE"),
        (("--gate", "direct=half"), "give it as EDGE[,EDGE]=SHARE"),
        (("--gate", "=0.5"), "give it as EDGE[,EDGE]=SHARE"),
        (("--gate", "direct=1.5"), "no share above 0 and below 1"),
        (("--gate", "direct=0"), "--close to let nobody in"),
        (("--gate", "dirct=0.5"), "the city has no edge 'dirct'; did you mean direct"),
        (("--gate", "rest=0.5"), "no signal leads onto 'rest'; give a road that begins at a signal"),
        (("--gate", "direct=0.5", "--arms", "smart"), "no arm that plays the plans in force"),
        (("--demand", "-1"), "--demand"),
        (("--demand", "much"), "--demand"),
        (("--demand", "1.2", "--arms", "clever"), "unknown arm 'clever'"),
        (("--demand", "1.2", "--arms", "sumo-actuated"), "SUMO's own control"),
        (("--demand", "1.2", "--arms", ","), "no arm is given"),
        (("--demand", "1.2", "--seeds", "0"), "--seeds"),
        (("--demand", "1.2", "--from", "07:15"), "nothing is closed then"),
        (("--close", "rest", "--from", "soon"), "--from: no time: 'soon'"),
        (("--close", "rest", "--until", "1:2:3:4"), "--until: no time"),
        (("--close", "rest", "--until", "-5"), "--until: no time"),
        (("--close", "rest", "--from", "00:05", "--until", "00:03"), "--from"),
        (("--close", "rest", "--from", "07:15"), "outside of the window"),
        (("--close", "rest", "--sensing", "eyes"), "unknown sensing"),
    ],
)
def test_what_cannot_be_used(capfd, tmp_path, block, arguments, words):
    given = arguments if "--arms" in arguments else (*arguments, "--arms", "field")
    assert words in refused(capfd, "whatif", block, *given, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_scenario(capfd, tmp_path):
    assert "unknown scenario" in refused(capfd, "whatif", "atlantis", "--demand", "1.2", "--out", tmp_path / "out")

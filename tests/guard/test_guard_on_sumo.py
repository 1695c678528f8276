"""The guard in SUMO under services that ask for anything, judged by the outside checker on SUMO's own log."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput
from cityloop.control.guard import GuardConfig, SignalGuard, SignalRules, clearance_of, signal_rules
from cityloop.control.orders import Orders, StageOrder
from cityloop.engines.sumo import SumoEngine
from cityloop.engines.sumo.outputs import SumoOutputs
from cityloop.sensing import sensor_of

CHECKER = Path(__file__).parents[2] / "benchmarks" / "check_states.py"
DURATION_S = 600.0
FLAGS = {
    "street": ["--yellow", "speed", "--all-red", "2", "--min-green", "7"],
    "program": ["--yellow", "3", "--all-red", "0", "--min-green", "5"],
}

Wish = Callable[[random.Random, SignalRules], Any]


def _flapping(rng: random.Random, rules: SignalRules) -> Any:
    return rules.stages[rng.randrange(len(rules.stages))]


def _stubborn(rng: random.Random, rules: SignalRules) -> Any:
    return rules.stages[0]


def _anything(rng: random.Random, rules: SignalRules) -> Any:
    return np.array([rng.choice([0, 0, 0, 2, 3]) for _ in range(rules.n_links)], np.uint8)


def _run(city: City, source: SumoInput, clearance: str, wish: Wish, folder: Path) -> Path:
    """Drive the city in SUMO with a service that wishes so, and return the folder of SUMO's outputs."""
    tracks = (("fcd-output", str(folder / "tracks.xml")),)
    source = replace(source, options=tuple(o for o in source.options if o[0] != "fcd-output") + tracks)
    rules = signal_rules(city, clearance_of(clearance))
    guard = SignalGuard(city, rules, GuardConfig(tick_s=1.0))
    rng, out, end_s = random.Random(3), folder / "out", source.begin_s + DURATION_S
    outputs = SumoOutputs(out, has_signal_states=True)
    sensor = sensor_of("ideal", city, 1)
    with SumoEngine(city, source, sensor, source.begin_s, end_s, 1, outputs, is_teleporting=False) as engine:
        for t_s in np.arange(source.begin_s + 1, end_s + 1):
            engine.advance(float(t_s))
            orders = Orders(tuple(StageOrder(rule.signal_ix, wish(rng, rule)) for rule in rules))
            engine.act(guard.permit(engine.sense(), [orders]))
    return out


def _check(net_path: Path, states_path: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    command = [
        sys.executable,
        str(CHECKER),
        str(net_path),
        str(states_path),
        "--json",
        "--program-id",
        "online",
        *flags,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


@pytest.mark.parametrize("clearance", ["street", "program"])
@pytest.mark.parametrize("wish", [_flapping, _stubborn, _anything])
def test_nothing_unsafe_is_shown_in_sumo(
    street: City, street_source: SumoInput, tmp_path: Path, clearance: str, wish: Wish
) -> None:
    out = _run(street, street_source, clearance, wish, tmp_path)
    demands = [*FLAGS[clearance], "--min-walk", "7", "--walking", "1.0", "--max-red", "120"]
    tracks = ["--fcd", str(tmp_path / "tracks.xml"), "--tripinfo", str(out / "tripinfo.xml")]
    status, found = _check(street_source.net_path, out / "tls_states.xml", *demands, *tracks)
    assert (status, found.get("violations")) == (0, []), found
    assert found["n_signals"] == street.signals.n_rows
    assert found["n_states"] > 20
    assert found["trips"]["n_trips"] > 100


def test_the_checker_finds_what_is_wrong(street_source: SumoInput, street: City, tmp_path: Path) -> None:
    net_path, signal_id = street_source.net_path, str(street.signals["signal_id"][0])
    rules = signal_rules(street, clearance_of("street"))[0]
    n = rules.n_links
    first, second = np.argwhere(rules.is_conflict & ~rules.is_crossing & ~rules.is_crossing[:, None])[0]

    def state(**shown: str) -> str:
        text = ["r"] * n
        for name, character in shown.items():
            text[first if name == "a" else second] = character
        return "".join(text)

    def kinds(*film: tuple[str, int]) -> dict[str, int]:
        lines, t_s = [], 0
        for shown, duration_s in film:
            for _ in range(duration_s):
                lines.append(
                    f'<tlsState time="{t_s}.00" id="{signal_id}" programID="online" phase="0" state="{shown}"/>'
                )
                t_s += 1
        path = tmp_path / "states.xml"
        path.write_text("<tlsStates>" + "".join(lines) + "</tlsStates>")
        status, found = _check(net_path, path, "--all-red", "2", "--min-green", "7")
        assert status == (1 if found["violations"] else 0)
        return dict(found["n_violations"])

    off = state()
    assert kinds((off, 9), (state(a="G"), 9), (state(a="y"), 3), (off, 2), (state(b="G"), 9)) == {}
    assert kinds((off, 9), (state(a="G", b="G"), 9)) == {"conflicting greens": 1}
    assert kinds((off, 9), (state(a="G"), 9), (off, 9)) == {"no yellow": 1}
    assert kinds((off, 9), (state(a="G"), 9), (state(a="y"), 2), (off, 9)) == {"short yellow": 1}
    assert kinds((off, 9), (state(a="G"), 6), (state(a="y"), 3), (off, 9)) == {"short green": 1}
    assert kinds((off, 9), (state(a="G"), 9), (state(a="y"), 3), (state(a="G"), 9)) == {"yellow to green": 1}
    assert kinds((off, 9), (state(a="G"), 9), (state(a="y"), 3), (off, 1), (state(b="G"), 9)) == {"short all-red": 1}
    film = ((off, 9), (state(a="G"), 9), (state(a="y"), 2), (state(a="y", b="G"), 1), (state(b="G"), 9))
    assert kinds(*film) == {"start beside yellow": 1}
    # what is in force at the first line and what has not ended at the last is not judged by its length
    assert kinds((state(a="G"), 2), (state(a="y"), 3), (off, 2), (state(b="G"), 2)) == {}
    assert kinds((state(a="y"), 1), (off, 2), (state(b="G"), 2)) == {}


def test_the_checker_names_what_it_cannot_read(street_source: SumoInput, tmp_path: Path) -> None:
    states = tmp_path / "states.xml"
    states.write_text(
        "<tlsStates><tlsState time='0' id='elsewhere' programID='online' phase='0' state='r'/></tlsStates>"
    )
    status, found = _check(street_source.net_path, states)
    assert status == 2
    assert "elsewhere" in found["error"]
    states.write_text("<tlsStates><tlsState")
    assert _check(street_source.net_path, states)[0] == 2
    assert _check(tmp_path / "none.net.xml", states)[0] == 2

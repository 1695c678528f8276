"""Streams of the twin that yield: capacity beside random traffic, stop signs, equal roads and a roundabout.

A yielding driver of the twin goes where its foe has passed at least ``clear_s`` ago and will not be there within a gap,
so that the critical gap is the sum of both. The gap is ``gap_s`` and ``gap_s_m`` for each metre of the way through the
junction, with ``bay_gap_s`` more from inside it; where both end on one road, ``merge_gap_s`` and ``merge_gap_s2_m`` by
the speed of the foe. The follow-up headway is that of the twin's queue without foes.

Theory: J. C. Tanner, "A theoretical analysis of delays at an uncontrolled intersection", Biometrika 49 (1962): the
capacity of Harders (1968) and, for a follow-up headway that is short against the mean headway, of Siegloch (1973), for
foes that keep a least headway on each of their lanes. Here that is the headway at which they enter the network.

Measured: SUMO 1.28, default passenger cars, by ``benchmarks/twin_calibration.py``, sections 7 and 8: capacities at
flows of foes [veh/h].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from .twin_streets import LIMIT_MPS, PARAMETERS, Floats, States, Streets, poisson_s

BEGIN_S, END_S = 600.0, 3600.0
SEEDS = range(6)
AROUND = "wsen"


@dataclass(frozen=True)
class Yielding:
    """A stream with a queue, and the streams that it yields to."""

    way: str
    foes: tuple[str, ...]
    merges: bool = False
    waits_inside: bool = False

    def critical_s(self, streets: Streets) -> float:
        """Return the critical gap that follows from the twin's parameters."""
        if self.merges:
            return PARAMETERS.merge_gap_s + PARAMETERS.merge_gap_s2_m * LIMIT_MPS + PARAMETERS.clear_s
        way_m = float(streets.city.movements["length_m"][streets.movement_of(*self.way.split())])
        gap_s = PARAMETERS.gap_s + PARAMETERS.gap_s_m * way_m + PARAMETERS.bay_gap_s * self.waits_inside
        return gap_s + PARAMETERS.clear_s

    def capacity_vph(self, streets: Streets, flow_vph: float, **states: States) -> tuple[float, float]:
        """Return the flow of the foes and of the queue at the stop lines, in the mean over seeds."""
        flows, served = [], []
        for seed in SEEDS:
            streams: dict[str, Floats] = {self.way: np.arange(0.0, END_S, 2.0)}
            for i, foe in enumerate(self.foes):
                streams[foe] = poisson_s(flow_vph / len(self.foes), END_S, 100 * seed + i + 1)
            day = streets.day(streams, END_S, **states)
            flows.append(sum(_passed(day.left_s(foe)) for foe in self.foes))
            served.append(_passed(day.left_s(self.way)))
        return tuple(float(np.mean(counts)) * 3600 / (END_S - BEGIN_S) for counts in (flows, served))  # type: ignore[return-value]

    def follow_up_s(self, streets: Streets, **states: States) -> float:
        """Return the headway of a queue that foes have built, after the last of them."""
        streams = {self.way: np.arange(0.0, 200.0, 2.0)} | {foe: np.arange(0.0, 150.0, 2.2) for foe in self.foes}
        day = streets.day(streams, 600.0, **states)
        last_s = max(day.left_s(foe).max() for foe in self.foes)
        passed_s = day.left_s(self.way)
        return float(np.diff(passed_s[passed_s > last_s])[2:15].mean())


def _passed(left_s: Floats) -> int:
    return int(np.count_nonzero((left_s >= BEGIN_S) & (left_s < END_S)))


def tanner_vph(flow_vph: float, n_lanes: int, critical_s: float, follow_s: float) -> float:
    """Return q (1 - D q / n)^n exp(-q (T - D)) / (1 - exp(-q T0)), D the least headway of foes on each of n lanes."""
    rate, least_s = flow_vph / 3600, PARAMETERS.insert_s
    free = (1 - least_s * rate / n_lanes) ** n_lanes
    return 3600 * rate * free * float(np.exp(-rate * (critical_s - least_s)) / -np.expm1(-rate * follow_s))


PERMISSIVE = Yielding("signal.wi signal.no", ("signal.ei signal.wo",), waits_inside=True)
STREAMS = {
    "left from a major road": Yielding("priority.wi priority.no", ("priority.ei priority.wo",), waits_inside=True),
    "crossing": Yielding("priority.si priority.no", ("priority.wi priority.eo", "priority.ei priority.wo")),
    "right into": Yielding("priority.si priority.eo", ("priority.wi priority.eo",), merges=True),
}


def _permissive_green(streets: Streets) -> dict[str, States]:
    """Let the left turn from the west yield to who comes straight from the east, all others stop."""
    shown = {streets.link_of("signal.wi", "signal.no"): "g", streets.link_of("signal.ei", "signal.wo"): "G"}
    return {"signal": (("".join(shown.get(i, "r") for i in range(streets.n_links("signal"))), END_S),)}


@pytest.mark.parametrize("flow_vph", [200.0, 400.0, 600.0, 800.0, 1000.0])
def test_a_permissive_left_turn_has_the_capacity_that_its_gaps_leave(streets: Streets, flow_vph: float) -> None:
    states = _permissive_green(streets)
    flow_vph, capacity_vph = PERMISSIVE.capacity_vph(streets, flow_vph, **states)
    follow_s = PERMISSIVE.follow_up_s(streets, **states)
    assert capacity_vph == pytest.approx(tanner_vph(flow_vph, 1, PERMISSIVE.critical_s(streets), follow_s), rel=0.1)


@pytest.mark.parametrize("flow_vph", [200.0, 400.0, 600.0, 800.0])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_without_a_signal_has_the_capacity_that_its_gaps_leave(
    streets: Streets, name: str, flow_vph: float
) -> None:
    stream = STREAMS[name]
    flow_vph, capacity_vph = stream.capacity_vph(streets, flow_vph)
    theory_vph = tanner_vph(flow_vph, len(stream.foes), stream.critical_s(streets), stream.follow_up_s(streets))
    assert capacity_vph == pytest.approx(theory_vph, rel=0.1)


MEASURED: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "left from a major road": ((188, 418, 598, 829, 1002, 1248), (1101, 798, 606, 416, 316, 188)),
    "crossing": ((226, 408, 554, 769, 964), (1101, 859, 704, 519, 393)),
    "right into": ((191, 407, 594, 826), (879, 523, 337, 204)),
}
MEASURED_PERMISSIVE = ((188, 418, 599, 828, 1002, 1247), (1102, 796, 612, 418, 322, 188))


@pytest.mark.parametrize(("flow_vph", "measured_vph"), list(zip(*MEASURED_PERMISSIVE, strict=True)))
def test_a_permissive_left_turn_has_the_capacity_that_it_has_in_sumo(
    streets: Streets, flow_vph: float, measured_vph: float
) -> None:
    _, capacity_vph = PERMISSIVE.capacity_vph(streets, flow_vph, **_permissive_green(streets))
    assert capacity_vph == pytest.approx(measured_vph, rel=0.12)


@pytest.mark.parametrize(
    ("name", "flow_vph", "measured_vph"),
    [(name, *pair) for name, curve in MEASURED.items() for pair in zip(*curve, strict=True)],
)
def test_a_stream_without_a_signal_has_the_capacity_that_it_has_in_sumo(
    streets: Streets, name: str, flow_vph: float, measured_vph: float
) -> None:
    _, capacity_vph = STREAMS[name].capacity_vph(streets, flow_vph)
    assert capacity_vph == pytest.approx(measured_vph, rel=0.12)


def test_nobody_yields_to_who_stands_behind_another_at_red(streets: Streets) -> None:
    turn, foe, held = "signal.wi signal.no", "signal.ei signal.wo", "signal.ei signal.so"
    states = _permissive_green(streets)
    day = streets.day({held: [0.0], foe: [2.0], turn: [60.0]}, 300.0, **states)
    assert np.isnan(day.left_s(foe)).all()
    alone_s = streets.day({turn: [60.0]}, 300.0, **states).left_s(turn, 1)
    np.testing.assert_array_equal(day.left_s(turn, 1), alone_s)


def test_who_has_the_right_of_way_is_not_delayed_by_who_yields(streets: Streets) -> None:
    major = "priority.wi priority.eo"
    departures_s = poisson_s(600.0, END_S, 5)
    alone_s = streets.day({major: departures_s}, END_S + 100.0).left_s(major)
    beside_s = streets.day(
        {major: departures_s, "priority.si priority.no": np.arange(0.0, END_S, 2.0)}, END_S + 100.0
    ).left_s(major)
    np.testing.assert_array_equal(beside_s, alone_s)


def test_a_stop_sign_costs_its_stay_and_the_start(streets: Streets) -> None:
    passed_s = {name: streets.day({f"{name}.si {name}.no": [0.0]}, 200.0) for name in ("priority", "stop")}
    before_s, stopped_s = (float(day.left_s(f"{name}.si {name}.no")[0]) for name, day in passed_s.items())
    assert stopped_s - before_s == pytest.approx(PARAMETERS.stop_s, abs=0.001)
    behind_s = [
        float(day.left_s(f"{name}.si {name}.no", 1)[0]) - passed
        for (name, day), passed in zip(passed_s.items(), (before_s, stopped_s), strict=True)
    ]
    assert behind_s[1] > behind_s[0]


def test_everybody_stays_at_a_stop_sign(streets: Streets) -> None:
    way = "stop.si stop.no"
    left_s = streets.day({way: np.arange(0.0, END_S, 2.0)}, END_S).left_s(way)
    headways_s = np.diff(left_s[np.isfinite(left_s)])
    assert headways_s.min() >= PARAMETERS.stop_headway_s - 0.001


def test_an_all_way_stop_serves_first_come_first_served(streets: Streets) -> None:
    ways = [f"allway.{arm}i allway.{AROUND[(i + 2) % 4]}o" for i, arm in enumerate(AROUND)]
    rng = np.random.default_rng(2)
    for _ in range(20):
        departures_s = np.sort(rng.permutation(40)[:4]).astype(float)  # a second or more apart
        order = rng.permutation(4)
        day = streets.day({ways[i]: [t_s] for i, t_s in zip(order, departures_s, strict=True)}, 200.0)
        left_s = [float(day.left_s(ways[i])[0]) for i in order]
        assert left_s == sorted(left_s)


def _all_round(street: str, shares: Sequence[float], until_s: float) -> dict[str, Floats]:
    """Return queues on all four arms: shares of who turns right, goes straight on and turns left."""
    streams = {}
    for (i, arm), (step, share) in product(enumerate(AROUND), zip((1, 2, 3), shares, strict=True)):
        to = AROUND[(i + step) % 4]
        ring = [f"{street}.{AROUND[(i + k) % 4]}r" for k in range(step)] if street == "round" else []
        way = " ".join([f"{street}.{arm}i", *ring, f"{street}.{to}o"])
        streams[way] = poisson_s(1800.0 * share, until_s, 10 * i + step)
    return {way: departures_s for way, departures_s in streams.items() if len(departures_s)}


@pytest.mark.parametrize("street", ["allway", "round", "priority", "stop"])
@pytest.mark.parametrize("shares", [(0.0, 1.0, 0.0), (0.2, 0.6, 0.2), (0.1, 0.3, 0.6)])
def test_four_saturated_arms_never_lock(streets: Streets, street: str, shares: Sequence[float]) -> None:
    until_s = 1800.0
    streams = _all_round(street, shares, until_s)
    day = streets.day(streams, 8 * 3600.0)
    arrived_s = np.concatenate([day.left_s(way, len(way.split()) - 1) for way in streams])
    assert np.isfinite(arrived_s).all()
    per_minute = np.bincount((arrived_s // 60).astype(int))
    assert per_minute[3:30].min() > 0


@pytest.mark.parametrize("street", ["allway", "round"])
def test_four_saturated_arms_are_served_alike(streets: Streets, street: str) -> None:
    streams = _all_round(street, (0.0, 1.0, 0.0), END_S)
    day = streets.day(streams, END_S)
    served = [_passed(day.left_s(way)) for way in streams]
    assert min(served) > 0.9 * max(served)

"""Check what signals really showed: SUMO's own log of states against the network, without this project.

Reads a SUMO network and the file that ``SaveTLSStates`` writes (one line a step and signal) and reports greens that end
without their yellow, conflicting greens, starts before the others have cleared, short greens and long reds. Needs lxml
only. What is in force at the first line and what has not ended at the last is not judged by its length.

Which greens conflict comes from the network's own right-of-way tables (``foes`` and ``response`` of its junctions): two
conflicting links may be green together only if the one that must yield shows ``g``, or if a program in the network
itself shows the two just so.

    check_states.py net.xml tls_states.xml --yellow 3 --all-red 0 --min-green 5 --max-red 120 --fcd fcd.xml

Exit status: 0 nothing violated, 1 something violated, 2 unusable input.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from lxml import etree

GREENS = "gG"
REDS = "rs"  # s: a green arrow to stop and go; it needs no yellow
TOLERANCE_S = 1e-3
PAIR_TEXT = "link {} is {} beside link {} {}"


@dataclass
class Signal:
    """A signal of the network: its links' conflicts, what its programs show, its lanes."""

    # pairs of conflicting requests by pair of links: (the first yields to the second, the second to the first)
    conflicts: dict[tuple[int, int], list[tuple[bool, bool]]] = field(default_factory=lambda: defaultdict(list))
    programs: list[list[tuple[float, str]]] = field(default_factory=list)
    crossing_m: dict[int, float] = field(default_factory=dict)
    lanes: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    speed_mps: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    # the link that leads from a lane to an edge
    link_to: dict[tuple[str, str], int] = field(default_factory=dict)

    def shows_together(self) -> set[tuple[int, str, int, str]]:
        """Return the pairs of greens that some program shows."""
        pairs = set()
        for state in {state for program in self.programs for _, state in program}:
            greens = [(i, c) for i, c in enumerate(state) if c in GREENS]
            pairs.update((i, a, j, b) for i, a in greens for j, b in greens if i != j)
        return pairs

    def program_yellow_s(self, link: int) -> float | None:
        """Return the shortest yellow that a program shows for a link, ``None`` where none does."""
        runs = []
        for program in self.programs:
            shown = [(duration_s, link < len(state) and state[link] == "y") for duration_s, state in program]
            if all(is_yellow for _, is_yellow in shown):
                continue
            first = next(k for k, (_, is_yellow) in enumerate(shown) if not is_yellow)
            run_s = 0.0
            for duration_s, is_yellow in [*shown[first:], *shown[:first], (0.0, False)]:
                if is_yellow:
                    run_s += duration_s
                elif run_s:
                    runs.append(run_s)
                    run_s = 0.0
        return min(runs, default=None)


def read_network(path: Path) -> tuple[dict[str, Signal], dict[str, float]]:
    """Return the signals of a network and the length of every lane."""
    root = etree.parse(str(path)).getroot()
    signals: dict[str, Signal] = defaultdict(Signal)
    lane_m, lane_mps = {}, {}
    for lane in root.iter("lane"):
        lane_m[lane.get("id")], lane_mps[lane.get("id")] = float(lane.get("length")), float(lane.get("speed"))
    for logic in root.iter("tlLogic"):
        phases = [(float(phase.get("duration")), phase.get("state")) for phase in logic.iter("phase")]
        signals[logic.get("id")].programs.append(phases)
    onward, ruled = {}, []
    for connection in root.iter("connection"):
        lane = f"{connection.get('from')}_{connection.get('fromLane')}"
        if lane.startswith(":"):
            onward[lane] = connection.get("via")
        if connection.get("tl") is None:
            continue
        signal, link, to_edge = signals[connection.get("tl")], int(connection.get("linkIndex")), connection.get("to")
        if to_edge.startswith(":"):  # from a walking area onto a crossing
            own = f"{to_edge}_{connection.get('toLane')}"
            signal.crossing_m[link] = lane_m[own]
        else:
            own = connection.get("via")
            signal.lanes[link].add(lane)
            signal.speed_mps[link] = max(signal.speed_mps[link], lane_mps[lane])
            signal.link_to[lane, to_edge] = link
        ruled.append((connection.get("tl"), link, own))
        if connection.get("linkIndex2") is not None:
            signal.crossing_m[int(connection.get("linkIndex2"))] = lane_m[own]
            ruled.append((connection.get("tl"), int(connection.get("linkIndex2")), own))
    add_conflicts(root, signals, ruled, onward)
    return dict(signals), lane_m


def add_conflicts(
    root: etree._Element,
    signals: dict[str, Signal],
    ruled: list[tuple[str, int, str]],
    onward: dict[str, str | None],
) -> None:
    """Give each signal its pairs of conflicting links, from the requests of the junctions."""
    request_of = {}
    tables = {}
    for junction in root.iter("junction"):
        if junction.get("type") == "internal":  # a waiting place inside another junction
            continue
        for index, lane in enumerate((junction.get("intLanes") or "").split()):
            request_of[lane] = (junction.get("id"), index)
        requests = {int(row.get("index")): (row.get("foes"), row.get("response")) for row in junction.iter("request")}
        tables[junction.get("id")] = requests
    at_junction: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for tl, link, own in ruled:
        lane: str | None = own
        while lane is not None and lane not in request_of:  # where the way is in two parts, the second has the request
            lane = onward.get(lane)
        if lane is None:
            raise ValueError(
                f"link {link} of signal {tl} has no request in its junction; the network needs internal lanes"
            )
        junction_id, request = request_of[lane]
        at_junction[tl, junction_id].append((link, request))
    for (tl, junction_id), rows in at_junction.items():
        table = tables[junction_id]
        for i, a in rows:
            for j, b in rows:
                if i != j and ("1" in (table[a][0][-1 - b], table[b][0][-1 - a])):
                    signals[tl].conflicts[i, j].append((table[a][1][-1 - b] == "1", table[b][1][-1 - a] == "1"))


def read_states(path: Path, program_id: str | None) -> dict[str, list[tuple[float, str]]]:
    """Return for every signal the times at which its state changed, and the last time it was written."""
    films: dict[str, list[tuple[float, str]]] = defaultdict(list)
    last: dict[str, tuple[float, str]] = {}
    for _, row in etree.iterparse(str(path), tag=("tlsState", "tlsstate")):
        signal_id, state, t_s = row.get("id"), row.get("state"), float(row.get("time"))
        if program_id is None or row.get("programID") == program_id:
            if not films[signal_id] or films[signal_id][-1][1] != state:
                films[signal_id].append((t_s, state))
            last[signal_id] = (t_s, state)
        row.clear()
    for signal_id, end in last.items():
        films[signal_id].append(end)
    return films


@dataclass
class Demands:
    """What has to be kept; ``None``: not judged."""

    yellow: str = "3"
    all_red_s: float | None = None
    min_green_s: float | None = None
    min_walk_s: float | None = None
    walking_mps: float | None = None
    max_red_s: float | None = None

    def yellow_s(self, signal: Signal, link: int) -> float:
        """Return the yellow that a link needs."""
        if link in signal.crossing_m:
            return 0.0
        if self.yellow == "program":
            return signal.program_yellow_s(link) or 3.0
        if self.yellow == "speed":  # ITE: 1 s + v / (2 * 3.05 m/s2) in whole seconds, above 60 km/h
            mps = signal.speed_mps[link]
            return 3.0 if mps * 3.6 <= 60.0 + TOLERANCE_S else max(3.0, math.ceil(1.0 + mps / 6.1 - 1e-9))
        return float(self.yellow)

    def clear_s(self, signal: Signal, ending: int) -> float | None:
        """Return the time from red of a link to green of one in conflict with it."""
        if ending in signal.crossing_m and self.walking_mps is not None:
            return signal.crossing_m[ending] / self.walking_mps
        return self.all_red_s


@dataclass
class Checker:
    """Runs through the film of one signal."""

    signal_id: str
    signal: Signal
    demands: Demands
    violations: list[dict[str, object]] = field(default_factory=list)
    reds: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def note(self, kind: str, t_s: float, link: int, text: str) -> None:
        """Write a violation down."""
        where = {"kind": kind, "signal": self.signal_id, "time_s": t_s, "link": link}
        self.violations.append({**where, "text": text})

    def run(self, film: list[tuple[float, str]]) -> None:
        """Check the changes from state to state; the last entry is the end, not a change."""
        start_s, end_s = film[0][0], film[-1][0]
        n_links = len(film[0][1])
        together = self.signal.shows_together()
        since_s = dict.fromkeys(range(n_links), start_s)  # of the present kind: green, yellow, red, other
        self.judge_greens(start_s, film[0][1], together)
        for (_, before), (t_s, now) in pairwise(film[:-1]):
            self.judge_greens(t_s, now, together)
            changed = [i for i in range(n_links) if kind(before[i]) != kind(now[i])]
            for i in changed:
                self.judge_change(t_s, i, before[i], now[i], t_s - since_s[i], since_s[i] > start_s)
                if kind(before[i]) == "r":
                    self.reds[i].append((since_s[i], t_s))
                since_s[i] = t_s
            for i in range(n_links):
                if now[i] in GREENS and (before[i] not in GREENS or (before[i], now[i]) == ("g", "G")):
                    self.judge_start(t_s, i, now, since_s, start_s)
        for i, c in enumerate(film[-1][1]):
            if kind(c) == "r":
                self.reds[i].append((since_s[i], end_s))

    def judge_greens(self, t_s: float, state: str, together: set[tuple[int, str, int, str]]) -> None:
        """Find greens that conflict."""
        for (i, j), pairs in self.signal.conflicts.items():
            if i > j or state[i] not in GREENS or state[j] not in GREENS or (i, state[i], j, state[j]) in together:
                continue
            if not all(
                (state[i] == "g" and i_yields) or (state[j] == "g" and j_yields) for i_yields, j_yields in pairs
            ):
                self.note("conflicting greens", t_s, i, PAIR_TEXT.format(i, state[i], j, state[j]))

    def judge_change(self, t_s: float, i: int, before: str, now: str, lasted_s: float, is_whole: bool) -> None:
        """Find missing or short yellows, and short greens."""
        needed_s = self.demands.yellow_s(self.signal, i)
        if kind(before) == "g":
            if kind(now) == "r" and needed_s > 0:
                self.note("no yellow", t_s, i, f"link {i} goes from {before} to {now}")
            least_s = self.demands.min_walk_s if i in self.signal.crossing_m else self.demands.min_green_s
            if is_whole and least_s is not None and lasted_s < least_s - TOLERANCE_S:
                self.note("short green", t_s, i, f"link {i} was green for {lasted_s:g} s, not {least_s:g} s")
        elif kind(before) == "y":
            if now in GREENS:
                self.note("yellow to green", t_s, i, f"link {i} goes from y to {now}")
            elif is_whole and lasted_s < needed_s - TOLERANCE_S:
                self.note("short yellow", t_s, i, f"link {i} was yellow for {lasted_s:g} s, not {needed_s:g} s")

    def judge_start(self, t_s: float, i: int, now: str, since_s: dict[int, float], start_s: float) -> None:
        """Find starts while others in conflict have not cleared."""
        for j in range(len(now)):
            clear_s = self.demands.clear_s(self.signal, j)
            if (j, i) not in self.signal.conflicts or clear_s is None or now[j] in GREENS:
                continue
            if kind(now[j]) == "y":
                self.note("start beside yellow", t_s, i, PAIR_TEXT.format(i, now[i], j, "y"))
            elif kind(now[j]) == "r" and since_s[j] > start_s and t_s - since_s[j] < clear_s - TOLERANCE_S:
                text = f"link {i} starts {t_s - since_s[j]:g} s after link {j} turned red, not {clear_s:g} s"
                self.note("short all-red", t_s, i, text)


def kind(character: str) -> str:
    """Return g, y, r or o for what a head shows."""
    return "g" if character in GREENS else "r" if character in REDS else "y" if character in "yY" else "o"


def calls_of(
    fcd: Path, routes: Path | None, signals: dict[str, Signal], lane_m: dict[str, float], reach_m: float
) -> dict[tuple[str, int], list[tuple[float, float]]]:
    """Return for every link the spans of time in which some vehicle stood before it all the time.

    Without routes every link of a vehicle's lane counts.
    """
    route_of: dict[str, list[str]] = {}
    if routes is not None:
        for _, row in etree.iterparse(str(routes), tag="vehicle"):
            route_of[row.get("id")] = [edge for route in row.iter("route") for edge in route.get("edges").split()]
            row.clear()
    links_of: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for signal_id, signal in signals.items():
        for (lane, to_edge), link in signal.link_to.items():
            links_of[lane].append((signal_id, link, to_edge))
    spans: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    before_s = -math.inf
    for _, step in etree.iterparse(str(fcd), tag="timestep"):
        t_s = float(step.get("time"))
        called = set()
        for vehicle in step.iter("vehicle"):
            lane = vehicle.get("lane")
            if lane not in links_of or lane_m[lane] - float(vehicle.get("pos")) > reach_m:
                continue
            called.update((signal_id, link) for signal_id, link in meant(vehicle, links_of[lane], route_of))
        for key in called:
            if spans[key] and spans[key][-1][1] >= before_s:
                spans[key][-1] = (spans[key][-1][0], t_s)
            else:
                spans[key].append((t_s, t_s))
        before_s = t_s
        step.clear()
    return spans


def meant(
    vehicle: etree._Element, links: list[tuple[str, int, str]], route_of: dict[str, list[str]]
) -> Iterator[tuple[str, int]]:
    """Yield the links that a vehicle waits for: the one of its route, or all of its lane."""
    route = route_of.get(vehicle.get("id"))
    edge = vehicle.get("lane").rsplit("_", 1)[0]
    following = {to for at, to in pairwise(route) if at == edge} if route else None
    for signal_id, link, to_edge in links:
        if following is None or to_edge in following:
            yield signal_id, link


def starved(
    reds: dict[int, list[tuple[float, float]]],
    spans: dict[tuple[str, int], list[tuple[float, float]]],
    signal_id: str,
) -> dict[int, tuple[float, float]]:
    """Return for each link the longest time it was red while somebody waited all along, and when that began."""
    longest: dict[int, tuple[float, float]] = {}
    for link, of_link in reds.items():
        for red_s, green_s in of_link:
            for from_s, to_s in spans.get((signal_id, link), ()):
                span_s = min(green_s, to_s) - max(red_s, from_s)
                if span_s > longest.get(link, (0.0, 0.0))[0]:
                    longest[link] = (span_s, max(red_s, from_s))
    return longest


def trips(path: Path) -> dict[str, float]:
    """Return the number of trips of a tripinfo file, their mean delay and their longest waiting time."""
    delays, waits = [], []
    for _, row in etree.iterparse(str(path), tag="tripinfo"):
        delays.append(float(row.get("timeLoss")) + max(float(row.get("departDelay")), 0.0))
        waits.append(float(row.get("waitingTime")))
        row.clear()
    mean_s = sum(delays) / len(delays) if delays else math.nan
    return {"n_trips": len(delays), "delay_s": mean_s, "waiting_longest_s": max(waits, default=math.nan)}


def report(arguments: argparse.Namespace) -> dict[str, object]:
    """Check one run."""
    signals, lane_m = read_network(arguments.net)
    demands = Demands(
        arguments.yellow,
        arguments.all_red,
        arguments.min_green,
        arguments.min_walk,
        arguments.walking,
        arguments.max_red,
    )
    films = read_states(arguments.states, arguments.program_id)
    spans = calls_of(arguments.fcd, arguments.routes, signals, lane_m, arguments.reach) if arguments.fcd else {}
    violations: list[dict[str, object]] = []
    longest_red_s: dict[str, dict[int, float]] = {}
    longest_wait_s: dict[str, dict[int, float]] = {}
    for signal_id, film in sorted(films.items()):
        if signal_id not in signals:
            raise ValueError(f"signal {signal_id} is not in the network; give the network of that run")
        checker = Checker(signal_id, signals[signal_id], demands)
        checker.run(film)
        longest_red_s[signal_id] = {i: max(b - a for a, b in of) for i, of in sorted(checker.reds.items())}
        waits = starved(checker.reds, spans, signal_id)
        longest_wait_s[signal_id] = {i: span_s for i, (span_s, _) in sorted(waits.items())}
        for i, (span_s, from_s) in waits.items():
            if arguments.max_red is not None and span_s > arguments.max_red + arguments.tick + TOLERANCE_S:
                text = f"link {i} was red for {span_s:g} s with a vehicle before it, not {arguments.max_red:g} s"
                checker.note("long red", from_s, i, text)
        violations += checker.violations
    result: dict[str, object] = {
        "ok": not violations,
        "n_signals": len(films),
        "n_states": sum(len(film) for film in films.values()),
        "n_violations": dict(Counter(str(violation["kind"]) for violation in violations)),
        "violations": violations,
        "longest_red_s": longest_red_s,
        "longest_red_with_vehicle_s": longest_wait_s,
    }
    if arguments.tripinfo:
        result["trips"] = trips(arguments.tripinfo)
    return result


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("net", type=Path, help="SUMO network (.net.xml)")
    parser.add_argument("states", type=Path, help="output of SaveTLSStates")
    parser.add_argument("--yellow", default="3", help="seconds, 'program' (as the network's programs) or 'speed' (ITE)")
    parser.add_argument("--all-red", type=float, help="from red of a link to green of one in conflict with it, seconds")
    parser.add_argument("--min-green", type=float, help="seconds")
    parser.add_argument("--min-walk", type=float, help="shortest green of a crossing, seconds")
    parser.add_argument("--walking", type=float, help="walking speed that crossings are cleared for, metres a second")
    parser.add_argument(
        "--max-red", type=float, help="longest red with a vehicle before the link, seconds; needs --fcd"
    )
    parser.add_argument("--tick", type=float, default=1.0, help="allowance on --max-red, seconds")
    parser.add_argument("--fcd", type=Path, help="SUMO's --fcd-output of the run")
    parser.add_argument("--routes", type=Path, help="SUMO's --vehroute-output: who waits for which link")
    parser.add_argument("--reach", type=float, default=50.0, help="vehicles this close to the stop line wait, metres")
    parser.add_argument("--tripinfo", type=Path, help="SUMO's --tripinfo-output, for the report")
    parser.add_argument("--program-id", help="judge only lines with this programID ('online': under control)")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    arguments = parser.parse_args(argv)
    if arguments.yellow not in ("program", "speed"):
        try:
            float(arguments.yellow)
        except ValueError:
            parser.error(f"--yellow {arguments.yellow}: give seconds, 'program' or 'speed'")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Check a run and print what was found."""
    arguments = parse(argv)
    try:
        result = report(arguments)
    except (OSError, ValueError, etree.LxmlError) as error:
        print(f"check_states: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(result, indent=1))
        return 0 if result["ok"] else 1
    counts = result["n_violations"]
    print(f"{result['n_signals']} signals, {result['n_states']} states: {counts or 'nothing violated'}")
    for violation in result["violations"][:20]:  # type: ignore[index]
        print("  {time_s:>9.1f} s  signal {signal}: {text}".format(**violation))
    for title, key in (("longest red", "longest_red_s"), ("with a vehicle before it", "longest_red_with_vehicle_s")):
        by_link = {(s, i): red_s for s, of in result[key].items() for i, red_s in of.items()}  # type: ignore[attr-defined]
        for (signal_id, link), red_s in sorted(by_link.items(), key=lambda item: -item[1])[:3]:
            print(f"  {title}: {red_s:g} s, signal {signal_id}, link {link}")
    if "trips" in result:
        print(f"  trips: {result['trips']}")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

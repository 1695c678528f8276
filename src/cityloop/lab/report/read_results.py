"""From ``results.json`` and the folders of the runs to what a report shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_city
from cityloop.lab.report.junction_rows import JunctionRun, junctions
from cityloop.lab.report.model import (
    ArmResult,
    Floats,
    Junction,
    Note,
    Paired,
    Queues,
    RoadDelays,
    ScenarioReport,
    SpaceTime,
    Timing,
    TripDelays,
)
from cityloop.lab.report.network import network_of, road_delays
from cityloop.lab.report.numbers import clock
from cityloop.lab.report.route import busiest_route, space_time
from cityloop.lab.report.timing import timings
from cityloop.lab.report.words import Words, has, same, say, translated
from cityloop.measures.intervals import Interval
from cityloop.measures.queues import by_period
from cityloop.run import folder
from cityloop.scenarios import load_scenario

TIMING_S = 300.0
"""Length of the signal timing diagrams."""
_QUEUE_PERIOD_S = 60.0
_SETTINGS = ("protocol", "clearance", "begin_s", "end_s", "is_teleporting")

Read = TypeVar("Read")


def scenario_report(results: Mapping[str, Any], scenario: Mapping[str, Any], out_dir: Path) -> ScenarioReport:
    """Return what the report says of one scenario.

    Parts whose files are missing or cannot be read stay empty; the page says so.

    Parameters
    ----------
    results : mapping
        The content of ``results.json``.
    scenario : mapping
        One of its ``scenarios``, of which at least one run finished.
    out_dir : Path
        The folder of the trial.
    """
    name = str(scenario["name"])
    arms = _arms(results, name)
    base_arm = _base(arms, str(results["protocol"]["base"]))
    ours_arm = _ours(arms, base_arm)
    seeds = _seeds(results, name, [base_arm, ours_arm])
    runs = _Runs(out_dir, name, seeds)
    city = _city(scenario, runs, base_arm)
    network_junctions = _junctions(city, runs, base_arm, ours_arm)
    signal_id = network_junctions[0].signal_id if network_junctions else ""
    begin_s, end_s = float(scenario["begin_s"]), float(scenario["end_s"])
    drawn = list(dict.fromkeys([base_arm, ours_arm]))
    return ScenarioReport(
        scenario=name,
        place=say(f"place.{name}") if has(f"place.{name}") else same(name),
        base_arm=base_arm,
        ours_arm=ours_arm,
        seeds=seeds,
        begin_s=begin_s,
        end_s=end_s,
        arms=arms,
        network=network_of(city) if city else None,
        roads=_road_delays(city, runs, base_arm, ours_arm),
        queues=_queues(runs, [arm.arm for arm in arms]),
        junctions=network_junctions,
        timing_signal_id=signal_id,
        timings=_timings(city, runs, drawn, signal_id, (begin_s + end_s) / 2),
        space_times=_space_times(city, runs, drawn),
        trips=_trips(runs, base_arm, [arm.arm for arm in arms]),
        notes=_notes(scenario),
        settings=tuple((key, _setting(scenario[key])) for key in _SETTINGS if key in scenario),
        licence=str(scenario.get("licence", "")),
        real=_of_catalogue("real", name, str(scenario.get("real", ""))),
        synthetic=_of_catalogue("synthetic", name, str(scenario.get("synthetic", ""))),
    )


class _Runs:
    """The folders of the runs of one scenario; what is missing or damaged reads as ``None``."""

    def __init__(self, out_dir: Path, scenario: str, seeds: tuple[int, ...]) -> None:
        self._out_dir, self._scenario, self.seeds = out_dir, scenario, seeds

    def one(self, arm: str, seed: int, read: Callable[[Path], Read]) -> Read | None:
        """Return what ``read`` makes of the folder of a run."""
        try:
            return read(folder.run_folder(self._out_dir, self._scenario, arm, seed))
        except (Unusable, KeyError, TypeError):  # a file of an older layout is as good as none
            return None

    def all(self, arm: str, read: Callable[[Path], Read]) -> list[Read]:
        """Return what ``read`` makes of the runs of an arm; empty unless all of them can be read."""
        found = [self.one(arm, seed, read) for seed in self.seeds]
        known = [entry for entry in found if entry is not None]
        return known if len(known) == len(found) else []


def interval_of(stored: Mapping[str, Any] | None) -> Interval:
    """Return an interval from JSON, where ``null`` stands for what is not known."""
    if stored is None:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean, low, high = (math.nan if stored[key] is None else float(stored[key]) for key in ("mean", "low", "high"))
    return Interval(mean, low, high, int(stored["n"]))


def _arms(results: Mapping[str, Any], scenario: str) -> tuple[ArmResult, ...]:
    entries = [entry for entry in results["arms"] if entry["scenario"] == scenario]
    base: Mapping[str, Any] = next((entry for entry in entries if entry["arm"] == results["protocol"]["base"]), {})
    paired = {entry["arm"]: entry for entry in results["paired"] if entry["scenario"] == scenario}
    return tuple(
        ArmResult(
            arm=str(entry["arm"]),
            seed_delays_s=tuple(
                float(run["delay_s"])
                for run in results["runs"]
                if run["scenario"] == scenario and run["arm"] == entry["arm"] and run["delay_s"] is not None
            ),
            figures={
                "delay_worst_s": interval_of({"mean": entry["delay_worst_s"], "low": None, "high": None, "n": 1}),
                **{key: interval_of(value) for key, value in entry.items() if isinstance(value, Mapping)},
            },
            paired={
                measure: _paired(compared, base[measure])
                for measure, compared in paired.get(entry["arm"], {}).get("measures", {}).items()
            },
        )
        for entry in entries
    )


def _paired(compared: Mapping[str, Any], base: Mapping[str, Any]) -> Paired:
    """Return a comparison with its change as a share of the mean of the plan in force.

    That is the ratio of the means less one. Where an arm has none of something the ratio is not known; the share then
    comes from the difference, without an interval.
    """
    difference, ratio, base_mean = (
        interval_of(compared["difference"]),
        interval_of(compared["ratio"]),
        interval_of(base).mean,
    )
    change = Interval(ratio.mean - 1.0, ratio.low - 1.0, ratio.high - 1.0, ratio.n)
    if math.isnan(ratio.mean) and base_mean > 0:
        change = Interval(difference.mean / base_mean, math.nan, math.nan, difference.n)
    return Paired(str(compared["verdict"]), difference, change)


def _base(arms: Sequence[ArmResult], base_arm: str) -> str:
    """Return the arm to compare with: an arm of which no run finished is replaced by the first that did."""
    finished = [arm.arm for arm in arms]
    return base_arm if base_arm in finished else finished[0]


def _ours(arms: Sequence[ArmResult], base_arm: str) -> str:
    """Return the arm in question: smart where it took part, else the last one, else the plan in force itself."""
    others = [arm.arm for arm in arms if arm.arm != base_arm]
    return "smart" if "smart" in others else others[-1] if others else base_arm


def _seeds(results: Mapping[str, Any], scenario: str, arms: Sequence[str]) -> tuple[int, ...]:
    """Return the seeds on which all of the arms finished."""
    done = [
        {int(run["seed"]) for run in results["runs"] if run["scenario"] == scenario and run["arm"] == arm}
        for arm in arms
    ]
    return tuple(sorted(set.intersection(*done)))


def _city(scenario: Mapping[str, Any], runs: _Runs, arm: str) -> City | None:
    """Return the city of a scenario; None where its files are not here any more."""
    run = next((found for seed in runs.seeds if (found := runs.one(arm, seed, folder.read_run))), None)
    data_dir = run["spec"].get("data_dir") if run else None
    try:
        loaded = load_scenario(str(scenario["asked"]), data_dir)
        return read_city(loaded.source, loaded.name)
    except Unusable:
        return None


def _road_delays(city: City | None, runs: _Runs, base_arm: str, ours_arm: str) -> RoadDelays | None:
    if city is None or base_arm == ours_arm:
        return None
    before, after = runs.all(base_arm, folder.read_roads_of), runs.all(ours_arm, folder.read_roads_of)
    return road_delays(before, after) if before and after else None


def _junctions(city: City | None, runs: _Runs, base_arm: str, ours_arm: str) -> tuple[Junction, ...]:
    def read(run: Path) -> JunctionRun:
        red_wait_s = folder.read_arrays(run / folder.RED_WAITS)["longest_s"]
        return JunctionRun(folder.read_roads_of(run), folder.read_displays_of(run), red_wait_s)

    before = runs.all(base_arm, read)
    after = before if ours_arm == base_arm else runs.all(ours_arm, read)
    return junctions(city, before, after) if city and before and after else ()


def _queues(runs: _Runs, arms: Sequence[str]) -> tuple[Queues, ...]:
    """Return standing vehicles, those that wait to enter included, by the minute."""

    def read(run: Path) -> tuple[Floats, Floats]:
        arrays = folder.read_arrays(run / folder.QUEUES)
        return by_period(arrays["t_s"], arrays["queue_veh"] + arrays["outside_veh"], _QUEUE_PERIOD_S)

    found = []
    for arm in arms:
        series = runs.all(arm, read)
        n = min((len(t_s) for t_s, _ in series), default=0)
        if n:
            found.append(Queues(arm, series[0][0][:n], np.array([veh[:n] for _, veh in series])))
    return tuple(found)


def _timings(
    city: City | None, runs: _Runs, arms: Sequence[str], signal_id: str, middle_s: float
) -> tuple[Timing, ...]:
    if city is None or not signal_id:
        return ()
    shown = [(arm, runs.one(arm, runs.seeds[0], folder.read_displays_of)) for arm in arms]
    known = [(arm, displays) for arm, displays in shown if displays is not None and len(displays.t_s)]
    if not known:
        return ()
    signal_ix = list(city.signals["signal_id"]).index(signal_id)
    begin_s = max(max(float(displays.t_s[0]) for _, displays in known), middle_s - TIMING_S / 2)
    end_s = min(begin_s + TIMING_S, min(displays.end_s for _, displays in known))
    return tuple(timings(city, signal_ix, known, begin_s, end_s))


def _space_times(city: City | None, runs: _Runs, arms: Sequence[str]) -> tuple[SpaceTime, ...]:
    if city is None or not runs.seeds:
        return ()
    seed = runs.seeds[0]
    tracks = {arm: runs.one(arm, seed, lambda run: folder.read_arrays(run / folder.TRACKS)) for arm in arms}
    displays = {arm: runs.one(arm, seed, folder.read_displays_of) for arm in arms}
    first = tracks[arms[0]]
    route = busiest_route(city, first) if first is not None and len(first["t_s"]) else None
    if route is None or first is None:
        return ()
    begin_s, end_s = float(first["t_s"].min()), float(first["t_s"].max())
    return tuple(
        space_time(city, route, arm, of_arm, shown, begin_s, end_s)
        for arm in arms
        if (of_arm := tracks[arm]) is not None and (shown := displays[arm]) is not None
    )


def _trips(runs: _Runs, base_arm: str, arms: Sequence[str]) -> tuple[TripDelays, ...]:
    delays = {arm: runs.all(arm, _delay_by_vehicle) for arm in arms}
    if not delays[base_arm]:
        return ()
    return tuple(
        TripDelays(
            arm,
            np.array(
                [
                    ours.get(vehicle_id, math.nan)
                    for base, ours in zip(delays[base_arm], delays[arm], strict=True)
                    for vehicle_id in base
                ]
            ),
        )
        for arm in arms
        if delays[arm]
    )


def _delay_by_vehicle(run: Path) -> dict[str, float]:
    trips = folder.read_trips_of(run)
    return dict(zip(trips["vehicle_id"].tolist(), trips["delay_s"].tolist(), strict=True))


def _notes(scenario: Mapping[str, Any]) -> tuple[Note, ...]:
    """Return the findings, those of one kind at one place together."""
    texts: dict[tuple[str, str], list[str]] = {}
    for finding in scenario.get("findings", ()):
        texts.setdefault((str(finding["kind"]), str(finding["where"])), []).append(str(finding["text"]))
    return tuple(
        Note(kind, where, _sentences(list(dict.fromkeys(of_place)))) for (kind, where), of_place in texts.items()
    )


def _sentences(texts: Sequence[str]) -> Words:
    both = [translated(text, "finding_text") for text in texts]
    return Words("; ".join(words.en for words in both), "; ".join(words.ko for words in both))


def _of_catalogue(section: str, scenario: str, text: str) -> Words:
    """Return the scenario's own words in both languages where the table of texts has the very same ones."""
    known = say(f"{section}.{scenario}") if has(f"{section}.{scenario}") else None
    return known if known is not None and known.en == text else same(text)


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clock(value) if isinstance(value, float) else str(value)

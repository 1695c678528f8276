"""What if: the same city and the same days with something changed, played on the twin."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import require_signals
from cityloop.city.traffic import Traffic
from cityloop.control.drive import SimulatedClock, drive
from cityloop.control.guard import SignalGuard
from cityloop.engines.twin.engine import LaneEvent, TwinEngine
from cityloop.engines.twin.network import TwinNetwork
from cityloop.engines.twin.records import records_of
from cityloop.engines.twin.routing import Router
from cityloop.measures.queues import mean_over
from cityloop.measures.trips import trip_figures
from cityloop.run.arms import arm_of
from cityloop.run.detours import Detours
from cityloop.run.gates import GatedHead, with_gates
from cityloop.run.log import RunLog
from cityloop.run.option import Option, closed_rows, with_demand, with_offsets
from cityloop.run.players import ROAD_PERIOD_S
from cityloop.run.pool import Outcome, outcome_of, run_all
from cityloop.run.readings import city_of, router_of, rules_of, traffic_of, twin_network_of
from cityloop.run.setting import Setting, setting_of
from cityloop.run.spec import FIRST_DAY_SEED, RunSpec
from cityloop.run.whatif_results import OptionResult, WhatIf, comparisons_of
from cityloop.scenarios import Scenario, load_scenario
from cityloop.sensing import estimator_of, memory_of, sensor_of
from cityloop.services.signals import SignalsConfig, SignalsService

_N_PLAYS = 4
"""So often a run is played to find those who are on their way when something closes."""
_TICK_S = 1.0

Memory = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Ground:
    """What all options of a scenario share."""

    scenario: Scenario
    setting: Setting
    city: City
    network: TwinNetwork
    memory_of: Mapping[str, Memory]


@dataclass(frozen=True)
class Case:
    """An option on its ground.

    Parameters
    ----------
    option : Option
    ground : Ground
    city, gated_city : City
        With its offsets; and with its gates as well, for the arms that play the plans in force.
    heads : tuple of GatedHead
        What the gates make of the signals.
    lanes : tuple of int
        Rows of the lanes that are closed one by one.
    detours : Detours
    read : callable
        Returns the traffic of a seed as things are.
    """

    option: Option
    ground: Ground
    city: City
    gated_city: City
    heads: tuple[GatedHead, ...]
    lanes: tuple[int, ...]
    detours: Detours
    read: Callable[[int], Traffic]


def whatif(
    scenario: str,
    options: Sequence[Option],
    arms: Sequence[str],
    seeds: Sequence[int],
    *,
    sensing: str = "ideal",
    clearance: str | None = None,
    window_s: tuple[float, float] | None = None,
    data_dir: Path | None = None,
    n_workers: int = 1,
    on_progress: Callable[[int, int], None] = lambda n_done, n_runs: None,
) -> WhatIf:
    """Play every option with every arm on every seed, and compare with the first option.

    Arms without a service run here, one after the other; the others in processes of their own. An arm that learns
    starts from what it knows after a day as things are. No service is told what is changed. Offsets and gates change
    the plans in force: an arm with a service decides its greens itself, and knows of no gate.

    Parameters
    ----------
    scenario : str
        Name in the catalogue, ``.sumocfg`` or scenario TOML.
    options : sequence of Option
        The first one is what the others are compared with, as a rule the day as it is.
    arms : sequence of str
    seeds : sequence of int
    sensing, clearance, window_s, data_dir
        As in ``RunSpec``.
    n_workers : int
        Number of processes.
    on_progress : callable, optional
        Told how many runs are done, and of how many.

    Raises
    ------
    Unusable
        When the scenario, an option, an arm or the sensing cannot be used.
    """
    begin = perf_counter()
    _require_one_each(options, arms, seeds)
    specs = [
        RunSpec(
            scenario,
            arm,
            seed,
            Path(),
            engine="twin",
            sensing=sensing,
            clearance=clearance,
            window_s=window_s,
            data_dir=data_dir,
        )
        for arm in arms
        for seed in seeds
    ]
    ground = _ground(specs[0], arms, options)
    outcomes: list[Outcome] = []
    heads: dict[str, tuple[GatedHead, ...]] = {}
    n_runs, n_done = len(options) * len(specs), 0

    def count(outcome: Outcome) -> None:
        nonlocal n_done
        n_done += 1
        on_progress(n_done, n_runs)
        if outcome.unusable is not None:
            raise outcome.unusable

    on_progress(0, n_runs)
    reading = partial(traffic_of, ground.scenario.source, ground.scenario.name)
    remembering = cache(reading)
    for option in options:
        case = _case_of(option, ground, remembering)
        heads[option.name] = case.heads
        play = partial(play_option, case=case)
        for spec in specs:
            if arm_of(spec.arm).policy is None:  # a process takes longer to start than such a run
                outcomes.append(outcome_of(play, spec))
                count(outcomes[-1])
        served = [spec for spec in specs if arm_of(spec.arm).policy is not None]
        # what has been read and searched for here does not go to other processes
        outcomes += run_all(served, n_workers, count, partial(play_option, case=_case_of(option, ground, reading)))
    results = tuple(outcome.result for outcome in outcomes if isinstance(outcome.result, OptionResult))
    return WhatIf(
        scenario=ground.scenario.name,
        setting=ground.setting,
        options=tuple(options),
        gated_heads=heads,
        results=results,
        comparisons=comparisons_of(results, options, arms),
        failures=tuple(
            f"{outcome.spec.arm}, seed {outcome.spec.seed}: {outcome.failure}"
            for outcome in outcomes
            if outcome.result is None
        ),
        wall_s=round(perf_counter() - begin, 3),
    )


def play_option(spec: RunSpec, case: Case) -> OptionResult:
    """Run an option once; nothing is written."""
    begin = perf_counter()
    ground, option = case.ground, case.option
    city = case.gated_city if arm_of(spec.arm).policy is None else case.city
    begin_s, end_s = ground.setting.begin_s, ground.setting.end_s
    traffic = with_demand(case.read(spec.seed), option.demand_frac, spec.seed)
    leaving = case.detours.at_departure(traffic, begin_s, end_s)
    traffic, rerouted, kept = leaving.traffic, set(leaving.rerouted), set[int]()
    depart_s = traffic.vehicles["depart_s"]
    if not ((depart_s >= begin_s) & (depart_s < end_s)).any():
        raise Unusable(f"no vehicle departs between {begin_s:g} and {end_s:g} s", option.name, "change the option")
    events = _events(option, case.lanes)
    router = router_of(ground.scenario.source, ground.scenario.name)
    if option.is_closing:
        router = router.with_closure(case.detours.closure())
    ready = perf_counter()
    for n_left in reversed(range(_N_PLAYS)):
        engine, log, _ = _play(spec, ground, city, traffic, router, events)
        if not option.is_closing or option.from_s <= begin_s:
            break
        # who turned off has freed the road for others, who may then come further before it closes
        turned = case.detours.on_the_way(traffic, engine.run, begin_s)
        kept.update(turned.stuck)
        if not turned.rerouted or n_left == 0:
            kept.update(turned.rerouted)
            break
        traffic = turned.traffic
        rerouted.update(turned.rerouted)
    records = records_of(engine.network, city, traffic, engine.run, begin_s, end_s, ROAD_PERIOD_S)
    queues = records.queues
    return OptionResult(
        scenario=ground.scenario.name,
        arm=spec.arm,
        seed=spec.seed,
        option=option.name,
        **asdict(trip_figures(records.trips)),
        journey_s=float((records.trips["travel_time_s"] + records.trips["depart_delay_s"]).mean()),
        n_rerouted=len(rerouted - kept),
        n_without_way=len(leaving.stuck),
        n_kept=len(kept),
        n_discarded=queues.n_discarded,
        queue_mean_veh=mean_over(queues.t_s, queues.queue_veh, begin_s, end_s),
        outside_mean_veh=mean_over(queues.t_s, queues.outside_veh, begin_s, end_s),
        teleports=0,
        max_red_s=math.nan,
        max_red_wait_s=math.nan,
        decide_ms_mean=math.nan,
        decide_ms_p99=math.nan,
        n_faults=len(log.faults),
        n_refusals=log.refusals.total(),
        setup_s=round(ready - begin, 3),
        wall_s=round(perf_counter() - ready, 3),
    )


def _play(
    spec: RunSpec, ground: Ground, city: City, traffic: Traffic, router: Router, events: Sequence[LaneEvent] = ()
) -> tuple[TwinEngine, RunLog, Memory]:
    """Play the window through and return the engine at its end, the log and what the service keeps."""
    begin_s, end_s = ground.setting.begin_s, ground.setting.end_s
    sensor = sensor_of(spec.sensing, city, spec.seed)
    engine = TwinEngine(city, traffic, sensor, begin_s, end_s, spec.seed, ground.network, events, router)
    log = RunLog(city, begin_s)
    policy = arm_of(spec.arm).policy
    if policy is None:  # nobody asks for anything: the plans run inside the twin
        engine.advance(end_s)
        return engine, log, {}
    rules = rules_of(ground.scenario.source, ground.scenario.name, ground.setting.clearance)
    config = SignalsConfig.model_validate({"policy": policy})
    memory = ground.memory_of.get(spec.arm)
    service = SignalsService(city, rules, config, memory)
    estimator, guard = estimator_of(spec.sensing, city, memory), SignalGuard(city, rules)
    drive(engine, estimator, (service,), guard, log, SimulatedClock(begin_s, end_s, _TICK_S))
    return engine, log, {**service.memory, **memory_of(estimator)}


def _require_one_each(options: Sequence[Option], arms: Sequence[str], seeds: Sequence[int]) -> None:
    names = [option.name for option in options]
    for values, where, kind in ((names, "options", "option"), (arms, "--arms", "arm"), (seeds, "--seeds", "seed")):
        if not values:
            raise Unusable(f"no {kind} is given", where, f"give at least one {kind}")
        if len(set(values)) < len(values):
            raise Unusable(f"a {kind} is named twice", where, "name each once")


def _ground(spec: RunSpec, arms: Sequence[str], options: Sequence[Option]) -> Ground:
    """Read the scenario, check all options against it, and let the arms that learn learn."""
    scenario = load_scenario(spec.scenario, spec.data_dir)
    setting = setting_of(spec, scenario)
    city = city_of(scenario.source, scenario.name)
    for option in options:
        closed_rows(option, city)
        _with_plans(option, city, scenario, setting)
        if option.gates and all(arm_of(arm).policy is not None for arm in arms):
            what = f"{', '.join(arms)}: no arm that plays the plans in force, which gates change"
            raise Unusable(what, "--gate", "give --arms field")
        if option.is_closing and (option.from_s >= setting.end_s or option.until_s <= setting.begin_s):
            window = f"{setting.begin_s:g} to {setting.end_s:g} s"
            raise Unusable("it is closed outside of the window only", "--from", f"close it within {window}")
    if any(arm_of(arm).policy is not None for arm in arms):
        require_signals(city)
    ground = Ground(scenario, setting, city, twin_network_of(scenario.source, scenario.name), {})
    memory_of_arm: dict[str, Memory] = {}
    for arm in arms:
        if arm_of(arm).learns:
            day = replace(spec, arm=arm, seed=FIRST_DAY_SEED)
            traffic = traffic_of(scenario.source, scenario.name, FIRST_DAY_SEED)
            router = router_of(scenario.source, scenario.name)
            memory_of_arm[arm] = _play(day, ground, city, traffic, router)[2]
    return replace(ground, memory_of=memory_of_arm)


def _case_of(option: Option, ground: Ground, read: Callable[[int], Traffic]) -> Case:
    city, gated_city, heads = _with_plans(option, ground.city, ground.scenario, ground.setting)
    roads, lanes = closed_rows(option, city)
    detours = Detours(ground.scenario.source, city, roads, lanes, option.from_s, option.until_s)
    return Case(option, ground, city, gated_city, heads, lanes, detours, read)


def _with_plans(
    option: Option, city: City, scenario: Scenario, setting: Setting
) -> tuple[City, City, tuple[GatedHead, ...]]:
    """Return the city with the offsets of an option, with its gates as well, and what these make of the signals."""
    city = with_offsets(city, option.offsets_s)
    rules = rules_of(scenario.source, scenario.name, setting.clearance) if option.gates else ()
    return city, *with_gates(city, option.gates, rules)


def _events(option: Option, lanes: tuple[int, ...]) -> list[LaneEvent]:
    """Return when lanes close and open. Roads need nothing of the kind: nobody's way leads over them any more."""
    if not lanes:
        return []
    closing = LaneEvent(option.from_s, lanes, is_open=False)
    return [closing, LaneEvent(option.until_s, lanes, is_open=True)] if option.until_s < math.inf else [closing]

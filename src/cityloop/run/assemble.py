"""Put a run together: city, rules, guard, sensor, service, log and engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import ValidationError

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import require_signals
from cityloop.control.drive import SimulatedClock
from cityloop.control.guard import SignalGuard, SignalRules
from cityloop.control.ports import Estimator, Guard
from cityloop.run.arms import arm_of
from cityloop.run.folder import read_arrays
from cityloop.run.log import RunLog
from cityloop.run.onlookers import RedWatch, Standing, Tracks
from cityloop.run.players import Player, player_of
from cityloop.run.readings import city_of, rules_of
from cityloop.run.setting import Setting
from cityloop.run.spec import RunSpec
from cityloop.run.watch import TimedService, WatchedEstimator, WatchedSensor
from cityloop.scenarios import Scenario
from cityloop.sensing import Blind, estimator_of, sensor_of
from cityloop.services.signals import SignalsConfig, SignalsService

TRACKED_S = 600.0
"""Length of the stretch of time in the middle of the window whose tracks are kept."""
REPLAY_STEP_S = 2.0
"""Time from one picture of a replay to the next."""
TICK_S = 1.0


@dataclass(frozen=True)
class Assembly:
    """Everything that the loop needs, put together for one run.

    Parameters
    ----------
    city : City
    rules : tuple of SignalRules
    player : Player
        The engine, not entered yet.
    estimator : Estimator
    service : SignalsService or None
        None where nothing is asked for.
    timed : tuple of TimedService
        The service as the loop sees it; empty without one.
    guard : Guard
    log : RunLog
    clock : SimulatedClock
    reds : RedWatch
    tracks : Tracks or None
        Where tracks are kept.
    standing : Standing or None
        Where the run is to be replayed.
    keeps_memory : bool
        The service learns from day to day.
    """

    city: City
    rules: tuple[SignalRules, ...]
    player: Player
    estimator: Estimator
    service: SignalsService | None
    timed: tuple[TimedService, ...]
    guard: Guard
    log: RunLog
    clock: SimulatedClock
    reds: RedWatch
    tracks: Tracks | None
    standing: Standing | None
    keeps_memory: bool


def assemble(spec: RunSpec, scenario: Scenario, setting: Setting, work: Path) -> Assembly:
    """Put a run together.

    Parameters
    ----------
    spec : RunSpec
    scenario : Scenario
    setting : Setting
    work : Path
        Folder of the run while it goes on; SUMO's outputs end up in ``work/sumo``.

    Raises
    ------
    Unusable
        When the scenario, the sensing or the memory cannot be used.
    """
    city = city_of(scenario.source, scenario.name)
    require_signals(city)
    rules = rules_of(scenario.source, scenario.name, setting.clearance)
    log = RunLog(city, setting.begin_s)
    reds = RedWatch(city)
    middle_s = (setting.begin_s + setting.end_s) / 2
    tracks = Tracks(middle_s - TRACKED_S / 2, middle_s + TRACKED_S / 2) if spec.keep_tracks else None
    standing = Standing(city, setting.begin_s, REPLAY_STEP_S) if spec.keep_replay else None
    onlookers = [onlooker.see for onlooker in (reds, tracks, standing) if onlooker is not None]
    memory = None if spec.memory_path is None else read_arrays(spec.memory_path)
    service = _service(spec, city, rules, memory)
    sensor = Blind() if service is None else sensor_of(spec.sensing, city, spec.seed, spec.failed_frac)
    return Assembly(
        city=city,
        rules=rules,
        player=player_of(
            spec,
            scenario.source,
            setting,
            city,
            WatchedSensor(sensor, *onlookers),
            work,
        ),
        estimator=WatchedEstimator(estimator_of(spec.sensing, city, memory), log.seen, reds.look),
        service=service,
        timed=() if service is None else (TimedService(service),),
        guard=SignalGuard(city, rules),
        log=log,
        clock=SimulatedClock(setting.begin_s, setting.end_s, TICK_S),
        reds=reds,
        tracks=tracks,
        standing=standing,
        keeps_memory=arm_of(spec.arm).learns,
    )


def _service(
    spec: RunSpec, city: City, rules: tuple[SignalRules, ...], memory: Mapping[str, NDArray[Any]] | None
) -> SignalsService | None:
    policy = arm_of(spec.arm).policy
    if policy is None:
        return None
    return SignalsService(city, rules, _config(policy, spec), memory)


def _config(policy: str, spec: RunSpec) -> SignalsConfig:
    settings: dict[str, Any] = {"policy": policy}
    for name, value in spec.options:
        group, _, key = name.rpartition(".")
        if group:
            settings.setdefault(group, {})[key] = value
        else:
            settings[key] = value
    try:
        return SignalsConfig.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Unusable(
            f"setting {name}: {first['msg']}", f"arm {spec.arm}", "use the settings of its service"
        ) from error

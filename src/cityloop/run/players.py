"""The engines that can play a city in a run, and what each leaves to be measured."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput
from cityloop.control.ports import Engine
from cityloop.measures.queues import read_queues
from cityloop.measures.records import Records
from cityloop.measures.roads import read_roads
from cityloop.measures.trips import read_trips
from cityloop.run.readings import router_of, traffic_of, twin_network_of
from cityloop.run.setting import Setting
from cityloop.run.spec import RunSpec
from cityloop.run.sumo_actuated import actuated_programs
from cityloop.sensing import Sensor

ROAD_PERIOD_S = 300.0
"""Length of the periods of ``roads.npz``."""


@dataclass(frozen=True)
class Player:
    """An engine, not entered yet, and how to read what it has left when it is closed.

    Parameters
    ----------
    engine : context manager of Engine
    records : callable
        Returns the records of the run.
    """

    engine: AbstractContextManager[Engine]
    records: Callable[[], Records]


def player_of(spec: RunSpec, source: SumoInput, setting: Setting, city: City, sensor: Sensor, work: Path) -> Player:
    """Return the engine of a run.

    Parameters
    ----------
    spec : RunSpec
    source : SumoInput
        Of the scenario.
    setting : Setting
    city : City
        Read from the source.
    sensor : Sensor
    work : Path
        Folder of the run while it goes on; SUMO's outputs end up in ``work/sumo``.
    """
    play = _twin if spec.engine == "twin" else _sumo
    return play(spec, source, setting, city, sensor, work)


def _sumo(spec: RunSpec, source: SumoInput, setting: Setting, city: City, sensor: Sensor, work: Path) -> Player:
    from cityloop.engines.sumo import SumoEngine, SumoOutputs

    if spec.arm == "sumo-actuated":
        path = work / "sumo-actuated.add.xml"
        path.write_text(actuated_programs(city), "utf-8")
        source = replace(source, additional_paths=(*source.additional_paths, path))
    folder = work / "sumo"
    outputs = SumoOutputs(
        folder=folder,
        has_emissions=spec.has_emissions,
        road_period_s=ROAD_PERIOD_S,
        has_signal_states=spec.keep_raw,
    )
    begin_s, end_s = setting.begin_s, setting.end_s
    class_of = dict(zip(city.demand["demand_id"].tolist(), city.demand["class"].tolist(), strict=True))
    return Player(
        SumoEngine(city, source, sensor, begin_s, end_s, spec.seed, outputs, is_teleporting=setting.is_teleporting),
        lambda: Records(
            trips=read_trips(folder / "tripinfo.xml", begin_s, end_s, class_of),
            queues=read_queues(folder / "summary.xml"),
            roads=read_roads(folder / "edges.xml", city),
        ),
    )


def _twin(spec: RunSpec, source: SumoInput, setting: Setting, city: City, sensor: Sensor, work: Path) -> Player:
    from cityloop.engines.twin import TwinEngine
    from cityloop.engines.twin.records import records_of

    traffic = traffic_of(source, city.name, spec.seed)
    network = twin_network_of(source, city.name)
    router = router_of(source, city.name)
    engine = TwinEngine(city, traffic, sensor, setting.begin_s, setting.end_s, spec.seed, network, router=router)
    return Player(
        engine,
        lambda: records_of(engine.network, city, traffic, engine.run, setting.begin_s, setting.end_s, ROAD_PERIOD_S),
    )

"""A gate of `cityloop whatif` in SUMO: what the judge says of it.

Plays a scenario under its plans in force, without and with the gate, for the same seeds, twice: as its trips are, whose
ways SUMO chooses by the travel times of the moment, and with every vehicle on the way over free streets that the twin
gives it.

    gate.py ingolstadt21 -315358257#2=0.5 --seeds 1-4
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import option_lists
from twin_parts.sumo_files import logics_of, write_routes

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.engines.sumo import SumoEngine, SumoOutputs
from cityloop.measures.trips import read_trips
from cityloop.run.gates import with_gates
from cityloop.run.readings import city_of, rules_of, traffic_of
from cityloop.run.setting import Setting, setting_of
from cityloop.run.spec import RunSpec
from cityloop.scenarios import load_scenario
from cityloop.sensing import sensor_of


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, and print a line a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario")
    parser.add_argument("--seeds", type=option_lists.seeds, default="1-4", help="1,2 or 1-10")
    # names of roads may begin with a minus
    known, (gate,) = parser.parse_known_args(arguments)
    road, _, share = gate.rpartition("=")
    scenario = load_scenario(known.scenario)
    setting = setting_of(RunSpec(known.scenario, "field", 1, Path()), scenario)
    city = city_of(scenario.source, scenario.name)
    gated, heads = with_gates(city, {road: float(share)}, rules_of(scenario.source, scenario.name, setting.clearance))
    signals = sorted({head.signal for head in heads})
    print("ways chosen by   seed   journey s/veh, plans in force and gated   not arrived")
    for chooser in ("SUMO", "twin"):
        for seed in known.seeds:
            traffic = traffic_of(scenario.source, scenario.name, seed) if chooser == "twin" else None
            open_trips, gated_trips = (
                _trips(scenario.source, setting, plans, signals, traffic, seed) for plans in (city, gated)
            )
            journeys_s = [float((t["travel_time_s"] + t["depart_delay_s"]).mean()) for t in (open_trips, gated_trips)]
            left = [int((~t["is_finished"]).sum()) for t in (open_trips, gated_trips)]
            print(
                f"{chooser:14} {seed:6} {journeys_s[0]:16.1f} {journeys_s[1]:8.1f} {left[0]:29} {left[1]:5}", flush=True
            )


def _trips(
    source: SumoInput, setting: Setting, city: City, signals: Sequence[str], traffic: Traffic | None, seed: int
) -> Table:
    """Return the trips of a run in SUMO with the plans that a city has for some signals."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plans = logics_of(city, "gate", signals)  # what SUMO loads last is in force
        (folder / "plans.add.xml").write_text("\n".join(["<additional>", *plans, "</additional>", ""]), "utf-8")
        source = replace(source, additional_paths=(*source.additional_paths, folder / "plans.add.xml"))
        if traffic is not None:
            routes_path = write_routes(city, traffic, folder / "ways.rou.xml")
            source = replace(source, route_paths=(routes_path,))
        sensor, outputs = sensor_of("ideal", city, seed), SumoOutputs(folder / "out")
        span_s = (setting.begin_s, setting.end_s)
        with SumoEngine(city, source, sensor, *span_s, seed, outputs, is_teleporting=setting.is_teleporting) as engine:
            engine.advance(setting.end_s)
        return read_trips(folder / "out" / "tripinfo.xml", *span_s, {})


if __name__ == "__main__":
    main()

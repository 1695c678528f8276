"""The program in force as SUMO's own actuated control."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np

from cityloop.city.sumo import read_city
from cityloop.city.table import Table
from cityloop.run.sumo_actuated import actuated_programs
from cityloop.scenarios import load_scenario


def test_greens_get_bounds_and_the_rest_keeps_its_length(crossing):
    city = read_city(load_scenario(crossing).source, "crossing")
    (program,) = ET.fromstring(actuated_programs(city))
    assert program.get("type") == "actuated"
    assert program.get("id") == "c"
    assert [phase.get("state") for phase in program] == city.states_of(0)
    for phase, duration_s in zip(program, city.stages["duration_s"], strict=True):
        bounds = (float(phase.get("minDur")), float(phase.get("maxDur")))
        assert bounds == ((duration_s, duration_s) if "y" in phase.get("state") else (5.0, 50.0))


def test_what_is_not_static_or_shows_one_stage_stays_as_it_is(crossing):
    city = read_city(load_scenario(crossing).source, "crossing")
    plans = dict(city.plans)
    actuated = replace(city, plans=Table("plans", {**plans, "kind": ["actuated"]}))
    single = replace(city, plans=Table("plans", {**plans, "stages_end": np.array(plans["stages_start"]) + 1}))
    for other in (actuated, single):
        assert len(ET.fromstring(actuated_programs(other))) == 0

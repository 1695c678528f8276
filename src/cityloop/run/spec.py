"""What to run, and what came of it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cityloop.city.errors import Unusable
from cityloop.run.arms import arm_of

RESCO_WINDOW_S = 3600.0
"""Length of the window of the protocol ``resco``."""
FIRST_DAY_SEED = 1_000_001
"""Seed of the first of the days on which an arm learns beforehand; such seeds are never reported."""


@dataclass(frozen=True)
class RunSpec:
    """One run: a scenario, an arm and a seed.

    Parameters
    ----------
    scenario : str
        Name in the catalogue, ``.sumocfg`` or scenario TOML.
    arm : str
        One of ``cityloop.run.arms``.
    seed : int
        Of the simulation's random numbers, 0 or above.
    out_dir : Path
        Where ``runs/<scenario>/<arm>/<seed>/`` is written.
    engine : str
        ``"sumo"`` or ``"twin"``. The twin has no emissions.
    sensing : str
        A word of ``cityloop.sensing``: ``"ideal"``, ``"loops"``, ``"camera"``, ``"connected:SHARE"``, with options.
    failed_frac : float
        How likely each sensor is not to work.
    protocol : str, optional
        ``"resco"``: 3,600 s from the scenario's begin, no teleporting. ``"scenario"``: the scenario's own window and
        options. None: as the scenario says.
    clearance : str, optional
        ``"street"`` or ``"program"``; None: ``program`` under ``resco``, else ``street``.
    window_s : (float, float), optional
        Begin and end in place of the protocol's.
    data_dir : Path, optional
        Folder with data that is in no package.
    memory_path : Path, optional
        What the service kept of an earlier day (``memory.npz`` of another run).
    has_emissions : bool
        Compute CO2 and fuel.
    keep_raw : bool
        Also keep SUMO's own outputs under ``raw/<scenario>/<arm>/<seed>/``.
    keep_tracks : bool
        Also keep the tracks of all vehicles for ten minutes in the middle of the window.
    keep_replay : bool
        Also keep how many vehicles stand and drive on every lane, for ``cityloop.lab.replay``.
    options : tuple of (str, value)
        Settings of the arm's service other than its own, by dotted name: ``("planner.beam_width", 48)``.

    Raises
    ------
    Unusable
        For an unknown arm, engine, protocol or clearance, a negative seed, or what only SUMO can do asked of the
        twin.
    """

    scenario: str
    arm: str
    seed: int
    out_dir: Path
    engine: str = "sumo"
    sensing: str = "ideal"
    failed_frac: float = 0.0
    protocol: str | None = None
    clearance: str | None = None
    window_s: tuple[float, float] | None = None
    data_dir: Path | None = None
    memory_path: Path | None = None
    has_emissions: bool = True
    keep_raw: bool = False
    keep_tracks: bool = False
    keep_replay: bool = False
    options: tuple[tuple[str, float | str], ...] = ()

    def __post_init__(self) -> None:
        arm_of(self.arm)
        if self.seed < 0:
            raise Unusable(f"the seed {self.seed} is negative", "--seed", "use 0 or above")
        for value, option, known in (
            (self.engine, "--engine", ("sumo", "twin")),
            (self.protocol, "--protocol", ("resco", "scenario", None)),
            (self.clearance, "--clearance", ("street", "program", None)),
        ):
            if value not in known:
                names = " or ".join(name for name in known if name)
                raise Unusable(f"unknown value {value!r}", option, f"use {names}")
        if self.engine == "twin" and self.arm == "sumo-actuated":
            raise Unusable("the arm is SUMO's own control", "--arm sumo-actuated", "use --engine sumo or another arm")
        if self.engine == "twin" and self.keep_raw:
            raise Unusable("the twin has no outputs of SUMO", "--keep-raw", "use --engine sumo or leave it out")


@dataclass(frozen=True, slots=True)
class RunResult:
    """The figures of a run; nan where a figure cannot be told.

    Parameters
    ----------
    scenario, arm, seed
        What was run.
    delay_s, delay_p95_s, travel_time_s, waiting_s, stops, throughput_veh, n_vehicles, n_unfinished, n_undeparted
        See ``cityloop.measures.trips``.
    n_discarded : int
        Vehicles that the simulator gave up inserting, in no other figure.
    queue_mean_veh, outside_mean_veh : float
        Mean number of vehicles standing in the network, and waiting to enter it.
    teleports : int
    distance_km, co2_g, fuel_g, person_delay_s : float
    max_red_s, max_red_wait_s : float
        Longest red of a link that some plan gives green, and longest time that somebody waited at red there.
    n_faults, n_refusals : int
        Ticks in which a service lost its orders; orders that the guard refused or put off.
    decide_ms_mean, decide_ms_p99 : float
        Time a service took for a decision; the first one, which may compile, is left out.
    setup_s, wall_s : float
        Wall time to read the city and set the rules, and of the simulation with its loading.
    """

    scenario: str
    arm: str
    seed: int
    delay_s: float
    delay_p95_s: float
    travel_time_s: float
    waiting_s: float
    stops: float
    throughput_veh: int
    n_vehicles: int
    n_unfinished: int
    n_undeparted: int
    n_discarded: int
    queue_mean_veh: float
    outside_mean_veh: float
    teleports: int
    distance_km: float
    co2_g: float
    fuel_g: float
    person_delay_s: float
    max_red_s: float
    max_red_wait_s: float
    n_faults: int
    n_refusals: int
    decide_ms_mean: float
    decide_ms_p99: float
    setup_s: float
    wall_s: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures for JSON, ``None`` for nan."""
        return {name: plain(value) for name, value in asdict(self).items()}


def result_of_json(figures: dict[str, Any]) -> RunResult:
    """Return the result that ``as_json`` made."""
    known: dict[str, Any] = {name: math.nan if value is None else value for name, value in figures.items()}
    return RunResult(**known)


def plain(value: Any) -> Any:
    """Return a number as JSON knows it: ``None`` in place of nan and infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value

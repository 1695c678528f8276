"""Clearance times: how long yellow, all-red, green and red have to be, and where the figures come from.

Sources
-------
ITE
    Institute of Transportation Engineers, *Guidelines for Determining Traffic Signal Change and Clearance
    Intervals* (2020): yellow = reaction + speed / (2 deceleration + 2 gravity grade).
RiLSA
    FGSV, *Richtlinien für Lichtsignalanlagen* (2015), intergreen times per pair of conflicting streams:
    clearing way and vehicle length over the clearing speed, minus the entering way over the entering speed.
MUTCD
    FHWA, *Manual on Uniform Traffic Control Devices*, yellow change and red clearance intervals: a red
    clearance beyond 6 s only at exceptionally wide junctions.
Korea
    National Police Agency, *Traffic signal installation and operation manual*: 3 s of yellow on streets of up
    to 60 km/h, 7 s of walk, pedestrian clearance at 1.0 m/s.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from cityloop.city.errors import Unusable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GRAVITY_MPS2 = 9.81
_ROUNDING_S = 1e-9


@dataclass(frozen=True)
class Clearance:
    """Times that every signal has to keep; `street` and `program` are the usual two.

    Parameters
    ----------
    takes_program_yellow : bool
        Whether a link's yellow is the one that the program in force shows for it (``yellow_s`` where it
        shows none) instead of one by approach speed.
    yellow_s : float
        Yellow up to ``yellow_until_mps``; Korean practice.
    yellow_until_mps : float
        Approach speed above which the yellow follows ITE's formula, never below ``yellow_s``.
    program_yellow_cap_s : float
        Longest yellow taken from a program.
    reaction_s, deceleration_mps2, grade_frac : float
        Perception and reaction time, comfortable braking (10 ft/s²) and grade, uphill positive, of ITE's formula.
    all_red_floor_s, all_red_cap_s : float
        Least and most all-red after vehicles; a cap of 0 adds no all-red at all. The cap is MUTCD's.
    vehicle_length_m, clearing_mps, turning_mps, entering_mps : float
        Length and speeds of RiLSA's intergreen: clearing straight on, clearing in a turn, entering with
        a running start (40 km/h).
    turning_head_start_s : float
        By how much sooner than 3 s after the end of green the last turning vehicle crosses the stop line (RiLSA: 2 s).
    min_green_s : float
        Shortest green of a vehicle link.
    walk_s : float
        Shortest green of a crossing.
    walking_mps : float
        Walking speed that the pedestrian clearance is computed for.
    max_red_s : float
        Longest red of a link that somebody waits at.

    Raises
    ------
    Unusable
        Where a figure is not finite, is negative, or a speed or the braking is zero.
    """

    takes_program_yellow: bool = False
    yellow_s: float = 3.0
    yellow_until_mps: float = 60 / 3.6
    program_yellow_cap_s: float = np.inf
    reaction_s: float = 1.0
    deceleration_mps2: float = 3.05
    grade_frac: float = 0.0
    all_red_floor_s: float = 2.0
    all_red_cap_s: float = 6.0
    vehicle_length_m: float = 6.0
    clearing_mps: float = 10.0
    turning_mps: float = 7.0
    turning_head_start_s: float = 1.0
    entering_mps: float = 40 / 3.6
    min_green_s: float = 7.0
    walk_s: float = 7.0
    walking_mps: float = 1.0
    max_red_s: float = 120.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            is_divisor = entry.name.endswith("_mps") or entry.name in ("deceleration_mps2", "max_red_s")
            if not np.isfinite(value) and entry.name != "program_yellow_cap_s":
                raise Unusable("the value is not a finite number", f"clearance {entry.name}", "give a number")
            if entry.name != "grade_frac" and (value < 0 or (is_divisor and value == 0)):
                raise Unusable(f"{value} is too small", f"clearance {entry.name}", "give a larger value")
        if self.deceleration_mps2 + GRAVITY_MPS2 * self.grade_frac <= 0:
            raise Unusable("no vehicle could brake on it", "clearance grade_frac", "give a smaller downhill grade")

    @classmethod
    def street(cls) -> Clearance:
        """Return what a real street needs: yellow by speed, all-red by geometry, 7 s of green."""
        return cls()

    @classmethod
    def program(cls) -> Clearance:
        """Return the clearance of published benchmarks: the program's yellow, no added all-red, 5 s of green.

        RESCO gives every scenario 3 s of yellow, also where the program in force has more (cologne1 has 5 s).
        """
        return replace(
            cls(),
            takes_program_yellow=True,
            program_yellow_cap_s=3.0,
            all_red_floor_s=0.0,
            all_red_cap_s=0.0,
            min_green_s=5.0,
        )


def clearance_of(name: str) -> Clearance:
    """Return the clearance called ``street`` or ``program``.

    Raises
    ------
    Unusable
        For any other name.
    """
    if name == "street":
        return Clearance.street()
    if name == "program":
        return Clearance.program()
    raise Unusable(f"unknown clearance {name!r}", "--clearance", "choose street or program")


def yellow_by_speed_s(speed_mps: Floats, clearance: Clearance) -> Floats:
    """Return the yellow of links by their approach speed, in whole seconds, rounded up, above the 60 km/h limit.

    Parameters
    ----------
    speed_mps : float64, any shape
        Speed limit of the approach.
    clearance : Clearance

    Returns
    -------
    float64, same shape
    """
    braking_mps2 = clearance.deceleration_mps2 + GRAVITY_MPS2 * clearance.grade_frac
    formula_s = np.ceil(clearance.reaction_s + speed_mps / (2.0 * braking_mps2) - _ROUNDING_S)
    is_fast = speed_mps > clearance.yellow_until_mps + _ROUNDING_S
    return np.where(is_fast, np.maximum(formula_s, clearance.yellow_s), clearance.yellow_s)


def all_red_s(
    clearing_m: Floats,
    entering_m: Floats,
    is_turn: Bools,
    limit_mps: Floats,
    is_entering_crossing: Bools,
    clearance: Clearance,
) -> Floats:
    """Return the all-red after vehicles, in whole seconds, per conflicting pair of movements.

    Parameters
    ----------
    clearing_m, entering_m : float64[k]
        Way from the stop line to the conflict, of the ending and of the entering movement.
    is_turn : bool[k]
        The ending movement turns.
    limit_mps : float64[k]
        Highest speed on the ending movement's way; it clears no faster than that.
    is_entering_crossing : bool[k]
        The entering movement is a pedestrian crossing: pedestrians enter at once.
    clearance : Clearance

    Returns
    -------
    float64[k]
        RiLSA's clearing time minus entering time, floored, rounded up and capped.
    """
    usual_mps = np.where(is_turn, clearance.turning_mps, clearance.clearing_mps)
    speed_mps = np.where(limit_mps > 0, np.minimum(usual_mps, limit_mps), usual_mps)
    # A turning vehicle crosses the stop line earlier in the yellow than one that goes straight on.
    head_start_s = np.where(is_turn, clearance.turning_head_start_s, 0.0)
    clearing_s = (clearing_m + clearance.vehicle_length_m) / speed_mps - head_start_s
    entering_s = np.where(is_entering_crossing, 0.0, entering_m / clearance.entering_mps)
    needed_s = np.ceil(np.maximum(clearing_s - entering_s, clearance.all_red_floor_s) - _ROUNDING_S)
    return np.asarray(np.minimum(needed_s, clearance.all_red_cap_s))


def walking_clearance_s(length_m: Floats, clearance: Clearance) -> Floats:
    """Return the time a pedestrian who has just stepped onto a crossing needs to leave it, in whole seconds."""
    return np.asarray(np.ceil(length_m / clearance.walking_mps - _ROUNDING_S))

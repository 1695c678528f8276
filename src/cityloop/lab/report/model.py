"""What a report shows, as plain data: the figures and the page are functions of these and of nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.lab.report.words import Words
from cityloop.measures.intervals import Interval

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

UNKNOWN = Interval(math.nan, math.nan, math.nan, 0)
"""A measure that the runs do not have."""


@dataclass(frozen=True)
class Network:
    """The roads and signals of a map, in metres.

    Parameters
    ----------
    road_ids, road_names : tuple of str
    lines : tuple of float64 arrays, shape (n, 2)
        Centre line of each road, from its begin to its end.
    ways : tuple of float64 arrays, shape (n, 2)
        Ways through the junctions, to join the roads.
    signal_ids : tuple of str
    signal_xy_m : float64, shape (n_signals, 2)
    """

    road_ids: tuple[str, ...]
    road_names: tuple[str, ...]
    lines: tuple[Floats, ...]
    ways: tuple[Floats, ...]
    signal_ids: tuple[str, ...]
    signal_xy_m: Floats


@dataclass(frozen=True)
class RoadDelays:
    """Delay on each road of a network, mean over the seeds.

    Parameters
    ----------
    before_s, after_s : float64, one a road
        Seconds per vehicle that used the road; nan where none did.
    n_veh : float64, one a road
        Vehicles that used it per run, the larger of the two arms.
    """

    before_s: Floats
    after_s: Floats
    n_veh: Floats


@dataclass(frozen=True)
class Queues:
    """Vehicles standing in the whole network over time, one row a seed."""

    arm: str
    t_s: Floats
    n_veh: Floats


@dataclass(frozen=True)
class TimingRow:
    """One movement, or several that always show the same, in a signal timing diagram.

    Parameters
    ----------
    label : Words
    from_s : float64
        When each state begins, increasing; the last lasts until the end of the window.
    codes : uint8
        Codes of ``city.link_state``.
    """

    label: Words
    from_s: Floats
    codes: Codes


@dataclass(frozen=True)
class Timing:
    """What one signal showed under one arm in a window of time."""

    arm: str
    begin_s: float
    end_s: float
    rows: tuple[TimingRow, ...]


@dataclass(frozen=True)
class StopLine:
    """A stop line on a route and the times at which its movement was shown red.

    Parameters
    ----------
    name : str
    position_m : float
        From the begin of the route.
    reds_s : float64, shape (n, 2)
        Begin and end of each red.
    """

    name: str
    position_m: float
    reds_s: Floats


@dataclass(frozen=True)
class SpaceTime:
    """Vehicles along one route under one arm.

    Parameters
    ----------
    arm : str
    begin_s, end_s : float
    length_m : float
    stop_lines : tuple of StopLine
    trajectories : tuple of float64 arrays, shape (n, 2)
        Time and position from the begin of the route.
    """

    arm: str
    begin_s: float
    end_s: float
    length_m: float
    stop_lines: tuple[StopLine, ...]
    trajectories: tuple[Floats, ...]


@dataclass(frozen=True)
class TripDelays:
    """Delay of every trip of an arm, in the order of the trips of the baseline, all seeds in a row.

    Parameters
    ----------
    arm : str
    delay_s : float64
        nan where the trip did not take place in this arm.
    """

    arm: str
    delay_s: Floats


@dataclass(frozen=True)
class Paired:
    """An arm against the plan in force in one measure, seeds in pairs.

    Parameters
    ----------
    verdict : str
        ``better``, ``worse``, ``no difference shown`` or ``cannot tell``.
    difference : Interval
        In the unit of the measure.
    change_frac : Interval
        Difference as a share of the plan in force; -0.2 is a fifth less.
    """

    verdict: str
    difference: Interval
    change_frac: Interval


@dataclass(frozen=True)
class ArmResult:
    """One arm of a scenario.

    Parameters
    ----------
    arm : str
    seed_delays_s : tuple of float
        Delay of each run, in the order of the seeds.
    figures : mapping of str to Interval
        Mean over the seeds by measure.
    paired : mapping of str to Paired
        Against the plan in force by measure; empty for the plan in force itself.
    """

    arm: str
    seed_delays_s: tuple[float, ...]
    figures: Mapping[str, Interval]
    paired: Mapping[str, Paired]

    def figure(self, measure: str) -> Interval:
        """Return a measure; an unknown value where the runs do not have it."""
        return self.figures.get(measure, UNKNOWN)


@dataclass(frozen=True)
class JunctionSide:
    """One signalised junction under one arm, mean over the seeds; nan where it cannot be told.

    Parameters
    ----------
    delay_s : float
        Seconds per vehicle.
    red_wait_s : float
        Longest time that somebody waited at red without a break, over all seeds.
    green_use_frac : float
        Share of the green time in which vehicles passed.
    switches_per_h : float
        Changes of stage.
    """

    delay_s: float
    red_wait_s: float
    green_use_frac: float
    switches_per_h: float


@dataclass(frozen=True)
class Junction:
    """One signalised junction before and after."""

    signal_id: str
    n_veh: float
    before: JunctionSide
    after: JunctionSide


@dataclass(frozen=True)
class Note:
    """Something about the source that its owner should know."""

    kind: str
    where: str
    text: Words


@dataclass(frozen=True)
class ScenarioReport:
    """All that the report says of one scenario; an empty part is one that the runs do not tell.

    Parameters
    ----------
    scenario : str
    place : Words
    base_arm, ours_arm : str
        The plan in force and the arm in question.
    seeds : tuple of int
    begin_s, end_s : float
    arms : tuple of ArmResult
    network, roads : optional
    queues, junctions, timings, space_times, trips : tuples, may be empty
    timing_signal_id : str
    notes : tuple of Note
    settings : tuple of (str, str)
        Protocol, clearance and so on; known names and values are translated.
    licence : str
    real, synthetic : Words
    """

    scenario: str
    place: Words
    base_arm: str
    ours_arm: str
    seeds: tuple[int, ...]
    begin_s: float
    end_s: float
    arms: tuple[ArmResult, ...]
    network: Network | None
    roads: RoadDelays | None
    queues: tuple[Queues, ...]
    junctions: tuple[Junction, ...]
    timing_signal_id: str
    timings: tuple[Timing, ...]
    space_times: tuple[SpaceTime, ...]
    trips: tuple[TripDelays, ...]
    notes: tuple[Note, ...]
    settings: tuple[tuple[str, str], ...]
    licence: str
    real: Words
    synthetic: Words

    def arm(self, name: str) -> ArmResult:
        """Return an arm by name."""
        return next(arm for arm in self.arms if arm.arm == name)


@dataclass(frozen=True)
class Method:
    """How the trial was run, for the last part of the report.

    Parameters
    ----------
    protocol : tuple of (str, str)
        Names and values in the order to print; known names are translated.
    versions : tuple of (str, str)
    command : str
        What to type to run the trial again; empty where it is not known.
    cityloop_version : str
    """

    protocol: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    command: str
    cityloop_version: str

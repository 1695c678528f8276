"""The numbers of the twin: one set for every city, measured once in SUMO micro."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TwinParameters:
    """What a driver does, in numbers.

    Headways are a time plus the way that the leader needs for its own length, at a share of the speed of the movement.

    Parameters
    ----------
    reaction_s, speed_frac : float
        Of headways out of a queue.
    moving_reaction_s, moving_speed_frac : float
        Of headways behind a leader that one has not caught up with.
    start_loss_s : float
        From the begin of green to the first vehicle at the stop line.
    start_mps : tuple of float
        Speed at the stop line by place in the queue.
    start_headway_s, start_pace_s_m : tuple of float
        Smallest headway by place in the queue, and its part by length of the leader.
    yellow_decel_mps2, yellow_reaction_s : float
        Whoever needs more braking to stop goes on into the yellow; what is left of it after a reaction is still used.
    accel_mps2, decel_mps2 : float
        On the way out of a turn or a queue, and into a turn.
    dawdle_mps : float
        How far below the speed that they want drivers stay on an empty road.
    wave_s, start_wave_s : float
        Time in which room travels upstream by one vehicle of a standing queue, and until who enters has started.
    restart_s : float
        A queue that has not moved for so long starts anew.
    fastest_wave_mps : float
        Bound on the speed of that wave, however long the vehicles.
    gap_s, gap_s_m, clear_s : float
        Who yields goes if the foe will be at its stop line no sooner than this, with its part by the length of the own
        way through the junction, and so long after it has passed.
    bay_gap_s : float
        By how much that is longer for a turn that waits inside the junction.
    merge_gap_s, merge_gap_s2_m : float
        The same gap where both end on the same road, and its part by the speed of the foe: one must be as fast before
        the foe is there.
    patience_s : float
        After so long who yields takes gaps half as long.
    yield_mps : float
        Highest speed at the stop line of who yields: slow enough to stop when foes come into sight.
    stop_s, stop_headway_s : float
        Stay at a stop line with a stop sign, and headway there.
    insert_s, insert_loss_s : float
        Headway at which vehicles enter the network on a lane, and what they lose until they have its speed.
    entry_s : float
        Headway of vehicles that enter a lane from different lanes.
    bay_m : float
        Whoever waits for a gap so far inside the junction lets others of its lane pass.
    change_m2 : float
        Choosing a lane: queue that one would rather join than move over by a lane, times the length of the road.
    look_m, changing_frac : float
        Choosing a lane: a change that must follow before so much of the way counts as a queue, by that share of what
        is missing.
    stood_s : float
        Whoever leaves so much later than it could have, had to stop.
    """

    reaction_s: float = 1.3
    speed_frac: float = 0.87
    moving_reaction_s: float = 1.3
    moving_speed_frac: float = 1.0
    start_loss_s: float = 0.48
    start_mps: tuple[float, ...] = (2.6, 5.5, 7.3, 8.6, 9.6, 10.3, 10.9, 11.3)
    start_headway_s: tuple[float, ...] = (0.0, 1.80, 1.73, 1.66, 1.61, 1.57, 1.49, 0.0)
    start_pace_s_m: tuple[float, ...] = (0.0, 0.194, 0.094, 0.071, 0.059, 0.053, 0.059, 0.0)
    yellow_decel_mps2: float = 4.5
    yellow_reaction_s: float = 0.6
    accel_mps2: float = 1.68
    decel_mps2: float = 3.9
    dawdle_mps: float = 0.66
    wave_s: float = 1.21
    start_wave_s: float = 1.1
    restart_s: float = 4.0
    fastest_wave_mps: float = 11.0
    gap_s: float = 2.3
    gap_s_m: float = 0.1
    bay_gap_s: float = 0.6
    clear_s: float = 1.4
    merge_gap_s: float = 3.7
    merge_gap_s2_m: float = 0.29
    patience_s: float = 180.0
    yield_mps: float = 6.6
    stop_s: float = 1.5
    stop_headway_s: float = 6.3
    insert_s: float = 2.0
    insert_loss_s: float = 1.0
    entry_s: float = 1.3
    bay_m: float = 7.0
    change_m2: float = 200.0
    look_m: float = 200.0
    changing_frac: float = 0.2
    stood_s: float = 1.5

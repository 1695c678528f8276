"""Plans of the usual junctions: which turns are green together, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cityloop.city.metropolis.junction import Junction
from cityloop.city.metropolis.timing import Stage, Timing

Plan = Callable[[Junction], Sequence[Stage]]
_NORTH_SOUTH, _EAST_WEST = (0, 2), (1, 3)


def four_stages(timing: Timing) -> Plan:
    """Return the plan of a crossroads with protected left turns: straight on and right, then left, road by road."""

    def stages(junction: Junction) -> list[Stage]:
        straight, left = 1.0 - timing.left_frac, timing.left_frac
        greens_s = timing.split_s((straight, left, straight, left))
        streams = [(arms, turns) for arms in (_NORTH_SOUTH, _EAST_WEST) for turns in ("sr", "l")]
        return [
            Stage(green_s, junction.links_of(arms, turns))
            for green_s, (arms, turns) in zip(greens_s, streams, strict=True)
        ]

    return stages


def three_stages(timing: Timing) -> Plan:
    """Return the plan of a T junction without a southern arm.

    The through road; its left turn with what goes the same way and the right turn out of the stem; the stem.
    """

    def stages(junction: Junction) -> list[Stage]:
        through = junction.links_of(_EAST_WEST, "sr")
        left = junction.links_of((3,), "sl") | junction.links_of((0,), "r")
        greens = (through, left, junction.links_of((0,), "lr"))
        greens_s = timing.split_s((1.0 - timing.left_frac, timing.left_frac, 0.5))
        return [Stage(green_s, links) for green_s, links in zip(greens_s, greens, strict=True)]

    return stages


def korean_four_stages(timing: Timing) -> Plan:
    """Return the plan of a crossroads of Korean arterials: straight on, then left, road by road.

    Straight on before left is the order that the National Police Agency made the rule in 2010. U-turns go with the
    left turns. Right turns are free on red after a stop (Road Traffic Act, in this form since January 2023) and so
    show a yielding green throughout. Walkers cross beside the traffic that goes straight on, while its right turns
    yield.
    """

    def stages(junction: Junction) -> list[Stage]:
        right = junction.links_of(range(4), "r")
        straight, left = 1.0 - timing.left_frac, timing.left_frac
        greens_s = timing.split_s((straight, left, straight, left))
        planned: list[Stage] = []
        for road, (arms, crossed) in enumerate(((_NORTH_SOUTH, _EAST_WEST), (_EAST_WEST, _NORTH_SOUTH))):
            walks = junction.links_of(crossed, "w")
            clearance_s = junction.walking_clearance_s(crossed)
            planned.append(Stage(greens_s[2 * road], junction.links_of(arms, "s"), right, walks, clearance_s))
            planned.append(Stage(greens_s[2 * road + 1], junction.links_of(arms, "lt"), right))
        return planned

    return stages


def korean_two_stages(timing: Timing) -> Plan:
    """Return the plan where a side street crosses an arterial: the arterial (arms 1 and 3), then the street.

    The street has the green that walkers need over the arterial, and 5 s more to start in; its left turns yield. The
    rest of the cycle is the arterial's.
    """

    def stages(junction: Junction) -> list[Stage]:
        right = junction.links_of(range(4), "r")
        over_arterial_s = junction.walking_clearance_s(_EAST_WEST)
        street_s = over_arterial_s + 12.0
        arterial = Stage(
            timing.green_s(2) - street_s,
            junction.links_of(_EAST_WEST, "s"),
            right,
            junction.links_of(_NORTH_SOUTH, "w"),
            junction.walking_clearance_s(_NORTH_SOUTH),
        )
        street = Stage(
            street_s,
            junction.links_of(_NORTH_SOUTH, "s"),
            right | junction.links_of(_NORTH_SOUTH, "l"),
            junction.links_of(_EAST_WEST, "w"),
            over_arterial_s,
        )
        return [arterial, street]

    return stages

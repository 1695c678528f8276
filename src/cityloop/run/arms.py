"""The arms of a trial: ways of operating the same city."""

from __future__ import annotations

from dataclasses import dataclass

from cityloop.city.errors import Unusable


@dataclass(frozen=True)
class Arm:
    """A way of operating the signals of a city.

    Parameters
    ----------
    name : str
    text : str
        One sentence for people.
    policy : str or None
        Policy of the signals service; None: no service asks for anything.
    learns : bool
        It keeps something from one day to the next.
    """

    name: str
    text: str
    policy: str | None = None
    learns: bool = False


ARMS = (
    Arm("field", "the plans in force today, nothing asked for"),
    Arm("webster", "fixed plans, timed again from measured volumes", "webster"),
    Arm("actuated", "gap-out with minimum and maximum green", "actuated"),
    Arm("max-pressure", "the stage with the most pressure, after its lost time", "max-pressure"),
    Arm("smart", "the real-time planner", "smart", learns=True),
    Arm("sumo-actuated", "the program in force, run by SUMO's own actuated control"),
)


def arm_of(name: str) -> Arm:
    """Return the arm of a name.

    Raises
    ------
    Unusable
        If there is none.
    """
    for arm in ARMS:
        if arm.name == name:
            return arm
    raise Unusable(f"unknown arm {name!r}", "--arm", f"use {', '.join(arm.name for arm in ARMS)}")

"""The measures that a report prints: unit and digits."""

from __future__ import annotations

from dataclasses import dataclass

from cityloop.lab.report.words import Words, say


@dataclass(frozen=True)
class Measure:
    """How one measure of ``results.json`` is printed.

    Parameters
    ----------
    key : str
        Its name there and in the table of texts.
    unit : str
        Key of the unit in the table of texts.
    digits : int
        After the decimal point.
    scale : float
        From the stored unit to the printed one.
    is_trouble : bool
        Printed only where some arm has any of it.
    """

    key: str
    unit: str
    digits: int
    scale: float = 1.0
    is_trouble: bool = False

    @property
    def name(self) -> Words:
        """How people call it."""
        return say(f"measure.{self.key}")

    @property
    def unit_name(self) -> Words:
        """Unit as printed."""
        return say(f"unit.{self.unit}")


DELAY = Measure("delay_s", "s_veh", 1)
DELAY_WORST = Measure("delay_worst_s", "s_veh", 1)
DELAY_P95 = Measure("delay_p95_s", "s", 0)
PERSON_DELAY = Measure("person_delay_s", "s_person", 1)
TRAVEL_TIME = Measure("travel_time_s", "s_veh", 1)
WAITING = Measure("waiting_s", "s_veh", 1)
STOPS = Measure("stops", "per_veh", 2)
QUEUE = Measure("queue_mean_veh", "veh", 1)
OUTSIDE = Measure("outside_mean_veh", "veh", 1)
THROUGHPUT = Measure("throughput_veh", "veh", 0)
UNFINISHED = Measure("n_unfinished", "veh", 0)
UNDEPARTED = Measure("n_undeparted", "veh", 0)
MAX_RED_WAIT = Measure("max_red_wait_s", "s", 0)
DISCARDED = Measure("n_discarded", "veh", 0, is_trouble=True)
FAULTS = Measure("n_faults", "times", 1, is_trouble=True)
TELEPORTS = Measure("teleports", "times", 1)
CO2 = Measure("co2_g", "kg", 0, scale=1e-3)
FUEL = Measure("fuel_g", "kg", 0, scale=1e-3)

ARM_ROWS = (
    DELAY,
    DELAY_WORST,
    DELAY_P95,
    PERSON_DELAY,
    TRAVEL_TIME,
    WAITING,
    STOPS,
    QUEUE,
    OUTSIDE,
    THROUGHPUT,
    UNFINISHED,
    UNDEPARTED,
    DISCARDED,
    TELEPORTS,
    FAULTS,
    MAX_RED_WAIT,
)
CARDS = (DELAY, DELAY_P95, QUEUE, STOPS, TRAVEL_TIME, PERSON_DELAY, MAX_RED_WAIT, CO2)
EMISSIONS = (CO2, FUEL)

"""What a run leaves to be measured, whichever engine played the city."""

from __future__ import annotations

from dataclasses import dataclass

from cityloop.city.table import Table
from cityloop.measures.queues import Queues
from cityloop.measures.roads import RoadPeriods


@dataclass(frozen=True, slots=True)
class Records:
    """Trips, queues and roads of a run.

    Parameters
    ----------
    trips : Table
        Of schema ``trips``.
    queues : Queues
    roads : RoadPeriods
    """

    trips: Table
    queues: Queues
    roads: RoadPeriods

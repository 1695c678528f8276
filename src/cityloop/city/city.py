"""The city as typed columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cityloop.city.table import Table


@dataclass(frozen=True)
class Finding:
    """Something in the source that cannot be represented, or that its owner should know.

    Parameters
    ----------
    kind : str
        A short fixed word, for example ``"conflicting greens"`` or ``"not represented"``.
    where : str
        The object it was found on.
    text : str
        One sentence that says what it is.
    """

    kind: str
    where: str
    text: str


@dataclass(frozen=True)
class City:
    """Roads, lanes, movements, signals, plans and demand of a city as columns.

    The tables are described column by column in ``city/schema``. ``*_ix`` columns are row numbers of
    the table named before the suffix, ``-1`` means none.
    """

    name: str
    net_path: Path
    nodes: Table
    roads: Table
    lanes: Table
    points: Table
    movements: Table
    conflicts: Table
    signals: Table
    links: Table
    plans: Table
    stages: Table
    switches: Table
    stops: Table
    detectors: Table
    demand: Table
    findings: tuple[Finding, ...] = ()

    def links_of(self, signal_ix: int) -> slice:
        """Return the rows of a signal's links."""
        return slice(int(self.signals["links_start"][signal_ix]), int(self.signals["links_end"][signal_ix]))

    def states_of(self, plan_ix: int) -> list[str]:
        """Return the state strings of a plan in order."""
        start, end = int(self.plans["stages_start"][plan_ix]), int(self.plans["stages_end"][plan_ix])
        return [str(state) for state in self.stages["state"][start:end]]

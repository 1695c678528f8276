"""Every vehicle with its way through the city: the demand, one row a vehicle."""

from __future__ import annotations

from dataclasses import dataclass

from cityloop.city.city import Finding
from cityloop.city.table import Table


@dataclass(frozen=True)
class Traffic:
    """The vehicles of a day, sorted by planned departure, and the roads that each takes.

    Parameters
    ----------
    vehicles : Table
        Of schema ``vehicles``.
    routes : Table
        Of schema ``routes``: the ways one after the other; vehicles with the same way may share its rows.
    findings : tuple of Finding
        Vehicles that were left out, and what could not be represented.
    is_drawn : bool
        Part of it was drawn: another seed may give another one.
    """

    vehicles: Table
    routes: Table
    findings: tuple[Finding, ...] = ()
    is_drawn: bool = True

"""Options of a what-if: what of the city and its traffic would be different."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import numpy as np

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.table import Table
from cityloop.city.traffic import Traffic
from cityloop.kernels.chance import uniforms

LATER_S = 60.0
"""A vehicle that is there once more departs at most so much later than the one it repeats."""
_IS_REPEATED, _LATER = 14, 15  # purposes of draws beside those of the demand, of which there are 16 a seed


@dataclass(frozen=True)
class Option:
    """A way in which a day could be different; with nothing given it is the day as it is.

    Parameters
    ----------
    name : str
    closed_roads, closed_lanes : tuple of str
        Names in the source.
    from_s, until_s : float
        When they are closed, in scenario time; by default always.
    demand_frac : float
        So many vehicles, as a share of today's.
    offsets_s : mapping of str to float
        By signal, the offset of its plans in place of their own.
    gates : mapping of str to float
        By road, the share of their green that signals keep onto it, above 0 and below 1 (see ``with_gates``).

    Raises
    ------
    Unusable
        For times in the wrong order, a demand that is no number above 0, an offset that is none and a share that is
        none.
    """

    name: str
    closed_roads: tuple[str, ...] = ()
    closed_lanes: tuple[str, ...] = ()
    from_s: float = -math.inf
    until_s: float = math.inf
    demand_frac: float = 1.0
    offsets_s: Mapping[str, float] = field(default_factory=dict)
    gates: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.from_s < self.until_s:
            raise Unusable(f"closed from {self.from_s:g} until {self.until_s:g} s", "--from", "end it after its begin")
        if not (0 < self.demand_frac < math.inf):
            raise Unusable(f"the demand {self.demand_frac:g} is no share above 0", "--demand", "use 1.2 for 20 % more")
        for signal_id, offset_s in self.offsets_s.items():
            if not math.isfinite(offset_s):
                raise Unusable(f"the offset {offset_s:g} of {signal_id} is no number", "--offset", "give seconds")
        for road, share in self.gates.items():
            if not 0 < share < 1:
                what = f"the gate of {road} keeps {share:g} of the green, no share above 0 and below 1"
                raise Unusable(what, "--gate", "use 0.5 for half of the green, and --close to let nobody in")

    @property
    def is_closing(self) -> bool:
        """Whether something is closed."""
        return bool(self.closed_roads or self.closed_lanes)


def closed_rows(option: Option, city: City) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the rows of the closed roads and of the lanes that are closed one by one.

    Raises
    ------
    Unusable
        For a name that the city does not have.
    """
    return (
        rows_of(option.closed_roads, city.roads["road_id"].tolist(), "edge", "--close"),
        rows_of(option.closed_lanes, city.lanes["lane_id"].tolist(), "lane", "--close-lane"),
    )


def with_offsets(city: City, offsets_s: Mapping[str, float]) -> City:
    """Return the city with other offsets: all plans of a signal take the one that is given for it.

    Raises
    ------
    Unusable
        For a signal that the city does not have.
    """
    if not offsets_s:
        return city
    rows = rows_of(tuple(offsets_s), city.signals["signal_id"].tolist(), "signal", "--offset")
    columns = {name: city.plans[name].copy() for name in city.plans}
    for signal_ix, offset_s in zip(rows, offsets_s.values(), strict=True):
        columns["offset_s"][columns["signal_ix"] == signal_ix] = offset_s
    return replace(city, plans=Table("plans", columns))


def with_demand(traffic: Traffic, demand_frac: float, seed: int) -> Traffic:
    """Return the traffic with fewer or more vehicles.

    Which ones are left out or repeated is drawn by hash of seed and row, so that a larger share has all vehicles of a
    smaller one. Rows stay where they are, and with them how fast each driver drives: who is left out departs never, and
    repeated vehicles follow behind all others, some seconds later than the one that they repeat.

    Parameters
    ----------
    traffic : Traffic
    demand_frac : float
    seed : int
    """
    if demand_frac == 1:
        return traffic
    table, rows = traffic.vehicles, np.arange(traffic.vehicles.n_rows, dtype=np.int64)
    whole = math.floor(demand_frac)
    n_times = whole + (uniforms(rows + 1, seed * 16 + _IS_REPEATED) < demand_frac - whole)
    n_again = np.maximum(n_times - 1, 0)
    again = np.repeat(rows, n_again)
    copy = 1 + np.arange(len(again)) - np.repeat(np.cumsum(n_again) - n_again, n_again)
    later_s = LATER_S * uniforms(again + 1 + (copy << 32), seed * 16 + _LATER)
    columns = {name: np.concatenate([table[name], table[name][again]]) for name in table}
    columns["depart_s"] = np.concatenate(
        [np.where(n_times > 0, table["depart_s"], np.inf), table["depart_s"][again] + later_s]
    )
    names = [f"{table['vehicle_id'][row]}+{number}" for row, number in zip(again.tolist(), copy.tolist(), strict=True)]
    columns["vehicle_id"] = np.array([*table["vehicle_id"], *names], object)
    return replace(traffic, vehicles=Table("vehicles", columns))


def rows_of(wanted: Sequence[str], known: Sequence[str], kind: str, where: str) -> tuple[int, ...]:
    """Return the rows of some names, each once.

    Parameters
    ----------
    wanted, known : sequence of str
    kind, where : str
        What the names are names of, and where they were given: for the error.

    Raises
    ------
    Unusable
        For a name that is not known, with those near it.
    """
    row_of = {name: row for row, name in enumerate(known)}
    for name in wanted:
        if name not in row_of:
            near = get_close_matches(name, known, 3, 0.3)
            mend = f"did you mean {', '.join(near)}?" if near else f"use the name of one of its {len(known)} {kind}s"
            raise Unusable(f"the city has no {kind} {name!r}", where, mend)
    return tuple(dict.fromkeys(row_of[name] for name in wanted))

"""Small cities made by hand, one junction after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from cityloop.city.city import City
from cityloop.city.table import Table, table_of_rows

LANE_M = 100.0


def _city_of(junctions: Sequence[Mapping[str, Any]]) -> City:
    """Return a city of junctions, each a mapping with these keys.

    ``n_links``; ``crossings``: links; ``lanes``: (road, speed limit) each; ``movements``: (link, lane, length_m,
    speed_mps, direction) each, lane -1 for a crossing; ``conflicts``: (movement, foe, must_yield, conflict_m) each;
    ``states``: (state, duration_s) each. All numbers count within the junction.
    """
    lanes: list[dict[str, Any]] = []
    movements: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    signals: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    plans: list[dict[str, Any]] = []
    stages: list[dict[str, Any]] = []
    for ix, junction in enumerate(junctions):
        first_lane, first_movement, first_link, first_road = len(lanes), len(movements), len(links), 1000 * ix
        n_links, crossings = junction["n_links"], junction.get("crossings", ())
        for k, (road, speed_mps) in enumerate([*junction["lanes"], (999, 13.9)]):
            lane_id = f"lane {ix}.{k}"
            row = {"lane_id": lane_id, "road_ix": first_road + road, "index": 0, "length_m": LANE_M}
            lanes.append({**row, "speed_mps": speed_mps, "points_start": 0, "points_end": 0})
        for link, lane, length_m, speed_mps, direction in junction["movements"]:
            movements.append(
                {
                    "from_lane_ix": first_lane + lane if lane >= 0 else -1,
                    "to_lane_ix": len(lanes) - 1 if lane >= 0 else -1,
                    "node_ix": ix,
                    "signal_ix": ix,
                    "link_ix": first_link + link,
                    "direction": direction,
                    "is_crossing": lane < 0,
                    "length_m": length_m,
                    "speed_mps": speed_mps,
                }
            )
        for movement, foe, must_yield, conflict_m in junction["conflicts"]:
            conflicts.append(
                {
                    "movement_ix": first_movement + movement,
                    "foe_ix": first_movement + foe,
                    "must_yield": must_yield,
                    "conflict_m": conflict_m,
                }
            )
        used = {link for link, *_ in junction["movements"]}
        for link in range(n_links):
            is_crossing = link in crossings
            links.append({"signal_ix": ix, "index": link, "is_used": link in used, "is_crossing": is_crossing})
        states = junction["states"]
        span = {"stages_start": len(stages), "stages_end": len(stages) + len(states)}
        plans.append({"signal_ix": ix, "plan_id": "0", "kind": "static", **span})
        for state, duration_s in states:
            stages.append({"plan_ix": ix, "state": state, "duration_s": duration_s})
        span = {"links_start": first_link, "links_end": len(links)}
        signals.append({"signal_id": f"junction {ix}", "plan_ix": ix, "x_m": 0.0, "y_m": 0.0, **span})
    return City(
        name="by hand",
        net_path=Path("by hand"),
        nodes=Table("nodes"),
        roads=Table("roads"),
        lanes=table_of_rows("lanes", lanes),
        points=Table("points"),
        movements=table_of_rows("movements", movements),
        conflicts=table_of_rows("conflicts", conflicts),
        signals=table_of_rows("signals", signals),
        links=table_of_rows("links", links),
        plans=table_of_rows("plans", plans),
        stages=table_of_rows("stages", stages),
        switches=Table("switches"),
        stops=Table("stops"),
        detectors=Table("detectors"),
        demand=Table("demand"),
    )


@pytest.fixture(scope="session")
def city_of() -> Callable[[Sequence[Mapping[str, Any]]], City]:
    """Return what builds a city from junctions."""
    return _city_of


def _cross() -> dict[str, Any]:
    """Return a crossroads: link 0 from the west, 1 from the north, 2 a left turn from the east that yields to 0,
    3 a crossing over the northern arm that 1 conflicts with."""
    crossing = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0), (1, 3), (3, 1)]
    return {
        "n_links": 4,
        "crossings": {3},
        "lanes": [(0, 13.9), (1, 13.9), (2, 13.9)],
        "movements": [
            (0, 0, 20.0, 13.9, "s"),
            (1, 1, 20.0, 13.9, "s"),
            (2, 2, 20.0, 8.0, "l"),
            (3, -1, 12.0, 1.4, "s"),
        ],
        "conflicts": [(m, f, (m, f) == (2, 0), 10.0) for m, f in crossing],
        "states": [("GrgG", 30.0), ("yryr", 3.0), ("rGrr", 20.0), ("ryrr", 3.0)],
    }


@pytest.fixture(scope="session")
def cross() -> dict[str, Any]:
    """Return the crossroads of most tests."""
    return _cross()

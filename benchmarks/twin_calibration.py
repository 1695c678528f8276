"""Measure in SUMO what a queue model has to know: discharge, losses, yellow, waves, and capacities of yielding streams.

Builds tiny networks with netconvert, runs SUMO with the default Krauss model and steps of 1 s, and prints one table:
section, vehicle type, place, quantity, mean or means, the (largest) standard error and the number of observations.

    twin_calibration.py [--only 1 4] [--json FILE] [--folder FOLDER]

Sections: 1 discharge of a standing queue and losses behind the stop line (2a), 2 losses in turns (2b) and at changes of
the limit (2c), free speed and insertion (3), 4 yellow, 5 capacity of a road, 6 jam spacing and waves, 7 permissive left
turns, 8 minor roads, stop signs, roundabouts (8a) and equal roads (8b), 9 lane choice and pockets, 10 insertion
capacity. The vehicle types are SUMO's default passenger car and the shorter car of RESCO's Cologne. All times are on
libsumo's clock, see `calibration/simulation.py`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from calibration.discharge import all_discharge_rows, yellow_rows
from calibration.lanes import lanes_rows
from calibration.roads import flows_rows, insertions_rows, roads_rows
from calibration.simulation import TYPES, Row, VehicleType
from calibration.waves import waves_rows
from calibration.yielding import minor_rows, permissive_rows

Measurement = Callable[[Path, VehicleType], Iterator[Row]]
SECTIONS: dict[str, Measurement] = {
    "1": all_discharge_rows,
    "2": roads_rows,
    "4": yellow_rows,
    "6": waves_rows,
    "7": permissive_rows,
    "8": minor_rows,
    "5": flows_rows,
    "9": lanes_rows,
    "10": insertions_rows,
}
"""By number; 2a comes with 1, and 3 with 2."""


def rows(folder: Path, only: list[str] | None) -> Iterator[Row]:
    """Yield all rows, section by section."""
    for number, measurement in SECTIONS.items():
        if only and number not in only:
            continue
        for vehicle_type in TYPES:
            yield from measurement(folder / number / vehicle_type.name, vehicle_type)


def main() -> None:
    """Run the measurements that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), help="sections to measure")
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--folder", type=Path, help="where to keep networks and SUMO's files")
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in rows(arguments.folder or Path(scratch), arguments.only):
            print(row.text(), flush=True)
            found.append(asdict(row))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

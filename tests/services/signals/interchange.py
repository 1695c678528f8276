"""Two signals 14 m apart, made by hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from cityloop.city.city import City
from cityloop.city.sumo import read_city, read_sumo_config

GOLDEN = Path(__file__).parents[2] / "golden" / "interchange"


def read_interchange(folder: Path) -> City:
    """Build the interchange in a folder and read it."""
    shutil.copytree(GOLDEN, folder, dirs_exist_ok=True)
    netconvert = Path(sys.executable).parent / "netconvert"
    files = ("-n", "interchange.nod.xml", "-e", "interchange.edg.xml", "-o", "interchange.net.xml")
    subprocess.run([str(netconvert), *files, "--no-turnarounds"], cwd=folder, check=True, capture_output=True)
    return read_city(read_sumo_config(folder / "interchange.sumocfg"), "interchange")


def links_between(city: City, from_road: str = "", to_road: str = "", directions: str = "srl") -> list[int]:
    """Return the links of the movements from one road to another; every road where none is named."""
    movements, lane_id = city.movements, city.lanes["lane_id"]
    return sorted(
        {
            int(movements["link_ix"][row])
            for row in range(movements.n_rows)
            if str(lane_id[movements["from_lane_ix"][row]]).startswith(from_road)
            and str(lane_id[movements["to_lane_ix"][row]]).startswith(to_road)
            and str(movements["direction"][row]) in directions
            and movements["link_ix"][row] >= 0
        }
    )

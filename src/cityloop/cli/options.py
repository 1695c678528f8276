"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output, for machines.")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="CITYLOOP_DATA",
        help="Folder with scenarios and data that are in no package.",
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="sumo|twin",
        help="What plays the city. sumo: every vehicle second by second, the judge. twin: queues of vehicles, a "
        "hundred times faster; no pedestrians and no emissions.",
    ),
]
Sensing = Annotated[
    str,
    typer.Option(
        "--sensing",
        metavar="ideal|loops|camera|connected:SHARE",
        help="What the services see. ideal: positions and speeds within 200 m of a stop line. loops: induction loops "
        "at the stop line and upstream. camera: one camera or radar an arm, 150 m, 10 % of the vehicles missed; "
        "camera:night and camera:rain are worse. connected:0.3: 30 % of the vehicles also tell their next turn, the "
        "rest are seen by loops only. Figures follow a comma: camera:missed=0.2,range=120 or "
        "connected:0.3,gps=3,lost=0.1.",
    ),
]
Failed = Annotated[
    float,
    typer.Option(
        "--failed",
        min=0.0,
        max=1.0,
        metavar="SHARE",
        help="How likely each sensor is not to work, drawn by the seed: stuck, chattering, drifting or silent. Not on "
        "the day on which an arm learns.",
    ),
]

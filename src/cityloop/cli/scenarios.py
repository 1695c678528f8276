"""``cityloop scenarios``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from cityloop.cli.options import Data, Json


def scenarios(data: Data = None, as_json: Json = False) -> None:
    """List the scenarios that can be run.

    For each: its window, what is real in it and what was made up, its licence, and whether it is installed. A
    scenario is run by its name here, by the path of a .sumocfg, or by that of a scenario TOML.
    """
    from cityloop.scenarios import catalogue

    listings = catalogue(data)
    if as_json:
        sys.stdout.write(json.dumps([asdict(listing) for listing in listings], indent=1, ensure_ascii=False) + "\n")
        return
    from rich.console import Console
    from rich.padding import Padding

    console = Console(markup=False, highlight=False)
    for entry in listings:
        window = (
            "" if entry.begin_s is None or entry.end_s is None else f"{_clock(entry.begin_s)}-{_clock(entry.end_s)}"
        )
        console.print(entry.name, style="bold", end=f"  {window}\n")
        for title, text in (
            ("real", entry.real),
            ("synthetic", entry.synthetic),
            ("licence", entry.licence),
            ("protocol", entry.protocol),
            ("installed", "yes" if entry.is_installed else f"no: {entry.install}"),
        ):
            console.print(Padding(f"{title}: {text}", (0, 0, 0, 2)))
        console.print()


def _clock(t_s: float) -> str:
    return f"{int(t_s) // 3600:02d}:{int(t_s) % 3600 // 60:02d}"

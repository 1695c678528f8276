"""Write the replay of a run."""

from __future__ import annotations

from pathlib import Path

from cityloop.city.errors import Unusable
from cityloop.city.sumo import read_city
from cityloop.lab.replay.map_data import map_data
from cityloop.lab.replay.page import About, render
from cityloop.lab.replay.run_data import moving_data, read_standing
from cityloop.run.folder import read_displays_of, read_run, write_text
from cityloop.scenarios import Scenario

REPLAY = "replay.html"


def write_replay(run_dir: Path, scenario: Scenario) -> Path:
    """Write ``replay.html`` into a run's folder and return its path.

    One file that needs nothing from outside itself; the same run gives the same file.

    Parameters
    ----------
    run_dir : Path
        Folder of a finished run that was asked to keep what a replay needs (``RunSpec.keep_replay``).
    scenario : Scenario
        Of the run.

    Raises
    ------
    Unusable
        When the run is not finished or has not kept it, the scenario is another one, or the file cannot be written.
    """
    run = read_run(run_dir)
    if run is None:
        raise Unusable("there is no finished run", str(run_dir), "run it first, with --replay")
    standing, displays = read_standing(run_dir), read_displays_of(run_dir)
    city = read_city(scenario.source, scenario.name)
    n_ways = city.lanes.n_rows + city.movements.n_rows
    if displays.codes.shape[1] != city.links.n_rows or standing["way_ix"].max(initial=-1) >= n_ways:
        raise Unusable(f"the run is not one of scenario {scenario.name}", str(run_dir), "run it again with --replay")
    about = About(
        scenario=scenario,
        arm=str(run["spec"]["arm"]),
        seed=int(run["spec"]["seed"]),
        engine=str(run["spec"]["engine"]),
        sensing=str(run["spec"]["sensing"]),
        versions={str(name): str(version) for name, version in run["versions"].items()},
    )
    path = run_dir / REPLAY
    write_text(path, render(about, {**map_data(city, displays.codes), **moving_data(standing, displays)}))
    return path

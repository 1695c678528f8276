"""Known scenarios, and scenarios by path."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, last_departure_s, read_sumo_config
from cityloop.scenarios.scenario_file import Protocol, ScenarioFile, read_scenario_file

DRAIN_S = 3600.0  # time after the last departure where a scenario leaves its end open


@dataclass(frozen=True)
class Scenario:
    """A scenario that can be run.

    Parameters
    ----------
    name : str
    source : SumoInput
        Its files, with ``begin_s`` and ``end_s`` as below.
    begin_s, end_s : float
        Window in seconds after midnight.
    licence : str
    real, synthetic : str
        What was measured or surveyed in it, and what was made up.
    protocol : "resco" or "scenario"
    """

    name: str
    source: SumoInput
    begin_s: float
    end_s: float
    licence: str
    real: str
    synthetic: str
    protocol: Protocol


@dataclass(frozen=True)
class Listing:
    """A line of the catalogue.

    Parameters
    ----------
    name : str
    begin_s, end_s : float or None
        None where only the configuration tells, which may not be installed.
    licence, real, synthetic : str
    protocol : "resco" or "scenario"
    is_installed : bool
    install : str
        How to install it.
    """

    name: str
    begin_s: float | None
    end_s: float | None
    licence: str
    real: str
    synthetic: str
    protocol: Protocol
    is_installed: bool
    install: str


def catalogue(data_dir: Path | str | None = None) -> list[Listing]:
    """Return the known scenarios in order of name, and those that a data folder adds.

    Parameters
    ----------
    data_dir : Path or str, optional
        Folder with scenario files (``*.toml``) and with data that is not in a package.

    Raises
    ------
    Unusable
        When the folder does not exist or a file in it is no scenario file.
    """
    return [
        Listing(
            name=name,
            begin_s=file.begin_s,
            end_s=file.end_s,
            licence=file.licence,
            real=file.real,
            synthetic=file.synthetic,
            protocol=file.protocol,
            is_installed=all(_find(wanted, file, path.parent, data_dir).is_file() for wanted in file.files),
            install=file.install,
        )
        for name, (path, file) in sorted(_known(data_dir).items())
    ]


def load_scenario(name_or_path: str | Path, data_dir: Path | str | None = None) -> Scenario:
    """Return a scenario by its name in the catalogue, its ``.sumocfg`` or its scenario TOML.

    Where a scenario leaves its end open, it ends 3,600 s after the last departure of its demand.

    Parameters
    ----------
    name_or_path : str or Path
    data_dir : Path or str, optional
        Folder with further scenario files and with data that is not in a package.

    Raises
    ------
    Unusable
        For an unknown name, a scenario that is not installed, or a file that cannot be used.
    """
    text = str(name_or_path)
    if text.endswith((".sumocfg", ".sumo.cfg", ".sumocfg.gz")):
        path = Path(text).absolute()
        return _scenario(ScenarioFile(name=path.name.split(".")[0], config=path.name), path.parent, None)
    if text.endswith(".toml"):
        path = Path(text).absolute()
        return _scenario(read_scenario_file(path), path.parent, data_dir)
    known = _known(data_dir)
    if text not in known:
        names = ", ".join(sorted(known))
        raise Unusable("unknown scenario", text, f"use one of {names}, or the path of a .sumocfg or .toml file")
    path, file = known[text]
    return _scenario(file, path.parent, data_dir)


def _known(data_dir: Path | str | None) -> dict[str, tuple[Path, ScenarioFile]]:
    paths = [Path(str(entry)) for entry in resources.files("cityloop.scenarios").joinpath("catalogue").iterdir()]
    if data_dir is not None:
        folder = Path(data_dir).absolute()
        if not folder.is_dir():
            raise Unusable("the data folder does not exist", str(folder), "correct the path")
        paths += sorted(folder.glob("*.toml"))
    files = [(path, read_scenario_file(path)) for path in paths if path.suffix == ".toml"]
    return {file.name: (path, file) for path, file in files}


def _find(name: str, file: ScenarioFile, folder: Path, data_dir: Path | str | None) -> Path:
    """Return the path of a file: in the data folder, beside the scenario file, or in the package, the first that is."""
    places = [folder / name]
    if data_dir is not None:
        places.insert(0, Path(data_dir).absolute() / name)
    if file.package is not None:
        spec = importlib.util.find_spec(file.package)
        places += [Path(location) / name for location in (spec.submodule_search_locations or ())] if spec else []
    return next((place for place in places if place.is_file()), places[-1])


def _scenario(file: ScenarioFile, folder: Path, data_dir: Path | str | None) -> Scenario:
    paths = {name: _find(name, file, folder, data_dir) for name in file.files}
    missing = [path for path in paths.values() if not path.is_file()]
    if missing and file.package is not None:
        raise Unusable("not installed", f"scenario {file.name}", file.install or f"install the package {file.package}")
    if missing:
        raise Unusable("the file does not exist", f"{missing[0]} (scenario {file.name})", "correct the path")
    if file.config is not None:
        source = read_sumo_config(paths[file.config])
    else:
        source = SumoInput(
            config_path=None,
            net_path=paths[str(file.net)],
            route_paths=tuple(paths[name] for name in file.routes),
            additional_paths=tuple(paths[name] for name in file.additional),
        )
    begin_s = source.begin_s if file.begin_s is None else file.begin_s
    end_s = source.end_s if file.end_s is None else file.end_s
    options = tuple({**dict(source.options), **file.options}.items())
    source = replace(source, begin_s=begin_s, end_s=end_s, options=options)
    if end_s is None:
        end_s = last_departure_s(source) + DRAIN_S
    if end_s <= begin_s:
        raise Unusable("end is not after begin", f"scenario {file.name}", "give an end_s after begin_s")
    return Scenario(
        name=file.name,
        source=replace(source, end_s=end_s),
        begin_s=begin_s,
        end_s=end_s,
        licence=file.licence,
        real=file.real,
        synthetic=file.synthetic,
        protocol=file.protocol,
    )

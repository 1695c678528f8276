"""SUMO configuration files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cityloop.city.errors import Unusable
from cityloop.city.sumo.xml_file import elements, seconds_of

_LONG_NAMES = {
    "n": "net-file",
    "net": "net-file",
    "r": "route-files",
    "a": "additional-files",
    "additional": "additional-files",
    "b": "begin",
    "e": "end",
}
# Options that write files, open windows or wait for a client: whoever runs the scenario decides on these.
_DROPPED_NAMES = {"log", "l", "message-log", "error-log", "output-prefix", "summary", "tripinfo", "remote-port"}
_ON = ("true", "1", "yes", "on", "x", "")  # as SUMO's command line takes them
_DROPPED_SECTIONS = {"output", "gui_only"}


@dataclass(frozen=True)
class SumoInput:
    """A SUMO scenario: its files and options, paths absolute.

    Parameters
    ----------
    config_path : Path or None
        The ``.sumocfg`` it was read from.
    net_path : Path
    route_paths, additional_paths : tuple of Path
        In the order in which SUMO loads them.
    begin_s : float
    end_s : float or None
        None where the scenario leaves it open.
    step_s : float
        Length of a simulation step.
    seed : int or None
        None where the scenario leaves it open.
    options : tuple of (str, str)
        Every other option in the file, as SUMO's command line takes it; file names are made absolute.
    notes : tuple of str
        What was left out of ``options``: outputs and window settings.
    """

    config_path: Path | None
    net_path: Path
    route_paths: tuple[Path, ...] = ()
    additional_paths: tuple[Path, ...] = ()
    begin_s: float = 0.0
    end_s: float | None = None
    step_s: float = 1.0
    seed: int | None = None
    options: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def is_on(self, option: str) -> bool:
        """Whether the scenario switches on one of ``options``."""
        return dict(self.options).get(option, "false").lower() in _ON


def read_sumo_config(path: Path | str) -> SumoInput:
    """Read a ``.sumocfg`` file.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    SumoInput

    Raises
    ------
    Unusable
        When the file is missing or damaged, names no net or a file that does not exist, or an option is
        no time or number.
    """
    path = Path(path).absolute()
    values, dropped = _options_of(path)
    net_paths = _paths(values.pop("net-file", ""), path, "net-file")
    if len(net_paths) != 1:
        raise Unusable("no net-file is named", str(path), 'add <net-file value="..."/> to its <input>')
    route_paths = _paths(values.pop("route-files", ""), path, "route-files")
    additional_paths = _paths(values.pop("additional-files", ""), path, "additional-files")
    begin_s = seconds_of(values.pop("begin", "0"), f"{path} <begin>")
    end_s = seconds_of(values.pop("end", "-1"), f"{path} <end>")
    step_s = seconds_of(values.pop("step-length", "1"), f"{path} <step-length>")
    if begin_s < 0:
        raise Unusable("begin is negative", f"{path} <begin>", "give a time from 0 on")
    if 0 <= end_s <= begin_s:
        raise Unusable("end is not after begin", f"{path} <end>", "give an end after the begin, or none")
    if step_s <= 0:
        raise Unusable("step-length is not above 0", f"{path} <step-length>", "give a length in seconds")
    seed_text = values.pop("seed", None)
    try:
        seed = None if seed_text is None else int(seed_text)
    except ValueError as error:
        raise Unusable(f"seed is no whole number: {seed_text!r}", f"{path} <seed>", "give a whole number") from error
    return SumoInput(
        config_path=path,
        net_path=net_paths[0],
        route_paths=route_paths,
        additional_paths=additional_paths,
        begin_s=begin_s,
        end_s=end_s if end_s >= 0 else None,
        step_s=step_s,
        seed=seed,
        options=tuple((name, _absolute(name, value, path)) for name, value in values.items()),
        notes=tuple(f"option {name} is left out: outputs and windows are chosen by the run" for name in dropped),
    )


def _options_of(path: Path) -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    dropped: list[str] = []
    for section in elements(path):
        # an option may stand in a section or, in older files, right below the root
        is_option = len(section) == 0 and (section.get("value") is not None or section.get("v") is not None)
        for option in [section] if is_option else section:
            name = _LONG_NAMES.get(str(option.tag), str(option.tag))
            value = option.get("value", option.get("v", option.text or "")).strip()
            is_output = "-output" in name or name.startswith("save-state") or name in _DROPPED_NAMES
            if is_output or section.tag in _DROPPED_SECTIONS:
                dropped.append(name)
            else:
                values[name] = value
    return values, dropped


def _paths(text: str, config_path: Path, option: str) -> tuple[Path, ...]:
    paths = tuple(config_path.parent / part.strip() for part in text.split(",") if part.strip())
    for path in paths:
        if not path.is_file():
            raise Unusable("the file does not exist", f"{path} ({option} of {config_path})", "correct the path")
    return paths


def _absolute(name: str, value: str, config_path: Path) -> str:
    """Return the value with file names made absolute, for SUMO reads them relative to the configuration."""
    if not (name.endswith(("-file", "-files")) or name == "load-state"):
        return value
    return ",".join(str(config_path.parent / part.strip()) for part in value.split(",") if part.strip())

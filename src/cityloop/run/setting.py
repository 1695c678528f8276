"""What the protocol makes of a scenario: window, clearance, teleporting; and the fingerprint of a run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

from cityloop.city.errors import Unusable
from cityloop.run.spec import RESCO_WINDOW_S, RunSpec
from cityloop.scenarios import Scenario

_NO_INFLUENCE = ("cli", "lab", "__pycache__")
"""Packages that no figure of a run depends on."""


@dataclass(frozen=True)
class Setting:
    """How a run of a scenario is set, everything settled.

    Parameters
    ----------
    protocol : str
        ``"resco"`` or ``"scenario"``.
    clearance : str
        ``"street"`` or ``"program"``.
    begin_s, end_s : float
        Window in scenario time.
    is_teleporting : bool
        True: vehicles that are stuck are dealt with as the scenario says; False: they stay.
    """

    protocol: str
    clearance: str
    begin_s: float
    end_s: float
    is_teleporting: bool


def setting_of(spec: RunSpec, scenario: Scenario) -> Setting:
    """Return the setting of a run.

    Raises
    ------
    Unusable
        If the window has no length, or the scenario's name cannot be that of a folder.
    """
    if scenario.name in (".", "..") or Path(scenario.name).name != scenario.name:
        raise Unusable("the name cannot be that of a folder", f"scenario {scenario.name}", "use a name without /")
    protocol = spec.protocol or scenario.protocol
    is_resco = protocol == "resco"
    end_s = scenario.begin_s + RESCO_WINDOW_S if is_resco else scenario.end_s
    begin_s, end_s = spec.window_s or (scenario.begin_s, end_s)
    if end_s <= begin_s:
        raise Unusable(f"the window {begin_s:g} to {end_s:g} s has no length", spec.scenario, "end it after its begin")
    return Setting(
        protocol=protocol,
        clearance=spec.clearance or ("program" if is_resco else "street"),
        begin_s=begin_s,
        end_s=end_s,
        is_teleporting=not is_resco,
    )


def source_digest(scenario: Scenario) -> str:
    """Return a digest of the scenario's files and of this project's code: what else decides the figures."""
    digest = hashlib.sha256()
    source = scenario.source
    for path in (source.config_path, source.net_path, *source.route_paths, *source.additional_paths):
        if path is not None:
            digest.update(path.read_bytes())
    for name in ("libsumo", "numpy", "numba"):
        digest.update(metadata.version(name).encode())
    for code in _sources(resources.files("cityloop")):
        digest.update(code)
    return digest.hexdigest()


def fingerprint(spec: RunSpec, setting: Setting, digest: str) -> str:
    """Return what tells whether a finished run answers a specification: equal ones give equal figures.

    Parameters
    ----------
    spec : RunSpec
    setting : Setting
    digest : str
        Of ``source_digest``.
    """
    memory = hashlib.sha256(spec.memory_path.read_bytes()).hexdigest() if spec.memory_path else ""
    asked = (
        spec.arm,
        spec.seed,
        spec.engine,
        spec.sensing,
        spec.failed_frac,
        spec.has_emissions,
        spec.keep_raw,
        spec.keep_tracks,
        spec.keep_replay,
        spec.options,
    )
    settled = (setting.protocol, setting.clearance, setting.begin_s, setting.end_s)
    return hashlib.sha256(json.dumps([asked, settled, memory, digest]).encode()).hexdigest()


def _sources(folder: Traversable) -> list[bytes]:
    code: list[bytes] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            code += _sources(entry) if entry.name not in _NO_INFLUENCE else []
        elif entry.name.endswith((".py", ".csv", ".toml")):
            code.append(entry.read_bytes())
    return code

"""Scenario files: where a scenario's files are, its window, its licence, what is real in it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cityloop.city.errors import Unusable

Protocol = Literal["resco", "scenario"]


class ScenarioFile(BaseModel):
    """A scenario TOML; unknown keys are refused.

    Parameters
    ----------
    name : str
    config : str, optional
        The ``.sumocfg``. Files are looked for in the data folder, beside the TOML file, then in the package.
    net, routes, additional : str and lists of str, optional
        The files themselves, where there is no ``.sumocfg``.
    options : dict of str to str, optional
        Further options of SUMO; they go before those of the configuration.
    package : str, optional
        Python package that carries files; it is looked up, never imported.
    install : str, optional
        Command that installs the package.
    begin_s, end_s : float, optional
        Window in seconds after midnight; taken from the configuration where left out.
    protocol : "resco" or "scenario"
        How trials run on it by default.
    licence : str
        Licence of the data, with its source.
    real, synthetic : str
        What was measured or surveyed, and what was made up.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1)
    config: str | None = Field(default=None, min_length=1)
    net: str | None = Field(default=None, min_length=1)
    routes: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    options: dict[str, str] = Field(default_factory=dict)
    package: str | None = None
    install: str = ""
    begin_s: float | None = Field(default=None, ge=0)
    end_s: float | None = Field(default=None, gt=0)
    protocol: Protocol = "scenario"
    licence: str = "not stated"
    real: str = "not stated"
    synthetic: str = "not stated"

    @model_validator(mode="after")
    def _has_one_source(self) -> ScenarioFile:
        if (self.config is None) == (self.net is None):
            raise ValueError("give either config or net")
        if self.config is not None and (self.routes or self.additional):
            raise ValueError("routes and additional go with net; a config names its own")
        return self

    @property
    def files(self) -> tuple[str, ...]:
        """All files that the scenario names."""
        return tuple(name for name in (self.config, self.net) if name) + self.additional + self.routes


def read_scenario_file(path: Path) -> ScenarioFile:
    """Read a scenario TOML.

    Raises
    ------
    Unusable
        When it is missing, no TOML, or a key is unknown, missing or of the wrong kind.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise Unusable("the file does not exist", str(path), "correct the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"cannot be read ({error})", str(path), "give a readable TOML file") from error
    try:
        return ScenarioFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Unusable(f"no TOML ({error})", str(path), "correct the line") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "config, net"
        raise Unusable(f"key {key}: {first['msg']}", str(path), "use the keys of a scenario file") from error

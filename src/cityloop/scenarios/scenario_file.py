"""Scenario files: where a scenario's files are, its window, its licence, what is real in it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cityloop.city.errors import Unusable

Protocol = Literal["resco", "scenario"]


class ScenarioFile(BaseModel):
    """A scenario TOML; unknown keys are refused.

    Parameters
    ----------
    name : str
    config : str
        The ``.sumocfg``: relative to the package, to the data folder, or to the TOML file.
    package : str, optional
        Python package that carries the files; it is looked up, never imported.
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

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    config: str = Field(min_length=1)
    package: str | None = None
    install: str = ""
    begin_s: float | None = Field(default=None, ge=0)
    end_s: float | None = Field(default=None, gt=0)
    protocol: Protocol = "scenario"
    licence: str = "not stated"
    real: str = "not stated"
    synthetic: str = "not stated"


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
        key = ".".join(str(part) for part in first["loc"])
        raise Unusable(f"key {key}: {first['msg']}", str(path), "use the keys of a scenario file") from error

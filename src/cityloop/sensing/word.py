"""The word by which a user asks for a sensing, such as ``connected:0.3`` or ``camera:night,missed=0.2``."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

from cityloop.city.errors import Unusable
from cityloop.sensing.camera_config import CameraConfig

_MEND = (
    "use ideal, loops, camera, camera:night, camera:rain, camera:missed=SHARE,range=METRES, or connected:SHARE with a "
    "share above 0 and at most 1, such as connected:0.3 or connected:0.3,gps=METRES,lost=SHARE"
)
_CAMERA_NUMBERS = {
    "range": "range_m",
    "height": "height_m",
    "missed": "missed_frac",
    "dropped": "dropped_frac",
    "ghosts": "ghosts_vph",
    "confused": "confused_frac",
    "latency": "latency_s",
}
_CONNECTED_NUMBERS = {"gps": "gps_sd_m", "lost": "lost_frac"}


@dataclass(frozen=True, slots=True)
class SensingWord:
    """What a word asks for.

    Parameters
    ----------
    kind : str
        ``ideal``, ``loops``, ``camera`` or ``connected``.
    share_frac : float
        Share of connected vehicles; nan for other kinds.
    camera : CameraConfig
    gps_sd_m : float
        Standard deviation of positions that connected vehicles tell, along the road and across it.
    lost_frac : float
        Share of their messages that get lost.
    """

    kind: str
    share_frac: float = math.nan
    camera: CameraConfig = field(default_factory=CameraConfig)
    gps_sd_m: float = 0.0
    lost_frac: float = 0.0


def read_word(text: str) -> SensingWord:
    """Return what a word asks for.

    Raises
    ------
    Unusable
        If the word, an option or a number in it is not known.
    """
    kind, colon, rest = text.partition(":")
    options = rest.split(",") if colon else []
    if kind in ("ideal", "loops") and not colon:
        return SensingWord(kind)
    if kind == "camera":
        return SensingWord(kind, camera=_camera(text, options))
    if kind == "connected" and options:
        share_frac = _number(text, options[0])
        if not 0.0 < share_frac <= 1.0:
            raise _unknown(text)
        numbers = _numbers(text, options[1:], _CONNECTED_NUMBERS)
        return SensingWord(kind, share_frac, CameraConfig(), **numbers)
    raise _unknown(text)


def _camera(text: str, options: list[str]) -> CameraConfig:
    numbers = _numbers(text, [option for option in options if option not in ("night", "rain")], _CAMERA_NUMBERS)
    config = dataclasses.replace(CameraConfig(), **numbers)
    if "night" in options:
        config = config.at_night()
    return config.in_rain() if "rain" in options else config


def _numbers(text: str, options: list[str], names: dict[str, str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for option in options:
        name, _, value = option.partition("=")
        if name not in names:
            raise _unknown(text)
        number = _number(text, value)
        is_share = names[name].endswith("_frac")
        if number < 0.0 or (is_share and number > 1.0) or (name in ("range", "height") and number == 0.0):
            raise _unknown(text)
        numbers[names[name]] = number
    return numbers


def _number(text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _unknown(text)
    return number


def _unknown(text: str) -> Unusable:
    return Unusable(f"unknown sensing {text!r}", "--sensing", _MEND)

"""The sensing that a user asks for by a word."""

from __future__ import annotations

import math

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.table import Table
from cityloop.control.ports import Estimator
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.sensing.connected import ConnectedSensor
from cityloop.sensing.connected_estimator import ConnectedEstimator
from cityloop.sensing.ideal import IdealSensor
from cityloop.sensing.loop_estimator import LoopEstimator
from cityloop.sensing.loops import LoopSensor
from cityloop.sensing.sensor import Sensor

_MEND = "use ideal, loops, or connected:SHARE with a share above 0 and at most 1, such as connected:0.3"


class AsSeen:
    """The estimator that adds nothing."""

    def estimate(self, view: View) -> View:
        """Return the view as it is."""
        return view


class Blind:
    """The sensor that sees nothing, for runs in which nobody asks for anything."""

    def __init__(self) -> None:
        self._loops = Table("detectors")
        self._seen = Vehicles(), Detectors()

    @property
    def loops(self) -> Table:
        """None are needed."""
        return self._loops

    def observe(self, t_s: float, truth: Vehicles, detectors: Detectors) -> tuple[Vehicles, Detectors]:
        """Return nothing."""
        return self._seen


def connected_share(text: str) -> float | None:
    """Return the share of connected vehicles of a sensing word, ``None`` for one without connected vehicles.

    Raises
    ------
    Unusable
        If the word is not known.
    """
    if text in ("ideal", "loops"):
        return None
    kind, _, share = text.partition(":")
    try:
        share_frac = float(share)
    except ValueError:
        share_frac = math.nan
    if kind != "connected" or not 0.0 < share_frac <= 1.0:
        raise Unusable(f"unknown sensing {text!r}", "--sensing", _MEND)
    return share_frac


def sensor_of(text: str, city: City, seed: int) -> Sensor:
    """Return the sensor that a word names.

    Parameters
    ----------
    text : str
        ``ideal``, ``loops`` or ``connected:SHARE``.
    city : City
    seed : int
        Chooses which vehicles are connected.

    Raises
    ------
    Unusable
        If the word is not known.
    """
    share_frac = connected_share(text)
    if share_frac is not None:
        return ConnectedSensor(city, share_frac, seed)
    return IdealSensor(city) if text == "ideal" else LoopSensor(city)


def estimator_of(text: str, city: City) -> Estimator:
    """Return the estimator that completes what the sensor of the same word sees.

    Raises
    ------
    Unusable
        If the word is not known.
    """
    share_frac = connected_share(text)
    if share_frac is not None and share_frac < 1.0:
        return ConnectedEstimator(city, share_frac)
    return LoopEstimator(city) if text == "loops" else AsSeen()

"""The sensing that a user asks for by a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.table import Table
from cityloop.control.ports import Estimator
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.sensing.camera import CameraSensor
from cityloop.sensing.camera_estimator import CameraEstimator
from cityloop.sensing.camera_layout import camera_layout
from cityloop.sensing.connected import ConnectedSensor
from cityloop.sensing.connected_errors import RoughConnected, SteadyConnected
from cityloop.sensing.connected_estimator import ConnectedEstimator
from cityloop.sensing.faults import FaultyLoops, drawn_faults
from cityloop.sensing.health import LoopHealth, StandInLabels
from cityloop.sensing.ideal import IdealSensor
from cityloop.sensing.loop_estimator import LoopEstimator
from cityloop.sensing.loop_layout import loop_places
from cityloop.sensing.loops import LoopSensor
from cityloop.sensing.push_buttons import PushButtons
from cityloop.sensing.sensor import Sensor
from cityloop.sensing.word import read_word


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


class Completed:
    """Several estimators, one after the other; what they learn is kept together."""

    def __init__(self, *estimators: Estimator) -> None:
        self._estimators = estimators

    def estimate(self, view: View) -> View:
        """Return what the last one makes of it."""
        for estimator in self._estimators:
            view = estimator.estimate(view)
        return view

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what is worth keeping until the next day."""
        kept: dict[str, NDArray[Any]] = {}
        for estimator in self._estimators:
            kept.update(memory_of(estimator))
        return kept


def memory_of(estimator: Estimator) -> dict[str, NDArray[Any]]:
    """Return what an estimator would keep until the next day; nothing where it learns nothing."""
    memory = getattr(estimator, "memory", None)
    return {} if memory is None else dict(memory())


def sensor_of(text: str, city: City, seed: int, failed_frac: float = 0.0) -> Sensor:
    """Return the sensor that a word names.

    Parameters
    ----------
    text : str
        A sensing word, see `read_word`.
    city : City
    seed : int
        Of all chance in it: which vehicles are connected, which ones a camera misses, which sensors fail.
    failed_frac : float
        How likely each sensor is not to work.

    Raises
    ------
    Unusable
        If the word is not known, or it has no sensors that could fail.
    """
    word = read_word(text)
    if not 0.0 <= failed_frac <= 1.0:
        raise Unusable(f"the share of failed sensors {failed_frac:g} is none", "--failed", "use 0 to 1, such as 0.2")
    if failed_frac > 0.0 and (word.kind == "ideal" or word.share_frac >= 1.0):
        raise Unusable(f"{text} has no sensors that fail", "--failed", "use it with loops, camera or connected:0.3")
    if word.kind == "camera":
        n = camera_layout(city, word.camera.range_m).n
        return CameraSensor(city, seed, word.camera, drawn_faults(n, failed_frac, seed))
    sensor: Sensor
    if word.kind == "connected":
        sensor = ConnectedSensor(city, word.share_frac, seed)
        if word.gps_sd_m or word.lost_frac:
            sensor = RoughConnected(sensor, city, seed, word.gps_sd_m, word.lost_frac)
    else:
        sensor = IdealSensor(city) if word.kind == "ideal" else LoopSensor(city)
    return (
        sensor if not failed_frac else FaultyLoops(sensor, drawn_faults(sensor.loops.n_rows, failed_frac, seed), seed)
    )


def estimator_of(text: str, city: City, memory: Mapping[str, NDArray[Any]] | None = None) -> Estimator:
    """Return the estimator that completes what the sensor of the same word sees.

    Parameters
    ----------
    text : str
        A sensing word.
    city : City
    memory : mapping, optional
        What `memory_of` gave on an earlier day; arrays of others in it do not matter.

    Raises
    ------
    Unusable
        If the word is not known, or the memory is of another city.
    """
    word = read_word(text)
    if word.kind == "ideal":
        return AsSeen()
    if word.kind == "loops":
        health = LoopHealth(city, loop_places(city), memory)
        return Completed(PushButtons(city), health, LoopEstimator(city), StandInLabels(health))
    if word.kind == "camera":
        return Completed(PushButtons(city), CameraEstimator(city, word.camera, memory))
    if word.share_frac >= 1.0 and not (word.gps_sd_m or word.lost_frac):
        return AsSeen()
    steady = [SteadyConnected(city)] if word.gps_sd_m or word.lost_frac else []
    if word.share_frac >= 1.0:
        return Completed(PushButtons(city), *steady)
    health = LoopHealth(city, loop_places(city, is_upstream_wanted=False), memory)
    unseen = ConnectedEstimator(city, word.share_frac)
    return Completed(PushButtons(city), health, *steady, unseen, StandInLabels(health))

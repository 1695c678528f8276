"""The sensing that a user asks for by a word."""

from __future__ import annotations

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
from cityloop.sensing.ideal import IdealSensor
from cityloop.sensing.loop_estimator import LoopEstimator
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
    """Several estimators, one after the other."""

    def __init__(self, *estimators: Estimator) -> None:
        self._estimators = estimators

    def estimate(self, view: View) -> View:
        """Return what the last one makes of it."""
        for estimator in self._estimators:
            view = estimator.estimate(view)
        return view


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


def estimator_of(text: str, city: City) -> Estimator:
    """Return the estimator that completes what the sensor of the same word sees.

    Raises
    ------
    Unusable
        If the word is not known.
    """
    word = read_word(text)
    if word.kind == "ideal":
        return AsSeen()
    if word.kind == "loops":
        return Completed(PushButtons(city), LoopEstimator(city))
    if word.kind == "camera":
        return Completed(PushButtons(city), CameraEstimator(city, word.camera))
    if word.share_frac >= 1.0 and not (word.gps_sd_m or word.lost_frac):
        return AsSeen()
    steady = [SteadyConnected(city)] if word.gps_sd_m or word.lost_frac else []
    unseen = [ConnectedEstimator(city, word.share_frac)] if word.share_frac < 1.0 else []
    return Completed(PushButtons(city), *steady, *unseen)

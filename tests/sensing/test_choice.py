from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.sensing import Blind, estimator_of, sensor_of
from cityloop.sensing.camera import CameraSensor
from cityloop.sensing.connected import ConnectedSensor
from cityloop.sensing.ideal import IdealSensor
from cityloop.sensing.loops import LoopSensor


def test_words_name_sensors(street: City) -> None:
    assert isinstance(sensor_of("ideal", street, 1), IdealSensor)
    assert isinstance(sensor_of("loops", street, 1), LoopSensor)
    assert isinstance(sensor_of("connected:0.25", street, 1), ConnectedSensor)
    assert isinstance(sensor_of("camera:night", street, 1), CameraSensor)


@pytest.mark.parametrize("text", ["ideal", "connected:1", "connected:1.0"])
def test_what_is_seen_whole_is_left_as_it_is(street: City, text: str) -> None:
    view = View(0.0, np.zeros(street.links.n_rows, np.uint8), np.zeros(street.links.n_rows, np.int64))
    assert estimator_of(text, street).estimate(view) is view


@pytest.mark.parametrize(
    "text", ["", "radar", "connected", "connected:", "connected:0", "connected:-0.1", "connected:1.1", "connected:nan"]
)
def test_other_words_are_refused(street: City, text: str) -> None:
    for choose in (lambda: sensor_of(text, street, 1), lambda: estimator_of(text, street)):
        with pytest.raises(Unusable, match=r"connected:0\.3"):
            choose()


@pytest.mark.parametrize("text", ["loops", "connected:0.5"])
def test_missing_loops_do_not_stop_an_estimator(street: City, text: str) -> None:
    estimator = estimator_of(text, street)
    view = View(0.0, np.zeros(street.links.n_rows, np.uint8), np.zeros(street.links.n_rows, np.int64))
    for t_s in range(5):
        estimate = estimator.estimate(dataclasses.replace(view, t_s=float(t_s)))
        assert len(estimate.vehicles.vehicle_ix) == 0


def test_who_is_blind_sees_nothing_and_needs_no_loops() -> None:
    truth = Vehicles(**{field.name: np.zeros(3) for field in dataclasses.fields(Vehicles)})
    vehicles, detectors = Blind().observe(1.0, truth, Detectors(n_veh=np.ones(2, np.int64)))
    assert Blind().loops.n_rows == len(vehicles.vehicle_ix) == len(detectors.n_veh) == 0

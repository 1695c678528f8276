"""Watchers change nothing."""

import pytest

from cityloop.city.table import Table
from cityloop.control.drive import SimulatedClock
from cityloop.control.orders import Orders
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.run.watch import TimedService, ToldClock, WatchedEstimator, WatchedSensor


class Service:
    name = "signals"

    def decide(self, view: View) -> Orders:
        if view is None:
            raise ValueError("no view")
        return ORDERS


ORDERS = Orders()


def test_a_timed_service_gives_its_orders_or_its_error():
    timed = TimedService(Service())
    assert timed.name == "signals"
    assert timed.decide("a view") is ORDERS
    with pytest.raises(ValueError, match="no view"):
        timed.decide(None)
    assert len(timed.decide_ms) == 2
    assert min(timed.decide_ms) >= 0


def test_onlookers_see_what_passes():
    class Estimator:
        def estimate(self, view):
            return view + " and more"

    class Sensor:
        loops = Table("detectors")

        def observe(self, t_s, truth, detectors):
            return Vehicles(), detectors

    seen = []
    assert WatchedEstimator(Estimator(), seen.append).estimate("a view") == "a view and more"
    sensor, truth, detectors = Sensor(), Vehicles(), Detectors()
    watched = WatchedSensor(sensor, lambda t_s, vehicles: seen.append((t_s, vehicles)))
    assert watched.loops is sensor.loops
    vehicles, readings = watched.observe(3.0, truth, detectors)
    assert vehicles is not truth
    assert readings is detectors
    assert seen == ["a view", (3.0, truth)]


def test_a_told_clock_ticks_as_the_clock_does():
    told = []
    clock = ToldClock(SimulatedClock(0.0, 3.0), told.append)
    assert list(clock.ticks()) == told == [1.0, 2.0, 3.0]
    assert not clock.is_overrun()

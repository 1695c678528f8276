import math
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput
from cityloop.city.sumo.departures import Due, departures_of
from cityloop.city.sumo.draws import Draws

PATH = Path("x.rou.xml")


def _departures(attributes: str, begin_s: float = 0.0, end_s: float | None = None, step_s: float = 1.0) -> list[float]:
    source = SumoInput(None, PATH, begin_s=begin_s, end_s=end_s, step_s=step_s)
    return departures_of(etree.fromstring(f'<flow id="f" {attributes}/>'), PATH, source, Draws(1))[1]


def test_regular_flows() -> None:
    assert _departures('begin="5" end="36" period="10"') == [5, 15, 25, 35]
    assert _departures('begin="5" end="35" period="10"', begin_s=16, end_s=30) == [25]
    # headways are whole milliseconds
    assert _departures('begin="0" end="20" vehsPerHour="700"') == [0, 5.143, 10.286, 15.429]
    assert _departures('begin="0" number="3" period="4"', begin_s=2) == [4, 8]
    assert _departures('begin="0" end="90" number="3"') == [0, 30, 60]
    assert _departures('begin="7" end="90" number="1"') == [7]
    assert _departures('number="2" period="0"', begin_s=9) == [9, 9]
    assert _departures('begin="0" number="0" period="3"') == []
    assert _departures('begin="0" number="9" period="30"', end_s=61) == [0, 30, 60]


def test_exponential_flows_have_their_mean_and_end() -> None:
    departures_s = np.array(_departures('begin="100" end="10100" period="exp(0.2)"'))
    gaps_s = np.diff(departures_s)
    assert departures_s[0] > 100
    assert departures_s[-1] < 10100
    assert gaps_s.mean() == pytest.approx(5, rel=0.1)
    assert gaps_s.std() == pytest.approx(5, rel=0.15)
    assert len(_departures('begin="100" number="7" period="exp(0.2)"')) == 7


def test_probability_is_tried_in_every_step_of_the_window() -> None:
    departures_s = _departures('begin="0" end="4000" probability="0.3"', begin_s=1000)
    assert min(departures_s) >= 1000
    assert len(departures_s) == pytest.approx(900, abs=100)
    assert all(time_s == int(time_s) for time_s in departures_s)
    # another window does not change what is drawn for the same step
    assert _departures('begin="0" end="4000" probability="0.3"', begin_s=2000) == [t for t in departures_s if t >= 2000]
    assert len(_departures('begin="0" end="1000" probability="0.3"', step_s=0.5)) == pytest.approx(300, abs=60)
    assert len(_departures('begin="0" number="5" probability="0.3"')) == 5


@pytest.mark.parametrize("rate", ['period="3"', 'period="exp(0.2)"', 'probability="0.1"'])
def test_a_flow_without_end_takes_that_of_the_scenario(rate: str) -> None:
    assert max(_departures(rate, end_s=200)) < 200
    with pytest.raises(Unusable, match="the flow has no end"):
        _departures(rate)


def test_names_are_sumos() -> None:
    flow, trip = etree.fromstring("<flow/>"), etree.fromstring("<trip/>")
    assert Due(flow, PATH, "f", 3, 0.0, 0.0).vehicle_id == "f.3"
    assert Due(trip, PATH, "t", 0, 0.0, 0.0).vehicle_id == "t"
    assert math.isclose(
        departures_of(
            etree.fromstring('<flow id="f" begin="0:1:0" number="1" period="1"/>'),
            PATH,
            SumoInput(None, PATH),
            Draws(0),
        )[0],
        60.0,
    )

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.flows import Flow, flow_of


def _flow(attributes: str, begin_s: float = 0.0, end_s: float = math.inf) -> Flow:
    return flow_of(etree.fromstring(f'<flow id="f" {attributes}/>'), Path("x.rou.xml"), begin_s, end_s)


@pytest.mark.parametrize(
    ("rate", "until_s", "n"),
    [
        ('vehsPerHour="360"', 990.0, 100.0),
        ('perHour="360"', 990.0, 100.0),
        ('period="10"', 990.0, 100.0),
        ('period="0:0:10"', 990.0, 100.0),
        ('period="7"', 994.0, 143.0),
        ('period="exp(0.1)"', 1000.0, 100.0),
        ('probability="0.1"', 1000.0, 100.0),
        ('number="100"', 990.0, 100.0),
        ('number="1"', 0.0, 1.0),
        ('vehsPerHour="0"', 0.0, 0.0),
    ],
)
def test_number_and_last_departure(rate: str, until_s: float, n: float) -> None:
    flow = _flow(f'begin="0" end="1000" {rate}')
    assert (flow.begin_s, flow.until_s, flow.n) == (0.0, pytest.approx(until_s), pytest.approx(n))


def test_window_of_the_scenario_and_open_ends() -> None:
    assert _flow('period="10"', 100.0, 200.0) == Flow(100.0, 190.0, 10.0)
    assert _flow('begin="begin" period="10"', 100.0, 200.0) == Flow(100.0, 190.0, 10.0)
    assert _flow('period="10"') == Flow(0.0, math.inf, math.inf)
    assert _flow('probability="0.1"') == Flow(0.0, math.inf, math.inf)
    assert _flow('period="10" number="3"', end_s=15.0) == Flow(0.0, 20.0, 3.0)
    assert _flow('period="0" number="3"') == Flow(0.0, 0.0, 3.0)


@pytest.mark.parametrize(
    ("attributes", "what"),
    [
        ('end="9"', "the flow has no rate"),
        ('number="3"', "the flow has no rate"),
        ('begin="9" end="3" period="1"', "the flow ends before it begins"),
        ('end="3" vehsPerHour="-1"', "no rate; give a positive rate"),
        ('end="3" period="0"', "no rate; give a positive rate"),
        ('end="3" period="-2"', "no rate; give a positive rate"),
        ('end="9" period="3" number="2"', "a rate, an end and a number"),
        ('end="9" period="exp(x)"', "no period"),
        ('end="9" period="often"', "no time"),
        ('end="9" number="many"', "no whole number"),
        ('end="9" probability="maybe"', "no number"),
    ],
)
def test_broken_flows_are_unusable(attributes: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        _flow(attributes)


@given(period_s=st.floats(0.5, 500), begin_s=st.integers(0, 100), span_s=st.integers(0, 2000))
def test_regular_flows_depart_within_their_window(period_s: float, begin_s: int, span_s: int) -> None:
    flow = _flow(f'begin="{begin_s}" end="{begin_s + span_s}" period="{period_s}"')
    assert begin_s <= flow.until_s <= begin_s + span_s
    assert flow.n == pytest.approx(span_s / period_s, abs=1)

"""Intervals against closed forms, coverage, and what the verdict says of few or equal runs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cityloop.measures.intervals import Verdict, mean_interval, paired_difference, ratio_of_means, verdict

figures = st.lists(st.floats(1.0, 1000.0), min_size=2, max_size=20)


@given(figures)
def test_mean_interval_is_students(values):
    interval = mean_interval(values)
    if np.ptp(values) > 1e-6:
        low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        assert (interval.low, interval.high) == pytest.approx((low, high))
    assert interval.low <= interval.mean + 1e-9
    assert interval.n == len(values)


def test_a_worked_example():
    interval = mean_interval([10.0, 12.0, 14.0])  # s = 2, t(2, 0.975) = 4.3027
    assert interval.mean == 12.0
    assert interval.high - 12.0 == pytest.approx(4.30265 * 2 / math.sqrt(3), rel=1e-5)


@pytest.mark.parametrize(("values", "n"), [([], 0), ([math.nan], 0), ([5.0], 1), ([5.0, math.nan], 1)])
def test_fewer_than_two_known_values_have_no_interval(values, n):
    interval = mean_interval(values)
    assert interval.n == n
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert math.isnan(interval.mean) == (n == 0)


def test_the_interval_covers_the_true_mean_as_often_as_it_says():
    draws = np.random.default_rng(7).normal(50.0, 8.0, (4000, 5))
    covered = [interval.low <= 50.0 <= interval.high for interval in map(mean_interval, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)  # 3.5 standard errors


def test_the_ratio_covers_the_true_ratio_about_as_often_as_it_says():
    chance = np.random.default_rng(8)
    base = chance.normal(40.0, 4.0, (4000, 10))
    ours = 0.5 * base + chance.normal(0.0, 2.0, (4000, 10))
    intervals = [ratio_of_means(a, b) for a, b in zip(ours, base, strict=True)]
    assert np.mean([i.low <= 0.5 <= i.high for i in intervals]) == pytest.approx(0.95, abs=0.015)


steady = st.lists(st.floats(90.0, 110.0), min_size=5, max_size=20)


@given(steady, st.floats(0.1, 10.0))
def test_a_constant_ratio_is_found_without_doubt(base, factor):
    interval = ratio_of_means([factor * value for value in base], base)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((factor,) * 3, rel=1e-5)


pairs = steady.flatmap(lambda a: st.tuples(st.just(a), st.lists(st.floats(90, 130), min_size=len(a), max_size=len(a))))


@given(pairs)
def test_the_ratio_turned_over_has_its_interval_turned_over(pair):
    a, b = pair
    one, other = ratio_of_means(a, b), ratio_of_means(b, a)
    assert one.low * other.high == pytest.approx(1.0)
    assert one.mean * other.mean == pytest.approx(1.0)
    assert one.low <= one.mean * (1 + 1e-9)
    assert one.mean <= one.high * (1 + 1e-9)


@given(pairs)
def test_the_ratio_may_be_one_when_the_difference_may_be_zero(pair):
    ratio, difference = ratio_of_means(*pair), paired_difference(*pair)
    if min(abs(difference.low), abs(difference.high)) > 1e-6:
        assert (ratio.low <= 1 <= ratio.high) == (difference.low <= 0 <= difference.high)


def test_a_base_that_could_be_zero_leaves_the_ratio_open():
    interval = ratio_of_means([18.0, 18.1], [121.0, 142.0])  # t(1, 0.975) = 12.7 standard errors of 10.5 are 133
    assert interval.mean == pytest.approx(18.05 / 131.5)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


def test_pairs_with_an_unknown_value_are_left_out():
    assert paired_difference([1.0, math.nan, 4.0], [2.0, 3.0, 6.0]).n == 2
    assert ratio_of_means([math.nan, 4.0], [3.0, 8.0]).mean == 0.5
    assert math.isnan(ratio_of_means([1.0, 2.0], [0.0, 0.0]).mean)


def test_values_that_are_not_paired_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="differ in number"):
        paired_difference([1.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("ours", "base", "expected"),
    [
        ([20.0, 21.0, 19.5], [40.0, 42.0, 41.0], Verdict.BETTER),
        ([40.0, 42.0, 41.0], [20.0, 21.0, 19.5], Verdict.WORSE),
        ([40.0, 42.0, 41.0], [41.0, 40.5, 42.0], Verdict.NO_DIFFERENCE_SHOWN),
        ([20.0], [40.0], Verdict.CANNOT_TELL),
        ([20.0, math.nan], [40.0, 41.0], Verdict.CANNOT_TELL),
        ([20.0, 20.0], [40.0, 40.0], Verdict.CANNOT_TELL),  # the seed touched nothing
        ([40.0, 40.0], [40.0, 40.0], Verdict.CANNOT_TELL),
        ([40.0, 42.0], [40.0, 42.0], Verdict.NO_DIFFERENCE_SHOWN),  # the same arm twice
        ([], [], Verdict.CANNOT_TELL),
    ],
)
def test_verdict(ours, base, expected):
    assert verdict(ours, base) is expected


def test_more_may_be_better():
    assert verdict([20.0, 21.0, 19.5], [40.0, 42.0, 41.0], is_lower_better=False) is Verdict.WORSE


def test_arms_that_do_not_differ_are_called_different_in_one_trial_of_twenty():
    chance = np.random.default_rng(9)
    demand = chance.normal(40.0, 10.0, (3000, 10))
    verdicts = [verdict(d + chance.normal(0, 3, 10), d + chance.normal(0, 3, 10)) for d in demand]
    assert np.mean([v is not Verdict.NO_DIFFERENCE_SHOWN for v in verdicts]) == pytest.approx(0.05, abs=0.014)

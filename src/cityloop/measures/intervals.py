"""Means, differences and ratios over seeds with confidence intervals, and the verdict drawn from them.

Arms are paired by seed: the same seed gives the same demand, so the difference of two arms varies less than
either arm, and it is the differences whose interval counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Values = Sequence[float] | NDArray[np.float64]


class Verdict(StrEnum):
    """What may be said of an arm against another."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE_SHOWN = "no difference shown"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its confidence interval.

    Parameters
    ----------
    mean : float
        The figure; nan where it is unknown.
    low, high : float
        The interval; nan where it cannot be told (fewer than two values).
    n : int
        Number of values or pairs it rests on.
    """

    mean: float
    low: float
    high: float
    n: int


def mean_interval(values: Values, level: float = 0.95) -> Interval:
    """Return the mean with its t-interval: ``mean +- t(n - 1) s / sqrt(n)``.

    Values that are nan are unknown and left out; ``n`` says how many remain.
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(known.mean())
    if known.size == 1:
        return Interval(mean, math.nan, math.nan, 1)
    half = _t_quantile(known.size - 1, level) * float(known.std(ddof=1)) / math.sqrt(known.size)
    return Interval(mean, mean - half, mean + half, known.size)


def paired_difference(ours: Values, base: Values, level: float = 0.95) -> Interval:
    """Return the mean difference ``ours - base`` of values paired by place, with its t-interval."""
    ours_known, base_known = _known_pairs(ours, base)
    return mean_interval(ours_known - base_known, level)


def ratio_of_means(ours: Values, base: Values, level: float = 0.95) -> Interval:
    """Return the ratio ``mean(ours) / mean(base)`` of values paired by place, with Fieller's interval.

    The interval holds every ratio ``r`` for which the paired t-test does not reject ``mean(ours - r base) = 0``
    (E. C. Fieller, Some problems in interval estimation, J. R. Stat. Soc. B 16 (1954) 175-185), so that it holds 1
    exactly when the interval of the difference holds 0. It has no ends (nan) where the base varies so much that its own
    mean could be zero. The ratio is nan where a mean is not above zero.
    """
    a, b = _known_pairs(ours, base)
    n = a.size
    if n == 0 or a.mean() <= 0 or b.mean() <= 0:
        return Interval(math.nan, math.nan, math.nan, n)
    a_mean, b_mean = float(a.mean()), float(b.mean())
    unknown = Interval(a_mean / b_mean, math.nan, math.nan, n)
    if n == 1:
        return unknown
    (a_var, ab_var), (_, b_var) = np.cov(a, b) / n * _t_quantile(n - 1, level) ** 2
    # the ends are the roots of r^2 (b^2 - b_var) - 2 r (a b - ab_var) + (a^2 - a_var) = 0
    leading, half_linear, constant = b_mean**2 - b_var, a_mean * b_mean - ab_var, a_mean**2 - a_var
    if leading <= 0:
        return unknown
    root = math.sqrt(max(0.0, half_linear**2 - leading * constant))
    return Interval(unknown.mean, float((half_linear - root) / leading), float((half_linear + root) / leading), n)


def verdict(ours: Values, base: Values, is_lower_better: bool = True, level: float = 0.95) -> Verdict:
    """Return what the paired values say of ``ours`` against ``base``.

    ``CANNOT_TELL`` with fewer than two known pairs, and where the pairs carry no information on how much the
    figure varies: a difference that is the same to the last digit on every seed comes from runs that the seed
    does not touch. Arms that agree on every one of different values show no difference.
    """
    a, b = _known_pairs(ours, base)
    if a.size < 2:
        return Verdict.CANNOT_TELL
    differences = a - b
    if np.ptp(differences) == 0:
        is_same = differences[0] == 0 and np.ptp(a) > 0
        return Verdict.NO_DIFFERENCE_SHOWN if is_same else Verdict.CANNOT_TELL
    interval = mean_interval(differences, level)
    if interval.low <= 0 <= interval.high:
        return Verdict.NO_DIFFERENCE_SHOWN
    return Verdict.BETTER if (interval.high < 0) == is_lower_better else Verdict.WORSE


def _known_pairs(ours: Values, base: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(ours, np.float64), np.asarray(base, np.float64)
    if a.shape != b.shape:
        raise ValueError("paired values differ in number")
    known = np.isfinite(a) & np.isfinite(b)
    return a[known], b[known]


def _t_quantile(degrees: int, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + level / 2))

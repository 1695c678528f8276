from __future__ import annotations

from cityloop.lab.report.measure_names import ARM_ROWS, CARDS, EMISSIONS
from cityloop.lab.statistics import IS_LOWER_BETTER


def test_what_is_compared_is_printed():
    left_out = {"max_red_s"}  # a red that nobody waits at may last; the longest wait is printed
    assert set(IS_LOWER_BETTER) - left_out <= {measure.key for measure in (*ARM_ROWS, *EMISSIONS)}


def test_cards_are_rows_too():
    assert set(CARDS) <= {*ARM_ROWS, *EMISSIONS}

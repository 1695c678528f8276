"""A time axis with clock times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cityloop.lab.report.numbers import clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


def set_clock_axis(axes: Axes, begin_s: float, end_s: float, n_ticks: int = 7) -> None:
    """Limit the x axis to a window and label about ``n_ticks`` round times."""
    step_s = next((step for step in _STEPS_S if (end_s - begin_s) / step <= n_ticks), _STEPS_S[-1])
    ticks = np.arange(np.ceil(begin_s / step_s) * step_s, end_s + 1e-6, step_s)
    axes.set_xlim(begin_s, end_s)
    axes.set_xticks(ticks, labels=[clock(float(tick)) for tick in ticks])

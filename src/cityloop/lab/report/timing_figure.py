"""A signal timing diagram: what each movement was shown, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cityloop.city import link_state
from cityloop.lab.report.clock_axis import set_clock_axis
from cityloop.lab.report.colours import light
from cityloop.lab.report.model import Timing, TimingRow
from cityloop.lab.report.svg import drawing, inline, label, legend, tick_labels
from cityloop.lab.report.words import arm_name, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# colour and height of the bar: the height tells the states apart where the colour cannot
_STYLES = {
    link_state.GREEN: ("green", 0.78),
    link_state.GREEN_YIELDING: ("yielding", 0.56),
    link_state.YELLOW: ("yellow", 0.78),
    link_state.RED: ("red", 0.14),
    link_state.RED_YELLOW: ("yellow", 0.30),
    link_state.STOP_THEN_GO: ("yielding", 0.30),
    link_state.BLINKING: ("yellow", 0.14),
    link_state.DARK: ("dark", 0.10),
}
_LEGEND = (
    (link_state.GREEN, "timing.green"),
    (link_state.GREEN_YIELDING, "timing.yielding"),
    (link_state.YELLOW, "timing.yellow"),
    (link_state.RED, "timing.red"),
)


def timing_figure(timings: Sequence[Timing], name: str) -> str:
    """Return the figure as inline SVG, one panel an arm, all with the same movements in the same order.

    Parameters
    ----------
    timings : sequence of Timing
        At least one.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    n_rows = max(len(timing.rows) for timing in timings)
    with drawing(7.6, 0.75 + len(timings) * (0.5 + 0.205 * n_rows)) as figure:
        panels = figure.subplots(len(timings), 1, squeeze=False)[:, 0]
        for axes, timing in zip(panels, timings, strict=True):
            for row, movement in enumerate(timing.rows):
                _draw_row(axes, row, movement, timing.end_s)
            set_clock_axis(axes, timing.begin_s, timing.end_s)
            words = [movement.label for movement in timing.rows]
            axes.set_yticks(range(len(words)), labels=[both.en for both in words], fontsize=8)
            tick_labels(axes.get_yticklabels(), words)
            axes.tick_params(axis="y", length=0)
            axes.set_ylim(len(timing.rows) - 0.4, -0.6)
            axes.spines["left"].set_visible(False)
            axes.grid(axis="x")
            label(axes, title=arm_name(timing.arm))
        label(panels[-1], x=say("axis.time_of_day"))
        _legend(figure)
        return inline(figure, name, say("figure.timing"))


def _draw_row(axes: Axes, row: int, movement: TimingRow, end_s: float) -> None:
    ends_s = np.append(movement.from_s[1:], end_s)
    for code, (role, height) in _STYLES.items():
        is_shown = movement.codes == code
        if is_shown.any():
            spans = [(float(a), float(b - a)) for a, b in zip(movement.from_s[is_shown], ends_s[is_shown], strict=True)]
            axes.broken_barh(spans, (row - height / 2, height), facecolors=light(role), linewidth=0)


def _legend(figure: object) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=light(_STYLES[code][0])) for code, _ in _LEGEND]
    legend(
        figure, handles, [say(key) for _, key in _LEGEND],
        loc="outside upper right", ncols=len(handles), handlelength=1.2, handleheight=0.7,
    )  # fmt: skip

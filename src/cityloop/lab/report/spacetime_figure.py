"""A space-time diagram: the vehicles of one route over the reds of its signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cityloop.lab.report.clock_axis import set_clock_axis
from cityloop.lab.report.colours import light
from cityloop.lab.report.model import SpaceTime
from cityloop.lab.report.svg import drawing, inline, label, legend
from cityloop.lab.report.words import arm_name, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def spacetime_figure(diagrams: Sequence[SpaceTime], name: str) -> str:
    """Return the figure as inline SVG, one panel an arm beside each other on the same scales.

    Parameters
    ----------
    diagrams : sequence of SpaceTime
        At least one, all of the same route.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    with drawing(7.6, 4.3) as figure:
        panels = figure.subplots(1, len(diagrams), squeeze=False, sharey=True)[0]
        for axes, diagram in zip(panels, diagrams, strict=True):
            _draw(axes, diagram)
            label(axes, x=say("axis.time_of_day"), title=arm_name(diagram.arm))
        label(panels[0], y=say("axis.along_route"))
        _legend(figure)
        return inline(figure, name, say("figure.spacetime"))


def _draw(axes: Axes, diagram: SpaceTime) -> None:
    from matplotlib.collections import LineCollection

    axes.add_collection(
        LineCollection(list(diagram.trajectories), colors=light("trajectory"), linewidths=0.8, alpha=0.75),
        autolim=False,
    )
    for line in diagram.stop_lines:
        axes.hlines(
            [line.position_m] * len(line.reds_s),
            line.reds_s[:, 0],
            line.reds_s[:, 1],
            color=light("red"),
            lw=4,
            zorder=3,
        )
    set_clock_axis(axes, diagram.begin_s, diagram.end_s, n_ticks=5)
    axes.set_ylim(0, diagram.length_m)
    axes.grid(axis="both")


def _legend(figure: object) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=light("trajectory"), lw=1.2),
        Line2D([], [], color=light("red"), lw=4, solid_capstyle="butt"),
    ]
    legend(figure, handles, [say("spacetime.vehicle"), say("spacetime.red")], loc="outside upper right", ncols=2)

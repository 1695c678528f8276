"""Standing vehicles over time, arm by arm."""

from __future__ import annotations

from collections.abc import Sequence

from cityloop.lab.report.clock_axis import set_clock_axis
from cityloop.lab.report.colours import arm_dash, arm_role, light
from cityloop.lab.report.model import Queues
from cityloop.lab.report.svg import drawing, inline, label, legend
from cityloop.lab.report.words import arm_name, say


def queues_figure(queues: Sequence[Queues], name: str) -> str:
    """Return the figure as inline SVG: the mean over the seeds as a line, lowest to highest seed as a band.

    Parameters
    ----------
    queues : sequence of Queues
        One an arm, at least one, each with at least one time.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    with drawing(7.6, 3.1) as figure:
        axes = figure.add_subplot()
        lines = []
        for arm in queues:
            colour = light(arm_role(arm.arm))
            axes.fill_between(arm.t_s, arm.n_veh.min(axis=0), arm.n_veh.max(axis=0), color=colour, alpha=0.18, lw=0)
            lines += axes.plot(arm.t_s, arm.n_veh.mean(axis=0), color=colour, lw=1.9, ls=arm_dash(arm.arm))
        begin_s = min(float(arm.t_s[0]) for arm in queues)
        set_clock_axis(axes, begin_s, max(begin_s + 60.0, *(float(arm.t_s[-1]) for arm in queues)))
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        label(axes, x=say("axis.time_of_day"), y=say("axis.standing_vehicles"))
        legend(
            axes, lines, [arm_name(arm.arm) for arm in queues],
            loc="lower left", bbox_to_anchor=(0, 1), ncols=len(queues), borderaxespad=0.2, handlelength=2.8,
        )  # fmt: skip
        return inline(figure, name, say("figure.queues"))

"""Delay of every arm: its runs as dots, its mean with the 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence

from cityloop.lab.report.colours import arm_role, light
from cityloop.lab.report.model import ArmResult
from cityloop.lab.report.numbers import has_bounds, is_known, number
from cityloop.lab.report.svg import drawing, inline, label, tick_labels
from cityloop.lab.report.words import arm_name, say


def arms_figure(arms: Sequence[ArmResult], name: str) -> str:
    """Return the figure as inline SVG.

    Parameters
    ----------
    arms : sequence of ArmResult
        Drawn from top to bottom in this order.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    with drawing(7.6, 0.75 + 0.52 * len(arms)) as figure:
        axes = figure.add_subplot()
        names = [arm_name(arm.arm) for arm in arms]
        for row, arm in enumerate(arms):
            colour = light(arm_role(arm.arm))
            axes.plot(
                arm.seed_delays_s, [row + 0.2] * len(arm.seed_delays_s), "o", ms=3.6, mew=0, color=colour, alpha=0.5
            )
            delay = arm.figure("delay_s")
            if not is_known(delay):
                continue
            if has_bounds(delay):
                axes.plot([delay.low, delay.high], [row - 0.1] * 2, color=colour, lw=5, alpha=0.35)
            axes.plot([delay.mean], [row - 0.1], "D", ms=6, color=colour)
            axes.annotate(
                number(delay.mean, 1), (delay.mean, row - 0.1), xytext=(0, 6),
                textcoords="offset points", ha="center", va="bottom", weight="bold", fontsize=9,
            )  # fmt: skip
        axes.set_yticks(range(len(arms)), labels=[both.en for both in names])
        tick_labels(axes.get_yticklabels(), names)
        axes.tick_params(axis="y", length=0, labelcolor=light("ink"))
        axes.set_ylim(len(arms) - 0.45, -0.7)
        axes.set_xlim(left=0)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        label(axes, x=say("axis.delay_per_vehicle"))
        return inline(figure, name, say("figure.arms"))

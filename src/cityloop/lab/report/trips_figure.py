"""Who gained and who lost: the change of delay of every trip, and the delay of the unluckiest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cityloop.lab.report.colours import arm_dash, arm_role, light
from cityloop.lab.report.model import TripDelays
from cityloop.lab.report.numbers import number
from cityloop.lab.report.svg import drawing, inline, label, legend, write
from cityloop.lab.report.words import arm_name, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SAME_S = 3.0
"""A trip whose delay changed by no more than this went as before: about one stop line passed a little later."""

_N_QUANTILES = 201


def trips_figure(before: TripDelays, after: Sequence[TripDelays], name: str) -> str:
    """Return the figure as inline SVG.

    Parameters
    ----------
    before : TripDelays
        The arm that is in force.
    after : sequence of TripDelays
        The other arms, the one in question last.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    with drawing(7.6, 3.3 + 0.2 * ((len(after) + 2) // 2)) as figure:
        change_axes, delay_axes = figure.subplots(1, 2)
        _draw_changes(change_axes, after[-1].delay_s - before.delay_s)
        _draw_delays(delay_axes, [before, *after])
        _legend(figure, [before, *after])
        return inline(figure, name, say("figure.trips"))


def _draw_changes(axes: Axes, change_s: np.ndarray) -> None:
    change_s = change_s[np.isfinite(change_s)]
    reach_s = float(np.clip(np.ceil(np.quantile(np.abs(change_s), 0.98) / 30.0) * 30.0, 60.0, 300.0))
    # bins are six seconds wide at least, with one of them around zero: the trips that went as before
    width_s = max(2 * SAME_S, reach_s / 20.0)
    n_side = int(np.ceil(reach_s / width_s))
    centres = np.arange(-n_side, n_side + 1) * width_s
    edges = np.append(centres - width_s / 2, centres[-1] + width_s / 2)
    share = np.histogram(np.clip(change_s, centres[0], centres[-1]), edges)[0] / max(1, len(change_s)) * 100.0
    roles = ["change-1" if x < 0 else "change-5" if x > 0 else "change-3" for x in centres]
    axes.bar(centres, share, width=width_s * 0.9, color=[light(role) for role in roles], linewidth=0)
    axes.grid(axis="y")
    label(axes, x=say("axis.change_per_trip"), y=say("axis.share_of_trips"), title=say("trips.change"))
    for x, key, role in ((0.02, "trips.gained", "change-1"), (0.98, "trips.lost", "change-5")):
        text = axes.text(
            x,
            0.97,
            "",
            transform=axes.transAxes,
            ha="left" if x < 0.5 else "right",
            va="top",
            color=light(role),
            weight="bold",
        )
        is_counted = change_s < -SAME_S if role == "change-1" else change_s > SAME_S
        write(text, say(key, share=number(100.0 * float(is_counted.mean()), 0)))


def _draw_delays(axes: Axes, arms: Sequence[TripDelays]) -> None:
    shares = np.linspace(0.0, 1.0, _N_QUANTILES)
    delays = [arm.delay_s[np.isfinite(arm.delay_s)] for arm in arms]
    limit_s = max(float(np.quantile(delay_s, 0.97)) for delay_s in delays)
    for arm, delay_s in zip(arms, delays, strict=True):
        colour = light(arm_role(arm.arm))
        p95_s = float(np.quantile(delay_s, 0.95))
        axes.plot(np.quantile(delay_s, shares), shares * 100.0, color=colour, lw=1.9, ls=arm_dash(arm.arm))
        axes.plot([p95_s], [95.0], "o", color=colour, ms=5)
    axes.axhline(95.0, color=light("line"), lw=0.8, zorder=0)
    axes.set_xlim(0, limit_s)
    axes.set_ylim(0, 100.5)
    axes.grid(axis="both")
    label(axes, x=say("axis.delay_per_trip"), y=say("axis.trips_below"), title=say("trips.delay"))
    axes.annotate(
        "95 %", (limit_s, 95.0), xytext=(-3, -3), textcoords="offset points", ha="right", va="top", fontsize=8
    )


def _legend(figure: Figure, arms: Sequence[TripDelays]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=light(arm_role(arm.arm)), lw=1.9, ls=arm_dash(arm.arm)) for arm in arms]
    words = [
        arm_name(arm.arm) + ": " + say("trips.p95", delay=number(float(np.nanquantile(arm.delay_s, 0.95)), 0))
        for arm in arms
    ]
    legend(figure, handles, words, loc="outside lower center", ncols=min(len(arms), 2), handlelength=2.8)

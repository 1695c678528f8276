"""All scenarios of a trial at a glance: change of delay in percent with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cityloop.lab.report.colours import light
from cityloop.lab.report.numbers import has_bounds, is_known, number, signed
from cityloop.lab.report.svg import drawing, inline, label, tick_labels
from cityloop.lab.report.words import Words, say
from cityloop.measures.intervals import Interval


def overview_figure(names: Sequence[Words], changes_pct: Sequence[Interval], name: str) -> str:
    """Return the figure as inline SVG.

    Parameters
    ----------
    names : sequence of Words
        Scenarios from top to bottom.
    changes_pct : sequence of Interval
        Change of mean delay against the plan in force, percent; below zero is better.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    with drawing(7.6, 0.75 + 0.42 * len(names)) as figure:
        axes = figure.add_subplot()
        axes.axvline(0.0, color=light("muted"), lw=1.0)
        ends = [0.0]
        for row, change in enumerate(changes_pct):
            if not is_known(change):
                continue
            role = _role(change)
            if has_bounds(change):
                axes.plot([change.low, change.high], [row, row], color=light(role), lw=5, alpha=0.4)
                ends += [change.low, change.high]
            axes.plot([change.mean], [row], "D", ms=6.5, color=light(role))
            axes.annotate(
                f"{signed(change.mean)} %", (change.mean, row), xytext=(0, 6), textcoords="offset points",
                ha="center", va="bottom", weight="bold", fontsize=9,
            )  # fmt: skip
            ends.append(change.mean)
        low, high = min(ends), max(ends)
        axes.set_xlim(low - 0.08 * (high - low) - 4.0, high + 0.08 * (high - low) + 4.0)
        axes.set_yticks(range(len(names)), labels=[both.en for both in names])
        tick_labels(axes.get_yticklabels(), names)
        axes.tick_params(axis="y", length=0, labelcolor=light("ink"))
        ticks = axes.get_xticks()
        axes.set_xticks(ticks[(ticks >= axes.get_xlim()[0]) & (ticks <= axes.get_xlim()[1])])
        axes.set_xticklabels([number(float(tick)) for tick in np.asarray(axes.get_xticks())])
        axes.set_ylim(len(names) - 0.5, -0.75)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        label(axes, x=say("axis.change_percent"))
        return inline(figure, name, say("figure.overview"))


def _role(change: Interval) -> str:
    if not has_bounds(change) or change.low <= 0.0 <= change.high:
        return "change-3"
    return "change-1" if change.mean < 0.0 else "change-5"

"""The network, every road coloured by how its delay changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cityloop.lab.report.colours import light
from cityloop.lab.report.model import Floats, Network, RoadDelays
from cityloop.lab.report.numbers import MINUS, number, signed
from cityloop.lab.report.svg import drawing, inline, legend, tooltip
from cityloop.lab.report.words import Words, same, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOUNDS_S = (-30.0, -10.0, -3.0, 3.0, 10.0, 30.0)
"""Where one class of change ends and the next begins, s/veh; alike in every report, so that maps compare."""

_CLASS_NAMES = (
    f"< {MINUS}30", f"{MINUS}30 … {MINUS}10", f"{MINUS}10 … {MINUS}3", f"{MINUS}3 … +3", "+3 … +10", "+10 … +30",
    "> +30",
)  # fmt: skip
_LEAST_VEH = 5.0  # a mean over fewer vehicles says nothing about a road


def change_classes(delays: RoadDelays) -> NDArray[np.int64]:
    """Return the class of change of each road, 0 (much better) to 6 (much worse), -1 for a road at rest."""
    change_s = delays.after_s - delays.before_s
    is_used = np.isfinite(change_s) & (delays.n_veh >= _LEAST_VEH)
    return np.where(is_used, np.digitize(np.nan_to_num(change_s), BOUNDS_S), -1)


def map_figure(network: Network, delays: RoadDelays, name: str) -> str:
    """Return the map as inline SVG: colour for the change of delay, width for the number of vehicles.

    Parameters
    ----------
    network : Network
    delays : RoadDelays
        One value a road of the network.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    low, high = _frame(network)
    span = high - low
    height_in = float(np.clip(7.6 * span[1] / span[0], 3.2, 7.4))
    with drawing(7.6, height_in + 0.45) as figure:
        axes = figure.add_subplot()
        classes = change_classes(delays)
        for road_ix in np.argsort(delays.n_veh, kind="stable"):
            _draw_road(axes, network, delays, int(road_ix), int(classes[road_ix]))
        axes.plot(
            network.signal_xy_m[:, 0], network.signal_xy_m[:, 1], "o", ls="", ms=6.5, mew=1.4,
            mfc=light("surface"), mec=light("ink"), zorder=5,
        )  # fmt: skip
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        axes.set_aspect("equal")
        axes.set_axis_off()
        _scale_bar(axes, span)
        _north(axes)
        _legend(figure)
        return inline(figure, name, say("figure.map"))


def _frame(network: Network) -> tuple[Floats, Floats]:
    points = np.concatenate([*network.lines, network.signal_xy_m])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.03 * np.maximum(high - low, 0.25 * (high - low).max() + 1.0)
    return low - margin, high + margin


def _draw_road(axes: Axes, network: Network, delays: RoadDelays, road_ix: int, change_class: int) -> None:
    line = _beside(network.lines[road_ix])
    if change_class < 0:
        axes.plot(line[:, 0], line[:, 1], color=light("at-rest"), lw=1.0, zorder=1)
        return
    width = 1.3 + 4.2 * min(1.0, float(delays.n_veh[road_ix]) / max(1.0, float(np.nanmax(delays.n_veh))))
    (drawn,) = axes.plot(line[:, 0], line[:, 1], color=light(f"change-{change_class}"), lw=width, zorder=2)
    before_s, after_s = delays.before_s[road_ix], delays.after_s[road_ix]
    street = network.road_names[road_ix] or network.road_ids[road_ix]
    tooltip(
        drawn,
        f"{street}: {number(before_s, 1)} → {number(after_s, 1)} s/veh ({signed(after_s - before_s, 1)}), "
        f"{number(float(delays.n_veh[road_ix]))} veh",
    )


def _beside(line: Floats) -> Floats:
    """Move a road a little to its right, so that both directions of a street show."""
    along = np.gradient(line, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    return line + 2.5 * np.stack([along[:, 1], -along[:, 0]], axis=1) / length[:, None]


def _scale_bar(axes: Axes, span: Floats) -> None:
    length_m = max(step for step in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if step <= max(10.0, 0.22 * span[0]))
    x0, x1 = axes.get_xlim()
    y0, y1 = axes.get_ylim()
    x, y = x1 - 0.02 * (x1 - x0) - length_m, y0 + 0.02 * (y1 - y0)
    tick = 0.008 * (y1 - y0)
    axes.plot([x, x, x + length_m, x + length_m], [y + tick, y, y, y + tick], color=light("ink"), lw=1.2, zorder=6)
    axes.text(x + length_m / 2, y + 1.4 * tick, f"{length_m} m", ha="center", va="bottom", fontsize=8.5, zorder=6)


def _north(axes: Axes) -> None:
    arrow = {"arrowstyle": "-|>", "color": light("ink"), "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (0.975, 0.985), (0.975, 0.915), xycoords="axes fraction", arrowprops=arrow)
    axes.text(0.975, 0.905, "N", transform=axes.transAxes, ha="center", va="top", fontsize=9, weight="bold")


def _legend(figure: object) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=light(f"change-{i}"), lw=4.5, solid_capstyle="butt") for i in range(7)]
    handles += [
        Line2D([], [], color=light("at-rest"), lw=1.4),
        Line2D([], [], ls="", marker="o", ms=6.5, mew=1.4, mfc=light("surface"), mec=light("ink")),
    ]
    words: list[Words] = [same(text) for text in _CLASS_NAMES] + [say("map.at_rest"), say("map.signal")]
    legend(
        figure, handles, words, loc="outside lower center", ncols=9, handlelength=1.1, columnspacing=1.0,
        handletextpad=0.45, fontsize=8, title=say("map.legend"),
    )  # fmt: skip

"""The network, every road coloured by how its delay changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cityloop.lab.report.colours import light
from cityloop.lab.report.model import Floats, Network, RoadDelays
from cityloop.lab.report.numbers import MINUS, number, signed
from cityloop.lab.report.svg import drawing, inline, legend, tooltip, write
from cityloop.lab.report.words import Words, same, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOUNDS_S = (-30.0, -10.0, -3.0, 3.0, 10.0, 30.0)
"""Where one class of change ends and the next begins, s/veh; alike in every report, so that maps compare."""

_CLASS_NAMES = (
    f"< {MINUS}30", f"{MINUS}30 … {MINUS}10", f"{MINUS}10 … {MINUS}3", f"{MINUS}3 … +3", "+3 … +10", "+10 … +30",
    "> +30",
)  # fmt: skip
_SCALES_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_NUMBER_PT = 13.0  # a number with its circle
_LEAST_VEH = 5.0  # a mean over fewer vehicles says nothing about a road


def change_classes(delays: RoadDelays) -> NDArray[np.int64]:
    """Return the class of change of each road, 0 (much better) to 6 (much worse), -1 for a road at rest."""
    change_s = delays.after_s - delays.before_s
    is_used = np.isfinite(change_s) & (delays.n_veh >= _LEAST_VEH)
    return np.where(is_used, np.digitize(np.nan_to_num(change_s), BOUNDS_S), -1)


def map_figure(network: Network, delays: RoadDelays, numbers: Mapping[str, int], name: str) -> str:
    """Return the map as inline SVG: colour for the change of delay, width for the number of vehicles.

    Parameters
    ----------
    network : Network
    delays : RoadDelays
        One value a road of the network.
    numbers : mapping of str to int
        Number of a signal in the table of junctions; a signal without one is drawn as a small dot.
    name : str
        Prefix of the identifiers inside the drawing.
    """
    low, high = _frame(network)
    span = high - low
    height_in = float(np.clip(7.6 * span[1] / span[0], 3.2, 7.4))
    with drawing(7.6, height_in + 0.45) as figure:
        axes = figure.add_subplot()
        classes = change_classes(delays)
        _draw_ways(axes, network)
        for road_ix in np.argsort(delays.n_veh, kind="stable"):
            _draw_road(axes, network, delays, int(road_ix), int(classes[road_ix]))
        _draw_signals(axes, network, numbers, max(span[0] / (7.6 * 72), span[1] / (height_in * 72)))
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        axes.set_aspect("equal")
        axes.set_axis_off()
        _scale_and_north(axes, network)
        below = axes.text(0.5, -0.01, "", transform=axes.transAxes, ha="center", va="top", fontsize=9)
        write(below, say("map.legend"))
        _legend(figure)
        return inline(figure, name, say("figure.map"))


def _points(network: Network) -> Floats:
    return np.concatenate([*network.lines, network.signal_xy_m])


def _frame(network: Network) -> tuple[Floats, Floats]:
    points = _points(network)
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


def _draw_ways(axes: Axes, network: Network) -> None:
    """Draw the ways through all junctions as one thin line with breaks."""
    if network.ways:
        gap = np.full((1, 2), np.nan)
        joined = np.concatenate([part for way in network.ways for part in (way, gap)])
        axes.plot(joined[:, 0], joined[:, 1], color=light("at-rest"), lw=0.9, zorder=0.5)


def _draw_signals(axes: Axes, network: Network, numbers: Mapping[str, int], m_per_pt: float) -> None:
    places_m = apart(network.signal_xy_m, _NUMBER_PT * m_per_pt) if numbers else network.signal_xy_m
    for signal_id, (x_m, y_m), own_m in zip(network.signal_ids, places_m, network.signal_xy_m, strict=True):
        number_of = numbers.get(signal_id)
        if number_of is None:
            dot = axes.plot(
                [own_m[0]], [own_m[1]], "o", ms=5, mew=1.2, mfc=light("surface"), mec=light("ink"), zorder=5
            )
            tooltip(dot[0], signal_id)
            continue
        if np.hypot(x_m - own_m[0], y_m - own_m[1]) > 0.2 * _NUMBER_PT * m_per_pt:
            axes.plot([own_m[0], x_m], [own_m[1], y_m], color=light("ink"), lw=1.0, zorder=4)
        dot = axes.plot([x_m], [y_m], "o", ms=11.5, mew=1.2, mfc=light("surface"), mec=light("ink"), zorder=5)
        tooltip(dot[0], signal_id)
        axes.annotate(
            str(number_of), (x_m, y_m), ha="center", va="center_baseline", fontsize=7, weight="bold", zorder=6
        )


def apart(places: Floats, distance: float) -> Floats:
    """Return places pushed apart until each two lie ``distance`` from each other, as far as 50 rounds reach.

    Parameters
    ----------
    places : float64, shape (n, 2)
    distance : float
        In the unit of the places.
    """
    moved = places.copy()
    for _ in range(50):
        away = moved[:, None] - moved[None, :]
        gap = np.hypot(away[..., 0], away[..., 1])
        np.fill_diagonal(gap, np.inf)
        if (gap >= distance).all():
            break
        lacking = np.clip(distance - gap, 0.0, None)
        # places on top of each other have no direction of their own: the order of the rows gives one
        row = np.arange(len(places))
        along = np.where(gap[..., None] > 1e-9, away / np.maximum(gap, 1e-9)[..., None], 0.0)
        along[..., 0] += np.where(gap > 1e-9, 0.0, np.sign(row[:, None] - row[None, :]))
        moved = moved + 0.51 * (lacking[..., None] * along).sum(axis=1)
    return moved


def _scale_and_north(axes: Axes, network: Network) -> None:
    """Draw the scale bar and the arrow to the north in the emptiest corner of the map."""
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    width, height = x1 - x0, y1 - y0
    share = (_points(network) - (x0, y0)) / (width, height)
    corners = [(is_right, is_top) for is_top in (False, True) for is_right in (True, False)]

    def crowd(corner: tuple[bool, bool]) -> int:
        beside = share[:, 0] > 0.7 if corner[0] else share[:, 0] < 0.3
        return int((beside & (share[:, 1] > 0.78 if corner[1] else share[:, 1] < 0.22)).sum())

    is_right, is_top = min(corners, key=crowd)
    length_m = max(step for step in _SCALES_M if step <= max(_SCALES_M[0], 0.22 * width))
    left = x1 - 0.02 * width - length_m if is_right else x0 + 0.02 * width
    base = y1 - 0.15 * height if is_top else y0 + 0.02 * height
    tick, middle = 0.008 * height, left + length_m / 2
    bar_x = [left, left, left + length_m, left + length_m]
    axes.plot(bar_x, [base + tick, base, base, base + tick], color=light("ink"), lw=1.2, zorder=6)
    axes.text(middle, base + 1.4 * tick, f"{length_m} m", ha="center", va="bottom", fontsize=8.5, zorder=6)
    arrow = {"arrowstyle": "-|>", "color": light("ink"), "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (middle, base + 0.135 * height), (middle, base + 0.075 * height), arrowprops=arrow, zorder=6)
    axes.annotate(
        "N", (middle, base + 0.078 * height), xytext=(7, 0), textcoords="offset points", fontsize=9, weight="bold"
    )


def _legend(figure: object) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=light(f"change-{i}"), lw=4.5, solid_capstyle="butt") for i in range(7)]
    handles += [
        Line2D([], [], color=light("at-rest"), lw=1.4),
        Line2D([], [], ls="", marker="o", ms=8, mew=1.2, mfc=light("surface"), mec=light("ink")),
    ]
    words: list[Words] = [same(text) for text in _CLASS_NAMES] + [say("map.at_rest"), say("map.signal")]
    legend(
        figure, handles, words, loc="outside lower center", ncols=9, handlelength=1.1, columnspacing=1.0,
        handletextpad=0.45, fontsize=8,
    )  # fmt: skip

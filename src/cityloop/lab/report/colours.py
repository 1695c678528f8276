"""The colours of a report, each with a light and a dark value.

The arms and the diverging scale follow Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), which people with
any of the common colour deficiencies can tell apart; blue is always better and orange always worse.
A figure is drawn with the light values; :func:`cityloop.lab.report.svg.inline` turns each of them into a CSS variable,
so that one drawing follows the reader's choice of light or dark. Every light value therefore appears once only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """One role with its light and dark value, both as ``#rrggbb``."""

    role: str
    light: str
    dark: str


COLOURS = (
    Colour("surface", "#ffffff", "#171c23"),
    Colour("page", "#f4f6f8", "#0e1217"),
    Colour("ink", "#1a222d", "#e7eaef"),
    Colour("muted", "#566170", "#a3adb9"),
    Colour("grid", "#e2e6eb", "#29313b"),
    Colour("line", "#c8ced6", "#3a444f"),
    Colour("accent", "#005a9c", "#6cb8f2"),
    # arms
    Colour("arm-field", "#6a7380", "#aab3be"),
    Colour("arm-smart", "#0072b2", "#56b4e9"),
    Colour("arm-actuated", "#c66a00", "#f0a63c"),
    Colour("arm-max-pressure", "#00845f", "#2fc596"),
    Colour("arm-webster", "#b35590", "#e196c3"),
    Colour("arm-other", "#7b6200", "#d9c04a"),
    # change, from much better to much worse
    Colour("change-0", "#084b8a", "#8fd0ff"),
    Colour("change-1", "#3683c4", "#4795d6"),
    Colour("change-2", "#8fbfe3", "#2c618f"),
    Colour("change-3", "#a9b0b9", "#59626e"),
    Colour("change-4", "#f3b873", "#8d5a20"),
    Colour("change-5", "#d97415", "#dd8430"),
    Colour("change-6", "#96400a", "#ffbd7a"),
    Colour("at-rest", "#dadfe4", "#2c343e"),
    # what a signal shows
    Colour("green", "#009e73", "#1fb88b"),
    Colour("yielding", "#7fceb4", "#2b7a62"),
    Colour("yellow", "#f0c800", "#f2d43d"),
    Colour("red", "#d5504a", "#e0685f"),
    Colour("dark", "#3b4046", "#828a94"),
    Colour("trajectory", "#3d4a5a", "#b8c2ce"),
)

_LIGHT = {colour.role: colour.light for colour in COLOURS}


def light(role: str) -> str:
    """Return the light value of a role, which figures draw with.

    Raises
    ------
    KeyError
        For a role that the table does not have.
    """
    return _LIGHT[role]


def arm_role(arm: str) -> str:
    """Return the role of an arm's colour; arms without one of their own share ``arm-other``."""
    role = f"arm-{arm}"
    return role if role in _LIGHT else "arm-other"


def arm_dash(arm: str) -> tuple[float, tuple[float, ...] | None]:
    """Return the arm's line style, so that arms differ on a black-and-white print too."""
    styles: dict[str, tuple[float, tuple[float, ...] | None]] = {
        "field": (0, (4, 2)),
        "smart": (0, None),
        "actuated": (0, (1, 1.2)),
        "max-pressure": (0, (5, 1.5, 1, 1.5)),
        "webster": (0, (7, 2)),
    }
    return styles.get(arm, (0, (3, 1, 1, 1, 1, 1)))


def css_variables(is_dark: bool) -> str:
    """Return the declarations ``--role: value;`` of all roles."""
    return " ".join(f"--{colour.role}: {colour.dark if is_dark else colour.light};" for colour in COLOURS)

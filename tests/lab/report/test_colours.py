from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from cityloop.lab.report.colours import COLOURS, arm_dash, arm_role, css_variables, light
from cityloop.run.arms import ARMS

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
VALUE = {(colour.role, theme): getattr(colour, theme) for colour in COLOURS for theme in ("light", "dark")}


def linear(hex_value: str) -> np.ndarray:
    rgb = np.array([int(hex_value[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = matrix @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    bright, dim = sorted((float(linear(x) @ (0.2126, 0.7152, 0.0722)) for x in (a, b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_every_light_value_stands_for_one_role():
    lights = [colour.light for colour in COLOURS]
    assert len(set(lights)) == len(lights)
    assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in VALUE.values())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_are_readable(theme):
    for ground in ("surface", "page"):
        assert contrast(VALUE["ink", theme], VALUE[ground, theme]) > 10
        assert contrast(VALUE["muted", theme], VALUE[ground, theme]) > 4.5
        assert contrast(VALUE["accent", theme], VALUE[ground, theme]) > 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_neighbouring_classes_and_signal_states_can_be_told_apart(theme, deficiency):
    def seen(role: str) -> np.ndarray:
        return lab(DEFICIENCIES[deficiency] @ linear(VALUE[role, theme]))

    changes = [f"change-{i}" for i in range(7)]
    pairs = [*itertools.pairwise(changes), ("change-2", "change-4"), ("change-1", "change-5"), ("change-0", "change-6")]
    pairs += [("green", "yellow"), ("yellow", "red"), ("green", "red"), ("arm-field", "arm-smart")]
    pairs += [("arm-smart", "arm-actuated"), ("change-3", "at-rest")]
    for a, b in pairs:
        assert np.linalg.norm(seen(a) - seen(b)) > 12, (a, b)


def test_arms_differ_in_line_too():
    names = [arm.name for arm in ARMS] + ["another"]
    known = [name for name in names if arm_role(name) != "arm-other"]
    assert len({arm_role(name) for name in known}) == len(known) >= 5
    assert len({arm_dash(name) for name in known}) == len(known)
    assert arm_role("another") == "arm-other"


def test_css_has_every_role_in_both_themes():
    for is_dark, theme in ((False, "light"), (True, "dark")):
        text = css_variables(is_dark)
        assert all(f"--{role}: {value};" in text for (role, of), value in VALUE.items() if of == theme)
    with pytest.raises(KeyError):
        light("no such role")

from __future__ import annotations

import math

import pytest

from cityloop.city.errors import Unusable
from cityloop.sensing.camera_config import CameraConfig
from cityloop.sensing.word import read_word


def test_words_name_a_kind_and_its_figures() -> None:
    assert read_word("loops").kind == "loops"
    assert math.isnan(read_word("ideal").share_frac)
    assert read_word("camera").camera == CameraConfig()
    assert read_word("camera:missed=0.2,range=120").camera == CameraConfig(missed_frac=0.2, range_m=120.0)
    word = read_word("connected:0.3,gps=3,lost=0.1")
    assert (word.share_frac, word.gps_sd_m, word.lost_frac) == (0.3, 3.0, 0.1)


def test_night_and_rain_make_a_camera_worse() -> None:
    day, night, rain = (read_word(text).camera for text in ("camera", "camera:night", "camera:rain"))
    assert night.ghosts_vph > rain.ghosts_vph > day.ghosts_vph
    assert night.missed_frac > day.missed_frac
    assert rain.range_m < day.range_m
    both = read_word("camera:rain,night").camera
    assert both.missed_frac > max(night.missed_frac, rain.missed_frac)


@pytest.mark.parametrize(
    "text",
    [
        *("loops:", "camera:", "camera:fog", "camera:missed", "camera:missed=2", "camera:range=0", "camera:range=inf"),
        *("connected:0.3,gps", "connected:0.3,gps=-1", "connected:0.3,lost=1.5", "ideal:night"),
    ],
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(Unusable, match="unknown sensing"):
        read_word(text)

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.link_state import (
    CHARACTERS,
    GREEN,
    GREEN_YIELDING,
    RED,
    YELLOW,
    codes_of,
    is_green,
    text_of,
)

UNKNOWN = 255


@given(st.text(alphabet=CHARACTERS, max_size=40))
def test_states_and_codes_are_the_same_thing(state: str) -> None:
    codes = codes_of(state)
    assert codes.dtype == np.uint8
    assert text_of(codes) == state


def test_every_character_has_a_code_of_its_own() -> None:
    assert codes_of("rygG").tolist() == [RED, YELLOW, GREEN_YIELDING, GREEN]
    assert sorted(codes_of(CHARACTERS).tolist()) == list(range(len(CHARACTERS)))


def test_a_capital_yellow_is_yellow() -> None:
    assert codes_of("Yy").tolist() == [YELLOW, YELLOW]


@given(st.characters(codec="latin-1").filter(lambda character: character not in CHARACTERS + "Y"))
def test_other_characters_are_told_apart(character: str) -> None:
    assert codes_of(character).tolist() == [UNKNOWN]


def test_only_the_two_greens_are_green() -> None:
    assert CHARACTERS[2:4] == "gG"
    np.testing.assert_array_equal(is_green(codes_of(CHARACTERS)), [c in "gG" for c in CHARACTERS])
    assert is_green(codes_of("")).shape == (0,)

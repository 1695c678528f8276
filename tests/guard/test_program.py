from __future__ import annotations

import numpy as np
import pytest

from cityloop.city.link_state import GREEN, GREEN_YIELDING, text_of
from cityloop.control.guard.program import Program, head_rows, read_program


def _read(*steps: tuple[str, float]) -> Program:
    states = [state for state, _ in steps]
    return read_program(states, np.array([duration for _, duration in steps]), len(states[0]))


def _texts(program: Program) -> list[str]:
    return [text_of(stage) for stage in program.stages]


def test_stages_are_the_distinct_states_without_yellow() -> None:
    program = _read(("GGrr", 30), ("yyrr", 3), ("rrrr", 2), ("rrGg", 20), ("rryy", 3), ("GGrr", 10), ("yyrr", 3))
    assert _texts(program) == ["GGrr", "rrGg"]
    assert program.step_stage_ix.tolist() == [0, 1, 0]
    assert program.step_duration_s.tolist() == [30, 20, 10]


def test_a_green_that_stands_only_beside_yellow_is_a_stage_too() -> None:
    program = _read(("GGrr", 30), ("yyGr", 3), ("rrrG", 20), ("Grry", 3))
    assert _texts(program) == ["GGrr", "rrGr", "rrrG"]
    assert program.step_stage_ix.tolist() == [0, 1, 2]


def test_states_that_differ_only_in_what_the_guard_never_shows_are_one_stage() -> None:
    program = _read(("Gsr", 10), ("Gor", 5), ("uGO", 3), ("rGr", 20))
    assert _texts(program) == ["Grr", "rGr"]
    assert program.step_duration_s.tolist() == [15, 20]
    assert program.other_states == ("u", "s", "o", "O")


def test_yellow_is_the_longest_run_also_across_the_end() -> None:
    program = _read(("yGr", 2), ("rGy", 1), ("rry", 3), ("Gry", 0.5), ("ryr", 2), ("yGr", 1))
    np.testing.assert_array_equal(program.yellow_s, [3, 2, 4.5])
    assert np.isnan(_read(("yG", 3), ("yG", 3)).yellow_s).all()


def test_greens_shown_together_are_kept_in_their_very_states() -> None:
    program = _read(("GgrG", 30), ("GyrG", 3), ("rrGy", 3))
    together = program.greens_together.reshape(4, 2, 4, 2)
    assert together[0, 1, 1, 0]
    assert not together[0, 1, 1, 1]
    assert together[0, 1, 3, 1]
    assert not together[2, 1, 0, 1]
    assert not together[2, 1, 3, 1]


@pytest.mark.parametrize("states", [[], ["rr", "OO"]])
def test_a_program_without_green_has_no_stage(states: list[str]) -> None:
    program = read_program(states, np.ones(len(states)), 2)
    assert program.stages.shape == (0, 2)
    assert len(program.step_stage_ix) == 0
    assert np.isnan(program.yellow_s).all()


def test_head_rows_count_two_a_link() -> None:
    greens = np.array([GREEN, 0, GREEN_YIELDING, GREEN], np.uint8)
    assert head_rows(greens).tolist() == [1, 4, 7]

import math
from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.program import Program, program_of

PATH = Path("x.add.xml")


def _program(text: str) -> Program:
    return program_of(etree.fromstring(text), PATH)


def test_reads_a_program() -> None:
    program = _program(
        '<tlLogic id="J" programID="p" type="actuated" offset="7"><param key="max-gap" value="3"/>'
        '<phase duration="30" state="Gs" minDur="5" maxDur="1:0:0"/><phase duration="3" state="uO"/></tlLogic>'
    )
    assert (program.signal_id, program.program_id, program.kind, program.offset) == ("J", "p", "actuated", "7")
    assert [phase.state for phase in program.phases] == ["Gs", "uO"]
    assert (program.phases[0].duration_s, program.phases[0].min_s, program.phases[0].max_s) == (30.0, 5.0, 3600.0)
    assert math.isnan(program.phases[1].min_s)
    assert math.isnan(program.phases[1].max_s)


def test_type_and_offset_may_be_absent() -> None:
    program = _program('<tlLogic id="J" programID="p"/>')
    assert (program.kind, program.offset, program.phases) == ("static", None, ())


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<tlLogic programID="p"/>', "attribute id is missing"),
        ('<tlLogic id="J"/>', "attribute programID is missing"),
        ('<tlLogic id="J" programID="p"><phase duration="3"/></tlLogic>', "attribute state is missing"),
        ('<tlLogic id="J" programID="p"><phase state="G"/></tlLogic>', "attribute duration is missing"),
        ('<tlLogic id="J" programID="p"><phase duration="-1" state="G"/></tlLogic>', "duration -1 is negative"),
        ('<tlLogic id="J" programID="p"><phase duration="3" state=""/></tlLogic>', "unknown state ''"),
        ('<tlLogic id="J" programID="p"><phase duration="3" state="GÄ"/></tlLogic>', "unknown state"),
        ('<tlLogic id="J" programID="p"><phase duration="3" state="G한"/></tlLogic>', "unknown state"),
        (
            '<tlLogic id="J" programID="p"><phase duration="3" state="G"/><phase duration="3" state="rr"/></tlLogic>',
            "its states differ in length",
        ),
    ],
)
def test_broken_programs_are_unusable(text: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        _program(text)

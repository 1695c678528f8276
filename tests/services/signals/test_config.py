from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from cityloop.services.signals import PolicyName, SignalsConfig


def test_every_setting_has_a_default() -> None:
    assert SignalsConfig().policy in get_args(PolicyName)


@pytest.mark.parametrize("policy", get_args(PolicyName))
def test_every_policy_can_be_named(policy: str) -> None:
    assert SignalsConfig.model_validate({"policy": policy}).policy == policy


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"polcy": "smart"}, "polcy"),
        ({"policy": "best"}, "policy"),
        ({"planner": {"horizon": 60}}, "planner.horizon"),
        ({"actuated": {"max_green": 60}}, "actuated.max_green"),
        ({"max_pressure": {"period_s": 60}}, "max_pressure.period_s"),
        ({"webster": {"cycle_s": 60}}, "webster.cycle_s"),
        ({"planner": {"replan_s": 0.0}}, "planner.replan_s"),
        ({"planner": {"beam_width": 1}}, "planner.beam_width"),
        ({"planner": {"n_evaluations_most": -1}}, "planner.n_evaluations_most"),
        ({"planner": {"steps_s": []}}, "planner.steps_s"),
        ({"planner": {"steps_s": [1.0, 0.0]}}, "planner.steps_s.1"),
        ({"planner": {"reaction_s": "soon"}}, "planner.reaction_s"),
        ({"actuated": {"passage_s": -1.0}}, "actuated.passage_s"),
    ],
)
def test_unknown_keys_and_senseless_values_are_refused(settings: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SignalsConfig.model_validate(settings)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [where]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SignalsConfig().policy = "field"  # type: ignore[misc]


def test_every_setting_says_what_it_is_and_its_unit() -> None:
    units = ("_s", "_m", "_mps", "_mps2", "_vph", "_veh", "_frac", "_width", "_most")
    for group in ("planner", "actuated", "max_pressure", "webster"):
        for name, field in type(getattr(SignalsConfig(), group)).model_fields.items():
            assert field.description
            assert name.startswith("n_") or name.endswith(units), name

import json
import math
from dataclasses import replace

import pytest

from cityloop.city.errors import Unusable
from cityloop.run.arms import ARMS, arm_of
from cityloop.run.spec import RunSpec, result_of_json


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("arm", "clever", "unknown arm 'clever'; use field, "),
        ("seed", -1, "the seed -1 is negative"),
        ("engine", "matsim", "use sumo or twin"),
        ("protocol", "mine", "use resco or scenario"),
        ("clearance", "none", "use street or program"),
    ],
)
def test_what_cannot_be_run_is_refused(tmp_path, field, value, words):
    spec = RunSpec("town", "field", 1, tmp_path)
    with pytest.raises(Unusable, match=words):
        replace(spec, **{field: value})


@pytest.mark.parametrize(("field", "value"), [("arm", "sumo-actuated"), ("keep_raw", True)])
def test_the_twin_refuses_what_is_sumos_own(tmp_path, field, value):
    spec = RunSpec("town", "field", 1, tmp_path, engine="twin")
    with pytest.raises(Unusable, match="use --engine sumo"):
        replace(spec, **{field: value})


def test_every_arm_is_found_by_its_name():
    assert [arm_of(arm.name) for arm in ARMS] == list(ARMS)


def test_results_survive_json_with_what_cannot_be_told(tmp_path, fakes):
    result = fakes.result_of(RunSpec("town", "field", 1, tmp_path))
    text = json.dumps(result.as_json(), allow_nan=False)
    assert '"co2_g": null' in text
    back = result_of_json(json.loads(text))
    assert math.isnan(back.co2_g)
    assert replace(back, co2_g=0, fuel_g=0, person_delay_s=0) == replace(result, co2_g=0, fuel_g=0, person_delay_s=0)

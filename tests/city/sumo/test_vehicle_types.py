from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.vehicle_types import VehicleTypes


def _types(*texts: str) -> VehicleTypes:
    types = VehicleTypes()
    for text in texts:
        types.add(etree.fromstring(text), Path("x.rou.xml"))
    return types


def test_classes_by_type() -> None:
    types = _types(
        '<vType id="car"/>', '<vType id="coach" vClass="coach"/>', '<vType id="DEFAULT_VEHTYPE" vClass="truck"/>'
    )
    assert [types.class_of(name) for name in ("car", "coach", "DEFAULT_VEHTYPE")] == ["passenger", "coach", "truck"]
    assert [types.class_of(name) for name in ("DEFAULT_BIKETYPE", "DEFAULT_PEDTYPE")] == ["bicycle", "pedestrian"]
    assert types.class_of("never heard of") == "passenger"


def test_distributions() -> None:
    types = _types(
        '<vType id="bus" vClass="bus"/>',
        '<vTypeDistribution id="one"><vType id="x" vClass="taxi"/><vType id="y" vClass="taxi"/></vTypeDistribution>',
        '<vTypeDistribution id="mix"><vType id="z" probability="0.2"/><vType refId="bus" probability="0.8"/>'
        "</vTypeDistribution>",
        '<vTypeDistribution id="named" vTypes="bus"/>',
        '<vTypeDistribution id="empty"/>',
    )
    assert [types.class_of(name) for name in ("one", "mix", "named", "y")] == ["taxi", "bus", "bus", "taxi"]
    assert [finding.where for finding in types.findings] == ["vTypeDistribution mix"]
    assert "bus, passenger" in types.findings[0].text


def test_a_type_without_name_is_unusable() -> None:
    with pytest.raises(Unusable, match="attribute id is missing"):
        _types("<vType/>")

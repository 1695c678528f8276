from pathlib import Path

import pytest
from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.departures import Due
from cityloop.city.sumo.draws import Draws
from cityloop.city.sumo.vehicle_profiles import Profile, Profiles, _class_defaults

PATH = Path("x.rou.xml")


def _profile(xml: str, type_id: str | None = "t", profiles: Profiles | None = None, index: int = 0) -> Profile:
    profiles = Profiles() if profiles is None else profiles
    for element in etree.fromstring(f"<routes>{xml}</routes>"):
        profiles.add(element, PATH)
    attributes = {} if type_id is None else {"type": type_id}
    return profiles.choose(Due(etree.Element("trip", attributes), PATH, "v", index, 0.0, 0.0), Draws(0))


def test_the_defaults_of_every_class_are_sumos(pair_net: Path, tmp_path: Path) -> None:
    libsumo = pytest.importorskip("libsumo")
    classes = [name for name in _class_defaults() if name not in ("pedestrian", "wheelchair")]
    types = "".join(f'<vType id="{name}" vClass="{name}"/>' for name in classes)
    path = tmp_path / "types.add.xml"
    path.write_text(f"<additional>{types}</additional>")
    profiles = {name: _profile(f'<vType id="t" vClass="{name}"/>') for name in classes}
    libsumo.start(["sumo", "-n", str(pair_net), "-a", str(path), "--no-warnings", "true"])
    try:
        ask = libsumo.vehicletype
        for name, ours in profiles.items():
            theirs = {
                "length_m": ask.getLength(name),
                "min_gap_m": ask.getMinGap(name),
                "speed_factor": ask.getSpeedFactor(name),
                "speed_dev": ask.getSpeedDeviation(name),
                "accel_mps2": ask.getAccel(name),
                "decel_mps2": ask.getDecel(name),
                "tau_s": ask.getTau(name),
                "sigma": ask.getImperfection(name),
            }
            for column, value in theirs.items():
                assert getattr(ours, column) == pytest.approx(value, abs=1e-4), (name, column)
            # SUMO names the technical limit alone; bicycles and scooters do not wish to go that fast
            limit_mps = 20 / 3.6 if name in ("bicycle", "scooter") else ask.getMaxSpeed(name)
            assert ours.max_speed_mps == pytest.approx(limit_mps, abs=1e-4), name
            assert ours.is_emergency == (name == "emergency")
    finally:
        libsumo.close()


@pytest.mark.parametrize(
    ("attributes", "factor", "dev"),
    [
        ('speedFactor="1.2"', 1.2, 0.1),
        ('speedFactor="0.9" vClass="truck"', 0.9, 0.05),
        ('speedFactor="norm(1.1,0.3)"', 1.1, 0.3),
        ('speedFactor="normc(1.1, 0.3, 0.5, 1.5)"', 1.1, 0.3),
        ('speedFactor="normc(1.1,0.3,0.5,1.5)" speedDev="0.05"', 1.1, 0.05),
        ('speedDev="0.02"', 1.0, 0.02),
    ],
)
def test_speed_factors(attributes: str, factor: float, dev: float) -> None:
    profile = _profile(f'<vType id="t" {attributes}/>')
    assert (profile.speed_factor, profile.speed_dev) == (factor, dev)


def test_values_of_a_type_go_before_those_of_its_class() -> None:
    profile = _profile(
        '<vType id="t" vClass="bus" length="18" minGap="1" maxSpeed="20" accel="1" tau="1.4" sigma="0"/>'
    )
    assert (profile.vehicle_class, profile.length_m, profile.min_gap_m, profile.max_speed_mps) == ("bus", 18, 1, 20)
    assert (profile.accel_mps2, profile.decel_mps2, profile.tau_s, profile.sigma) == (1, 4, 1.4, 0)
    nested = _profile('<vType id="t" accel="3"><carFollowing-Krauss accel="1" sigma="0.1" tau="2"/></vType>')
    assert (nested.accel_mps2, nested.sigma, nested.tau_s) == (3, 0.1, 2)
    assert _profile('<vType id="t"><param key="has.bluelight.device" value="true"/></vType>').is_emergency
    assert _profile("", None).vehicle_class == "passenger"
    assert _profile('<vType id="t"/>', profiles=Profiles(0.0)).speed_dev == 0.0
    assert _profile('<vType id="t"/>', profiles=Profiles(-1.0)).speed_dev == 0.1


def test_distributions_are_drawn_by_their_shares() -> None:
    profiles = Profiles()
    xml = """<vType id="b" vClass="bus"/><vTypeDistribution id="t">
        <vType id="a" vClass="taxi" probability="3"/><vType refId="b" probability="1"/></vTypeDistribution>"""
    _profile(xml, profiles=profiles)
    drawn = [_profile("", profiles=profiles, index=index).vehicle_class for index in range(400)]
    assert drawn.count("taxi") == pytest.approx(300, abs=40)
    assert _profile("", "a", profiles).vehicle_class == "taxi"


@pytest.mark.parametrize(
    ("xml", "what"),
    [
        ("<vType/>", "attribute id is missing"),
        ('<vType id="t" vClass="ufo"/>', "vehicle class ufo is unknown"),
        ('<vType id="t" length="x"/>', "attribute length is no number"),
        ('<vType id="t" length="0"/>', "length, speed, acceleration or braking is not above 0"),
        ('<vType id="t" speedFactor="fast"/>', "no speed factor: 'fast'"),
        ('<vType id="t" speedFactor="norm(1)"/>', "no speed factor"),
        ('<vTypeDistribution id="t"/>', "the distribution has no usable shares"),
        ('<vTypeDistribution id="t" vTypes="DEFAULT_VEHTYPE" probabilities="x"/>', "no probability: 'x'"),
        ('<vTypeDistribution id="t" vTypes="u"/>', "vehicle type u is not defined"),
        ("", "vehicle type t is not defined"),
    ],
)
def test_broken_types_are_refused(xml: str, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        _profile(xml)

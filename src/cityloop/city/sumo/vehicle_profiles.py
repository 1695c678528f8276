"""Vehicle types as SUMO understands them: ``<vType>``, ``<vTypeDistribution>`` and the defaults of the classes."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from lxml import etree

from cityloop.city.errors import Unusable
from cityloop.city.sumo.departures import Due
from cityloop.city.sumo.draws import Draws, Purpose
from cityloop.city.sumo.xml_file import number, required, where

_ON = ("true", "1", "yes", "on", "x")


@dataclass(frozen=True, slots=True)
class Profile:
    """Size and driving of the vehicles of a type; the columns of schema ``vehicles`` with the same names."""

    vehicle_class: str
    length_m: float
    min_gap_m: float
    max_speed_mps: float
    speed_factor: float
    speed_dev: float
    accel_mps2: float
    decel_mps2: float
    tau_s: float
    sigma: float
    is_emergency: bool


@cache
def _class_defaults() -> dict[str, dict[str, float]]:
    """Return SUMO's defaults by class, as read from SUMO 1.28 itself (a test compares them with the one installed)."""
    text = resources.files("cityloop.city.sumo").joinpath("vehicle_classes.csv").read_text("utf-8")
    rows = {row.pop("class"): row for row in csv.DictReader(text.splitlines())}
    return {name: {column: float(value) for column, value in row.items()} for name, row in rows.items()}


@dataclass
class Profiles:
    """Collects ``<vType>`` and ``<vTypeDistribution>``.

    Parameters
    ----------
    default_speed_dev : float, optional
        SUMO's option ``default.speeddev``; None or negative stands for the default of each class.
    """

    default_speed_dev: float | None = None
    _profiles: dict[str, Profile] = field(default_factory=dict)
    _choices: dict[str, tuple[list[str], list[float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, vehicle_class in (
            ("DEFAULT_VEHTYPE", "passenger"),
            ("DEFAULT_BIKETYPE", "bicycle"),
            ("DEFAULT_TAXITYPE", "taxi"),
            ("DEFAULT_RAILTYPE", "rail"),
            ("DEFAULT_PEDTYPE", "pedestrian"),
            ("DEFAULT_CONTAINERTYPE", "container"),
        ):
            element = etree.Element("vType", id=name, vClass=vehicle_class)
            self._profiles[name] = self._profile(element, Path("SUMO"))

    def add(self, element: etree._Element, path: Path) -> None:
        """Take a type, or a distribution of types.

        Raises
        ------
        Unusable
            When it has no name, an unknown class, a value that is no number, or names a type that is not
            defined.
        """
        name = required(element, "id", path)
        if element.tag == "vType":
            self._profiles[name] = self._profile(element, path)
            return
        names = element.get("vTypes", "").split()
        shares = [_share(text, element, path) for text in element.get("probabilities", "").split()]
        shares += [1.0] * (len(names) - len(shares))
        for inner in element.iterchildren("vType"):
            inner_name = inner.get("refId")
            if inner_name is None:
                inner_name = required(inner, "id", path)
                self._profiles[inner_name] = self._profile(inner, path)
            names.append(inner_name)
            shares.append(number(inner, "probability", path, 1.0))
        for inner_name in names:
            if inner_name not in self._profiles:
                raise _unknown(inner_name, element, path)
        if sum(shares) <= 0 or min(shares) < 0 or len(shares) != len(names):
            raise Unusable("the distribution has no usable shares", where(element, path), "give each type a share")
        self._choices[name] = (names, shares)

    def choose(self, due: Due, draws: Draws) -> Profile:
        """Return the profile of a vehicle, drawn where its type is a distribution.

        Raises
        ------
        Unusable
            When its type is not defined, which SUMO refuses.
        """
        type_id = due.element.get("type", "DEFAULT_VEHTYPE")
        if type_id in self._choices:
            names, shares = self._choices[type_id]
            type_id = names[draws.choice(shares, Purpose.TYPE, due.name, due.index)]
        if type_id not in self._profiles:
            raise _unknown(type_id, due.element, due.path)
        return self._profiles[type_id]

    def _profile(self, element: etree._Element, path: Path) -> Profile:
        vehicle_class = element.get("vClass", "passenger")
        defaults = _class_defaults().get(vehicle_class)
        if defaults is None:
            raise Unusable(
                f"vehicle class {vehicle_class} is unknown", where(element, path), "give a class that SUMO knows"
            )
        speed_dev = defaults["speed_dev"]
        if self.default_speed_dev is not None and self.default_speed_dev >= 0:
            speed_dev = self.default_speed_dev
        speed_factor, speed_dev = _speed_factor(element, path, speed_dev)
        # older files nest the values of the car-following model
        nested = next((child for child in element if str(child.tag).startswith("carFollowing-")), None)

        def value(attribute: str, default: float) -> float:
            owner = element if nested is None or element.get(attribute) is not None else nested
            return number(owner, attribute, path, default)

        desired_mps = number(element, "desiredMaxSpeed", path, defaults["desired_speed_mps"])
        max_mps = number(element, "maxSpeed", path, defaults["max_speed_mps"])
        profile = Profile(
            vehicle_class=vehicle_class,
            length_m=number(element, "length", path, defaults["length_m"]),
            min_gap_m=number(element, "minGap", path, defaults["min_gap_m"]),
            # the speed that its drivers wish for stretches with their factor, the technical limit does not
            max_speed_mps=min(max_mps, desired_mps * speed_factor),
            speed_factor=speed_factor,
            speed_dev=speed_dev,
            accel_mps2=value("accel", defaults["accel_mps2"]),
            decel_mps2=value("decel", defaults["decel_mps2"]),
            tau_s=value("tau", 1.0),
            sigma=value("sigma", defaults["sigma"]),
            is_emergency=vehicle_class == "emergency" or _has_blue_light(element),
        )
        if min(profile.length_m, profile.max_speed_mps, profile.accel_mps2, profile.decel_mps2) <= 0:
            raise Unusable(
                "length, speed, acceleration or braking is not above 0", where(element, path), "give values above 0"
            )
        return profile


def _speed_factor(element: etree._Element, path: Path, speed_dev: float) -> tuple[float, float]:
    """Return mean and deviation of the speed factor: ``1.1``, ``norm(mean,dev)`` or ``normc(mean,dev,min,max)``."""
    speed_factor, text = 1.0, element.get("speedFactor")
    if text is not None:
        kind, _, inner = text.strip().partition("(")
        try:
            if kind in ("norm", "normc") and inner.endswith(")"):
                speed_factor, speed_dev = (float(part) for part in inner[:-1].split(",")[:2])
            else:
                speed_factor = float(text)
            if not (0 < speed_factor < 100 and 0 <= speed_dev < 100):
                raise ValueError
        except ValueError as error:
            raise Unusable(
                f"no speed factor: {text!r}", where(element, path), "write a number or normc(mean,dev,min,max)"
            ) from error
    return speed_factor, number(element, "speedDev", path, speed_dev)


def _has_blue_light(element: etree._Element) -> bool:
    return any(
        child.get("key") == "has.bluelight.device" and child.get("value", "").lower() in _ON
        for child in element.iterchildren("param")
    )


def _share(text: str, element: etree._Element, path: Path) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Unusable(f"no probability: {text!r}", where(element, path), "give numbers") from error


def _unknown(type_id: str, element: etree._Element, path: Path) -> Unusable:
    return Unusable(f"vehicle type {type_id} is not defined before it is used", where(element, path), "define it first")

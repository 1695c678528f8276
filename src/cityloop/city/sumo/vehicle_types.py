"""Vehicle classes by the name of the vehicle type."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from cityloop.city.city import Finding
from cityloop.city.sumo.xml_file import number, required


def _sumo_defaults() -> dict[str, str]:
    return {
        "DEFAULT_VEHTYPE": "passenger",
        "DEFAULT_BIKETYPE": "bicycle",
        "DEFAULT_PEDTYPE": "pedestrian",
        "DEFAULT_TAXITYPE": "taxi",
        "DEFAULT_RAILTYPE": "rail",
    }


@dataclass
class VehicleTypes:
    """Collects ``<vType>`` and ``<vTypeDistribution>``."""

    findings: list[Finding] = field(default_factory=list)
    _class_of: dict[str, str] = field(default_factory=_sumo_defaults)

    def add(self, element: etree._Element, path: Path) -> None:
        """Take a type, or a distribution of types.

        Raises
        ------
        Unusable
            When it has no name.
        """
        name = required(element, "id", path)
        if element.tag == "vType":
            self._class_of[name] = element.get("vClass", self._class_of.get(name, "passenger"))
            return
        shares: dict[str, float] = {}
        for vehicle_type in element.iterchildren("vType"):
            inner = vehicle_type.get("refId") or required(vehicle_type, "id", path)
            if vehicle_type.get("refId") is None:
                self._class_of[inner] = vehicle_type.get("vClass", "passenger")
            vehicle_class = self.class_of(inner)
            shares[vehicle_class] = shares.get(vehicle_class, 0.0) + number(vehicle_type, "probability", path, 1.0)
        for inner in element.get("vTypes", "").split():
            shares[self.class_of(inner)] = shares.get(self.class_of(inner), 0.0) + 1.0
        if not shares:
            return
        self._class_of[name] = max(shares, key=lambda vehicle_class: shares[vehicle_class])
        if len(shares) > 1:
            text = f"mixes the classes {', '.join(sorted(shares))}; its vehicles count as {self._class_of[name]}"
            self.findings.append(Finding("not represented", f"vTypeDistribution {name}", text))

    def class_of(self, type_id: str) -> str:
        """Return the vehicle class of a type; as in SUMO an unknown type is a passenger car."""
        return self._class_of.get(type_id, "passenger")

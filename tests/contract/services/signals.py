"""How the contract tests open the signals service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.guard import SignalRules
from cityloop.control.ports import Service
from cityloop.services.signals import PolicyName, SignalsConfig, SignalsService

# The planner without any time to plan, besides all policies as they are.
CUT_SHORT = "smart-cut-short"
VARIANTS: tuple[str, ...] = (*get_args(PolicyName), CUT_SHORT)


def open_service(
    city: City, rules: Sequence[SignalRules], variant: str, memory: Mapping[str, NDArray[Any]] | None = None
) -> Service:
    """Return the service under one of its policies."""
    settings: dict[str, Any] = {"policy": variant}
    if variant == CUT_SHORT:
        settings = {"policy": "smart", "planner": {"n_evaluations_most": 0}}
    return SignalsService(city, rules, SignalsConfig.model_validate(settings), memory)


def memory_of(service: Service) -> dict[str, NDArray[Any]]:
    """Return what the service keeps until the next day."""
    assert isinstance(service, SignalsService)
    return service.memory

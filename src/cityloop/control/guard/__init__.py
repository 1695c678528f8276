"""The guard: nothing reaches an actuator except through it."""

from cityloop.control.guard.clearance import Clearance, clearance_of
from cityloop.control.guard.rules import (
    SignalRules,
    can_be_green_together,
    rule_findings,
    signal_rules,
    start_delay_s,
)

__all__ = [
    "Clearance",
    "SignalRules",
    "can_be_green_together",
    "clearance_of",
    "rule_findings",
    "signal_rules",
    "start_delay_s",
]

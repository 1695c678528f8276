"""The guard: nothing reaches an actuator except through it."""

from cityloop.control.guard.clearance import Clearance, clearance_of
from cityloop.control.guard.rules import (
    SignalRules,
    can_be_green_together,
    rule_findings,
    signal_rules,
    start_delay_s,
)
from cityloop.control.guard.signal import GuardConfig, SignalGuard

__all__ = [
    "Clearance",
    "GuardConfig",
    "SignalGuard",
    "SignalRules",
    "can_be_green_together",
    "clearance_of",
    "rule_findings",
    "signal_rules",
    "start_delay_s",
]

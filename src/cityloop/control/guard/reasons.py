"""Why the guard refuses, as short fixed strings; they stand in ``Refusal.reason`` and in the log."""

from typing import Final

MALFORMED: Final = "malformed order"
UNKNOWN_SIGNAL: Final = "unknown signal"
WRONG_LENGTH: Final = "wrong number of links"
UNKNOWN_CODE: Final = "unknown code"
CONFLICTING_GREENS: Final = "conflicting greens"
PRECEDENCE: Final = "another order goes first"
TRANSITION: Final = "transition not complete"
MINIMUM_GREEN: Final = "minimum green"
MAXIMUM_RED: Final = "maximum red"
LOCAL_PLAN: Final = "local plan takes over"

"""The protocol of a policy."""

from __future__ import annotations

from typing import Protocol

from cityloop.control.view import View
from cityloop.services.signals.network import Ints
from cityloop.services.signals.stage_keeper import StageKeeper


class Policy(Protocol):
    """A way to decide which stage every signal shows next."""

    def choose(self, view: View, keeper: StageKeeper) -> Ints:
        """Return the wanted stage of every planned signal; those that must be held are left as they are."""

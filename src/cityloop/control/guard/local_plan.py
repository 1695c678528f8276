"""The local plan: a signal that nobody orders runs through the stages of its program."""

from __future__ import annotations

from cityloop.control.guard.machine import ROUNDING_S, Codes, SignalMachine
from cityloop.control.guard.rules import SignalRules


class LocalPlan:
    """Where a signal is in its program, and which stage comes next.

    The stages keep the program's order and durations; the transitions between them are the guard's.

    Parameters
    ----------
    rules : SignalRules
    """

    def __init__(self, rules: SignalRules) -> None:
        self._stages: list[Codes] = [rules.stages[ix] for ix in rules.step_stage_ix.tolist()]
        self._bytes = [stage.tobytes() for stage in self._stages]
        self._duration_s: list[float] = rules.step_duration_s.tolist()
        self._step = -1
        self.is_running = False

    def start(self, target_bytes: bytes) -> bool:
        """Begin at the step that shows these greens, else at the next; whether there is a plan to run."""
        self.is_running = bool(self._stages)
        self.relocate(target_bytes)
        return self.is_running

    def stop(self) -> None:
        """Leave the signal to the services."""
        self.is_running = False

    def relocate(self, target_bytes: bytes) -> None:
        """Go on from the next step that shows these greens, where none does from the next step."""
        n_steps = len(self._stages)
        following = [(self._step + k) % n_steps for k in range(1, n_steps + 1)]
        self._step = next(
            (step for step in following if self._bytes[step] == target_bytes), (self._step + 1) % max(n_steps, 1)
        )

    def wanted(self, machine: SignalMachine, t_s: float) -> Codes:
        """Return the greens to aim at now."""
        if machine.target_bytes == self._bytes[self._step]:
            if t_s < machine.complete_s + self._duration_s[self._step] - ROUNDING_S:
                return machine.target
            self._step = (self._step + 1) % len(self._stages)
        return self._stages[self._step]

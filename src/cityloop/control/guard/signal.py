"""The guard of the signals: merges orders, keeps every rule, recalls who waits too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.link_state import RED
from cityloop.control.guard import reasons
from cityloop.control.guard.calls import Calls
from cityloop.control.guard.local_plan import LocalPlan
from cityloop.control.guard.machine import ROUNDING_S, SignalMachine
from cityloop.control.guard.merge import GreensOrder, merge_orders
from cityloop.control.guard.recall import Recall
from cityloop.control.guard.rules import SignalRules
from cityloop.control.orders import Orders, Permit, Precedence, Refusal
from cityloop.control.view import View

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GuardConfig:
    """How the guard watches over services and calls.

    Parameters
    ----------
    tick_s : float
        Time between two ticks of the loop; the schedule of recalls is made for it.
    jitter_s : float
        How much later than planned a tick may come; 0 on a simulator.
    silence_s : float
        A signal without an order for longer than this is run by the local plan.
    reach_m : float
        A vehicle within this distance of a stop line calls its link.
    call_memory_s : float
        A call lasts this long after it was last seen.
    emergency_grace_s : float
        An emergency order may exceed the maximum red by this much.

    Raises
    ------
    Unusable
        Where a figure is not finite or negative, or the tick is zero.
    """

    tick_s: float = 1.0
    jitter_s: float = 0.0
    silence_s: float = 10.0
    reach_m: float = 50.0
    call_memory_s: float = 5.0
    emergency_grace_s: float = 60.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not np.isfinite(value) or value < 0 or (name == "tick_s" and value == 0):
                raise Unusable(f"{value} cannot be used", f"guard {name}", "give a positive number")


class SignalGuard:
    """Permits what the signals may show; it implements the ``Guard`` port.

    It takes a signal over at its first valid order, in whatever state it is, and keeps it from then on. What the
    view shows is the truth: where a head shows something else than was permitted, the guard starts again from there.

    Parameters
    ----------
    city : City
    rules : sequence of SignalRules
        One a signal, in the order of ``city.signals``.
    config : GuardConfig

    Raises
    ------
    Unusable
        Where the rules are not those of the city.
    """

    def __init__(self, city: City, rules: Sequence[SignalRules], config: GuardConfig | None = None) -> None:
        n_signals, n_links = city.signals.n_rows, city.links.n_rows
        if [rule.signal_ix for rule in rules] != list(range(n_signals)):
            raise Unusable("the rules are not one a signal in their order", "guard", "build them with signal_rules")
        self._config = config or GuardConfig()
        self._rules = tuple(rules)
        self._links = [city.links_of(ix) for ix in range(n_signals)]
        self._recalls = [Recall(rule, self._config.tick_s, self._config.jitter_s) for rule in rules]
        self._plans = [LocalPlan(rule) for rule in rules]
        self._calls = Calls(city, self._config.reach_m, self._config.call_memory_s)
        self._machines: dict[int, SignalMachine] = {}
        self._services: dict[int, str] = {}
        self._t_s = -np.inf
        self._shown: Codes = np.full(n_links, RED, np.uint8)
        self._since_s: Floats = np.zeros(n_links)
        self._is_controlled: Bools = np.zeros(n_links, np.bool_)
        self._has_home: Bools = np.zeros(n_links, np.bool_)
        self._max_red_s: Floats = np.zeros(n_links)
        self._signal_of_link = np.zeros(n_links, np.int64)
        for ix, links in enumerate(self._links):
            self._max_red_s[links] = rules[ix].max_red_s
            self._signal_of_link[links] = ix
            self._has_home[links] = self._recalls[ix].home_ix >= 0
        self._alarm_s = np.array([recall.alarm_s for recall in self._recalls])
        self._event_s: Floats = np.full(n_signals, np.inf)
        self._check_s: Floats = np.full(n_signals, -np.inf)
        self._is_recalled: Bools = np.zeros(n_signals, np.bool_)
        self._heard_s: Floats = np.full(n_signals, np.inf)
        self._waits: Bools = np.zeros(n_links, np.bool_)
        self._due_s: Floats = np.full(n_links, np.inf)
        self._next_due_s: Floats = np.full(n_signals, np.inf)

    def permit(self, view: View, orders: Sequence[Orders]) -> Permit:
        """Return what the signals under control may show now, and which orders were refused.

        Parameters
        ----------
        view : View
            Its ``display`` is the truth about the street.
        orders : sequence of Orders
            One a service; where two want the same signal with the same precedence, the first goes first.

        Returns
        -------
        Permit
        """
        t_s = view.t_s
        if t_s < self._t_s:
            self._start_again(view)
        self._t_s = t_s
        wanted, refusals = merge_orders(orders, self._rules, self._machines)
        self._calls.observe(view)
        if not wanted and not self._machines:
            return Permit(refusals=tuple(refusals))  # no signal has been taken over yet
        self._resynchronise(view)
        for ix, order in wanted.items():
            if ix not in self._machines:
                self._take_over(view, ix)
            self._heard_s[ix] = t_s
            self._services[ix] = order.service
        self._watch_deadlines()
        for ix in self._needing_attention(t_s, wanted):
            self._attend(t_s, ix, wanted.get(ix), refusals)
        machines = self._machines
        return Permit(tuple(machines), tuple(machine.display for machine in machines.values()), tuple(refusals))

    def _start_again(self, view: View) -> None:
        """Believe nothing from before: the clock was set back, or a day has passed midnight."""
        self._calls.forget()
        for ix in self._machines:
            self._take_over(view, ix)

    def _take_over(self, view: View, ix: int) -> None:
        """Put a signal under control as the view shows it."""
        links = self._links[ix]
        machine = self._machines.get(ix)
        if machine is None:
            machine = self._machines[ix] = SignalMachine(self._rules[ix], self._shown[links], self._since_s[links])
            self._is_controlled[links] = True
        self._heard_s[ix] = view.t_s
        self._adopt(view, ix, machine, np.ones(links.stop - links.start, np.bool_))

    def _resynchronise(self, view: View) -> None:
        """Adopt what the view shows wherever that is not what was permitted."""
        differs = self._is_controlled & (view.display != self._shown)
        if differs.any():
            for ix in np.unique(self._signal_of_link[differs]).tolist():
                self._adopt(view, ix, self._machines[ix], differs[self._links[ix]])

    def _adopt(self, view: View, ix: int, machine: SignalMachine, is_news: Bools) -> None:
        machine.adopt(view.t_s, view.display[self._links[ix]], is_news)
        self._event_s[ix], self._check_s[ix] = machine.event_s, -np.inf

    def _watch_deadlines(self) -> None:
        """Note when each called red link must be green, and for each signal the first such time.

        Where a link has begun to wait or waits no more, the signal's schedule has to be made anew.
        """
        calls = self._calls
        waits = calls.is_called & self._is_controlled & self._has_home & (self._shown == RED)
        from_s = np.maximum(self._since_s, calls.since_s)
        self._due_s = np.where(waits, from_s + self._max_red_s, np.inf)
        self._check_s[self._signal_of_link[waits != self._waits]] = -np.inf
        self._waits = waits
        self._next_due_s.fill(np.inf)
        np.minimum.at(self._next_due_s, self._signal_of_link[waits], self._due_s[waits])

    def _needing_attention(self, t_s: float, wanted: dict[int, GreensOrder]) -> list[int]:
        """Return the signals at which something may happen now; the others stay as they are."""
        now_s = t_s + ROUNDING_S
        is_urgent = (self._next_due_s - self._alarm_s < now_s) & (self._check_s <= now_s)
        is_silent = self._heard_s < t_s - self._config.silence_s - ROUNDING_S
        found = set(np.flatnonzero((self._event_s <= now_s) | is_urgent | is_silent).tolist())
        found.update(ix for ix, order in wanted.items() if self._is_news(ix, order))
        return sorted(found)

    def _is_news(self, ix: int, order: GreensOrder) -> bool:
        return order.greens_bytes != self._machines[ix].target_bytes or self._plans[ix].is_running

    def _attend(self, t_s: float, ix: int, order: GreensOrder | None, refusals: list[Refusal]) -> None:
        """Take one signal's steps: its transition, a recall, an order or the local plan."""
        machine, plan = self._machines[ix], self._plans[ix]
        if machine.event_s <= t_s + ROUNDING_S:
            machine.advance(t_s)
            self._check_s[ix] = -np.inf
        due_s, before = self._urgent_due_s(t_s, ix, order), machine.target_bytes
        is_recalled = due_s is not None and self._recall(t_s, ix, due_s, order)
        if order is None and machine.target_bytes != before:
            refusals.append(Refusal(ix, self._services[ix], reasons.MAXIMUM_RED))
        if order is not None:
            plan.stop()
            reason = self._follow(t_s, ix, order.greens, due_s, is_recalled)
            if reason is not None:
                refusals.append(Refusal(ix, order.service, reason))
        elif self._heard_s[ix] < t_s - self._config.silence_s - ROUNDING_S:
            if not plan.is_running and plan.start(machine.target_bytes):
                refusals.append(Refusal(ix, self._services[ix], reasons.LOCAL_PLAN))
            if plan.is_running:
                self._follow(t_s, ix, plan.wanted(machine, t_s), due_s, is_recalled)
        self._event_s[ix] = machine.event_s

    def _urgent_due_s(self, t_s: float, ix: int, order: GreensOrder | None) -> Floats | None:
        """Return the deadlines of a signal's links, ``None`` while no order could break one."""
        is_emergency = order is not None and order.precedence is Precedence.EMERGENCY
        grace_s = self._config.emergency_grace_s if is_emergency else 0.0
        if self._next_due_s[ix] + grace_s - self._recalls[ix].alarm_s >= t_s:
            return None
        return self._due_s[self._links[ix]] + grace_s

    def _recall(self, t_s: float, ix: int, due_s: Floats, order: GreensOrder | None) -> bool:
        """Recall a stage where waiting for another tick would break a deadline; whether orders have to wait."""
        machine, recall = self._machines[ix], self._recalls[ix]
        schedule = recall.schedule(machine, t_s, due_s)
        if schedule.margin_s >= 0:
            recall.keep(schedule)
            is_emergency = order is not None and order.precedence is Precedence.EMERGENCY
            self._check_s[ix] = -np.inf if is_emergency else t_s + schedule.margin_s
            return False
        stage = recall.choose(machine, t_s, due_s)
        if machine.can_recall(t_s, stage):
            self._aim(t_s, ix, stage)
            self._is_recalled[ix] = True
            self._plans[ix].relocate(machine.target_bytes)
        return True

    def _follow(self, t_s: float, ix: int, greens: Codes, due_s: Floats | None, is_recalled: bool) -> str | None:
        """Aim at greens that are asked for, or return why they have to wait."""
        machine, recall = self._machines[ix], self._recalls[ix]
        if (greens == machine.target).all():
            self._is_recalled[ix] &= is_recalled
            return None
        if is_recalled:
            return reasons.MAXIMUM_RED
        reason = machine.refusal(t_s, greens)
        if reason is not None:
            return reasons.MAXIMUM_RED if self._is_recalled[ix] else reason
        if due_s is not None:
            schedule = recall.schedule(machine, t_s, due_s, greens)
            if schedule.margin_s < 0:
                return reasons.MAXIMUM_RED
            recall.keep(schedule)
        self._aim(t_s, ix, greens)
        self._is_recalled[ix] = False
        if recall.learn(greens):
            self._has_home[self._links[ix]] = recall.home_ix >= 0
            self._alarm_s[ix] = recall.alarm_s
        return None

    def _aim(self, t_s: float, ix: int, greens: Codes) -> None:
        self._machines[ix].aim(t_s, greens)
        self._check_s[ix] = -np.inf

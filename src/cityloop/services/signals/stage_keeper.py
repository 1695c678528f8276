"""What every signal shows, since when, and when it may change: the memory that all policies share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import RED, is_green
from cityloop.control.orders import Orders, StageOrder
from cityloop.control.view import View
from cityloop.services.signals.coupling import PlannedSignal
from cityloop.services.signals.network import Floats, Ints, SignalNetwork
from cityloop.services.signals.short_links import EMPTYING_S, ShortLinks


class StageKeeper:
    """Keeps the stage of every planned signal in step with what the street shows.

    Attributes
    ----------
    stage, before : int64, one a signal
        Stage shown or under way, and the one before it.
    switched_s, hold_until_s : float64, one a signal
        When it was switched to, and until when it must be held.
    green_since_s : float64, one a planner movement
        Since when its link has been green; nan while it is not.
    last_green_s : float64, one a planner movement
        When its link was last seen green.
    """

    def __init__(self, city: City, network: SignalNetwork) -> None:
        self._network = network
        self._min_green_s = [
            max(float(rule.min_green_s.max(initial=0.0)) for rule in signal.members) for signal in network.planned
        ]
        n_signals, n_movements = network.n_signals, network.movement_ix.shape[0]
        self.stage: Ints = np.zeros(n_signals, np.int64)
        self.before: Ints = np.zeros(n_signals, np.int64)
        self.switched_s: Floats = np.full(n_signals, -np.inf)
        self.hold_until_s: Floats = np.full(n_signals, -np.inf)
        self.green_since_s: Floats = np.full(n_movements, np.nan)
        self.last_green_s: Floats = np.full(n_movements, -np.inf)
        first_link, n_links = network.link_start[:-1], np.diff(network.link_start)
        of_signal = np.repeat(np.arange(n_signals), np.diff(network.movement_start))
        self.signal_of_movement: Ints = of_signal
        self.link_of_movement: Ints = network.link_ix[first_link[of_signal] + network.movement_link]
        widest = int(n_links.max(initial=0))
        column = np.arange(widest)
        self._is_link = column < n_links[:, None]
        self._link = np.zeros((n_signals, widest), np.int64)
        self._link[self._is_link] = network.link_ix
        self._stage_green = np.zeros((int(network.stage_start[-1]), widest), np.bool_)
        for signal, stages in enumerate(network.stages):
            for k, greens in enumerate(stages):
                self._stage_green[network.stage_start[signal] + k, : len(greens)] = greens != RED
        self._orders = [[_orders(signal, greens) for greens in signal.stages] for signal in network.planned]
        self._is_asked = np.zeros((n_signals, widest), np.bool_)  # greens of the last orders
        self._is_shown = np.zeros((n_signals, widest), np.bool_)
        self._plain, self._plain_green, self._plain_stage = Orders(), self._is_asked, np.full(n_signals, -1, np.int64)
        self.short_links = ShortLinks(city, network.planned)
        # each planner movement in ``network.shown``: first row of its signal, and its column
        self._first_stage: Ints = network.stage_start[of_signal]
        self._column: Ints = np.arange(n_movements) - network.movement_start[of_signal]
        self._is_started = False

    def observe(self, view: View) -> None:
        """Take in what the street shows: the truth is the view, never the order that was sent."""
        green = is_green(view.display)
        of_movement = green[self.link_of_movement]
        if not self._is_started:
            self.last_green_s[:] = view.t_s
            self.switched_s[:] = view.t_s
            self.hold_until_s[:] = view.t_s
        self.green_since_s[~of_movement] = np.nan
        self.green_since_s[of_movement & np.isnan(self.green_since_s)] = view.t_s
        self.last_green_s[of_movement] = view.t_s
        shown = self._is_shown = green[self._link] & self._is_link
        wanted = self._stage_green[self._network.stage_start[:-1] + self.stage]
        is_settled = view.t_s >= self.hold_until_s
        has_ended = (shown & ~self._is_asked).any(axis=1) & (view.t_s > self.switched_s)
        lacks = (wanted & ~shown).any(axis=1) & is_settled
        for signal in np.flatnonzero(has_ended | lacks | (not self._is_started)).tolist():
            self._adopt(signal, shown[signal], view.t_s)
        self._is_started = True
        self.short_links.observe(view)

    def _adopt(self, signal: int, shown: NDArray[np.bool_], t_s: float) -> None:
        """Take the stage that is nearest to what is shown; the guard may have chosen another than ordered."""
        greens = self._stage_green[self._network.stages_of(signal)]
        nearest = int(np.argmin((greens != shown).sum(axis=1)))
        if nearest != self.stage[signal]:
            self.before[signal] = self.stage[signal] = nearest
            self.switched_s[signal] = self.hold_until_s[signal] = t_s  # the stage that was ordered holds nothing
            self.short_links.forget(signal)

    def may_switch(self, t_s: float) -> NDArray[np.bool_]:
        """Return where the stage has been held long enough."""
        return np.asarray(t_s >= self.hold_until_s - 1e-6)

    def request(self, wanted: Ints, is_unclear: NDArray[np.bool_], t_s: float) -> Orders:
        """Note the wanted stages and return the orders that ask for them.

        Parameters
        ----------
        wanted : int64, one a signal
        is_unclear : bool, one a planner movement
            Movements whose way is not clear yet: a link that is red stays so while one of its is.
        t_s : float
        """
        network = self._network
        for signal in np.flatnonzero((wanted != self.stage) & self.may_switch(t_s)).tolist():
            hold_s = network.hold_s(signal, self.stage[signal], wanted[signal])
            self.before[signal] = self.stage[signal]
            self.stage[signal] = wanted[signal]
            self.switched_s[signal] = t_s
            self.hold_until_s[signal] = t_s + hold_s
            self.short_links.change(signal, int(self.before[signal]), int(self.stage[signal]))
        plain, self._is_asked = self._plain_orders()
        is_held_back = is_unclear & np.isnan(self.green_since_s) & self._is_in_stage()
        held_back: dict[int, Ints] = {}  # links, by signal
        for signal in set(self.signal_of_movement[is_held_back].tolist()):
            own = network.movements_of(signal)
            held_back[signal] = network.movement_link[own][is_held_back[own]]
        for signal, links in self.short_links.closed_streams().items():
            red = [link for link in links if self._is_asked[signal, link] and not self._is_shown[signal, link]]
            if red:
                held_back[signal] = np.append(held_back.get(signal, np.empty(0, np.int64)), red)
        kept = self.short_links.kept(t_s, self.switched_s)
        if not held_back and not kept:
            return plain
        self._is_asked = self._is_asked.copy()
        orders = [of_signal[stage] for of_signal, stage in zip(self._orders, self.stage.tolist(), strict=True)]
        for signal in sorted(held_back.keys() | kept.keys()):
            planned = network.planned[signal]
            greens = planned.stages[self.stage[signal]].copy()
            if signal in held_back:
                greens[held_back[signal]] = RED
                self.hold_until_s[signal] = max(self.hold_until_s[signal], t_s + self._min_green_s[signal])
            if signal in kept:
                is_kept = np.repeat(kept[signal], [rule.n_links for rule in planned.members])
                greens[is_kept] = planned.stages[self.before[signal]][is_kept]
                # a member that changes later than planned has its yellow and minimum green still to come
                hold_s = network.hold_s(signal, self.before[signal], self.stage[signal]) - EMPTYING_S
                self.hold_until_s[signal] = max(self.hold_until_s[signal], t_s + hold_s)
            orders[signal] = _orders(planned, greens)
            self._is_asked[signal, : greens.shape[0]] = greens != RED
        return Orders(tuple(order for of_signal in orders for order in of_signal))

    def _plain_orders(self) -> tuple[Orders, NDArray[np.bool_]]:
        """Return the orders for the whole of every stage, and their greens; made anew only after a change."""
        if not np.array_equal(self.stage, self._plain_stage):
            self._plain_stage = self.stage.copy()
            stages = zip(self._orders, self.stage.tolist(), strict=True)
            self._plain = Orders(tuple(order for of_signal, stage in stages for order in of_signal[stage]))
            self._plain_green = self._stage_green[self._network.stage_start[:-1] + self.stage]
        return self._plain, self._plain_green

    def _is_in_stage(self) -> NDArray[np.bool_]:
        """Return which planner movements the stage of their signal shows green."""
        row = self._first_stage + self.stage[self.signal_of_movement]
        return np.asarray(self._network.shown[row, self._column] > 0)


def _orders(signal: PlannedSignal, greens: NDArray[np.uint8]) -> tuple[StageOrder, ...]:
    """Return the orders that ask for greens, one a member."""
    members = zip(signal.members, signal.links_of_members, strict=True)
    return tuple(StageOrder(rule.signal_ix, greens[own]) for rule, own in members)

"""The signals service: one policy for all signals of a city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.guard import SignalRules
from cityloop.control.orders import Orders
from cityloop.control.view import View
from cityloop.kernels.downstream import uncleared_movements
from cityloop.services.signals.config import SignalsConfig
from cityloop.services.signals.network import signal_network
from cityloop.services.signals.policies.policy import Policy
from cityloop.services.signals.stage_keeper import StageKeeper


class SignalsService:
    """Decide the stages of every signal that has at least two to choose from.

    Parameters
    ----------
    city : City
    rules : sequence of SignalRules
        The guard's rules, one a signal.
    config : SignalsConfig
    memory : mapping of str to array, optional
        What the service kept of an earlier day.
    """

    name = "signals"

    def __init__(
        self,
        city: City,
        rules: Sequence[SignalRules],
        config: SignalsConfig,
        memory: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self.config = config
        self.network = signal_network(city, rules, config)
        self._keeper = StageKeeper(city, self.network)
        self._policy = _policy(city, rules, self, memory) if config.policy != "field" else None

    @property
    def memory(self) -> dict[str, NDArray[Any]]:
        """What is worth keeping until the next day; empty for policies that learn nothing."""
        keep = getattr(self._policy, "memory", None)
        return dict(keep()) if keep is not None else {}

    def decide(self, view: View) -> Orders:
        """Return the wanted stages; none under the policy ``field``, which leaves the plan in force alone."""
        if self._policy is None or self.network.n_signals == 0:
            return Orders()
        self._keeper.observe(view)
        wanted = self._policy.choose(view, self._keeper)
        return self._keeper.request(wanted, self._uncleared(view), view.t_s)

    def _uncleared(self, view: View) -> NDArray[np.bool_]:
        """Return the movements whose green has to wait until the junction is clear."""
        vehicles, network = view.vehicles, self.network
        return uncleared_movements(
            vehicles.lane_ix,
            vehicles.movement_ix,
            vehicles.position_m,
            vehicles.speed_mps,
            vehicles.length_m,
            network.foe_start,
            network.foe_row,
            network.foe_conflict_m,
            network.foe_entry_s,
            network.row_of_movement,
            ~np.isnan(self._keeper.green_since_s),
        )


def _policy(
    city: City, rules: Sequence[SignalRules], service: SignalsService, memory: Mapping[str, NDArray[Any]] | None
) -> Policy:
    """Return the policy that the configuration names, importing only that one."""
    network, config = service.network, service.config
    if config.policy == "smart":
        from cityloop.services.signals.policies.smart import Smart

        return Smart(city, network, rules, config, memory)
    if config.policy == "webster":
        from cityloop.services.signals.policies.webster import Webster

        return Webster(city, network, config)
    if config.policy == "actuated":
        from cityloop.services.signals.policies.actuated import Actuated

        return Actuated(city, network, config)
    from cityloop.services.signals.policies.max_pressure import MaxPressure

    return MaxPressure(city, network, config)

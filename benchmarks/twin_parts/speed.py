"""The twin and its peers on the same city with the same vehicles, by turns on one core."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from cityloop.engines.twin.network import network_of
from twin_parts import sumo_peer
from twin_parts.cases import Case
from twin_parts.clocked import Clocked, clock_twin
from twin_parts.uxsim_peer import clock_uxsim, has_uxsim

TWIN, MESO, MICRO = "twin", "sumo_meso", "sumo_micro"
NAMES = {
    TWIN: "twin",
    MESO: "SUMO meso with signals",
    MICRO: "SUMO micro",
    "uxsim_5": "UXsim, platoons of 5",
    "uxsim_1": "UXsim, single vehicles",
}
TARGET_RATIOS = {
    "ingolstadt21": {MESO: 40.0, MICRO: 200.0},
    "grid30": {MESO: 300.0, MICRO: 2000.0},
}
TARGET_SPEED = {"grid30": 150e6}
N_TWIN = 5
"""Runs of the twin for each of the peers': one takes a blink."""


@dataclass(frozen=True)
class Speed:
    """Repeated runs of the simulators on a case."""

    case: str
    window_s: int
    micro_s: int
    runs: dict[str, list[Clocked]]

    def speed(self, name: str) -> float:
        """Vehicle-seconds a second, median."""
        return median(run.speed for run in self.runs[name])

    def ratio(self, name: str) -> float:
        """Speed of the twin over that of a peer."""
        return self.speed(TWIN) / self.speed(name)

    def spread(self, name: str) -> float:
        """Fastest over slowest run, less 1."""
        speeds = [run.speed for run in self.runs[name]]
        return max(speeds) / min(speeds) - 1

    def n_vehicles(self, name: str) -> float:
        """Mean number of vehicles in the network."""
        return median(run.vehicle_s for run in self.runs[name]) / (self.micro_s if name == MICRO else self.window_s)

    @property
    def ns_per_hop(self) -> float:
        """Processor time of a hop of the twin, median."""
        return median(run.ns_per_hop for run in self.runs[TWIN])


def measure_speed(case: Case, n_fast: int, n_micro: int, *, with_uxsim: bool, tell: Callable[[str], None]) -> Speed:
    """Run all by turns, so that what else the machine does meets them alike.

    Parameters
    ----------
    case : Case
    n_fast, n_micro : int
        Runs of each peer, and of SUMO micro, which takes longest.
    with_uxsim : bool
    tell : callable
        Told a line after every run.
    """
    network = network_of(case.city)
    clocks: dict[str, Callable[[], Clocked]] = {
        TWIN: lambda: clock_twin(case, network),
        MESO: lambda: sumo_peer.clock_sumo(case, sumo_peer.MESO),
        MICRO: lambda: sumo_peer.clock_sumo(case, sumo_peer.MICRO),
    }
    if with_uxsim and has_uxsim():
        clocks |= {"uxsim_5": lambda: clock_uxsim(case, 5), "uxsim_1": lambda: clock_uxsim(case, 1)}
    clocks[TWIN]()  # loads the kernel
    runs: dict[str, list[Clocked]] = {name: [] for name in clocks}
    for turn in range(n_fast):
        for name, clock in clocks.items():
            if name == MICRO and turn >= n_micro:
                continue
            for _ in range(N_TWIN if name == TWIN else 1):
                gc.collect()
                runs[name].append(clock())
            tell(f"{case.name}, {turn + 1} of {n_fast}: {NAMES[name]} {runs[name][-1].speed / 1e6:.2f} M veh-s/s")
    return Speed(case.name, case.window_s, case.micro_s, runs)

"""Tiny networks, SUMO runs on them, and the passages that instant loops record.

The clock of all measurements is that of libsumo: the step that begins at t moves vehicles from t to t + 1, and a signal
that turns green at t lets them move in that step. A vehicle with ``depart="t"`` is put on the road after the moves of
that step, so that it is at its first position at t + 1. SUMO's files call the end of that step t; one second is added
to what they say.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BINARIES = Path(sys.executable).parent
STEP_S = 1.0
"""From the times in SUMO's files, departures included, to the clock of the measurements."""
ALONE_S = 40
"""Between departures, so that no vehicle catches up with another within a kilometre."""
PASSAGE = re.compile(r'id="([^"]+)" time="([^"]+)" state="enter" vehID="([^"]+)"')
FCD_TIME = re.compile(r'<timestep time="([^"]+)"')
FCD_VEHICLE = re.compile(r'<vehicle id="([^"]+)".* speed="([^"]+)" pos="([^"]+)" lane="([^"]+)"')


@dataclass(frozen=True)
class VehicleType:
    """A vehicle type; all that is not named is SUMO's default."""

    name: str
    length_m: float
    min_gap_m: float

    @property
    def xml(self) -> str:
        """Return its element."""
        size = f'length="{self.length_m}" minGap="{self.min_gap_m}"'
        return f'<vType id="car" vClass="passenger" speedDev="0.1" {size}/>'


TYPES = (VehicleType("default", 5.0, 2.5), VehicleType("pkw", 4.3, 1.5))


@dataclass
class Row:
    """One line of the table: means, their standard errors and the number of observations behind each."""

    section: str
    vehicle_type: str
    place: str
    quantity: str
    values: list[float]
    errors: list[float] = field(default_factory=list)
    count: int = 0
    unit: str = "s"

    @classmethod
    def of(cls, section: str, vehicle_type: str, place: str, quantity: str, samples: Iterable[float], unit: str) -> Row:
        """Return the row of a sample."""
        return cls.series(section, vehicle_type, place, quantity, np.array(list(samples), dtype=float)[:, None], unit)

    @classmethod
    def series(
        cls, section: str, vehicle_type: str, place: str, quantity: str, samples: NDArray[np.float64], unit: str
    ) -> Row:
        """Return the row of a sample of several quantities, one a column."""
        count = len(samples)
        errors = samples.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(0)
        return cls(section, vehicle_type, place, quantity, samples.mean(axis=0).tolist(), errors.tolist(), count, unit)

    def text(self) -> str:
        """Return the line to print."""
        head = f"{self.section:<3} {self.vehicle_type:<8}{self.place:<34} {self.quantity}"
        digits = 0 if self.unit == "veh/h" else 2
        values = " ".join(f"{value:.{digits}f}" for value in self.values)
        error = f" +-{max(self.errors):.{digits + 1}f}" if self.errors else ""
        return f"{head}: {values} {self.unit}{error}{f' n={self.count}' if self.count else ''}"


@dataclass
class Edge:
    """A road of a network of plain XML."""

    name: str
    start: str
    end: str
    speed_mps: float = 13.89
    lanes: int = 1
    priority: int = 1
    shape: str = ""

    @property
    def xml(self) -> str:
        """Return its element."""
        shape = f' shape="{self.shape}"' if self.shape else ""
        ends = f'from="{self.start}" to="{self.end}"'
        return (
            f'<edge id="{self.name}" {ends} numLanes="{self.lanes}" speed="{self.speed_mps}" '
            f'priority="{self.priority}"{shape}/>'
        )


@dataclass
class Network:
    """Nodes by name as (x, y, type), edges, connections as elements; ``build`` has netconvert make it."""

    nodes: dict[str, tuple[float, float, str]]
    edges: Sequence[Edge]
    connections: Sequence[str] = ()
    path: Path = field(default=Path(), init=False)
    text: str = field(default="", init=False)

    def build(self, folder: Path) -> Network:
        """Write the plain XML into the folder and have the network made."""
        folder.mkdir(parents=True, exist_ok=True)
        nodes = "".join(f'<node id="{n}" x="{x}" y="{y}" type="{t}"/>' for n, (x, y, t) in self.nodes.items())
        parts = {"nod": f"<nodes>{nodes}</nodes>", "edg": f"<edges>{''.join(e.xml for e in self.edges)}</edges>"}
        if self.connections:
            parts["con"] = f"<connections>{''.join(self.connections)}</connections>"
        for name, text in parts.items():
            (folder / f"{name}.xml").write_text(text)
        self.path = folder / "net.xml"
        options = ["-n", "nod.xml", "-e", "edg.xml", *(["-x", "con.xml"] if self.connections else [])]
        _call([str(BINARIES / "netconvert"), *options, "-o", "net.xml", "--no-turnarounds"], folder)
        self.text = self.path.read_text()
        return self

    def link_of(self, start: str, end: str) -> int:
        """Return the place in the signal's state of the movement between two edges."""
        found = re.search(f'<connection from="{start}" to="{end}"[^>]*linkIndex="([0-9]+)"', self.text)
        if not found:
            raise LookupError(f"no signal between {start} and {end}")
        return int(found[1])

    @property
    def n_links(self) -> int:
        """Return the number of controlled movements."""
        return len(re.findall(r'linkIndex="[0-9]+"', self.text))

    def lane_length_m(self, lane: str) -> float:
        """Return the length of a lane."""
        found = re.search(f'<lane id="{lane}"[^>]* length="([0-9.]+)"', self.text)
        if not found:
            raise LookupError(lane)
        return float(found[1])


@dataclass
class Run:
    """What a run recorded: times and vehicles by loop, and the states of all vehicles if asked for."""

    passages: dict[str, list[tuple[float, str]]]
    states: list[tuple[float, str, float, float, str]]

    def times(self, loop: str) -> dict[str, float]:
        """Return when each vehicle's front passed a loop."""
        return {vehicle: time for time, vehicle in self.passages[loop]}

    def flow_vph(self, loop: str, start_s: float, end_s: float) -> float:
        """Return the mean flow over a loop."""
        return sum(start_s <= time < end_s for time, _ in self.passages[loop]) * 3600 / (end_s - start_s)


def vehicle(name: str, depart_s: float, edges: str, **options: str) -> str:
    """Return the element of one vehicle."""
    extra = "".join(f' {key}="{value}"' for key, value in options.items())
    return f'<vehicle id="{name}" type="car" depart="{depart_s:.2f}"{extra}><route edges="{edges}"/></vehicle>'


def flow(name: str, rate_vph: float, edges: str, random: bool = True, **options: str) -> str:
    """Return the element of a flow from the beginning on, with exponential or equal headways."""
    if rate_vph <= 0:
        return ""
    period = f"exp({rate_vph / 3600:.6f})" if random else f"{3600 / rate_vph:.4f}"
    extra = "".join(f' {key}="{value}"' for key, value in options.items())
    ends = 'begin="0" end="1000000"'
    return f'<flow id="{name}" type="car" {ends} period="{period}"{extra}><route edges="{edges}"/></flow>'


def loop(name: str, lane: str, position_m: float) -> str:
    """Return the element of an instant loop; a negative position counts from the lane's end."""
    return f'<instantInductionLoop id="{name}" lane="{lane}" pos="{position_m}" file="loops.xml"/>'


def signal_program(name: str, phases: Iterable[tuple[float, str]]) -> str:
    """Return the element of a fixed program."""
    text = "".join(f'<phase duration="{duration}" state="{state}"/>' for duration, state in phases)
    return f'<tlLogic id="{name}" type="static" programID="measured" offset="0">{text}</tlLogic>'


def simulate(
    network: Network,
    vehicle_type: VehicleType,
    demand: Iterable[str],
    additional: Iterable[str],
    end_s: float,
    seed: int = 1,
    states: bool = False,
    drop_late: bool = False,
) -> Run:
    """Run SUMO with its defaults, but no teleports; ``drop_late`` forgets demand that waits for over 20 s."""
    folder = network.path.parent
    (folder / "demand.xml").write_text(f"<routes>{vehicle_type.xml}{''.join(demand)}</routes>")
    (folder / "additional.xml").write_text(f"<additional>{''.join(additional)}</additional>")
    command = [str(BINARIES / "sumo"), "-n", "net.xml", "-r", "demand.xml", "-a", "additional.xml"]
    command += ["--seed", str(seed), "-e", str(end_s), "--time-to-teleport", "-1", "--no-step-log", "--no-warnings"]
    if states:
        command += ["--fcd-output", "states.xml"]
    if drop_late:
        command += ["--max-depart-delay", "20"]
    _call(command, folder)
    passages: dict[str, list[tuple[float, str]]] = defaultdict(list)
    if (folder / "loops.xml").exists():
        for name, time, vehicle_name in PASSAGE.findall((folder / "loops.xml").read_text()):
            passages[name].append((float(time) + STEP_S, vehicle_name))
    return Run(passages, _read_states(folder / "states.xml") if states else [])


def _read_states(path: Path) -> list[tuple[float, str, float, float, str]]:
    """Return (time, vehicle, speed, position, lane) of every vehicle and step."""
    time, rows = 0.0, []
    for line in path.read_text().splitlines():
        if found := FCD_TIME.search(line):
            time = float(found[1]) + STEP_S
        elif found := FCD_VEHICLE.search(line):
            rows.append((time, found[1], float(found[2]), float(found[3]), found[4]))
    return rows


def matrix(rows: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return rows of equal length as an array."""
    return np.array(rows, dtype=np.float64)


def _call(command: Sequence[str], folder: Path) -> None:
    """Run a program of SUMO's; what it complains about ends the benchmark."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} in {folder}:\n{done.stderr}")

"""A crossing with a signal, its traffic, and SUMO itself, run once for all tests that read its outputs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import sumo

BIN = Path(sumo.SUMO_HOME) / "bin"
END_S = 600.0

NODES = """<nodes>
<node id="c" x="0" y="0" type="traffic_light"/>
<node id="m" x="-100" y="0" type="priority"/>
<node id="w" x="-300" y="0"/><node id="e" x="300" y="0"/><node id="n" x="0" y="300"/><node id="s" x="0" y="-300"/>
</nodes>"""
EDGES = """<edges>
<edge id="wm" from="w" to="m"/><edge id="mc" from="m" to="c"/><edge id="ce" from="c" to="e"/>
<edge id="nc" from="n" to="c"/><edge id="cs" from="c" to="s"/>
</edges>"""
TRAFFIC = """<routes>
<vType id="bus" vClass="bus"/>
<flow id="west" begin="0" end="600" vehsPerHour="6000" from="wm" to="ce"/>
<flow id="north" begin="0" end="600" vehsPerHour="300" from="nc" to="cs"/>
<person id="rider" depart="0"><ride from="nc" to="cs" lines="line"/></person>
<vehicle id="line" type="bus" depart="5" departPos="0">
  <route edges="nc cs"/><stop lane="nc_0" endPos="50" duration="20"/>
</vehicle>
<trip id="early" depart="590.5" from="wm" to="ce"/>
<trip id="beyond" depart="700" from="nc" to="cs"/>
</routes>"""


@dataclass(frozen=True)
class Outputs:
    """The folder of a run and its files."""

    folder: Path

    @property
    def trips(self) -> Path:
        return self.folder / "tripinfo.xml"

    @property
    def summary(self) -> Path:
        return self.folder / "summary.xml"

    @property
    def edges(self) -> Path:
        return self.folder / "edges.xml"

    @property
    def net(self) -> Path:
        return self.folder / "net.xml"


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    folder = tmp_path_factory.mktemp("crossing")
    for name, text in (("nodes", NODES), ("edges", EDGES), ("traffic", TRAFFIC)):
        (folder / f"{name}.xml").write_text(text)
    (folder / "more.xml").write_text('<additional><edgeData id="d" file="edges.xml" period="300"/></additional>')
    run = Outputs(folder)
    subprocess.run([BIN / "netconvert", "-n", "nodes.xml", "-e", "edges.xml", "-o", "net.xml"], cwd=folder, check=True)
    simulate(run, "--device.emissions.probability", "1", "--max-depart-delay", "400")
    return run


def simulate(run: Outputs, *more: str) -> None:
    command = [BIN / "sumo", "-n", "net.xml", "-r", "traffic.xml", "-a", "more.xml", "-e", str(END_S)]
    command += ["--tripinfo-output", "tripinfo.xml", "--summary-output", "summary.xml", "--no-step-log"]
    command += ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted", *more]
    subprocess.run(command, cwd=run.folder, check=True)

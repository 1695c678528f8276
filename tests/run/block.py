"""A small scenario of SUMO's: a street with a way around its middle part, and a yard that only that part leads to.

From the signal at ``a`` the street goes on as ``direct`` and ``rest``, or longer as ``around`` and ``back``; ``yard``
leaves between ``direct`` and ``rest``. Vehicles come ``in`` on two lanes and leave on ``out``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import sumo

N_SECONDS = 600

NODES = """<nodes>
<node id="w" x="-300" y="0"/><node id="a" x="0" y="0" type="traffic_light"/><node id="m" x="200" y="0"/>
<node id="b" x="400" y="0"/><node id="e" x="700" y="0"/><node id="n" x="200" y="-300"/><node id="y" x="200" y="150"/>
<node id="s" x="0" y="300"/>
</nodes>"""
EDGES = """<edges>
<edge id="in" from="w" to="a" numLanes="2"/><edge id="side" from="s" to="a"/>
<edge id="direct" from="a" to="m" numLanes="2"/><edge id="rest" from="m" to="b" numLanes="2"/>
<edge id="yard" from="m" to="y"/>
<edge id="around" from="a" to="n"/><edge id="back" from="n" to="b"/><edge id="out" from="b" to="e" numLanes="2"/>
</edges>"""
TRAFFIC = """<routes>
<vType id="coach" vClass="bus" length="12"/>
<flow id="through" begin="0" end="600" period="6" from="in" to="out"/>
<flow id="delivery" begin="0" end="600" period="60" from="in" to="yard"/>
<flow id="side" begin="0" end="600" period="20" from="side" to="out"/>
<trip id="bus" type="coach" depart="100" from="in" to="out"><stop edge="out" endPos="200" duration="20"/></trip>
</routes>"""
CONFIG = """<configuration>
<input><net-file value="net.xml"/><route-files value="traffic.xml"/></input>
<time><begin value="0"/><end value="600"/></time>
</configuration>"""


def write_block(folder: Path) -> Path:
    """Write the scenario and return its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nodes.xml").write_text(NODES)
    (folder / "edges.xml").write_text(EDGES)
    (folder / "traffic.xml").write_text(TRAFFIC)
    netconvert = Path(sumo.SUMO_HOME) / "bin" / "netconvert"
    subprocess.run(
        [netconvert, "-n", "nodes.xml", "-e", "edges.xml", "-o", "net.xml", "--no-turnarounds"], cwd=folder, check=True
    )
    config = folder / "block.sumocfg"
    config.write_text(CONFIG)
    return config

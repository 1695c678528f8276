"""A small scenario of SUMO's, made in a folder: a crossing with a signal, and variants that cannot be used."""

from __future__ import annotations

import subprocess
from pathlib import Path

import sumo

NODES = """<nodes>
<node id="c" x="0" y="0" type="{kind}"/>
<node id="w" x="-300" y="0"/><node id="e" x="300" y="0"/><node id="n" x="0" y="300"/><node id="s" x="0" y="-300"/>
</nodes>"""
EDGES = """<edges>
<edge id="wc" from="w" to="c"/><edge id="ce" from="c" to="e"/>
<edge id="nc" from="n" to="c"/><edge id="cs" from="c" to="s"/>
</edges>"""
TRAFFIC = """<routes>
<flow id="west" begin="0" end="300" probability="0.15" from="wc" to="ce"/>
<flow id="north" begin="0" end="300" probability="0.1" from="nc" to="{to}"/>
</routes>"""
CONFIG = """<configuration>
<input><net-file value="net.xml"/><route-files value="traffic.xml"/></input>
<time><begin value="0"/><end value="{end}"/></time>
</configuration>"""


def write_crossing(
    folder: Path, kind: str = "traffic_light", to: str = "cs", end: int = 120, name: str = "crossing"
) -> Path:
    """Write the scenario and return its configuration.

    Parameters
    ----------
    folder : Path
    kind : str
        Right of way at the crossing.
    to : str
        Road to which the traffic from the north wants.
    end : int
        End of the window in seconds.
    name : str
        Of the scenario.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nodes.xml").write_text(NODES.format(kind=kind))
    (folder / "edges.xml").write_text(EDGES)
    (folder / "traffic.xml").write_text(TRAFFIC.format(to=to))
    netconvert = Path(sumo.SUMO_HOME) / "bin" / "netconvert"
    subprocess.run([netconvert, "-n", "nodes.xml", "-e", "edges.xml", "-o", "net.xml"], cwd=folder, check=True)
    config = folder / f"{name}.sumocfg"
    config.write_text(CONFIG.format(end=end))
    return config

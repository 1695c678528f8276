"""What SUMO is to write, and where: into a hidden folder first, in place only when the run is whole."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

TRIPS, SUMMARY, ROADS, SIGNAL_STATES, TRACKS = "tripinfo.xml", "summary.xml", "edges.xml", "tls_states.xml", "fcd.xml"


@dataclass(frozen=True)
class SumoOutputs:
    """Files of SUMO's own that a run leaves in a folder.

    ``tripinfo.xml`` is always written, with vehicles unfinished or never inserted.

    Parameters
    ----------
    folder : Path
        Where they end up; made when the run has ended well.
    has_emissions : bool
        CO2 and fuel of every vehicle in ``tripinfo.xml``, by the emission class of its type (SUMO's own
        default classes are HBEFA 4).
    has_summary : bool
        ``summary.xml``: numbers of vehicles step by step.
    road_period_s : float or None
        Length of the intervals of ``edges.xml`` (waiting, time loss, density of each road).
    has_signal_states : bool
        ``tls_states.xml``: every change of every signal.
    tracked_road_ids : tuple of str
        Roads whose vehicles are written to ``fcd.xml`` second by second.
    """

    folder: Path
    has_emissions: bool = False
    has_summary: bool = True
    road_period_s: float | None = None
    has_signal_states: bool = False
    tracked_road_ids: tuple[str, ...] = ()


class OutputFolder:
    """The hidden folder beside the target that SUMO writes to while the run goes on."""

    def __init__(self, target: Path) -> None:
        self.target = target.absolute()
        self.path = self.target.parent / f".{self.target.name}.part"

    def open(self) -> None:
        """Make it; what a killed run of the same target left in it goes."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)

    def publish(self, names: tuple[str, ...]) -> None:
        """Move the files of these names in place and drop the rest."""
        self.target.mkdir(parents=True, exist_ok=True)
        for name in names:
            (self.path / name).replace(self.target / name)
        self.discard()

    def discard(self) -> None:
        """Drop everything."""
        shutil.rmtree(self.path, ignore_errors=True)


def output_options(outputs: SumoOutputs, folder: Path) -> list[tuple[str, str]]:
    """Return SUMO's options for the outputs; the file that they name for tracked roads is written."""
    options = [
        ("tripinfo-output", str(folder / TRIPS)),
        ("tripinfo-output.write-unfinished", "true"),
        ("tripinfo-output.write-undeparted", "true"),
    ]
    if outputs.has_emissions:
        options.append(("device.emissions.probability", "1"))
    if outputs.has_summary:
        options.append(("summary-output", str(folder / SUMMARY)))
    if outputs.tracked_road_ids:
        filter_path = folder / "tracked.txt"
        filter_path.write_text("".join(f"edge:{road_id}\n" for road_id in outputs.tracked_road_ids), "utf-8")
        options += [
            ("fcd-output", str(folder / TRACKS)),
            ("fcd-output.filter-edges.input-file", str(filter_path)),
            ("fcd-output.attributes", "id,lane,pos,speed"),
        ]
    return options


def output_elements(outputs: SumoOutputs, folder: Path, signal_ids: list[str]) -> list[str]:
    """Return the elements of an additional file that make SUMO write what no option does."""
    elements = []
    if outputs.road_period_s is not None:
        elements.append(
            f'<edgeData id="cityloop roads" file={quoteattr(str(folder / ROADS))}'
            f' period="{outputs.road_period_s:g}" excludeEmpty="true"/>'
        )
    if outputs.has_signal_states:
        elements += [
            f'<timedEvent type="SaveTLSStates" source={quoteattr(signal_id)}'
            f" dest={quoteattr(str(folder / SIGNAL_STATES))}/>"
            for signal_id in signal_ids
        ]
    return elements


def output_names(outputs: SumoOutputs, has_signals: bool) -> tuple[str, ...]:
    """Return the names of the files that a whole run leaves."""
    return (
        TRIPS,
        *((SUMMARY,) if outputs.has_summary else ()),
        *((ROADS,) if outputs.road_period_s is not None else ()),
        *((SIGNAL_STATES,) if outputs.has_signal_states and has_signals else ()),
        *((TRACKS,) if outputs.tracked_road_ids else ()),
    )

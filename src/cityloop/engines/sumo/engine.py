"""The SUMO engine."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput
from cityloop.control.orders import Permit, Receipts
from cityloop.control.view import Detectors, Vehicles, View
from cityloop.engines.sumo.additional import without_outputs
from cityloop.engines.sumo.command import sumo_command
from cityloop.engines.sumo.displays import Displays
from cityloop.engines.sumo.lane_map import lane_map_of
from cityloop.engines.sumo.library import load_libsumo, sumo_errors
from cityloop.engines.sumo.loops import LoopReader, loop_elements
from cityloop.engines.sumo.outputs import OutputFolder, SumoOutputs, output_elements, output_names, output_options
from cityloop.engines.sumo.truth import TruthReader
from cityloop.engines.sumo.walkers import WalkerReader
from cityloop.sensing import Sensor

_TIME_TOLERANCE_S = 1e-6


class SumoEngine:
    """A city in SUMO through the ``Engine`` port; a context manager, one at a time in a process.

    The files of the run appear in ``outputs.folder`` when the block ends without an exception; otherwise
    nothing stays behind.

    Parameters
    ----------
    city : City
        Read from the same source.
    source : SumoInput
        The scenario's files, step length and options.
    sensor : Sensor
        What is seen of the traffic.
    begin_s, end_s : float
        Window in scenario time.
    seed : int
        Of SUMO's random numbers.
    outputs : SumoOutputs
        Files to leave.
    is_teleporting : bool
        False: no vehicle is ever removed from a jam, as in published benchmarks; True: as the scenario says.

    Raises
    ------
    Unusable
        On entering or advancing, with SUMO's own message.
    """

    def __init__(
        self,
        city: City,
        source: SumoInput,
        sensor: Sensor,
        begin_s: float,
        end_s: float,
        seed: int,
        outputs: SumoOutputs,
        *,
        is_teleporting: bool = True,
    ) -> None:
        self._city, self._source, self._sensor = city, source, sensor
        self._begin_s, self._end_s, self._seed = begin_s, end_s, seed
        self._outputs, self._is_teleporting = outputs, is_teleporting
        self._folder = OutputFolder(outputs.folder)
        self._where = str(source.config_path or source.net_path)
        self._last: tuple[float, Vehicles, Detectors] | None = None
        self._sumo: Any = None

    def __enter__(self) -> SumoEngine:
        libsumo = load_libsumo()
        if libsumo.isLoaded():
            raise RuntimeError("another SUMO runs in this process; close it before starting the next")
        self._folder.open()
        try:
            with sumo_errors(libsumo, self._where):
                libsumo.start(self._command())
            self._sumo = libsumo
            self._displays = Displays(self._city, libsumo)
            self._truth = TruthReader(self._city, libsumo, lane_map_of(self._city, libsumo.lane.getLength))
            self._loops = LoopReader(self._city, libsumo, self._sensor.loops)
            self._walkers = WalkerReader(self._city, libsumo)
        except BaseException:
            if libsumo.isLoaded():
                libsumo.close()
            self._folder.discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._sumo.close()
            if kind is None:
                self._folder.publish(output_names(self._outputs, self._city.signals.n_rows > 0))
        finally:
            self._folder.discard()

    @property
    def t_s(self) -> float:
        """Time of the scenario."""
        return float(self._sumo.simulation.getTime())

    def advance(self, until_s: float) -> None:
        """Step until a time; an earlier time changes nothing.

        Raises
        ------
        Unusable
            If SUMO stops, for example at a faulty route, with its message.
        """
        try:
            while self.t_s < until_s - _TIME_TOLERANCE_S:
                self._sumo.simulationStep()
                self._loops.step()
        except (self._sumo.TraCIException, self._sumo.FatalTraCIError) as error:
            raise Unusable(" ".join(str(error).split()), self._where, "mend what SUMO names") from error

    def sense(self) -> View:
        """Return what the sensors tell now; asked twice at one time, it reads the vehicles once."""
        t_s = self.t_s
        if self._last is None or self._last[0] != t_s:
            self._last = (t_s, self._truth.read(t_s), self._loops.read(t_s))
        vehicles, detectors = self._sensor.observe(*self._last)
        return View(t_s, self._displays.read(), self._walkers.read(), vehicles, detectors)

    def act(self, permit: Permit) -> Receipts:
        """Show what is permitted; signals without a permit keep SUMO's own program."""
        return self._displays.apply(permit)

    def _command(self) -> list[str]:
        folder = self._folder.path
        elements = output_elements(self._outputs, folder, [str(i) for i in self._city.signals["signal_id"]])
        elements += loop_elements(self._city, self._sensor.loops)
        additional_paths = without_outputs(self._source.additional_paths, folder)
        if elements:
            own_path = folder / "cityloop.add.xml"
            own_path.write_text("<additional>\n" + "\n".join(elements) + "\n</additional>\n", "utf-8")
            additional_paths = (*additional_paths, own_path)
        return sumo_command(
            self._source,
            additional_paths,
            self._begin_s,
            self._end_s,
            self._seed,
            self._is_teleporting,
            output_options(self._outputs, folder),
        )

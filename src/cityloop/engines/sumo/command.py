"""The command line that SUMO is started with."""

from __future__ import annotations

from pathlib import Path

from cityloop.city.sumo import SumoInput

_OWN_REPORTS = frozenset(
    {
        *("verbose", "no-step-log", "no-warnings", "print-options", "aggregate-warnings"),
        *("duration-log.statistics", "duration-log.disable", "human-readable-time", "random"),
    }
)
"""Options of the scenario that are not passed on: what SUMO prints, the format of times, an unsteady seed."""


def sumo_command(
    source: SumoInput,
    additional_paths: tuple[Path, ...],
    begin_s: float,
    end_s: float,
    seed: int,
    is_teleporting: bool,
    own_options: list[tuple[str, str]],
) -> list[str]:
    """Return the arguments for ``libsumo.start``.

    Parameters
    ----------
    source : SumoInput
        Net, routes, step length and further options of the scenario.
    additional_paths : tuple of Path
        Additional files in the order to load.
    begin_s, end_s : float
        Window in scenario time.
    seed : int
        Of SUMO's random numbers.
    is_teleporting : bool
        False: vehicles that are stuck stay where they are; True: as the scenario says.
    own_options : list of (name, value)
        Outputs.
    """
    options = {name: value for name, value in source.options if name not in _OWN_REPORTS}
    options.update(
        {
            "net-file": str(source.net_path),
            "begin": f"{begin_s:.10g}",
            "end": f"{end_s:.10g}",
            "step-length": f"{source.step_s:.10g}",
            "seed": str(seed),
            "no-step-log": "true",
            "no-warnings": "true",
            "duration-log.disable": "true",
            "xml-validation": options.get("xml-validation", "never"),
        }
    )
    if source.route_paths:
        options["route-files"] = ",".join(map(str, source.route_paths))
    if additional_paths:
        options["additional-files"] = ",".join(map(str, additional_paths))
    if not is_teleporting:
        options["time-to-teleport"] = "-1"
    options.update(own_options)
    return ["sumo", *(part for name, value in options.items() for part in (f"--{name}", value))]

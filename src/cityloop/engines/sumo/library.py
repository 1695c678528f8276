"""libsumo, loaded on demand and kept quiet."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from cityloop.city.errors import Unusable


def load_libsumo() -> Any:
    """Import libsumo.

    Its import prints a warning to standard output where another version of Apache Arrow is installed than
    the one it was built with; standard output is for results, so that the warning goes to standard error.
    """
    with contextlib.redirect_stdout(sys.stderr):
        import libsumo
    return libsumo


def getter_of(libsumo: Any, domain: str, name: str) -> Callable[[str], Any]:
    """Return the function that reads one value of SUMO's by the name of its object.

    ``libsumo.vehicle.getSpeed`` and its like only pass their argument on to a function of the compiled library,
    at a third of the cost of a reading; what is read for every vehicle at every tick is read from that function
    itself where the library has it under the name that is known here.

    Parameters
    ----------
    libsumo : module
    domain, name : str
        Such as ``vehicle`` and ``getSpeed``.
    """
    compiled = getattr(libsumo, "_libsumo", None)
    public: Callable[[str], Any] = getattr(getattr(libsumo, domain), name)
    direct: Callable[[str], Any] = getattr(compiled, f"{domain}_{name}", public)
    return direct


@contextlib.contextmanager
def sumo_errors(libsumo: Any, where: str) -> Iterator[None]:
    """Turn what SUMO complains about into one line.

    SUMO writes some of its errors straight to the standard error of the process and raises only
    "Process Error"; what it writes meanwhile is kept and becomes the message.

    Parameters
    ----------
    libsumo : module
    where : str
        What was being loaded or computed.

    Raises
    ------
    Unusable
        With SUMO's own message.
    """
    with tempfile.TemporaryFile() as kept:
        sys.stderr.flush()
        before = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except (libsumo.TraCIException, libsumo.FatalTraCIError) as error:
            kept.seek(0)
            written = kept.read().decode("utf-8", "replace")
            raise Unusable(message_of(str(error), written), where, "mend the file or option that SUMO names") from error
        finally:
            os.dup2(before, 2)
            os.close(before)


def message_of(raised: str, written: str) -> str:
    """Return SUMO's message in one line: what it raised, or else the errors that it wrote."""
    if raised and raised != "Process Error":
        return " ".join(raised.split())
    is_error, lines = False, []
    for line in written.splitlines():
        is_error = line.startswith("Error:") or (is_error and line.startswith(" "))
        if is_error:
            lines.append(line.removeprefix("Error:").strip())
    return " ".join(lines) or "SUMO stopped without a message"

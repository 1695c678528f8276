"""``cityloop``: the commands, and how each ends.

Exit code 0: done. 2: the input cannot be used, with one line on standard error. 1: some runs failed.
130: interrupted. Standard output carries results only.
"""

from __future__ import annotations

import atexit
import gc
import sys
from typing import cast

import typer

from cityloop.city.errors import Unusable
from cityloop.cli.run import run
from cityloop.cli.scenarios import scenarios
from cityloop.cli.trial import trial
from cityloop.cli.whatif import whatif

# click's UsageError: newer versions of typer carry a click of their own
_UsageError = cast("type[Exception]", typer.BadParameter.__base__)
_INTERRUPTED = 130

app = typer.Typer(
    name="cityloop",
    help="The services of a smart city as one closed loop: sense, decide, guard, act, measure.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(scenarios)
app.command()(run)
app.command()(trial)
app.command()(whatif)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if arguments is None:  # a process of its own: to take compiled kernels apart piece by piece takes a quarter second
        atexit.register(gc.freeze)
    command = typer.main.get_command(app)
    try:
        code = command.main(given or ["--help"], prog_name="cityloop", standalone_mode=False)
    except Unusable as error:
        return _say(str(error), 2)
    except _UsageError as error:
        where = getattr(getattr(error, "ctx", None), "command_path", "cityloop")
        return _say(f"{_text(error)}; {where} --help tells how to use it", 2)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED  # newer versions of typer return it themselves
    if code == _INTERRUPTED:
        return _say("interrupted; what is finished is kept", _INTERRUPTED)
    return code if isinstance(code, int) else 0


def _text(error: Exception) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(str(message).split()).rstrip(".")


def _say(line: str, code: int) -> int:
    sys.stderr.write(f"cityloop: {line}\n")
    return code

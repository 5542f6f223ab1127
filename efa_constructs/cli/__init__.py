"""The ``efa`` command. Thin: it reads options and prints; what it prints comes from the library, which never prints.

Exit codes: 0 for yes, 1 for "the answer is no", 2 for bad use or input, 70 for a defect of its own, and of a signal
that ends it 128 and the number: 130 after Ctrl-C, 143 after SIGTERM.
"""

from __future__ import annotations

import errno
import io
import sys
import traceback
from typing import Annotated

import typer

from ..errors import EfaConstructsError
from .counters import counters
from .instances import instances
from .lookup import lookup
from .output import error, why_nothing_can_be_printed
from .preflight import preflight
from .rehearse import rehearse
from .report import report
from .status import status
from .verify import verify

__all__ = ["app", "main"]

app = typer.Typer(
    name="efa",
    help="Multi-node training over Elastic Fabric Adapter (EFA) on Amazon EKS.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(counters)
app.command()(instances)
app.command()(lookup)
app.command()(preflight)
app.command()(rehearse)
app.command()(report)
app.command()(status)
app.command()(verify)


def _show_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"efa {version('efa-constructs')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command, and end the process with its exit code."""
    try:
        code = _run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as failure:
        code = _could_not_print(failure)
    sys.exit(code)


def _could_not_print(failure: OSError) -> int:
    # What is still to be written fails once more when the process ends.
    sys.stdout = io.StringIO()
    if failure.errno == errno.EPIPE:
        # Whoever reads it has read enough, and others end so, too.
        return 1
    reason = why_nothing_can_be_printed(failure)
    if reason is None:
        return _defect()
    error(reason)
    return 2


def _defect() -> int:
    # Python would end with 1, which scripts take for an answer. sysexits.h calls this one EX_SOFTWARE.
    traceback.print_exc()
    return 70


def _run() -> int:
    arguments = sys.argv[1:] or ["--help"]
    if sys.stdout is None:
        error("standard output is closed: there is nowhere to print to")
        return 2
    try:
        # Not standalone: there, a bad option prints a box of ten lines, and an error a traceback.
        return app(arguments, prog_name="efa", standalone_mode=False) or 0
    except EfaConstructsError as failure:
        error(str(failure))
        return 2
    except KeyboardInterrupt:
        return 130
    except OSError:
        raise
    except Exception as failure:
        # Typer names the base of its "No such option" and "Missing argument" differently from release to release.
        if not hasattr(failure, "format_message"):
            return _defect()
        error(f"{failure.format_message()}; 'efa {_command(arguments)}--help' lists what there is")
        return 2


def _command(arguments: list[str]) -> str:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    return next((f"{argument} " for argument in arguments if argument in names), "")

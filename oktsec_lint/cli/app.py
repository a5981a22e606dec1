"""The commands by name, and the way every one of them ends."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Annotated

import typer

from oktsec_lint import __version__
from oktsec_lint.core.report import Exit

from . import rules, scan, tools
from .terminal import prepare_streams, silence_stdout, tell

app = typer.Typer(
    name="oktsec-lint",
    help="Linter and enforcing guard for MCP servers.",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="scan")(scan.scan)
app.command(name="tools")(tools.tools)
app.command(name="rules")(rules.rules)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"oktsec-lint {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Linter and enforcing guard for MCP servers."""


def run() -> None:
    """Parse the command line and run one command; never returns normally."""
    sys.excepthook = _internal_error
    prepare_streams()
    command = typer.main.get_command(app)
    try:
        _flushed(command)
    except BrokenPipeError:
        silence_stdout()
        sys.exit(Exit.ERROR)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except OSError as error:
        silence_stdout()
        tell(f"error: {error.strerror or error}")
        sys.exit(Exit.ERROR)


def _flushed(command: Callable[[], object]) -> None:
    """Run a command to its exit code. A report that could not be written has failed, whatever the code would be.

    One exception: the reader of a pipe may have seen enough (`| head`). Then the code stands.
    """
    try:
        command()
    except SystemExit as end:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            silence_stdout()
        raise end from None


def _internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A defect of ours must not look like findings: Python's own exit code would be 1."""
    if issubclass(kind, KeyboardInterrupt):
        os._exit(Exit.INTERRUPTED)
    traceback.print_exception(kind, error, trace)
    tell("internal error; please report it with the lines above")
    sys.stderr.flush()
    os._exit(Exit.ERROR)

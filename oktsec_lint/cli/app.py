"""The commands by name, and the way every one of them ends."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Annotated

import typer

from oktsec_lint import __version__
from oktsec_lint.core.report import Exit

from . import rules, scan, tools
from .terminal import prepare_streams, silence_stdout

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
        command()
    except BrokenPipeError:
        silence_stdout()
        sys.exit(Exit.CLEAN)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)


def _internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A defect of ours must not look like findings: Python's own exit code would be 1."""
    traceback.print_exception(kind, error, trace)
    sys.stderr.write("oktsec-lint: internal error; please report it with the lines above\n")
    sys.stdout.flush()
    sys.stderr.flush()
    import os

    os._exit(Exit.ERROR)

"""The commands by name, for typer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from oktsec_lint import __version__

from . import (
    changes,
    discover,
    journal,
    lock,
    quarantine,
    rules,
    run,
    scan,
    schema,
    setup,
    tokens,
    tools,
    wrap,
)

app = typer.Typer(
    name="oktsec-lint",
    help="Linter and enforcing guard for MCP servers.",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="scan")(scan.scan)
app.command(name="changes")(changes.changes)
app.command(name="lock")(lock.lock)
app.command(name="run")(run.run)
app.command(name="setup")(setup.setup)
app.command(name="discover")(discover.discover)
app.command(name="wrap")(wrap.wrap)
app.command(name="unwrap")(wrap.unwrap)
app.command(name="tools")(tools.tools)
app.command(name="rules")(rules.rules)
app.command(name="schema")(schema.schema)
app.add_typer(journal.app)
app.add_typer(tokens.app)
app.add_typer(quarantine.app)


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


def command() -> Callable[[], object]:
    """The whole command line as one callable, which ends with SystemExit."""
    return typer.main.get_command(app)

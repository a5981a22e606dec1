"""`oktsec-lint lock`: write down what was audited, and say what is not as it was. What it does is in `locking`."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .choices import Format
from .terminal import Color

_WHAT = (
    "A configuration (default: as for `scan`), or `show [LOCK]` to print a lock, or `diff A B` to compare two of them."
)


def lock(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[CONFIG] | show [LOCK] | diff A B", help=_WHAT, show_default=False)
    ] = None,
    config: options.ConfigFile = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when anything drifted.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Review every change, and write what is accepted.")] = False,
    server: options.OnlyServer = None,
    tool: Annotated[
        list[str] | None,
        typer.Option("--tool", metavar="NAME", help="Only this tool; repeatable.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept every change without asking.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Accept the findings too, and why.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="YYYY-MM-DD", help="Last day of that acceptance.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who accepts; default: the user's name.")] = "",
    output_format: options.ReportFormat = Format.TEXT,
    timeout: options.Timeout = 30.0,
    jobs: options.Jobs = 8,
    color: options.Colored = Color.AUTO,
    no_progress: options.NoProgress = False,
) -> None:
    """Record what every configured server offers in oktsec.lock, for review and for `scan` and `run` to hold it to.

    Exit codes: 0 written or unchanged, 1 drift, 2 usage or file error, 3 nothing to lock, 4 a server was not listed.
    """
    from .locking import Asked, run_lock

    asked = Asked(
        what=tuple(what or ()),
        config=config,
        check=check,
        update=update,
        servers=tuple(server or ()),
        tools=tuple(tool or ()),
        yes=yes,
        reason=reason,
        until=until,
        by=by,
        output_format=output_format,
        timeout=timeout,
        jobs=jobs,
        color=color,
        no_progress=no_progress,
    )
    raise typer.Exit(run_lock(asked))

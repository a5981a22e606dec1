"""`oktsec-lint wrap` and `unwrap`: clients' servers behind the gate, and out again. What they do is in `guarding`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from . import options

_WHICH = "Clients, as `discover` names them."

Clients: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="[CLIENT]...", help=_WHICH, show_default=False)]
Every: TypeAlias = Annotated[bool, typer.Option("--all", help="Every client that is found.")]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Print the changes, write nothing.")]


def wrap(
    clients: Clients = None,
    every: Every = False,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Refuse what policy refuses; default: only record it.")
    ] = False,
    agent: Annotated[
        str, typer.Option("--agent", metavar="NAME", help="Who calls; default: the agent called as the client.")
    ] = "",
    gateway: Annotated[
        bool, typer.Option("--gateway", help="Lead servers with a URL through the gateway of the configuration.")
    ] = False,
    config: options.ConfigFile = None,
    dry_run: DryRun = False,
) -> None:
    """Put the servers of MCP clients behind the gate, changing nothing in their files but the launch lines.

    Exit codes: 0 done, 2 usage or file error, 3 nothing found, 4 a server was left as it was.
    """
    from .guarding import Asked, run_wrap

    asked = Asked(tuple(clients or ()), every, dry_run, enforce, agent, gateway, config)
    raise typer.Exit(run_wrap(asked))


def unwrap(clients: Clients = None, every: Every = False, dry_run: DryRun = False) -> None:
    """Take the servers of MCP clients out of the gate again; whatever else was changed since stays.

    Exit codes: 0 done, 2 usage or file error, 3 nothing found.
    """
    from .guarding import Asked, run_unwrap

    raise typer.Exit(run_unwrap(Asked(tuple(clients or ()), every, dry_run)))

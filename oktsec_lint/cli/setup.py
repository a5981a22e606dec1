"""`oktsec-lint setup`: from the clients on a machine to servers behind the gate. What it does is in `beginning`."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .wrap import Clients


def setup(
    clients: Clients = None,
    config: Annotated[
        str, typer.Option("--config", metavar="FILE", help="The configuration to write.")
    ] = "oktsec.yaml",
    replace: Annotated[bool, typer.Option("--replace", help="Write it anew when it is there already.")] = False,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Refuse what policy refuses from the start; default: only record it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Start the servers that are found without asking.")] = False,
    timeout: options.Timeout = 30.0,
    jobs: options.Jobs = 8,
    no_progress: options.NoProgress = False,
) -> None:
    """Find the MCP clients here, list what their servers offer, write oktsec.yaml and oktsec.lock, wrap the servers.

    Every client becomes an agent that may call the tools that only read; the rest is listed as comments.

    Exit codes: 0 done, 2 usage or file error, 3 nothing found, 4 a server was left as it was.
    """
    from .beginning import Asked, run_setup

    asked = Asked(tuple(clients or ()), config, replace, enforce, yes, timeout, jobs, no_progress)
    raise typer.Exit(run_setup(asked))

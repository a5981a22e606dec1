"""`oktsec-lint run`: one server behind the gate. What it does is in `running`, which also reads plain lines itself."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options


def run(
    command: Annotated[
        list[str], typer.Argument(metavar="-- CMD [ARG]...", help="The server to start.", show_default=False)
    ],
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Refuse what policy refuses; default: only record it.")
    ] = False,
    agent: Annotated[str, typer.Option("--agent", metavar="NAME", help="Who calls, as `agents` names it.")] = "",
    server: Annotated[
        str, typer.Option("--server", metavar="NAME", help="What the server is called in policies.")
    ] = "",
    config: options.ConfigFile = None,
    journal: Annotated[str, typer.Option("--journal", metavar="FILE", help="Where decisions are recorded.")] = "",
) -> None:
    """Start one stdio server and judge everything that it and its client say to each other.

    Exit codes: the server's own; 5 when it was not started because something about it could not be accepted.
    """
    from .running import Asked, run_gate

    asked = Asked(tuple(command), enforce, agent, server, config, journal)
    raise typer.Exit(run_gate(asked))

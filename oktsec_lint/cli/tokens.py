"""`oktsec-lint tokens`: who may come in through the gateway. What it does is in `issuing`."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .choices import DataFormat

app = typer.Typer(
    name="tokens", help="Bearer tokens of the gateway's callers: create, list, revoke.", no_args_is_help=True
)

_EXPIRES = "How long it holds: 12h, 90d, 52w, or never."
_ID = "What to call it. Default: one that is made up."
_WHICH = "The token's id, or AGENT/ID."


@app.command()
def create(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent that it is for, as under `agents`.")],
    expires: Annotated[str, typer.Option("--expires", metavar="SPAN", help=_EXPIRES)] = "90d",
    token_id: Annotated[str, typer.Option("--id", metavar="ID", help=_ID, show_default=False)] = "",
    config: options.ConfigFile = None,
    output_format: options.ListFormat = DataFormat.TEXT,
) -> None:
    """Make a token for an agent, and print it: this once, for only a digest of it is written to the configuration."""
    from . import issuing

    wanted = issuing.Wanted(agent, expires, token_id)
    raise typer.Exit(issuing.ended(lambda opened: issuing.create(opened, wanted), config, output_format))


@app.command(name="list")
def print_tokens(config: options.ConfigFile = None, output_format: options.ListFormat = DataFormat.TEXT) -> None:
    """Print every token: whose it is, and whether it is active, expired or revoked."""
    from . import issuing

    raise typer.Exit(issuing.ended(issuing.listed, config, output_format))


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help=_WHICH)],
    config: options.ConfigFile = None,
    output_format: options.ListFormat = DataFormat.TEXT,
) -> None:
    """Take a token back for good. A gateway that runs obeys when it has read the configuration again."""
    from . import issuing

    raise typer.Exit(issuing.ended(lambda opened: issuing.revoke(opened, token), config, output_format))

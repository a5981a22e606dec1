"""`oktsec-lint run`: one server behind the gate, or every configured one behind the gateway.

What it does is in `running` (which also reads plain lines itself) and in `gateway`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from oktsec_lint.core.errors import UsageError

from . import options

if TYPE_CHECKING:
    from .log import LogFormat


def run(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONFIG | -- CMD [ARG]...]",
            help="A configuration, for the gateway in front of its servers; or one server to start.",
            show_default=False,
        ),
    ] = None,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Refuse what policy refuses; default: only record it.")
    ] = False,
    agent: Annotated[str, typer.Option("--agent", metavar="NAME", help="Who calls, as `agents` names it.")] = "",
    server: Annotated[
        str, typer.Option("--server", metavar="NAME", help="What the server is called in policies.")
    ] = "",
    config: options.ConfigFile = None,
    journal: Annotated[str, typer.Option("--journal", metavar="FILE", help="Where decisions are recorded.")] = "",
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Gateway: the port; 0 for a free one.", min=0, max=65535)
    ] = None,
    bind: Annotated[str, typer.Option("--bind", metavar="ADDRESS", help="Gateway: the address.")] = "",
    host: Annotated[
        list[str] | None, typer.Option("--host", metavar="NAME", help="Gateway: another name clients call it by.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option("--origin", metavar="ORIGIN", help="Gateway: a page's origin that may ask.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", help="Gateway: processes that answer.", min=1, max=256)
    ] = 1,
    log_format: Annotated[
        str, typer.Option("--log-format", metavar="FORMAT", help="Gateway: stderr as `text` or `json` lines.")
    ] = "text",
) -> None:
    """Start one stdio server, or the gateway, and judge everything that servers and clients say to each other.

    Exit codes: the server's own, 0 after the gateway's orderly end; 5 when something about it could not be accepted.
    """
    words = tuple(command or ())
    if "--" in sys.argv:
        from .running import Asked, run_gate

        raise typer.Exit(run_gate(Asked(words, enforce, agent, server, config, journal)))
    if len(words) > 1:
        raise UsageError("one configuration is served at a time", hint="put `--` before a server's command")
    from .gateway import Asked as Gateway
    from .gateway import run_gateway

    named = words[0] if words else config
    asked = Gateway(
        named, enforce, journal, port, bind, tuple(host or ()), tuple(origin or ()), workers, _log_format(log_format)
    )
    raise typer.Exit(run_gateway(asked))


def _log_format(text: str) -> LogFormat:
    from .log import LogFormat

    if text not in {*LogFormat}:
        raise UsageError(f"there is no log format {text!r}", hint="`text` or `json`")
    return LogFormat(text)

"""`oktsec-lint audit`: what gates recorded, and whether it is as they wrote it. What it prints is made in `trails`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from . import options
from .choices import TrailFormat

app = typer.Typer(name="audit", help="The journal of the gate: verify, tail, query, export.", no_args_is_help=True)

_WHERE = (
    "The journal. Default: the database that the configuration names (db_backend: postgres), else "
    "$XDG_STATE_HOME/oktsec-lint/journal.db, or below ~/.local/state."
)
_DECISIONS = "forwarded, blocked, withheld, dropped, would-block, held, approved, rejected or unanswered."
_MOMENT = "From then on: 2026-11-22, 2026-11-22T17:49 (UTC unless it says otherwise), or 30m, 12h, 7d ago."
_KEY = "Every writer must have a checkpoint signed with this Ed25519 key (PEM)."
_HEADS = "What `audit heads` printed earlier; all of it must still hold."

JournalFile: TypeAlias = Annotated[
    Path | None, typer.Option("--journal", metavar="FILE", help=_WHERE, show_default=False)
]
OfAgent: TypeAlias = Annotated[str, typer.Option("--agent", metavar="NAME", help="Only of this agent.")]
OfServer: TypeAlias = Annotated[str, typer.Option("--server", metavar="NAME", help="Only of this server.")]
OfTool: TypeAlias = Annotated[str, typer.Option("--tool", metavar="NAME", help="Only of this tool.")]
OfRule: TypeAlias = Annotated[str, typer.Option("--rule", metavar="ID", help="Only what this rule argued for.")]
OfDecision: TypeAlias = Annotated[str, typer.Option("--decision", metavar="WHAT", help=_DECISIONS)]
Since: TypeAlias = Annotated[str, typer.Option("--since", metavar="WHEN", help=_MOMENT)]
Until: TypeAlias = Annotated[str, typer.Option("--until", metavar="WHEN", help="Before then.")]


@app.command()
def verify(
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    public_key: Annotated[Path | None, typer.Option("--public-key", metavar="FILE", help=_KEY)] = None,
    heads: Annotated[Path | None, typer.Option("--heads", metavar="FILE", help=_HEADS)] = None,
) -> None:
    """Find every record that was edited, removed, reordered, inserted or cut off, and name it.

    Exit codes: 0 as written, 1 tampered with, 2 unreadable, 3 nothing recorded.
    """
    from . import trails

    raise typer.Exit(trails.shown(journal, config, trails.verified(public_key, heads)))


@app.command(name="heads")
def print_heads(journal: JournalFile = None, config: options.SharedConfig = None) -> None:
    """Print the newest entry of every writer, to be kept where nobody can change it, for `verify --heads`."""
    from . import trails

    raise typer.Exit(trails.shown(journal, config, trails.heads))


@app.command()
def tail(
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    lines: Annotated[int, typer.Option("--lines", "-n", metavar="N", min=1, help="How many.")] = 20,
    agent: OfAgent = "",
    server: OfServer = "",
    tool: OfTool = "",
    rule: OfRule = "",
    decision: OfDecision = "",
    since: Since = "",
    until: Until = "",
) -> None:
    """Print the newest records, a line each."""
    from . import trails

    asked = trails.Asked(agent, server, tool, rule, decision, since, until)
    raise typer.Exit(trails.shown(journal, config, trails.listed(asked, TrailFormat.TEXT, lines)))


@app.command()
def query(
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    output_format: Annotated[TrailFormat, typer.Option("--format", "-f", help="What stdout gets.")] = TrailFormat.TEXT,
    agent: OfAgent = "",
    server: OfServer = "",
    tool: OfTool = "",
    rule: OfRule = "",
    decision: OfDecision = "",
    since: Since = "",
    until: Until = "",
) -> None:
    """Print the records that match every option, oldest first."""
    from . import trails

    asked = trails.Asked(agent, server, tool, rule, decision, since, until)
    raise typer.Exit(trails.shown(journal, config, trails.listed(asked, output_format)))


@app.command()
def export(
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    output_format: Annotated[TrailFormat, typer.Option("--format", "-f", help="What stdout gets.")] = TrailFormat.JSONL,
    agent: OfAgent = "",
    server: OfServer = "",
    tool: OfTool = "",
    rule: OfRule = "",
    decision: OfDecision = "",
    since: Since = "",
    until: Until = "",
) -> None:
    """Write records with their place in the chain, for other programs: jsonl is exact, csv is for spreadsheets."""
    from . import trails

    asked = trails.Asked(agent, server, tool, rule, decision, since, until)
    raise typer.Exit(trails.shown(journal, config, trails.listed(asked, output_format)))

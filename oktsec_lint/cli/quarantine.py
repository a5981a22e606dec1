"""`oktsec-lint quarantine`: the calls that wait for somebody's decision. What it does is in `deciding`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from . import options
from .choices import DataFormat, HeldState

app = typer.Typer(
    name="quarantine", help="Calls that wait for a decision: list, show, approve, reject.", no_args_is_help=True
)

_WHERE = (
    "The journal beside which they are kept. Default: the database that the configuration names "
    "(db_backend: postgres), else $XDG_STATE_HOME/oktsec-lint/journal.db, or below ~/.local/state."
)
_WHO = "Who decides; default: the user who runs this."

JournalFile: TypeAlias = Annotated[
    Path | None, typer.Option("--journal", metavar="FILE", help=_WHERE, show_default=False)
]
Id: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="As `list` prints it.", show_default=False)]
Reason: TypeAlias = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever asks later.")]
By: TypeAlias = Annotated[str, typer.Option("--by", metavar="NAME", help=_WHO)]


@app.command(name="list")
def list_calls(
    state: Annotated[HeldState, typer.Option("--state", help="Which ones.")] = HeldState.OPEN,
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    output_format: options.ListFormat = DataFormat.TEXT,
) -> None:
    """Print the held calls, a line each, oldest first; by default those that can still be decided or made."""
    from . import deciding

    raise typer.Exit(deciding.listed(deciding.Where(journal, config), state, output_format))


@app.command()
def show(
    call_id: Id,
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    output_format: options.ListFormat = DataFormat.TEXT,
) -> None:
    """Print one held call with all of its arguments. What looks like a secret in them is covered."""
    from . import deciding

    raise typer.Exit(deciding.shown(deciding.Where(journal, config), call_id, output_format))


@app.command()
def approve(
    call_id: Id,
    reason: Reason = "",
    by: By = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Needed where there is no terminal.")] = False,
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    output_format: options.ListFormat = DataFormat.TEXT,
) -> None:
    """Let a held call be made, once: by whoever waits for it, else when the same agent makes the same call again.

    Exit codes: 0 approved, 2 not.
    """
    from . import deciding

    decision = deciding.Decision(call_id, reason, by)
    raise typer.Exit(deciding.approved(deciding.Where(journal, config), decision, output_format, yes=yes))


@app.command()
def reject(
    call_id: Id,
    reason: Reason = "",
    by: By = "",
    journal: JournalFile = None,
    config: options.SharedConfig = None,
    output_format: options.ListFormat = DataFormat.TEXT,
) -> None:
    """Refuse a held call, or take back an approval that nobody has used yet.

    Exit codes: 0 rejected, 2 not.
    """
    from . import deciding

    raise typer.Exit(
        deciding.rejected(deciding.Where(journal, config), deciding.Decision(call_id, reason, by), output_format)
    )

"""`oktsec-lint changes BASE`: what a branch changes, for its reviewer. Nothing is started and nothing is contacted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from oktsec_lint.core.errors import OktsecError

from . import options
from .terminal import complain

if TYPE_CHECKING:
    from oktsec_lint.core.config import Config
    from oktsec_lint.core.lock import Lock

    from .audit import Examined


def changes(
    base: Annotated[str, typer.Argument(metavar="BASE", help="A revision of git, such as `main`.")],
    config: options.ConfigFile = None,
) -> None:
    """Print, as Markdown, what differs from a revision: findings that are new, set aside or gone, what decides about
    them, locked texts, who may call what.

    Exit codes: 0 whatever changed, 2 for a revision or file that cannot be read. `scan --diff BASE` is what fails.
    """
    try:
        text = changes_since(base, config)
    except OktsecError as error:
        raise typer.Exit(complain(error)) from None
    sys.stdout.write(text)


def changes_since(base: str, config: str | None) -> str:
    """The Markdown text. Raises OktsecError."""
    from oktsec_lint.core.config import Config
    from oktsec_lint.core.decisions import decided_otherwise
    from oktsec_lint.core.earlier import Earlier
    from oktsec_lint.core.findings import Excuse
    from oktsec_lint.core.report import Report
    from oktsec_lint.reporters.markdown.changes import Changes, render_changes

    from .audit import examine, request_of
    from .known import entries_of, gone_of, past_of, settled
    from .reporting import build_report
    from .selecting import Choice, chosen

    request = request_of((), config, (), offline=True, timeout=1.0, jobs=1)
    now, past = examine(request), past_of(base, request)
    earlier = Earlier(base, Excuse.BASE, entries_of(past, request), drift=True)
    parts = settled(now.parts, earlier, request.cwd)
    after = build_report(parts, now.locator, now.rules)
    after = after._replace(gone=gone_of([earlier], parts), left_out=chosen(parts, Choice())[1])
    before = build_report(*past) if past is not None else Report("")
    was, is_now = (_config(examined) or Config() for examined in (past, now))
    return render_changes(Changes(base, before, after, _locked(past, now), decided_otherwise(was, is_now)))


def _config(examined: Examined | None) -> Config | None:
    return next((part.judge.config for part in examined.parts), None) if examined is not None else None


def _locked(past: Examined | None, now: Examined) -> list[str]:
    """What differs between the two locks, word by word; that there is none any more, where there was one."""
    from .lock_texts import differences

    before, after = (_lock(examined) for examined in (past, now))
    if before is None:
        return []
    if after is None:
        return [f"[-{before.path}-]: there is no lock any more, so nothing says what was reviewed"]
    return list(differences(before, after))


def _lock(examined: Examined | None) -> Lock | None:
    standings = (part.judge.standing for part in examined.parts) if examined is not None else ()
    return next((standing.lock for standing in standings if standing is not None), None)

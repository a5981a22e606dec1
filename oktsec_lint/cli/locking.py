"""What `lock` does with what it was asked: list, compare, review, write.

Nothing is written that was not accepted: by a person at a terminal, by `--yes`, or because there was no lock before.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from oktsec_lint import lockfile
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import OktsecError, UsageError
from oktsec_lint.core.findings import Finding
from oktsec_lint.core.lock import (
    Acceptance,
    Change,
    Lock,
    Standing,
    What,
    changes,
    object_of,
    reviewed,
)
from oktsec_lint.core.model import EMPTY, Kind, Server, Status
from oktsec_lint.core.report import Exit, Report, exit_code, is_drift, with_excused_drift
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.wording import plural

from .audit import Examined, Request, examine, request_of
from .beside import lock_path, shown_path, today
from .choices import Format
from .progress import shown_progress
from .reporting import Part, build_report
from .terminal import Color, columns, complain, now, somebody_answers, speaks_unicode, tell, wants_color


class Asked(NamedTuple):
    """The command line of `lock`, option by option."""

    what: tuple[str, ...] = ()
    config: str | None = None
    check: bool = False
    update: bool = False
    servers: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    yes: bool = False
    reason: str = ""
    until: str = ""
    by: str = ""
    output_format: Format = Format.TEXT
    timeout: float = 30.0
    """Seconds."""
    jobs: int = 8
    color: Color = Color.AUTO
    no_progress: bool = False
    listed: Mapping[str, Mapping[str, Server]] = EMPTY
    """What was listed just now, by configuration and name: nothing is started then."""


_READ_ONLY = {"show", "diff"}


def run_lock(asked: Asked) -> Exit:
    """The command to its exit code. Tells the user's mistakes on stderr."""
    try:
        if asked.what and asked.what[0] in _READ_ONLY:
            from .lock_texts import run_diff, run_show

            return (run_show if asked.what[0] == "show" else run_diff)(asked.what[1:])
        return _checked(asked) if asked.check else _locked(asked)
    except OktsecError as error:
        return complain(error)


def _request(asked: Asked) -> Request:
    if len(asked.what) > 1:
        raise UsageError("lock takes one configuration", hint="give one, or use `lock diff A B`")
    config = asked.config or (asked.what[0] if asked.what else None)
    request = request_of((), config, asked.servers, offline=False, timeout=asked.timeout, jobs=asked.jobs)
    return request._replace(locked=asked.check, taking=not asked.check, listed=asked.listed)


def _examined(asked: Asked) -> tuple[Examined, Part]:
    with shown_progress(wanted=not asked.no_progress) as progress:
        examined = examine(_request(asked), progress)
    return examined, examined.parts[0]


def _checked(asked: Asked) -> Exit:
    """`--check`: drift and nothing else, in the formats of `scan`."""
    from oktsec_lint.reporters import Style, render

    if asked.update or asked.yes or asked.tools or asked.reason or asked.until or asked.by:
        raise UsageError("--check writes nothing", hint="it goes with --server and --format only")
    report = _drift_only(with_excused_drift(build_report(*_examined(asked)[0])))
    code = exit_code(report, None, locked=True)
    colored = wants_color(asked.color, os.environ)
    style = Style(color=colored, unicode=speaks_unicode(), width=columns(), when=now())
    sys.stdout.write(render(asked.output_format, report, style, code))
    return code


def _drift_only(report: Report) -> Report:
    return report._replace(findings=tuple(item for item in report.findings if is_drift(item.finding)))


def _locked(asked: Asked) -> Exit:
    acceptance = _acceptance(asked)
    _, part = _examined(asked)
    standing = part.judge.standing
    if standing is None or not part.judge.config.servers:
        tell("there are no servers to lock")
        return Exit.NOTHING
    scope = Scope(asked, part, standing.lock)
    deciding = _deciding(asked, scope, part, acceptance)
    if deciding is None:
        return _left_alone(part, standing)
    inventory, findings = part.judgement.inventory, part.judgement.inspection.findings
    lock = reviewed(standing, inventory, findings, deciding.accepts, deciding.excuses)
    code = _written(lock, part, standing)
    if deciding.refused():
        tell(f"{plural(deciding.refused(), 'change')} refused: the lock still says what it said")
        return Exit.FINDINGS
    return code


def _acceptance(asked: Asked) -> Acceptance | None:
    """Of the findings, where a reason was given on the command line."""
    if asked.until and not lockfile.is_day(asked.until):
        raise UsageError(f"--until takes a day as in 2027-01-31, not {asked.until}")
    if asked.until and asked.until < today():
        raise UsageError(f"--until {asked.until} has passed")
    if not asked.reason:
        if asked.until or asked.by:
            raise UsageError("--until and --by go with --reason", hint="say why: --reason TEXT")
        return None
    return Acceptance(asked.by or user_name(), asked.reason, asked.until)


def user_name() -> str:
    """Who is at the keyboard. Raises UsageError when the system does not know."""
    try:
        return os.environ.get("GIT_AUTHOR_NAME") or getpass.getuser()
    except (OSError, KeyError):
        raise UsageError("nobody knows who accepts this", hint="say it: --by NAME") from None


class Scope:
    """Which part of a configuration the command line is about."""

    def __init__(self, asked: Asked, part: Part, lock: Lock) -> None:
        """Raises UsageError for a tool that neither a server nor the lock knows."""
        self._servers = asked.servers
        self._tools = asked.tools
        self._whole = {server.name for server in part.servers if server.status is Status.COMPLETE}
        known = {item.name for server in part.servers for item in server.of_kind(Kind.TOOL)}
        known |= {item.name for _, item in lock.definitions()}
        for name in asked.tools:
            if name not in known:
                raise UsageError(f"no tool named {name}", hint="`oktsec-lint tools` lists them")

    def holds(self, change: Change) -> bool:
        """Whether a change may be accepted. Nothing of a server that was not listed to its end may."""
        if change.server not in self._whole and change.what not in {What.POLICY, What.SERVER_REMOVED}:
            return False
        if change.what is What.POLICY:
            return not (self._servers or self._tools)
        return self._names(change.server, change.kind, change.name)

    def covers(self, finding: Finding) -> bool:
        return self._names(*object_of(finding))

    def _names(self, server: str, kind: Kind, name: str) -> bool:
        chosen = not self._servers or server in self._servers
        return chosen and (not self._tools or (kind is Kind.TOOL and name in self._tools))


class Deciding(NamedTuple):
    """Who decides, as two questions; see `core.lock.review.reviewed`."""

    accepts: Callable[[Change], bool]
    excuses: Callable[[Finding], Acceptance | None]
    refused: Callable[[], int] = int
    """How many changes were refused by somebody who saw them."""


def _deciding(asked: Asked, scope: Scope, part: Part, acceptance: Acceptance | None) -> Deciding | None:
    """Who decides; None when somebody has to and nobody can be asked."""
    standing = part.judge.standing
    by_itself = Deciding(scope.holds, lambda finding: acceptance if scope.covers(finding) else None)
    if asked.yes or standing is None:
        return by_itself
    if somebody_answers():
        from .lock_review import reviewing

        return reviewing(part, scope, acceptance)
    return by_itself if standing.lock.digest == "" or not _differs(part, standing) else None


def _differs(part: Part, standing: Standing) -> bool:
    return standing.policy != standing.lock.policy or any(
        True for _ in changes(standing.lock, part.judgement.inventory)
    )


def _left_alone(part: Part, standing: Standing) -> Exit:
    """There is drift, and nobody to ask."""
    for change in changes(standing.lock, part.judgement.inventory):
        tell(visible(f"{change.server}: {change.what} {change.name}".rstrip()))
    if standing.policy != standing.lock.policy:
        tell("the policy is not the one that was locked")
    tell(f"{standing.lock.path} was left as it is: read `oktsec-lint lock --check`, then pass --yes to accept it all")
    return Exit.FINDINGS


def _written(lock: Lock, part: Part, standing: Standing) -> Exit:
    if not lock.servers and not standing.lock.digest:
        tell("nothing was written: no server could be listed")
        return Exit.INCOMPLETE
    cwd = Path.cwd()
    path, text = lock_path(part.judge.config, cwd), lockfile.render(lock)
    shown = shown_path(path, cwd)
    if text == lockfile.render(standing.lock) and standing.lock.digest:
        sys.stdout.write(f"{shown} is up to date\n")
    else:
        lockfile.write(path, text, standing.lock.digest, shown)
        sys.stdout.write(f"{shown}: {summary(lock)}\n")
    missing = [server.name for server in part.servers if server.status is not Status.COMPLETE]
    if missing:
        tell(f"not listed to the end, so left as it was locked, or out: {visible(', '.join(missing))}")
        return Exit.INCOMPLETE
    return Exit.CLEAN


def summary(lock: Lock) -> str:
    """What a lock holds, in a sentence."""
    kinds = [item.kind for _, item in lock.definitions() if not item.variant]
    findings = [item for server in lock.servers for item in server.findings]
    accepted = sum(item.accepted is not None for item in findings)
    counts = [plural(len(lock.servers), "server"), plural(kinds.count(Kind.TOOL), "tool")]
    counts += [plural(kinds.count(kind), kind) for kind in (Kind.PROMPT, Kind.RESOURCE, Kind.TEMPLATE) if kind in kinds]
    known = f"; {plural(len(findings), 'finding')} recorded, {accepted} of them accepted" if findings else ""
    return f"{', '.join(counts)}{known}"

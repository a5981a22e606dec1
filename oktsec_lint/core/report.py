"""The result of a run as one value: what reporters render and what the exit code is taken from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from .findings import Finding, Severity, Unfinished
from .lock_rules import CATEGORY, NEWER_RULES, NO_LOCK, POLICY
from .model import EMPTY, Location, Status
from .policy import Level
from .rules import Rule
from .values import NamedTuple

if TYPE_CHECKING:
    from .earlier import Entry


class Exit(IntEnum):
    """The exit codes of DESIGN section 7, the same for every format."""

    CLEAN = 0
    FINDINGS = 1
    ERROR = 2
    NOTHING = 3
    INCOMPLETE = 4
    REFUSED = 5
    INTERRUPTED = 130


class ToolRow(NamedTuple):
    """One tool as the inventory shows it."""

    name: str
    verdict: Level
    """What `run --enforce` would do with it: the strictest verdict over the agents that may call it."""
    agents: tuple[str, ...]
    """Names of the configured agents that may call it."""
    reasons: tuple[str, ...] = ()
    """Ids of the rules behind the verdict."""


class ServerRow(NamedTuple):
    """One server as the report shows it."""

    name: str
    status: Status
    reason: str = ""
    protocol: str = ""
    tools: tuple[ToolRow, ...] = ()
    prompts: int = 0
    resources: int = 0
    templates: int = 0
    location: Location | None = None
    package: str = ""
    """What its launch line installs and runs (`packages.Package.name`); empty when it runs no package."""
    version: str = ""
    """Of the package, where it is known."""


class Located(NamedTuple):
    """A finding with its place resolved; `location` is None only when it has no file at all."""

    finding: Finding
    location: Location | None


class Report(NamedTuple):
    """Everything one run has to say, in a deterministic order."""

    tool_version: str
    servers: tuple[ServerRow, ...] = ()
    findings: tuple[Located, ...] = ()
    """Those that count, worst first within a file position order chosen by the builder."""
    ignored: tuple[Located, ...] = ()
    """Those that policy set aside, with the reason in `finding.ignored_by`."""
    gone: tuple[Entry, ...] = ()
    """What was known before and is not found any more, where the run was compared with something."""
    left_out: Mapping[str, int] = EMPTY
    """Option to how many findings it keeps out of this report."""
    unfinished: tuple[Unfinished, ...] = ()
    rules: Sequence[Rule] = ()
    """The whole enabled rulebook: some formats list it whether or not a rule fired."""
    sources: tuple[str, ...] = ()
    """The files that were read, as the user named them."""
    agents: tuple[str, ...] = ()
    locks: Mapping[str, str] = EMPTY
    """Path to digest of the locks that what was found was compared with."""
    texts: Mapping[str, str] = EMPTY
    """Path to text of the files that were read; some formats derive line fingerprints from it."""

    @property
    def incomplete(self) -> bool:
        return bool(self.unfinished) or any(row.status is not Status.COMPLETE for row in self.servers)

    def worst(self) -> Severity | None:
        return max((item.finding.severity for item in self.findings), default=None)


def exit_code(
    report: Report,
    fail_on: Severity | None = Severity.MEDIUM,
    *,
    allow_unreachable: bool = False,
    locked: bool = False,
) -> Exit:
    """DESIGN section 7: findings win over incompleteness; `fail_on` None is `--fail-on never`.

    `allow_unreachable` excuses servers that were not looked at. One that stopped answering half-way is never excused:
    what it did not get to say may be the part that matters. `locked` fails for every difference from the lock.
    """
    if locked and any(is_drift(item.finding) for item in with_excused_drift(report).findings):
        return Exit.FINDINGS
    worst = report.worst()
    if fail_on is not None and worst is not None and worst >= fail_on:
        return Exit.FINDINGS
    if not report.servers:
        return Exit.NOTHING
    excused = (Status.COMPLETE, Status.NOT_SCANNED) if allow_unreachable else (Status.COMPLETE,)
    if report.unfinished or any(row.status not in excused for row in report.servers):
        return Exit.INCOMPLETE
    return Exit.CLEAN


def with_excused_drift(report: Report) -> Report:
    """The report in which no override excuses drift unless it was there when the lock was written: whoever changes a
    server could otherwise switch off, in the same commit, what says so."""
    known = {item.finding.rule for item in (*report.findings, *report.ignored)}
    back = [
        item
        for item in report.ignored
        if item.finding.category == CATEGORY and (POLICY in known or item.finding.rule == NO_LOCK)
    ]
    return report._replace(
        findings=(*report.findings, *back), ignored=tuple(item for item in report.ignored if item not in back)
    )


def is_drift(finding: Finding) -> bool:
    """Whether a finding says that something is not as it was locked. A difference in white space is none, and when the
    rules are newer, the lock is as good as it was."""
    return finding.category == CATEGORY and finding.severity > Severity.INFO and finding.rule != NEWER_RULES

"""What a report comes to, in counts and sentences that hold nothing of a stranger's: the head of every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from oktsec_lint.core.findings import Excuse, Severity
from oktsec_lint.core.model import Kind, Location, Status, Subject
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Located, Report
from oktsec_lint.core.values import NamedTuple

from .wording import plural, severity_counts

CONSEQUENCES: Mapping[Level, str] = {
    Level.BLOCK: "block {}",
    Level.QUARANTINE: "withhold {} for review",
    Level.FLAG: "pass and record {}",
    Level.CLEAN: "pass {}",
}
"""What `run --enforce` would do with a tool of each verdict."""

_EXCUSES: Mapping[Excuse, str] = {
    Excuse.RULES: "ignored by rules:",
    Excuse.LOCK: "accepted in the lock",
    Excuse.SUPPRESSION: "suppressed",
    Excuse.COMMENT: "suppressed",
    Excuse.BASELINE: "in the baseline",
    Excuse.BASE: "there before",
}
_EARLIER = frozenset({Excuse.BASELINE, Excuse.BASE})
_LISTING = "listing"
"""Category of the findings about a listing itself."""


class Gap(NamedTuple):
    """Something that was not looked at to its end."""

    subject: Subject
    pointer: str
    reason: str
    location: Location | None
    status: Status | None
    """Of the server that was not listed in full; None for a text that was not judged."""

    @property
    def words(self) -> str:
        if self.status is None:
            return "not judged"
        return "listed in part only" if self.status is Status.PARTIAL else "not scanned"


def gaps(report: Report) -> Iterator[Gap]:
    """Servers first, then texts, each in the order of the report."""
    entries = {row.name: row.location for row in report.servers}
    for row in report.servers:
        if row.status is not Status.COMPLETE:
            yield Gap(Subject(row.name, Kind.SERVER, row.name), "", row.reason, row.location, row.status)
    for item in report.unfinished:
        yield Gap(item.subject, item.pointer, item.reason, entries.get(item.subject.server), None)


def unsaid_gaps(report: Report) -> Iterator[Gap]:
    """The gaps that no finding tells of: for formats whose readers would see a server that did not answer twice."""
    said = {item.finding.subject for item in report.findings if item.finding.category == _LISTING}
    return (gap for gap in gaps(report) if gap.status is None or gap.subject not in said)


def is_problem(item: Located) -> bool:
    """Whether a finding asks for something; one of severity info only tells."""
    return item.finding.severity > Severity.INFO


def tally(items: Iterable[Located]) -> str:
    """`1 high, 2 medium`."""
    counts = severity_counts(item.finding for item in items)
    return ", ".join(f"{count:,} {severity.label}" for severity, count in counts.items() if count)


def scope(report: Report) -> str:
    """`1 file, 3 servers (1 not scanned), 41 tools`."""
    statuses = [row.status for row in report.servers]
    missing = [
        f"{statuses.count(status)} {status}" for status in (Status.NOT_SCANNED, Status.PARTIAL) if status in statuses
    ]
    servers = plural(len(statuses), "server") + (f" ({', '.join(missing)})" if missing else "")
    tools = sum(len(row.tools) for row in report.servers)
    return f"{plural(len(report.sources), 'file')}, {servers}, {plural(tools, 'tool')}"


def headline(report: Report) -> str:
    """`2 problems: 1 high, 1 medium`, or the outcome where there is none."""
    problems = list(filter(is_problem, report.findings))
    return f"{outcome(report)}: {tally(problems)}" if problems else outcome(report)


def outcome(report: Report) -> str:
    """What the report comes to, in a few words. Nothing that was not looked at to its end is called clean."""
    problems = sum(map(is_problem, report.findings))
    if problems:
        return plural(problems, "new problem" if is_compared(report) else "problem")
    if not report.servers:
        return "Nothing to check: no servers"
    return "No problems found, but not everything was looked at" if report.incomplete else passed(report)


def passed(report: Report) -> str:
    """What a run without problems says. It is only called clean when nothing was known or left out."""
    if is_compared(report):
        return "No new problems"
    return "No problems among what was asked for" if report.left_out else "All checks passed"


def is_compared(report: Report) -> bool:
    """Whether some of what was found was known before."""
    return any(item.finding.ignored_as in _EARLIER for item in report.ignored)


def set_aside(report: Report) -> str:
    """`3 ignored by rules:, 2 suppressed`; empty when nothing is set aside."""
    counts: dict[str, int] = {}
    for item in report.ignored:
        words = _EXCUSES[item.finding.ignored_as]
        counts[words] = counts.get(words, 0) + 1
    return ", ".join(f"{count:,} {words}" for words, count in counts.items())


def enforcement(report: Report) -> str:
    """`run --enforce` and the tools, as a sentence; empty where no tool was listed."""
    counts = level_counts(chain.from_iterable((tool.verdict for tool in row.tools) for row in report.servers))
    done = [CONSEQUENCES[level].format(plural(count, "tool")) for level, count in counts.items() if count]
    return f"run --enforce would {', '.join(done)}" if done else ""


def level_counts(levels: Iterable[Level]) -> dict[Level, int]:
    """Every level from the strictest down, with its count, zero included."""
    counts = dict.fromkeys(sorted(Level, reverse=True), 0)
    for level in levels:
        counts[level] += 1
    return counts

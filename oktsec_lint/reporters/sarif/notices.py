"""What went wrong in the run itself, as SARIF notifications: servers and checks that were not looked at to their end.

GitHub shows no notifications, so an unreachable server is a finding as well; this is where other readers look.
Findings about the configuration are results only: it is what is audited, not what configures the audit.
"""

from __future__ import annotations

from collections.abc import Iterator

from sarif_om import (
    Message,
    MultiformatMessageString,
    Notification,
    ReportingConfiguration,
    ReportingDescriptor,
    ReportingDescriptorReference,
)

from oktsec_lint.core.model import Status
from oktsec_lint.core.report import Report, ServerRow
from oktsec_lint.reporters.wording import object_path

from .phrases import quoted, sentence
from .places import Places

_SHOWN_BY_GITHUB = 5_000


def _descriptor(identifier: str, name: str, level: str, text: str, advice: str) -> ReportingDescriptor:
    return ReportingDescriptor(
        id=identifier,
        name=name,
        short_description=MultiformatMessageString(text=text),
        full_description=MultiformatMessageString(text=text),
        help=MultiformatMessageString(text=advice, markdown=advice),
        default_configuration=ReportingConfiguration(level=level),
    )


_NOT_SCANNED, _PARTIAL, _UNFINISHED, _TRUNCATED = range(4)
DESCRIPTORS: tuple[ReportingDescriptor, ...] = (
    _descriptor(
        "server-not-scanned",
        "ServerNotScanned",
        "error",
        "A configured server could not be looked at.",
        "Start or reach the server by hand with the command or URL of its entry, then scan again.",
    ),
    _descriptor(
        "server-partial",
        "ServerPartlyScanned",
        "warning",
        "A configured server was looked at in part only.",
        "What it offered after the point of failure is unknown. Scan again with a longer timeout.",
    ),
    _descriptor(
        "check-unfinished",
        "CheckUnfinished",
        "error",
        "A check could not run to its end.",
        "The text it was about counts as not looked at. It may exceed a limit, or be made to.",
    ),
    _descriptor(
        "results-truncated",
        "ResultsTruncated",
        "warning",
        "There are more results than a code-scanning page takes.",
        "Read the text or JSON report for all of them, or scan one server at a time.",
    ),
)
"""What `driver.notifications` lists; the indices above point into it."""


def notices(report: Report, left_out: int, shown: int, places: Places) -> list[Notification] | None:
    found = [*_of_servers(report, places), *_of_checks(report, places), *_of_length(left_out, shown)]
    return found or None


def _of_servers(report: Report, places: Places) -> Iterator[Notification]:
    for row in report.servers:
        if row.status is not Status.COMPLETE:
            kind = _NOT_SCANNED if row.status is Status.NOT_SCANNED else _PARTIAL
            notice = _notice(kind, _server_message(row))
            notice.locations = [places.located(row.location)]
            yield notice


def _server_message(row: ServerRow) -> str:
    reason = f": {quoted(row.reason, 500)}" if row.reason else ""
    return f'Server "{quoted(row.name)}" is {row.status}{reason}'


def _of_checks(report: Report, places: Places) -> Iterator[Notification]:
    entries = {row.name: row.location for row in report.servers}
    for item in report.unfinished:
        where = " / ".join(quoted(part) for part in object_path(item.subject, item.pointer))
        notice = _notice(_UNFINISHED, f"Not judged: {where}: {quoted(item.reason, 500)}")
        notice.locations = [places.located(entries.get(item.subject.server))]
        yield notice


def _of_length(left_out: int, shown: int) -> Iterator[Notification]:
    if left_out:
        yield _notice(_TRUNCATED, f"{left_out:,} less severe results are left out: a run may have {shown:,}")
    if shown > _SHOWN_BY_GITHUB:
        yield _notice(_TRUNCATED, f"Of {shown:,} results GitHub shows the {_SHOWN_BY_GITHUB:,} most severe")


def _notice(kind: int, message: str) -> Notification:
    descriptor = DESCRIPTORS[kind]
    return Notification(
        message=Message(text=sentence(message)),
        level=descriptor.default_configuration.level,
        descriptor=ReportingDescriptorReference(id=descriptor.id, index=kind),
    )

"""The last lines of the text report: what was looked at, what was found, and what was not looked at.

"All checks passed" is said only when everything was looked at: a silent gap would read as a clean result.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.display import visible
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Status
from oktsec_lint.core.report import Located, Report
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.inert import shown
from oktsec_lint.reporters.overview import is_compared, is_problem, passed, scope, set_aside, tally
from oktsec_lint.reporters.sgr import Role, paint
from oktsec_lint.reporters.wording import object_name, object_path, plural, position

from .prose import wrapped

_MOST_GAPS = 10
_GAPS = {Status.NOT_SCANNED: "Not looked at", Status.PARTIAL: "Looked at in part only"}


def summary_lines(report: Report, style: Style) -> Iterator[str]:
    if style.verbose:
        yield from _ignored(report, style)
    yield from _gaps(report, style)
    problems = [item for item in report.findings if is_problem(item)]
    if problems:
        yield f"Checked {scope(report)}"
        yield _found(problems, report, style)
    elif not report.servers:
        yield f"Nothing to check: no servers in {plural(len(report.sources), 'file')}."
    elif report.incomplete:
        text = f"No problems found, but not everything was looked at: {scope(report)}."
        yield paint(text, Role.WARNING, color=style.color)
    else:
        text = f"{passed(report)}: {scope(report)} ({set_aside(report) or '0 ignored'})."
        yield paint(text, Role.GOOD, color=style.color)
    yield from _gone(report, style)
    if report.left_out:
        options = ", ".join(f"{count:,} by --{option}" for option, count in report.left_out.items())
        yield f"Left out: {options}"
    notes = len(report.findings) - len(problems)
    if notes and not style.verbose:
        yield f"{plural(notes, 'more note')} for information: --verbose shows them"


def _found(problems: list[Located], report: Report, style: Style) -> str:
    """`Found 2 new problems: 1 high, 1 medium (3 ignored by rules:, 5 in the baseline)`."""
    ignored = f" ({set_aside(report)})" if report.ignored else ""
    worst = max(item.finding.severity for item in problems)
    role = Role.ERROR if worst >= Severity.HIGH else Role.WARNING
    noun = "new problem" if is_compared(report) else "problem"
    found = paint(f"Found {plural(len(problems), noun)}", role, color=style.color)
    return f"{found}: {tally(problems)}{ignored}"


def _gone(report: Report, style: Style) -> Iterator[str]:
    """What was known and is not found any more: a baseline can lose it."""
    if not report.gone:
        return
    yield f"No longer found: {len(report.gone):,} of what was known"
    for entry in report.gone if style.verbose else report.gone[:_MOST_GAPS]:
        about = f"{object_name(entry.subject)}: {entry.message}" if object_name(entry.subject) else entry.message
        yield shown(f"  {entry.rule} {about}", unicode=style.unicode, limit=300)
    if len(report.gone) > _MOST_GAPS and not style.verbose:
        yield f"  and {len(report.gone) - _MOST_GAPS:,} more; --verbose lists all"


def _gaps(report: Report, style: Style) -> Iterator[str]:
    """What was not looked at to its end. The reasons of servers stand beside their names, further up."""
    for status, words in _GAPS.items():
        names = [row.name for row in report.servers if row.status is status]
        if names:
            yield from wrapped(f"{words}: ", _several(names), style)
    for item in report.unfinished[:_MOST_GAPS]:
        where = " / ".join(object_path(item.subject, item.pointer))
        yield from wrapped("Not judged: ", f"{visible(where)} ({visible(item.reason)})", style)
    if len(report.unfinished) > _MOST_GAPS:
        yield f"Not judged: {len(report.unfinished) - _MOST_GAPS:,} more texts"


def _several(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_GAPS:,} more" if len(names) > _MOST_GAPS else ""
    return ", ".join(visible(name, 60) for name in names[:_MOST_GAPS]) + more


def _ignored(report: Report, style: Style) -> Iterator[str]:
    for item in report.ignored:
        yield f"ignored: {shown(_one_line(item), unicode=style.unicode, limit=1000)}"
    if report.ignored:
        yield ""


def _one_line(item: Located) -> str:
    where = f"{position(item.location)}: " if item.location else ""
    return f"{where}{item.finding.rule}: {item.finding.message} [{item.finding.ignored_by}]"

"""Markdown for a job's summary, a pull request or a ticket, as GitHub and GitLab render it.

Both refuse a text that is too long, so it is cut: the verdicts and tables come first, then the findings from the worst
down as far as there is room, and the last line says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oktsec_lint.core.lock_rules import CATEGORY
from oktsec_lint.core.report import Exit, Located, Report
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.groups import folded
from oktsec_lint.reporters.links import TOOL
from oktsec_lint.reporters.overview import enforcement, gaps, headline, is_problem, scope
from oktsec_lint.reporters.phrases import object_of
from oktsec_lint.reporters.repository import shareable
from oktsec_lint.reporters.wording import plural

from .finding import finding_block, finding_line
from .inline import code, prose
from .tables import agent_table, server_table

_MOST_BYTES = 900_000
"""A step's summary may have 1 MiB on GitHub."""
_MOST_LINES = 50
"""Of a list: texts that were not judged, findings that are ignored."""


def render(report: Report, _style: Style, _code: Exit | None) -> str:
    return "\n".join((*_head(report), *_findings(report), *_tail(report))).rstrip("\n") + "\n"


def _head(report: Report) -> Iterator[str]:
    yield f"## {TOOL}: {headline(report)}"
    yield ""
    yield f"Checked {scope(report)}. {_enforcement(report)}".rstrip()
    yield ""
    for path, digest in report.locks.items():
        yield f"Compared with {code(shareable(path))}, digest {code(digest)}."
        yield ""
    yield from _not_looked_at(report)
    yield from server_table(report)
    yield from agent_table(report)


def _enforcement(report: Report) -> str:
    sentence = enforcement(report)
    return f"`run --enforce`{sentence.removeprefix('run --enforce')}." if sentence else ""


def _not_looked_at(report: Report) -> Iterator[str]:
    missing = list(gaps(report))
    if not missing:
        return
    yield "### Not looked at to its end"
    yield ""
    for gap in missing[:_MOST_LINES]:
        yield f"- {code(object_of(gap.subject, gap.pointer), 600)} {gap.words}: {prose(gap.reason)}"
    if len(missing) > _MOST_LINES:
        yield f"- and {len(missing) - _MOST_LINES:,} more"
    yield ""


def _findings(report: Report) -> Iterator[str]:
    """What differs from the lock first: in a pull request that is what has changed."""
    problems = sorted(filter(is_problem, report.findings), key=lambda item: -item.finding.severity)
    drift = [item for item in problems if item.finding.category == CATEGORY]
    others = [item for item in problems if item.finding.category != CATEGORY]
    room = _MOST_BYTES
    for title, items in (("Not as it was locked", drift), ("Findings", others)):
        if items:
            blocks = list(_within(_blocks(report, items), room))
            room -= sum(_size(block) for block, _ in blocks)
            yield from (f"### {title}", "", *(block for block, _ in blocks))
            left_out = len(items) - sum(count for _, count in blocks)
            if left_out:
                yield f"**{plural(left_out, 'less severe finding')} not shown: this text would be too long.**"
                yield ""


def _blocks(report: Report, items: Iterable[Located]) -> Iterator[tuple[str, int]]:
    """Each group as text, and how many findings it tells of."""
    rules = {rule.id: rule for rule in report.rules}
    return ((finding_block(group, rules), len(group.findings)) for group in folded(items))


def _within(blocks: Iterable[tuple[str, int]], room: int) -> Iterator[tuple[str, int]]:
    for block, count in blocks:
        room -= _size(block)
        if room < 0:
            return
        yield block, count


def _size(block: str) -> int:
    return len(block.encode()) + 1


def _tail(report: Report) -> Iterator[str]:
    notes = sum(not is_problem(item) for item in report.findings)
    if report.ignored:
        yield f"<details><summary>{plural(len(report.ignored), 'finding')} set aside</summary>"
        yield ""
        yield from (finding_line(item.finding) for item in report.ignored[:_MOST_LINES])
        if len(report.ignored) > _MOST_LINES:
            yield f"- and {len(report.ignored) - _MOST_LINES:,} more"
        yield from ("", "</details>", "")
    if notes:
        yield f"{plural(notes, 'more note')} for information: the text report shows them with `--verbose`."

"""What the page only lists: texts and servers that were not looked at, findings that do not count."""

from __future__ import annotations

from collections.abc import Iterable

from oktsec_lint.core.report import Located, Report
from oktsec_lint.reporters.overview import gaps
from oktsec_lint.reporters.phrases import object_of
from oktsec_lint.reporters.wording import object_name

from .elements import NOTHING, Html, code, element, folded, joined, sentence, text
from .verdicts import severity_tag

_MOST_LINES = 200
_MESSAGE = 500


def gap_list(report: Report) -> tuple[Html, ...]:
    rows = [
        element("li", code(object_of(gap.subject, gap.pointer), 600), text(f" {gap.words}: {gap.reason}", 800))
        for gap in gaps(report)
    ]
    return (element("ul", *_cut(rows), class_="plain panel"),) if rows else ()


def folded_list(items: Iterable[Located]) -> tuple[Html, ...]:
    rows = [_line(item) for item in items]
    if not rows:
        return ()
    summary = text(f"Show {len(rows):,}")
    return (element("div", folded(summary, element("ul", *_cut(rows), class_="plain")), class_="panel"),)


def _line(item: Located) -> Html:
    finding = item.finding
    name = object_name(finding.subject)
    reason = element("span", text(f" ({finding.ignored_by})"), class_="quiet") if finding.ignored_by else NOTHING
    about = joined((code(name), text(" "))) if name else NOTHING
    return element(
        "li",
        severity_tag(finding.severity),
        text(f" {finding.rule} "),
        about,
        sentence(finding.message, _MESSAGE),
        reason,
    )


def _cut(rows: list[Html]) -> list[Html]:
    if len(rows) <= _MOST_LINES:
        return rows
    return [*rows[:_MOST_LINES], element("li", text(f"and {len(rows) - _MOST_LINES:,} more"))]

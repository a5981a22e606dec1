"""Annotations of a pull request: GitHub's workflow commands, one line each, printed by the step that runs the scan.

A step may show ten errors, ten warnings and ten notices, so the worst of each kind are written and one notice counts
the rest. The runner reads every line a step prints: a property or message is escaped as its parser undoes it, and what
a server said passes `inert.shown` first, so that it starts no command even where it is printed again unescaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Location
from oktsec_lint.core.report import Exit, Report
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.values import NamedTuple

from .base import Style
from .groups import Group, folded
from .inert import shown
from .links import TOOL
from .overview import Gap, is_problem, unsaid_gaps
from .phrases import advice_of, message_of, object_of, place_of, quote_of, reason_of
from .repository import Anchors, columns_in_line, shareable, within_repository
from .wording import LEVELS

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}
_MOST: Mapping[str, int] = {"error": 10, "warning": 10, "notice": 9}
"""Of a step, as GitHub shows them; the tenth notice is the one that counts the others."""
_TITLE = 120
_PATH = 200
_MOST_FILES = 5


class _Annotation(NamedTuple):
    severity: Severity
    title: str
    lines: tuple[str, ...]
    location: Location

    @property
    def kind(self) -> str:
        return _KINDS[LEVELS[self.severity]]


def render(report: Report, _style: Style, _code: Exit | None) -> str:
    """What asks for something, the worst first; what only informs (severity info) is left to the other formats."""
    seen: Counter[str] = Counter()
    left_out: list[_Annotation] = []
    lines: list[str] = []
    for item in sorted(_annotations(report), key=lambda item: -item.severity):
        seen[item.kind] += 1
        if seen[item.kind] <= _MOST[item.kind]:
            lines.append(_command(item))
        else:
            left_out.append(item)
    if left_out:
        lines.append(f"::notice title={TOOL}::{_data(_remainder(left_out))}")
    return "".join(f"{line}\n" for line in lines)


def _annotations(report: Report) -> Iterator[_Annotation]:
    anchors = Anchors(report)
    rules = {rule.id: rule for rule in report.rules}
    yield from (_of_gap(gap, anchors) for gap in unsaid_gaps(report))
    for group in folded(filter(is_problem, report.findings)):
        yield _of_group(group, rules.get(group.first.rule), anchors)


def _of_group(group: Group, rule: Rule | None, anchors: Anchors) -> _Annotation:
    first = group.first
    title = shown(f"{first.rule} {rule.name if rule else ''}".strip(), limit=_TITLE)
    lines = message_of(group), place_of(first), quote_of(first), advice_of(first)
    return _Annotation(first.severity, title, lines, anchors.of(first, group.location))


def _of_gap(gap: Gap, anchors: Anchors) -> _Annotation:
    lines = f"{gap.words}: {object_of(gap.subject, gap.pointer)}", reason_of(gap)
    return _Annotation(Severity.HIGH, "Not looked at to its end", lines, gap.location or anchors.of_server(""))


def _remainder(left_out: list[_Annotation]) -> str:
    """How many are not shown, of which kind, in which files, and where to read them."""
    counts = Counter(item.kind for item in left_out)
    kinds = ", ".join(f"{counts[kind]:,} {kind}{'s' if counts[kind] > 1 else ''}" for kind in _MOST if counts[kind])
    files = list(dict.fromkeys(shareable(item.location.path) for item in left_out))
    names = ", ".join(shown(name, limit=_PATH) for name in files[:_MOST_FILES])
    more = f" and {len(files) - _MOST_FILES:,} more files" if len(files) > _MOST_FILES else ""
    return (
        f"Not shown here: {kinds}, in {names}{more}. GitHub shows ten of a kind for a step; these are less "
        "severe. Every other format has them all, such as --report markdown=FILE, html=FILE or sarif=FILE."
    )


def _command(item: _Annotation) -> str:
    properties = {**_place(item.location), "title": item.title}
    pairs = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = "\n".join(filter(None, item.lines))
    return f"::{item.kind} {pairs}::{_data(message)}"


def _place(location: Location) -> dict[str, str]:
    """Nothing for a file outside the repository: there is no line to put the annotation on."""
    path = within_repository(location.path)
    if path is None:
        return {}
    start, end = columns_in_line(location)
    line = str(location.line)
    return {"file": shown(path, limit=_PATH), "line": line, "endLine": line, "col": str(start), "endColumn": str(end)}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

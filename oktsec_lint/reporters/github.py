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
_LONGEST_PATH = 4096
_MOST_FILES = 5


class _Note(NamedTuple):
    """What an annotation would be about; its text is written only if it is shown."""

    severity: Severity
    location: Location
    about: Group | Gap

    @property
    def kind(self) -> str:
        return _KINDS[LEVELS[self.severity]]


def render(report: Report, _style: Style, _code: Exit | None) -> str:
    """What asks for something, the worst first; what only informs (severity info) is left to the other formats."""
    rules = {rule.id: rule for rule in report.rules}
    seen: Counter[str] = Counter()
    left_out: list[_Note] = []
    lines: list[str] = []
    for note in sorted(_notes(report), key=lambda note: -note.severity):
        seen[note.kind] += 1
        if seen[note.kind] <= _MOST[note.kind]:
            lines.append(_command(note, rules))
        else:
            left_out.append(note)
    if left_out:
        lines.append(f"::notice title={TOOL}::{_data(_remainder(left_out))}")
    return "".join(f"{line}\n" for line in lines)


def _notes(report: Report) -> Iterator[_Note]:
    anchors = Anchors(report)
    for gap in unsaid_gaps(report):
        yield _Note(Severity.HIGH, gap.location or anchors.of_server(""), gap)
    for group in folded(filter(is_problem, report.findings)):
        yield _Note(group.first.severity, anchors.of(group.first, group.location), group)


def _remainder(left_out: list[_Note]) -> str:
    """How many are not shown, of which kind, in which files, and where to read them."""
    counts = Counter(note.kind for note in left_out)
    kinds = ", ".join(f"{counts[kind]:,} {kind}{'s' if counts[kind] > 1 else ''}" for kind in _MOST if counts[kind])
    files = list(dict.fromkeys(note.location.path for note in left_out))
    names = ", ".join(shown(shareable(path), limit=_PATH) for path in files[:_MOST_FILES])
    more = f" and {len(files) - _MOST_FILES:,} more files" if len(files) > _MOST_FILES else ""
    return (
        f"Not shown here: {kinds}, in {names}{more}. GitHub shows ten of a kind for a step; these are less "
        "severe. Every other format has them all, such as --report markdown=FILE, html=FILE or sarif=FILE."
    )


def _command(note: _Note, rules: Mapping[str, Rule]) -> str:
    about = note.about
    title, lines = _of_gap(about) if isinstance(about, Gap) else _of_group(about, rules.get(about.first.rule))
    properties = {**_place(note.location), "title": title}
    pairs = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = "\n".join(filter(None, lines))
    return f"::{note.kind} {pairs}::{_data(message)}"


def _of_group(group: Group, rule: Rule | None) -> tuple[str, list[str]]:
    """Title and inert lines."""
    first = group.first
    title = shown(f"{first.rule} {rule.name if rule else ''}".strip(), limit=_TITLE)
    return title, [message_of(group), place_of(first), quote_of(first), advice_of(first)]


def _of_gap(gap: Gap) -> tuple[str, list[str]]:
    return "Not looked at to its end", [f"{gap.words}: {object_of(gap.subject, gap.pointer)}", reason_of(gap)]


def _place(location: Location) -> dict[str, str]:
    """Nothing for a file outside the repository: there is no line to put the annotation on."""
    path = within_repository(location.path)
    if path is None:
        return {}
    start, end = columns_in_line(location)
    line = str(location.line)
    return {
        "file": shown(path, limit=_LONGEST_PATH),
        "line": line,
        "endLine": line,
        "col": str(start),
        "endColumn": str(end),
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""What a finding points at, as lines with marks: the evidence in a judged text, the entry in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oktsec_lint.core.findings import Evidence
from oktsec_lint.core.model import Location
from oktsec_lint.core.values import NamedTuple

from .excerpt import Mark


class MarkedLine(NamedTuple):
    """One line of a text, or a window of it, and the spans that matter in it."""

    text: str
    number: int
    marks: tuple[Mark, ...]


def evidence_lines(spans: Iterable[Evidence]) -> Iterator[MarkedLine]:
    """The lines of the judged text, in its order; spans that can share a displayed line do."""
    current: list[Evidence] = []
    for item in sorted(spans, key=lambda item: (item.start, item.end)):
        if current and not _shares_line(current[0], item):
            yield _marked(current)
            current = []
        current.append(item)
    if current:
        yield _marked(current)


def source_line(location: Location, label: str = "") -> MarkedLine:
    """The line of the file; a value that runs on is marked to the end of its first line."""
    end = location.end_column - 1 if location.end_line == location.line else len(location.snippet)
    return MarkedLine(location.snippet, location.line, (Mark(location.column - 1, end, label),))


def _marked(spans: list[Evidence]) -> MarkedLine:
    text, start = _context(spans[0])
    marks = (Mark(max(0, item.start - start), max(0, item.end - start), item.note) for item in spans)
    return MarkedLine(text, spans[0].line, tuple(marks))


def _context(evidence: Evidence) -> tuple[str, int]:
    """The line to show and its offset in the judged text; without a context the span itself is the line."""
    if evidence.context:
        return evidence.context, evidence.context_start
    return evidence.text, evidence.start


def _shares_line(first: Evidence, other: Evidence) -> bool:
    text, start = _context(first)
    return first.line == other.line and other.end <= start + len(text)

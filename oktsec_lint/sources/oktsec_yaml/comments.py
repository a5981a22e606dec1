"""Comments that suppress: `# oktsec: ignore[IAP-007] reason`, behind a value or on a line of its own above it.

Only a comment counts, never a text that looks like one: whatever lies inside a scalar is passed over, the dropped
values of repeated keys included. A comment has to begin with these words; one that is commented out is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources.document import Document, Span
from oktsec_lint.sources.yaml_reader import scalar_spans

_MEANT = re.compile(r"#[ \t]*oktsec(?:[ _-]?lint)?[ \t]*:[ \t]*(?:ignor|suppress|disable|noqa|nosec|skip|allow)", re.I)
"""How a comment begins that was meant to suppress something, well-formed or not."""
_FORM = re.compile(
    r"#[ \t]*oktsec:[ \t]*ignore\[(?P<rules>[^\]\[]*)\](?:[ \t]+until[ \t]+(?P<until>[0-9]\S*?)(?=[,;:]?(?:[ \t]|$)))?"
    r"(?P<reason>.*)"
)
_DAY = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#", re.MULTILINE)
_EMPTY = re.compile(r"[ \t]*(?:#.*)?")
_SEPARATORS = " \t,;:-"


class Comment(NamedTuple):
    """One comment that suppresses, or was meant to."""

    written: int
    """1-based line it stands on."""
    line: int
    """1-based line it is for; the comment's own where nothing follows."""
    rules: tuple[str, ...] = ()
    """Empty when the comment is not of the form, and so does nothing."""
    reason: str = ""
    until: str = ""


def comments_of(document: Document) -> tuple[Comment, ...]:
    """Every such comment of a YAML document, in reading order. Cheap for a file without any."""
    if _MEANT.search(document.text) is None:
        return ()
    return tuple(_comments(document))


def _comments(document: Document) -> Iterator[Comment]:
    scalars = scalar_spans(document)
    for number in range(1, len(document.lines) + 1):
        start, end = document.lines.bounds(number)
        found = _first_comment(document.text, start, end, scalars)
        if found is not None and _MEANT.match(document.text, found, end):
            text = document.text[found:end].rstrip("\r\n")
            own = document.text[start:found].strip(" \t\ufeff") == ""
            yield _read(text, number, _next_line(document, number) if own else number)


def _first_comment(text: str, start: int, end: int, scalars: Sequence[Span]) -> int | None:
    """Offset of the comment on a line; None when it has none."""
    for match in _COMMENT.finditer(text, start, end):
        before = bisect_right(scalars, match.start(), key=lambda span: span.start) - 1
        if before < 0 or scalars[before].end <= match.start():
            return match.start()
    return None


def _next_line(document: Document, number: int) -> int:
    """The next line with something on it but a comment."""
    for following in range(number + 1, len(document.lines) + 1):
        start, end = document.lines.bounds(following)
        if not _EMPTY.fullmatch(document.text[start:end].rstrip("\r\n")):
            return following
    return number


def _read(text: str, written: int, line: int) -> Comment:
    match = _FORM.fullmatch(text)
    if match is None or (match["until"] and not _DAY.fullmatch(match["until"])):
        return Comment(written, line)
    rules = tuple(dict.fromkeys(filter(None, (name.strip() for name in match["rules"].split(",")))))
    return Comment(written, line, rules, match["reason"].strip(_SEPARATORS), match["until"] or "")

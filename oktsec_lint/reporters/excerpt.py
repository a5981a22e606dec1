"""One line of text with carets under the spans that matter, as compilers show it.

The text may be anything a server sent: each character is first made visible and inert, and the carets are placed under
what is displayed (`\\u{202e}` is eight columns, a CJK character two). A line that does not fit is cut to windows around
its marks, so a minified file or a 100 kB description costs as much as a short one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from oktsec_lint.core.values import NamedTuple

from .base import Style
from .inert import cells, columns, ellipsis, joined, shown
from .sgr import Role, paint

_MAX_WINDOWS = 3
_MAX_MARKS = 8
_LEAST_ROOM = 24


class Mark(NamedTuple):
    """A span of a line, in code points of it; `end` is exclusive and may lie beyond the line."""

    start: int
    end: int
    label: str = ""


class _Window(NamedTuple):
    """The part of a line that is displayed."""

    start: int
    """Offset in the line of the first character shown."""
    cells: Sequence[str]
    offsets: Sequence[int]
    """Columns before each cell, and after the last one."""
    whole_left: bool
    whole_right: bool

    def holds(self, mark: Mark) -> bool:
        return mark.start < self.start + len(self.cells) or self.whole_right

    def column(self, offset: int) -> int:
        return self.offsets[min(max(0, offset - self.start), len(self.cells))] - self.offsets[0]


class Gutter:
    """The left frame of a finding: line numbers of one width, and the bars below each other."""

    def __init__(self, widest: int, style: Style) -> None:
        self.style = style
        self.indent = " " * (len(str(widest)) + 1)
        self.bar = self.frame(f"{self.indent} |")

    def frame(self, text: str) -> str:
        return paint(text, Role.FRAME, color=self.style.color)

    def numbered(self, number: int) -> str:
        return self.frame(f"{number:>{len(self.indent)}} |")

    def pointing(self, arrow: str, target: str) -> str:
        return f"{self.frame(self.indent + arrow)} {target}"

    def room(self) -> int:
        return max(_LEAST_ROOM, self.style.width - len(self.indent) - 3)


def excerpt(line: str, number: int, marks: Sequence[Mark], gutter: Gutter, role: Role) -> Iterator[str]:
    """The numbered line and its caret lines; more than one pair when the marks are too far apart for the width."""
    pending = sorted(marks, key=lambda mark: (mark.start, mark.end))[:_MAX_MARKS]
    hidden = len(marks) - len(pending)
    for _ in range(_MAX_WINDOWS):
        if not pending:
            break
        window = _window(line, min(pending[0].start, len(line)), gutter)
        inside = [mark for mark in pending if window.holds(mark)]
        pending = pending[len(inside) :]
        yield f"{gutter.numbered(number)} {_framed(window, gutter.style)}".rstrip()
        for row in _caret_rows(window, inside, gutter.style):
            yield f"{gutter.bar} {paint(row, role, color=gutter.style.color)}"
    if hidden + len(pending):
        yield f"{gutter.bar} {ellipsis(unicode=gutter.style.unicode)} {hidden + len(pending)} more in this line"


def _window(line: str, focus: int, gutter: Gutter) -> _Window:
    """The whole line if it fits, else the part that begins a third of the width before `focus`."""
    room = gutter.room()
    low = 0 if len(line) <= room else max(0, focus - room // 3)
    part = cells(line[low : low + room], unicode=gutter.style.unicode)
    offsets = _offsets(part)
    begin, end = 0, len(part)
    if offsets[-1] > room:
        begin = bisect_left(offsets, offsets[focus - low] - room // 3)
        end = bisect_right(offsets, offsets[begin] + room) - 1
    whole_left, whole_right = low + begin == 0, low + end >= len(line)
    return _Window(low + begin, part[begin:end], offsets[begin : end + 1], whole_left, whole_right)


def _offsets(part: Sequence[str]) -> Sequence[int]:
    if isinstance(part, str):
        return range(len(part) + 1)
    return list(accumulate(map(_columns_of_cell, part), initial=0))


@lru_cache(4096)
def _columns_of_cell(cell: str) -> int:
    return columns(cell)


def _framed(window: _Window, style: Style) -> str:
    dots = ellipsis(unicode=style.unicode)
    left, right = "" if window.whole_left else dots, "" if window.whole_right else dots
    return f"{left}{joined(window.cells)}{right}"


def _caret_rows(window: _Window, marks: Sequence[Mark], style: Style) -> Iterator[str]:
    """The carets with the last label beside them, then the other labels from right to left, each below its span."""
    first = 0 if window.whole_left else len(ellipsis(unicode=style.unicode))
    starts = [first + window.column(mark.start) for mark in marks]
    carets = ""
    for start, mark in zip(starts, marks, strict=True):
        end = max(start + 1, first + window.column(mark.end))
        carets = carets.ljust(start) + "^" * (end - max(start, len(carets)))
    last = _label(marks[-1], style)
    yield f"{carets} {last}" if last else carets
    if len(marks) > 1:
        others = [(start, _label(mark, style)) for start, mark in zip(starts[:-1], marks[:-1], strict=True)]
        yield from _labels_below([(start, label) for start, label in others if label not in ("", last)])


def _labels_below(labels: Sequence[tuple[int, str]]) -> Iterator[str]:
    if labels:
        yield _bars(labels)
    for index in reversed(range(len(labels))):
        start, label = labels[index]
        yield _bars([bar for bar in labels[:index] if bar[0] < start]).ljust(start) + label


def _bars(labels: Sequence[tuple[int, str]]) -> str:
    row = ""
    for start, _ in labels:
        row = row[:start].ljust(start) + "|"
    return row


def _label(mark: Mark, style: Style) -> str:
    return shown(mark.label, unicode=style.unicode, limit=80) if mark.label else ""

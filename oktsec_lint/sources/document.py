"""A text whose every value can be found again: the one translation of JSON pointers into lines and columns.

Readers (`yaml_reader`, `json_reader`) give the tree; this module never parses and never judges. Lines end at
`\\r\\n`, `\\n` or `\\r` and nowhere else, as editors, git and code hosts count them: YAML libraries also break at
U+0085, U+2028 and U+2029, and one such character in a description would shift every later position.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Protocol

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue, Location, tokens_of
from oktsec_lint.core.values import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")
_BOM = "\ufeff"
SURROGATE = "[\ud800-\udfff]"
"""Half a character, as a pattern."""
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Span(NamedTuple):
    """Code point offsets into a document's text; the end is exclusive."""

    start: int
    end: int


class Node(Protocol):
    """One value of a document."""

    @property
    def span(self) -> Span: ...

    def plain(self) -> JsonValue:
        """The value without positions."""

    def child(self, token: str, /) -> Step | None:
        """The value under an object's key or a list's index; None when there is none."""


class Step(NamedTuple):
    """One level down: where the key stands (None in a list), and the value."""

    key: Span | None
    value: Node


class Oddity(StrEnum):
    """What makes two parsers read one document differently."""

    DUPLICATE_KEY = "duplicate key"
    LONE_SURROGATE = "lone surrogate"
    LOSSY_NUMBER = "number out of range"


class Anomaly(NamedTuple):
    """A place where the document is ambiguous. The tree holds the last of duplicate keys, as most parsers do."""

    oddity: Oddity
    pointer: str
    spans: tuple[Span, ...]
    """Every occurrence of a duplicate key, in reading order; one span for the other oddities."""


class Lines:
    """The line table of a text."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """1-based line and column (in code points) of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def bounds(self, number: int) -> tuple[int, int]:
        """Offsets of a line by its 1-based number, its end included."""
        end = self._starts[number] if number < len(self._starts) else self._length
        return self._starts[number - 1], end

    def __len__(self) -> int:
        return len(self._starts)


class Document:
    """One file that was read, with the position of everything in it. The line table is made on demand."""

    def __init__(
        self,
        path: str,
        text: str,
        root: Node,
        anomalies: tuple[Anomaly, ...] = (),
        concealed: tuple[Span, ...] = (),
    ) -> None:
        self.path = path
        """As the user wrote it; `-` is standard input."""
        self.text = text
        """Without the byte order mark: editors do not count it as a column."""
        self.root = root
        self.anomalies = anomalies
        self.concealed = concealed
        """What no report may show, such as a token: snippets hold asterisks in its place. Sorted, none overlapping."""

    def concealing(self, spans: tuple[Span, ...]) -> Document:
        """The same document with these spans kept from every report."""
        return Document(self.path, self.text, self.root, self.anomalies, spans)

    def value(self) -> JsonValue:
        """The whole document as plain values."""
        return self.root.plain()

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.text)

    def locate(self, pointer: str, *, at_key: bool = False) -> Location:
        """Where the value at a JSON pointer stands, or (`at_key`) its key.

        A pointer that goes deeper than the tree gives its nearest existing ancestor: findings may be about what is
        missing. A value that is written as nothing gives its key, so that there is something to point at.
        """
        node, key = self._walk(tokens_of(pointer))
        span = node.span
        if key is not None and (at_key or span.start == span.end):
            span = key
        return self.location(span)

    def span(self, pointer: str) -> Span:
        """The offsets of the value at a JSON pointer, or of its nearest existing ancestor."""
        return self._walk(tokens_of(pointer))[0].span

    def location(self, span: Span) -> Location:
        """A span as the position a person can go to."""
        line, column = self.lines.position(span.start)
        end_line, end_column = self.lines.position(span.end)
        return Location(self.path, line, column, end_line, end_column, self._shown(line))

    def shown_lines(self) -> list[str]:
        """Every line with its end, as it may be shown."""
        numbers = range(1, len(self.lines) + 1)
        lines = ((self._shown(number), self.text[slice(*self.lines.bounds(number))]) for number in numbers)
        return [shown + line[len(line.rstrip("\r\n")) :] for shown, line in lines if line]

    def _shown(self, number: int) -> str:
        """A line for a snippet. Kept: a snapshot is often one line, and every finding in it shows that line."""
        if number not in self._snippets:
            start, end = self.lines.bounds(number)
            self._snippets[number] = _masked(self.text[start:end].rstrip("\r\n"), start, self.concealed)
        return self._snippets[number]

    @cached_property
    def _snippets(self) -> dict[int, str]:
        return {}

    def _walk(self, tokens: Sequence[str]) -> tuple[Node, Span | None]:
        node, key = self.root, None
        for token in tokens:
            step = node.child(token)
            if step is None:
                break
            node, key = step.value, step.key
        return node, key


def _masked(line: str, offset: int, concealed: Sequence[Span]) -> str:
    """`line`, which starts at `offset`, with one asterisk for each character of a concealed span."""
    for span in concealed[bisect_right(concealed, offset, key=attrgetter("end")) :]:
        if span.start - offset >= len(line):
            break
        start, end = max(span.start - offset, 0), min(span.end - offset, len(line))
        if start < end:
            line = line[:start] + "*" * (end - start) + line[end:]
    return line


def index_of(token: str, length: int) -> int | None:
    """A pointer token as an index into a list of that length; None when it is none."""
    if not (token.isascii() and token.isdigit() and len(token) <= len(str(length))):
        return None
    index = int(token)
    return index if index < length else None


def decode(path: str, data: bytes) -> str:
    """The text of a file: UTF-8, without its byte order mark. Raises SourceError where the encoding breaks."""
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as broken:
        if data.startswith(_UTF16_MARKS):
            raise SourceError("this is UTF-16 text", path=path, hint="save the file as UTF-8") from None
        before = data[: broken.start].decode("utf-8").removeprefix(_BOM)
        raise error_at(path, before, len(before), "not valid UTF-8 text", hint="save the file as UTF-8") from None


def error_at(path: str, text: str, offset: int, message: str, *, hint: str = "") -> SourceError:
    """A SourceError at an offset of a text."""
    line, column = Lines(text).position(offset)
    return SourceError(message, path=path, line=line, column=column, hint=hint)

"""JSON Lines as one document: the first token of a pointer is the 0-based line, the rest a pointer into its value.

One line that is no JSON costs that line only. Lines end as everywhere here, so the first token plus one is the line
number that a person sees.
"""

from __future__ import annotations

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .document import Anomaly, Document, Lines, Span, Step, index_of
from .json_reader import MAX_SIZE, parse
from .json_tree import JsonNode, JsonTree


class Line(NamedTuple):
    """One line and what it holds; `error` says why it holds nothing."""

    text: str
    span: Span
    value: JsonValue = None
    error: str = ""
    anomalies: tuple[Anomaly, ...] = ()

    @property
    def blank(self) -> bool:
        return not self.text.strip()


class LinesNode:
    """The root of the document: a list with one element for each line, blank and broken ones too."""

    def __init__(self, lines: tuple[Line, ...], span: Span) -> None:
        self.lines = lines
        self.span = span
        self._trees: dict[int, JsonNode] = {}

    def plain(self) -> JsonValue:
        return [line.value for line in self.lines]

    def child(self, token: str, /) -> Step | None:
        index = index_of(token, len(self.lines))
        if index is None or self.lines[index].blank:
            return None
        line = self.lines[index]
        return Step(None, _Opaque(line.span)) if line.error else Step(None, self._value_of(index, line))

    def _value_of(self, index: int, line: Line) -> JsonNode:
        if index not in self._trees:
            tree = JsonTree(line.text, line.span.start)
            self._trees[index] = JsonNode(tree, tree.start(), line.value)
        return self._trees[index]


class _Opaque(NamedTuple):
    """A line that could not be read."""

    span: Span

    def plain(self) -> JsonValue:
        return None

    def child(self, _token: str, /) -> Step | None:
        return None


def is_json_lines(text: str) -> bool:
    """Whether the first line is a whole JSON object or list and further lines follow it."""
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip() or first[:1] not in ("{", "["):
        return False
    try:
        parse("", first)
    except SourceError:
        return False
    return True


def read_json_lines(path: str, text: str) -> tuple[Document, tuple[Line, ...]]:
    """The document in a JSON Lines text, and its lines. Raises SourceError only for its size."""
    if len(text) > MAX_SIZE:
        raise SourceError(f"larger than {MAX_SIZE:,} characters", path=path)
    table = Lines(text)
    lines = tuple(_line(text, Span(*table.bounds(number + 1))) for number in range(len(table)))
    return Document(path, text, LinesNode(lines, Span(0, len(text)))), lines


def _line(text: str, bounds: Span) -> Line:
    content = text[bounds.start : bounds.end].rstrip("\r\n")
    span = Span(bounds.start, bounds.start + len(content))
    if not content.strip():
        return Line(content, span)
    try:
        value, anomalies = parse("", content)
    except SourceError as broken:
        return Line(content, span, error=f"{broken.message}, column {broken.column}")
    return Line(content, span, value, anomalies=anomalies)

"""Patterns to matches, in time linear in the text, whatever the text is.

Every decision is RE2's (automata, no backtracking); Python's `re` is not used here. A text is first put to a prefilter
that answers "which of these hundreds of patterns match" at once; only those are then asked where. The prefilter is the
one small door behind which a faster engine may stand (`Prefilter`): it may name a pattern too many, never one too few.

Two kinds of patterns, in sets of their own. `NARROW` ones keep our rule contract: at most `MAX_WIDTH` characters wide and
written in ASCII. They see one byte a character, `?` for whatever is not ASCII, so byte offsets are character offsets
and a gap of 80 costs 80 states instead of thousands; and they see a long text in overlapping chunks, which keeps the
automata small. That loses nothing: what fits into the overlap is whole in one chunk, and every match is confirmed in
the full text, so a chunk's edge is never taken for the edge of a word. `WIDE` ones may hold any Unicode and any width;
they see UTF-8, and long texts whole up to `LONG_CHUNK`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Protocol, TypeAlias

import re2

from .rules import Pattern, PatternType

MAX_PATTERN = 4096
"""Longest pattern accepted, in characters (upstream's limit)."""
MAX_WIDTH = 1024
"""Most characters a pattern of ours may match."""
CHUNK = 3072
LONG_CHUNK = 1 << 20

Regexp: TypeAlias = Any
"""A compiled pattern; google-re2 ships no types."""


class Prefilter(Protocol):
    """Many patterns, one pass."""

    def __call__(self, data: bytes) -> Sequence[int]:
        """Indexes of the patterns that match somewhere in the UTF-8 `data`, possibly with some that do not."""


class Width(Enum):
    """How patterns see a text."""

    NARROW = CHUNK
    WIDE = LONG_CHUNK


class Encoded:
    """A text as bytes, with the way back from byte offsets to characters. Lone surrogates are one `?` each."""

    __slots__ = ("data", "text", "wide")

    def __init__(self, text: str, width: Width) -> None:
        self.text = text
        self.wide = width is Width.WIDE and not text.isascii()
        self.data = text.encode("utf-8" if self.wide else "ascii", "replace")

    def chars(self, start: int, end: int) -> tuple[int, int]:
        """The character span of a byte span."""
        if not self.wide:
            return start, end
        first = len(self.data[:start].decode("utf-8", "replace"))
        return first, first + len(self.data[start:end].decode("utf-8", "replace"))

    def chunks(self, size: int) -> Iterator[tuple[int, int]]:
        """Byte spans that cover the data; each overlaps the next by at least `MAX_WIDTH` characters."""
        overlap = (MAX_WIDTH + 8) * (4 if self.wide else 1)
        for start in range(0, max(1, len(self.data) - overlap), size):
            yield start, min(len(self.data), start + size + overlap)


def width_of(pattern: Pattern, *, bounded: bool) -> Width:
    """How a pattern has to see its texts; `bounded` ones are known to match `MAX_WIDTH` characters at most."""
    value = pattern.value
    plain = value.isascii() and not any(escape in value for escape in _CODE_POINT_ESCAPES)
    return Width.NARROW if bounded and plain else Width.WIDE


_CODE_POINT_ESCAPES = ("\\x{", "\\p", "\\P")


class PatternSet:
    """A fixed list of patterns of one width, compiled when it is first asked."""

    def __init__(self, patterns: Sequence[Pattern], width: Width) -> None:
        self._sources = tuple(patterns)
        self.width = width
        self._regexps: Callable[[int], Regexp] | None = None
        self._prefilter: Prefilter | None = None

    def matching(self, text: Encoded) -> dict[int, list[tuple[int, int]]]:
        """Which patterns may match, and in which chunks (byte spans) of the text."""
        prefilter = self._prefilter or self._compile()
        size = self.width.value
        if len(text.data) <= size:
            return {index: [(0, len(text.data))] for index in prefilter(text.data)}
        found: dict[int, list[tuple[int, int]]] = {}
        for start, end in text.chunks(size):
            for index in prefilter(text.data[start:end]):
                found.setdefault(index, []).append((start, end))
        return found

    def spans(
        self, index: int, text: Encoded, chunks: Sequence[tuple[int, int]], *, every: bool
    ) -> Iterator[tuple[int, int]]:
        """Where a pattern matches within the chunks, as character spans, leftmost first.

        `every` also yields matches that begin inside an earlier one: needed when earlier ones may be set aside.
        """
        assert self._regexps is not None  # noqa: S101 - chunks come from `matching`, which compiles
        regexp = self._regexps(index)
        position = 0
        for first, last in chunks:
            position = max(position, first)
            while found := regexp.search(text.data, position, last):
                start, end = found.span()
                yield text.chars(start, end)
                position = start + 1 if every else end

    def _compile(self) -> Prefilter:
        options = _options(latin=self.width is Width.NARROW)
        chosen = re2.Filter()
        for pattern in self._sources:
            chosen.Add(source(pattern).encode(), options)
        chosen.Compile()

        def prefilter(data: bytes) -> Sequence[int]:
            return chosen.Match(data) or ()

        self._regexps, self._prefilter = chosen.re, prefilter
        return prefilter


def source(pattern: Pattern) -> str:
    """A pattern as RE2 source; `contains` is a substring in any letter case."""
    return pattern.value if pattern.type is PatternType.REGEX else "(?i)" + re2.escape(pattern.value)


@cache
def _options(*, latin: bool = False) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    if latin:
        options.encoding = re2.Options.Encoding.LATIN1
    return options


@lru_cache(maxsize=512)
def _compiled(value: str) -> Regexp:
    """A single pattern, for whoever needs one outside a set."""
    return re2.compile(value, _options())


def holds(value: str, text: str) -> bool:
    """Whether one ASCII pattern matches anywhere in a text, seen as one byte a character."""
    return _compiled(value).search(text.encode("ascii", "replace")) is not None


def find_spans(value: str, text: str) -> Iterator[tuple[int, int]]:
    """Every match of one pattern in a text, as character spans; empty matches are left out."""
    encoded = Encoded(text, Width.WIDE)
    for found in _compiled(value).finditer(encoded.data):
        start, end = found.span()
        if start < end:
            yield encoded.chars(start, end)


def objection(pattern: Pattern) -> str:
    """Why a pattern cannot be used; empty when it can."""
    if not pattern.value:
        return "is empty"
    if len(pattern.value) > MAX_PATTERN:
        return f"is {len(pattern.value):,} characters long; the limit is {MAX_PATTERN:,}"
    try:
        regexp = re2.compile(source(pattern), _options())
    except re2.error as error:
        return f"is not valid RE2: {_plain_error(error)}"
    return "matches the empty text, so it would match everything" if regexp.search(b"") else ""


def _plain_error(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)

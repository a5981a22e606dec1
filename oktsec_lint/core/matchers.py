"""Patterns to matches, in time linear in the text, whatever the text is.

Every decision is RE2's (automata, no backtracking); Python's `re` is not used here. A text is first put to a prefilter
that answers "which of these hundreds of patterns match" at once; only those are then asked where. The prefilter is the
one small door behind which a faster engine may stand (`Prefilter`): it may name a pattern too many, never one too few.

Two kinds of patterns, in sets of their own. `NARROW` ones keep our rule contract: at most `MAX_WIDTH` characters wide
and written in ASCII. They see one byte a character, `?` for whatever is not ASCII, so byte offsets are character
offsets and a gap of 80 costs 80 states instead of thousands; and they see a long text in overlapping chunks, which
keeps the automata small. That loses nothing: what fits into the overlap is whole in one chunk, and every match is
confirmed in the full text, so a chunk's edge is never taken for the edge of a word. `WIDE` ones may hold any Unicode
and any width; they see UTF-8, and long texts whole up to `LONG_CHUNK`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
_JOINED = 8
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
_NONE: dict[int, list[tuple[int, int]]] = {}


class PatternSet:
    """A fixed list of patterns of one width. Nothing is compiled before it is needed, and a pattern not before a text
    holds the words that it needs."""

    def __init__(self, patterns: Sequence[Pattern], width: Width) -> None:
        self._patterns = tuple(patterns)
        self._regexps: dict[int, Regexp] = {}
        self._prefilter: Prefilter | None = None
        self.width = width

    def matching(self, text: Encoded) -> dict[int, list[tuple[int, int]]]:
        """Which patterns may match, and in which chunks (byte spans) of the text."""
        if self._prefilter is None:
            self._prefilter = _prefilter(self._patterns, self.width)
        size: int = self.width.value
        if len(text.data) <= size:
            named = self._prefilter(text.data)
            return {index: [(0, len(text.data))] for index in named} if named else _NONE
        found: dict[int, list[tuple[int, int]]] = {}
        for start, end in text.chunks(size):
            for index in self._prefilter(text.data[start:end]):
                found.setdefault(index, []).append((start, end))
        return found

    def spans(
        self, index: int, text: Encoded, chunks: Sequence[tuple[int, int]], *, every: bool
    ) -> Iterator[tuple[int, int]]:
        """Where a pattern matches within the chunks, as character spans, leftmost first; empty matches are left out.

        `every` also yields matches that begin inside an earlier one: needed when earlier ones may be set aside.
        """
        regexp = self._regexp(index)
        position = 0
        for first, last in chunks:
            position = max(position, first)
            while position < last and (found := regexp.search(text.data, position, last)):
                start, end = found.span()
                if start < end:
                    yield text.chars(start, end)
                position = start + 1 if every or start == end else end

    def _regexp(self, index: int) -> Regexp:
        if index not in self._regexps:
            self._regexps[index] = re2.compile(source(self._patterns[index]).encode(), _options(self.width))
        return self._regexps[index]


def _prefilter(patterns: Sequence[Pattern], width: Width) -> Prefilter:
    """By words where the patterns have them. A few narrow ones without join the words' automaton; any more, or wide
    ones, would blow it up, and RE2's own filter is made for those."""
    wordless = [index for index, pattern in enumerate(patterns) if not pattern.words]
    filtered = wordless if width is Width.WIDE or len(wordless) > _JOINED else []
    joined = sorted(set(range(len(patterns))).difference(filtered))
    by_words, by_filter = _by_words(patterns, joined, width), _by_filter(patterns, filtered, width)

    def prefilter(data: bytes) -> Sequence[int]:
        return (*by_words(data), *by_filter(data))

    return prefilter if joined and filtered else by_words if joined else by_filter


def _by_words(patterns: Sequence[Pattern], indexes: Sequence[int], width: Width) -> Prefilter:
    """One automaton over the first group's words of every pattern; where one is found, the other groups are asked."""
    users: dict[str, list[int]] = {}
    for index in indexes:
        words = [re2.escape(word) for word in patterns[index].words[0]] if patterns[index].words else []
        for part in words or [source(patterns[index])]:
            users.setdefault(part, []).append(index)
    automaton = re2.Set.SearchSet(_options(width, any_case=True))
    for part in users:
        automaton.Add(part.encode())
    automaton.Compile()
    uses = tuple(users.values())
    others = [[[word.encode() for word in group] for group in pattern.words[1:]] for pattern in patterns]

    def prefilter(data: bytes) -> Sequence[int]:
        found = automaton.Match(data)
        if not found:
            return ()
        small = data.lower()
        named = dict.fromkeys(index for number in found for index in uses[number])
        return [index for index in named if all(any(word in small for word in group) for group in others[index])]

    return prefilter


def _by_filter(patterns: Sequence[Pattern], indexes: Sequence[int], width: Width) -> Prefilter:
    chosen = re2.Filter()
    for index in indexes:
        chosen.Add(source(patterns[index]).encode(), _options(width))
    if indexes:
        chosen.Compile()

    def prefilter(data: bytes) -> Sequence[int]:
        return [indexes[number] for number in chosen.Match(data) or ()]

    return prefilter


def source(pattern: Pattern) -> str:
    """A pattern as RE2 source; `contains` is a substring in any letter case."""
    return pattern.value if pattern.type is PatternType.REGEX else "(?i)" + re2.escape(pattern.value)


@cache
def _options(width: Width, *, any_case: bool = False) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    if width is Width.NARROW:
        options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not any_case
    return options


@lru_cache(maxsize=512)
def _compiled(value: str) -> Regexp:
    """A single pattern, for whoever needs one outside a set."""
    return re2.compile(value, _options(Width.WIDE))


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
        regexp = re2.compile(source(pattern), _options(Width.WIDE))
    except re2.error as error:
        return f"is not valid RE2: {_plain_error(error)}"
    found = next(filter(None, map(regexp.search, _PROBES)), None)
    return "matches the empty text, so it would match everything" if found and not found.group() else ""


_PROBES = (b"", b"a b")


def _plain_error(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)

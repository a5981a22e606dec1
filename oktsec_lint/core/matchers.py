"""Patterns to matches, in time linear in the text, whatever the text is.

Every decision is RE2's (automata, no backtracking); Python's `re` is not used here. A text is first read once for the
words that hundreds of patterns cannot do without; only those whose words it holds are then asked where they match. That
first look may name a pattern too many, never one too few.

Two kinds of patterns, in sets of their own. `NARROW` ones keep our rule contract: at most `MAX_WIDTH` characters wide
and written in ASCII. They see one byte a character, `?` for whatever is not ASCII, so byte offsets are character
offsets and a gap of 80 costs 80 states instead of thousands; and they see a long text in overlapping chunks, which
keeps the automata small. That loses nothing: what fits into the overlap is whole in one chunk, and every match is
confirmed in the full text, so a chunk's edge is never taken for the edge of a word. `WIDE` ones may hold any Unicode
and any width; they see UTF-8, and long texts whole up to `LONG_CHUNK`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import re2
from ahocorasick import Automaton

from .rules import Pattern, PatternType

MAX_PATTERN = 4096
"""Longest pattern accepted, in characters (upstream's limit)."""
MAX_WIDTH = 1024
"""Most characters a pattern of ours may match."""
CHUNK = 3072
LONG_CHUNK = 1 << 20

Regexp: TypeAlias = Any
"""A compiled pattern; google-re2 ships no types."""


class Width(Enum):
    """How patterns see a text."""

    NARROW = CHUNK
    WIDE = LONG_CHUNK


class Encoded:
    """A text as bytes, with the way back from byte offsets to characters. Lone surrogates are one `?` each."""

    __slots__ = ("_mark", "data", "text", "wide")

    def __init__(self, text: str, width: Width) -> None:
        self.text = text
        self.wide = width is Width.WIDE and not text.isascii()
        self.data = text.encode("utf-8" if self.wide else "ascii", "replace")
        self._mark = (0, 0)

    def chars(self, start: int, end: int) -> tuple[int, int]:
        """The character span of a byte span; spans that are asked for in order cost one pass over the data."""
        if not self.wide:
            return start, end
        at, count = self._mark if self._mark[0] <= start else (0, 0)
        first = count + len(self.data[at:start].decode("utf-8", "replace"))
        self._mark = (start, first)
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
    """Patterns of one width. Nothing is compiled before it is needed, a pattern not before a text holds its words."""

    def __init__(self, patterns: Sequence[Pattern], width: Width) -> None:
        self._patterns = tuple(patterns)
        self._regexps: dict[int, Regexp] = {}
        self.width = width

    def matching(self, text: Encoded) -> dict[int, list[tuple[int, int]]]:
        """Which patterns may match, in their order, and in which chunks (byte spans) of the text."""
        size: int = self.width.value
        if len(text.data) <= size:
            named = self._named(text.data)
            return {index: [(0, len(text.data))] for index in sorted(named)} if named else _NONE
        found: dict[int, list[tuple[int, int]]] = {}
        for start, end in text.chunks(size):
            for index in self._named(text.data[start:end]):
                found.setdefault(index, []).append((start, end))
        return {index: found[index] for index in sorted(found)}

    def matches(self, index: int, text: Encoded, chunks: Sequence[tuple[int, int]]) -> bool:
        """Whether a pattern matches anywhere within the chunks."""
        regexp = self._regexp(index)
        return any(regexp.search(text.data, start, end) for start, end in chunks)

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

    def _named(self, data: bytes) -> list[int]:
        return [*self._by_words.named(data), *self._by_filter(data)]

    def _regexp(self, index: int) -> Regexp:
        if index not in self._regexps:
            self._regexps[index] = re2.compile(source(self._patterns[index]).encode(), _options(self.width))
        return self._regexps[index]

    @cached_property
    def _by_words(self) -> _Words:
        return _Words([pattern.words for pattern in self._patterns])

    @cached_property
    def _by_filter(self) -> Callable[[bytes], Sequence[int]]:
        """For patterns of which no words are known, RE2's own filter."""
        wordless = [index for index, pattern in enumerate(self._patterns) if not pattern.words]
        if not wordless:
            return _none
        chosen = re2.Filter()
        for index in wordless:
            chosen.Add(source(self._patterns[index]).encode(), _options(self.width))
        chosen.Compile()
        return lambda data: [wordless[number] for number in chosen.Match(data) or ()]


def _none(_data: bytes) -> Sequence[int]:
    return ()


class _Words:
    """Which patterns a text holds the words of: one automaton over all words (Aho and Corasick 1975).

    Words and texts are compared case-folded, which makes no two characters differ that RE2 takes for the same letter.
    """

    def __init__(self, needs: Iterable[Sequence[Sequence[str]]]) -> None:
        """`needs` holds the groups of words of every pattern: a match holds a word of each group."""
        numbers: dict[Sequence[str], int] = {}
        self._asking: dict[int, list[tuple[int, frozenset[int]]]] = {}
        """The first group of a pattern, its rarest, to those that need it, with the other groups each of them needs."""
        for index, groups in enumerate(needs):
            if groups:
                first, *others = [numbers.setdefault(group, len(numbers)) for group in groups]
                self._asking.setdefault(first, []).append((index, frozenset(others)))
        self._automaton = _automaton(numbers) if numbers else None

    def named(self, data: bytes) -> list[int]:
        """Indexes of the patterns that may match in UTF-8 text."""
        if self._automaton is None:
            return []
        words = self._automaton.iter(data.decode("utf-8", "replace").casefold())
        held: set[int] = set().union(*map(_GROUPS, words))
        asking = self._asking
        return [index for group in asking.keys() & held for index, others in asking[group] if others <= held]


_GROUPS = itemgetter(1)
"""What an automaton tells beside the place of a word."""


def _automaton(numbers: Mapping[Sequence[str], int]) -> Automaton:
    """Word to the numbers of its groups."""
    groups_of: dict[str, list[int]] = {}
    for group, number in numbers.items():
        for word in group:
            groups_of.setdefault(word.casefold(), []).append(number)
    automaton = Automaton()
    for word, found in groups_of.items():
        automaton.add_word(word, found)
    automaton.make_automaton()
    return automaton


def source(pattern: Pattern) -> str:
    """A pattern as RE2 source; `contains` is a substring in any letter case."""
    return pattern.value if pattern.type is PatternType.REGEX else "(?i)" + re2.escape(pattern.value)


def regexp(value: str, width: Width) -> Regexp:
    """A pattern for the bytes of texts of one width."""
    return re2.compile(value.encode(), _options(width))


@cache
def _options(width: Width) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    if width is Width.NARROW:
        options.encoding = re2.Options.Encoding.LATIN1
    return options


@lru_cache(maxsize=512)
def _compiled(value: str) -> Regexp:
    """A single pattern, for whoever needs one outside a set."""
    return re2.compile(value, _options(Width.WIDE))


def holds(value: str, text: str) -> bool:
    """Whether one ASCII pattern matches anywhere in a text, seen as one byte a character."""
    data = text.encode("ascii", "replace")
    if len(data) > CHUNK:
        return _compiled(value).search(data) is not None
    return bool(_compiled_set((value,)).Match(data))


def holding(values: tuple[str, ...], text: str) -> list[int]:
    """Indexes of those ASCII patterns that match anywhere in a text, seen as one byte a character, in order. One
    automaton serves them all, so they had better be few and alike."""
    data = text.encode("ascii", "replace")
    if len(data) > CHUNK:
        return [index for index, value in enumerate(values) if _compiled(value).search(data)]
    return sorted(_compiled_set(values).Match(data) or ())


@lru_cache(maxsize=64)
def _compiled_set(values: tuple[str, ...]) -> Any:
    chosen = re2.Set.SearchSet(_options(Width.NARROW))
    for value in values:
        chosen.Add(value.encode())
    chosen.Compile()
    return chosen


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

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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, cached_property, lru_cache
from typing import Any, Protocol, TypeAlias

import re2

from .rules import Pattern, PatternType

MAX_PATTERN = 4096
"""Longest pattern accepted, in characters (upstream's limit)."""
MAX_WIDTH = 1024
"""Most characters a pattern of ours may match."""
CHUNK = 3072
_JOINED = 8
_GLANCED = 1 << 15
_BEGINNING = 3
_FEW = 16
"""Patterns whose words are looked for one by one; the automaton is faster for more of them."""
_BRIEF, _MANY = 1024, 16
"""Bytes of a text in which further words are looked for one by one; how many longer ones it takes until all are."""
_EDGES = ("^", "$", "\\A", "\\z")
LONG_CHUNK = 1 << 20

Regexp: TypeAlias = Any
"""A compiled pattern; google-re2 ships no types."""
Groups: TypeAlias = Sequence[Sequence[bytes]]
"""The words of one pattern: one of each group is in every match."""


class Prefilter(Protocol):
    """Many patterns, one pass."""

    def __call__(self, data: bytes, /) -> Sequence[int]:
        """Indexes of the patterns that match somewhere in the UTF-8 `data`, possibly with some that do not."""


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
        self._prefilter: Prefilter | None = None
        self._all: Prefilter | None = None
        self._glanced, self.width = False, width

    def glance(self, texts: Iterable[str]) -> None:
        """Look at all texts at once and prepare for them, and for no others until the next glance.

        What none of them needs is left out, which is nearly everything.
        """
        joined, first, self._glanced = "\n".join(texts), not self._glanced, True
        if self.width is Width.WIDE or len(joined) > _GLANCED:
            self._prefilter = None
        elif first:
            self._prefilter = _prefilter(self._patterns, self.width, _Held(joined))
        else:
            data = Encoded(joined, self.width).data
            named = sorted({*self._full()(data), *self._anchored})
            if len(named) > _FEW:
                self._prefilter = None
            else:
                few = {index: self._groups[index] for index in named}
                self._prefilter = _among(few, data.lower()) if few else _none

    def narrowed(self, texts: Iterable[str]) -> Prefilter | None:
        """A prefilter for these texts and no others, the first time: one for all words costs more than a short run."""
        joined = "\n".join(texts)
        if self._glanced or not joined or len(joined) > _GLANCED:
            return None
        self._glanced = True
        return _prefilter(self._patterns, self.width, _Held(joined))

    @property
    def idle(self) -> bool:
        """Whether nothing can match in the texts of the last glance."""
        return self._prefilter is _none

    @cached_property
    def _anchored(self) -> tuple[int, ...]:
        """Patterns without words that may ask for the edge of a text, which is no edge where texts are joined."""
        indexes = [index for index, pattern in enumerate(self._patterns) if not pattern.words]
        return tuple(index for index in indexes if any(mark in self._patterns[index].value for mark in _EDGES))

    @cached_property
    def _groups(self) -> tuple[Groups, ...]:
        return tuple([[word.encode() for word in group] for group in pattern.words] for pattern in self._patterns)

    def _full(self) -> Prefilter:
        if self._all is None:
            self._all = _prefilter(self._patterns, self.width)
        return self._all

    def matching(self, text: Encoded, narrowed: Prefilter | None = None) -> dict[int, list[tuple[int, int]]]:
        """Which patterns may match, and in which chunks (byte spans) of the text."""
        prefilter = narrowed or self._prefilter or self._full()
        size: int = self.width.value
        if len(text.data) <= size:
            named = prefilter(text.data)
            return {index: [(0, len(text.data))] for index in named} if named else _NONE
        found: dict[int, list[tuple[int, int]]] = {}
        for start, end in text.chunks(size):
            for index in prefilter(text.data[start:end]):
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


def _prefilter(patterns: Sequence[Pattern], width: Width, held: _Held | None = None) -> Prefilter:
    """By words where the patterns have them. A few narrow ones without join the words' automaton; any more, or wide
    ones, would blow it up, and RE2's own filter is made for those. With `held`, only for texts that are part of it."""
    possible = [index for index, pattern in enumerate(patterns) if held is None or _may_match(pattern, held)]
    wordless = [index for index in possible if not patterns[index].words]
    filtered = wordless if width is Width.WIDE or len(wordless) > _JOINED else []
    joined = sorted(set(possible).difference(filtered))
    by_words, by_filter = _by_words(patterns, joined, width, held), _by_filter(patterns, filtered, width)

    def prefilter(data: bytes) -> Sequence[int]:
        return (*by_words(data), *by_filter(data))

    if joined:
        return prefilter if filtered else by_words
    return by_filter if filtered else _none


def _none(_data: bytes) -> Sequence[int]:
    return ()


class _Held:
    """A text in which to look for many words: most are ruled out by how they begin."""

    def __init__(self, text: str) -> None:
        self._text = text.encode("ascii", "replace").decode().lower()
        self._beginnings = {self._text[at : at + _BEGINNING] for at in range(len(self._text))}

    def holds(self, word: str) -> bool:
        return (len(word) < _BEGINNING or word[:_BEGINNING] in self._beginnings) and word in self._text


def _may_match(pattern: Pattern, held: _Held) -> bool:
    return all(any(map(held.holds, group)) for group in pattern.words)


def _by_words(
    patterns: Sequence[Pattern], indexes: Sequence[int], width: Width, held: _Held | None = None
) -> Prefilter:
    """One automaton over the first group's words of every pattern; where one is found, the other groups are asked."""
    users: dict[str, list[int]] = {}
    for index in indexes:
        for part in _parts(patterns[index], held):
            users.setdefault(part, []).append(index)
    automaton = re2.Set.SearchSet(_options(width, any_case=True))
    for part in users:
        automaton.Add(part.encode())
    automaton.Compile()
    uses = tuple(users.values())
    others = _Others(patterns, indexes, width)

    def prefilter(data: bytes) -> Sequence[int]:
        found = automaton.Match(data)
        return others.held_by(data, {index: None for number in found for index in uses[number]}) if found else ()

    return prefilter


class _Others:
    """The groups of words behind each pattern's first. In short texts they are looked for one by one; once several
    long ones came, all words at once."""

    def __init__(self, patterns: Sequence[Pattern], indexes: Sequence[int], width: Width) -> None:
        self._groups = {index: [[*map(str.encode, group)] for group in patterns[index].words[1:]] for index in indexes}
        self._words: tuple[bytes, ...] = ()
        self._automaton: Any = None
        self._options = _options(width, any_case=True)
        self._long = 0

    def held_by(self, data: bytes, named: Iterable[int]) -> list[int]:
        """Those of the patterns of which the data holds a word of each group."""
        if len(data) > _BRIEF and self._long < _MANY:
            self._long += 1
        if len(data) <= _BRIEF or self._long < _MANY:
            small = data.lower()
            return [
                index for index in named if all(any(word in small for word in group) for group in self._groups[index])
            ]
        held = self._held(data)
        return [index for index in named if not any(map(held.isdisjoint, self._groups[index]))]

    def _held(self, data: bytes) -> set[bytes]:
        if self._automaton is None:
            every = (word for groups in self._groups.values() for group in groups for word in group)
            self._words = tuple(dict.fromkeys(every))
            self._automaton = re2.Set.SearchSet(self._options)
            for word in self._words:
                self._automaton.Add(re2.escape(word))
            self._automaton.Compile()
        return {self._words[number] for number in self._automaton.Match(data) or ()} if self._words else set()


def _among(groups: Mapping[int, Groups], held: bytes) -> Prefilter:
    """For few patterns, by the groups of words of each: those that occur in the small letters of all texts together
    are looked for one by one."""
    wanted = {
        index: [[word for word in group if word in held] for group in of_pattern]
        for index, of_pattern in groups.items()
    }

    def prefilter(data: bytes, /) -> Sequence[int]:
        small = data.lower()
        return [
            index
            for index, of_pattern in wanted.items()
            if all(any(word in small for word in group) for group in of_pattern)
        ]

    return prefilter


def _parts(pattern: Pattern, held: _Held | None) -> list[str]:
    """What has to be looked for, as RE2 source: the words of the first group, or the pattern itself."""
    if not pattern.words:
        return [source(pattern)]
    return [re2.escape(word) for word in pattern.words[0] if held is None or held.holds(word)]


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

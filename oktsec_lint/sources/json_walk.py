"""The slow and patient JSON parser: no recursion, and an ambiguity is something to report instead of something to hide.

Strict RFC 8259. Used for texts that the standard parser gives up on or reads silently in one of several ways.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from oktsec_lint.core.model import JsonValue, pointer_to

from .document import SURROGATE, Anomaly, Oddity, Span

MAX_DEPTH = 10_000
MAX_ANOMALIES = 100
"""What is reported of one document; a document with more of them is no more ambiguous."""

_LEXEME = r"""(?x)[ \t\n\r]*(?:
        (?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
      | (?P<word>true|false|null)
      | (?P<mark>[\[\]{},:])
    )"""
_SPACES = " \t\n\r"


class NotJsonError(Exception):
    """Not JSON, at an offset. The caller, who knows the path, makes a SourceError of it."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


class _Expected(StrEnum):
    """What may come next, in the words of an error message."""

    VALUE = "a value"
    FIRST_ITEM = "a value or `]`"
    KEY = "a property name in double quotes"
    FIRST_KEY = "a property name in double quotes or `}`"
    COLON = "`:`"
    NEXT_ITEM = "`,` or `]`"
    NEXT_KEY = "`,` or `}`"
    END = "nothing more"


class _Level:
    """One open object or list."""

    __slots__ = ("key", "keys", "value")

    def __init__(self, value: dict[str, JsonValue] | list[JsonValue]) -> None:
        self.value = value
        self.key = ""
        self.keys: dict[str, list[Span]] = {}

    @property
    def token(self) -> str | int:
        """The pointer token of what is being read in this level."""
        return len(self.value) if isinstance(self.value, list) else self.key


def walk(text: str, *, first_wins: bool = False) -> tuple[JsonValue, tuple[Anomaly, ...]]:
    """The value of a JSON text and its anomalies in reading order. Raises NotJsonError.

    Of duplicate keys the last counts, or (`first_wins`) the first: some parsers read it so.
    """
    walker = _Walker(first_wins=first_wins)
    at = 0
    token = re.compile(_LEXEME)
    while (match := token.match(text, at)) is not None:
        walker.take(match)
        at = match.end()
    if text[at:].strip(_SPACES) or walker.expected is not _Expected.END:
        raise NotJsonError(len(text) - len(text[at:].lstrip(_SPACES)), f"expected {walker.expected}")
    anomalies = sorted(walker.anomalies, key=lambda anomaly: anomaly.spans[0].start)
    return walker.root, tuple(anomalies[:MAX_ANOMALIES])


class _Walker:
    """A stack of open levels and what is expected next."""

    def __init__(self, *, first_wins: bool) -> None:
        self._first_wins = first_wins
        self.root: JsonValue = None
        self.anomalies: list[Anomaly] = []
        self.expected = _Expected.VALUE
        self._levels: list[_Level] = []

    def take(self, match: re.Match[str]) -> None:
        kind = match.lastgroup or ""
        text, span = match[kind], Span(*match.span(kind))
        if kind == "mark":
            self._mark(text, span.start)
        elif kind == "string" and self.expected in (_Expected.KEY, _Expected.FIRST_KEY):
            self._key(text, span)
        elif self.expected in (_Expected.VALUE, _Expected.FIRST_ITEM):
            self._put(self._scalar(kind, text, span))
        else:
            raise NotJsonError(span.start, f"expected {self.expected}")

    def _mark(self, mark: str, at: int) -> None:
        after = _AFTER_MARK.get((mark, self.expected))
        if after is None:
            raise NotJsonError(at, f"expected {self.expected}")
        after(self, at)

    def open_object(self, at: int) -> None:
        self._open(_Level({}), at)
        self.expected = _Expected.FIRST_KEY

    def open_list(self, at: int) -> None:
        self._open(_Level([]), at)
        self.expected = _Expected.FIRST_ITEM

    def _open(self, level: _Level, at: int) -> None:
        if len(self._levels) >= MAX_DEPTH:
            raise NotJsonError(at, f"nested deeper than {MAX_DEPTH:,} levels")
        self._levels.append(level)

    def close(self, _at: int) -> None:
        level = self._levels.pop()
        for key, spans in level.keys.items():
            if len(spans) > 1:
                self._report(Oddity.DUPLICATE_KEY, key, *spans)
        self._put(level.value)

    def colon(self, _at: int) -> None:
        self.expected = _Expected.VALUE

    def comma(self, _at: int) -> None:
        self.expected = _Expected.VALUE if isinstance(self._levels[-1].value, list) else _Expected.KEY

    def _key(self, text: str, span: Span) -> None:
        level = self._levels[-1]
        level.key = _string(text, span)
        self._check_characters(level.key, span)
        level.keys.setdefault(level.key, []).append(span)
        self.expected = _Expected.COLON

    def _put(self, value: JsonValue) -> None:
        if not self._levels:
            self.root, self.expected = value, _Expected.END
            return
        level = self._levels[-1]
        if isinstance(level.value, list):
            level.value.append(value)
            self.expected = _Expected.NEXT_ITEM
        else:
            if not (self._first_wins and level.key in level.value):
                level.value[level.key] = value
            self.expected = _Expected.NEXT_KEY

    def _scalar(self, kind: str, text: str, span: Span) -> JsonValue:
        if kind == "word":
            return _WORDS[text]
        if kind == "number":
            return self._number(text, span)
        value = _string(text, span)
        self._check_characters(value, span)
        return value

    def _check_characters(self, value: str, span: Span) -> None:
        if not value.isascii() and re.search(SURROGATE, value):
            self._report(Oddity.LONE_SURROGATE, None, span)

    def _number(self, text: str, span: Span) -> int | float:
        try:
            value = float(text) if set(text) & set(".eE") else int(text)
        except ValueError:
            value = float(text)
        if isinstance(value, float) and math.isinf(value):
            self._report(Oddity.LOSSY_NUMBER, None, span)
        return value

    def _report(self, oddity: Oddity, key: str | None, *spans: Span) -> None:
        """An anomaly of the value being read, or of a key of the level that was just closed."""
        if len(self.anomalies) < MAX_ANOMALIES:
            tokens = [level.token for level in self._levels]
            pointer = pointer_to(*tokens) if key is None else pointer_to(*tokens, key)
            self.anomalies.append(Anomaly(oddity, pointer, spans))


def _string(text: str, span: Span) -> str:
    try:
        value: str = json.loads(text)
    except json.JSONDecodeError as broken:
        raise NotJsonError(span.start + broken.pos, broken.msg[:1].lower() + broken.msg[1:]) from None
    return value


_AFTER_MARK: Mapping[tuple[str, _Expected], Callable[[_Walker, int], None]] = {
    ("{", _Expected.VALUE): _Walker.open_object,
    ("{", _Expected.FIRST_ITEM): _Walker.open_object,
    ("[", _Expected.VALUE): _Walker.open_list,
    ("[", _Expected.FIRST_ITEM): _Walker.open_list,
    ("}", _Expected.FIRST_KEY): _Walker.close,
    ("}", _Expected.NEXT_KEY): _Walker.close,
    ("]", _Expected.FIRST_ITEM): _Walker.close,
    ("]", _Expected.NEXT_ITEM): _Walker.close,
    (":", _Expected.COLON): _Walker.colon,
    (",", _Expected.NEXT_KEY): _Walker.comma,
    (",", _Expected.NEXT_ITEM): _Walker.comma,
}
_WORDS: Mapping[str, JsonValue] = {"true": True, "false": False, "null": None}

"""TOML as values with their places: the standard library reads the values, one pass over the text finds where they are.

The pass runs only over what `tomllib` accepted, so it validates nothing. It knows strings, comments, brackets and the
keys between them; everything else is a value up to its end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .document import Document, Span, Step, error_at, index_of

MAX_SIZE = 1 << 20
"""Characters; what the standard library does with more takes minutes."""
_MAX_DEPTH = 64
_MAX_BITS = 64
"""Of a whole number, as TOML 1.0 has them; the standard library cannot even write out one of thousands of digits."""
_TOO_LARGE = f"not valid TOML: a whole number of more than {_MAX_BITS} bits"
_STRING = r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(rf"(?s:{_STRING})|[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_VALUE = re.compile(rf"(?s:{_STRING})|[^,\]}}#\r\n]+")
_ASSIGN = re.compile(r"[ \t]*=[ \t]*")
_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_Tokens = tuple[str, ...]


class _Spot(NamedTuple):
    """Where a value stands, and its key (None in a list)."""

    key: Span | None
    value: Span


class TomlNode(NamedTuple):
    """One value of a TOML document."""

    spots: Mapping[_Tokens, _Spot]
    tokens: _Tokens
    span: Span
    value: JsonValue

    def plain(self) -> JsonValue:
        return self.value

    def child(self, token: str, /) -> Step | None:
        if isinstance(self.value, dict) and token in self.value:
            inner = self.value[token]
        elif isinstance(self.value, list) and (index := index_of(token, len(self.value))) is not None:
            inner = self.value[index]
        else:
            return None
        tokens = (*self.tokens, token)
        spot = self.spots.get(tokens, _Spot(None, self.span))
        return Step(spot.key, TomlNode(self.spots, tokens, spot.value, inner))


def read_toml(path: str, text: str) -> Document:
    """The document in a TOML text. Raises SourceError, at the very line, for everything that is none."""
    if len(text) > MAX_SIZE:
        raise SourceError(f"larger than {MAX_SIZE:,} characters", path=path)
    try:
        value = _plain(tomllib.loads(text.replace("\r\n", "\n")), path)
    except tomllib.TOMLDecodeError as broken:
        raise _error(path, text, str(broken)) from None
    except ValueError:
        raise SourceError(_TOO_LARGE, path=path) from None
    except RecursionError:
        raise SourceError(f"nested deeper than {_MAX_DEPTH} levels", path=path) from None
    spots: dict[_Tokens, _Spot] = {}
    _Pass(text, spots).run()
    return Document(path, text, TomlNode(spots, (), Span(0, len(text)), value))


def _error(path: str, text: str, said: str) -> SourceError:
    where = _WHERE.search(said)
    message = f"not valid TOML: {said[: where.start()] if where else said}"
    if where is None or where[1] is None:
        return error_at(path, text, len(text), message)
    return SourceError(message, path=path, line=int(where[1]), column=int(where[2]))


def _plain(value: object, path: str, depth: int = 0) -> JsonValue:
    """The value with dates and times as the text they are. Raises SourceError for what nests too deep and for numbers
    that are too large."""
    if depth > _MAX_DEPTH:
        raise SourceError(f"nested deeper than {_MAX_DEPTH} levels", path=path)
    if isinstance(value, dict):
        return {str(key): _plain(item, path, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, path, depth + 1) for item in value]
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise SourceError(_TOO_LARGE, path=path)
    return value if isinstance(value, bool | int | float | str) else str(value)


class _Pass:
    """One walk through a valid document."""

    def __init__(self, text: str, spots: dict[_Tokens, _Spot]) -> None:
        self._text = text
        self._spots = spots
        self._at = 0
        self._lists: dict[_Tokens, int] = {}
        """How many tables each list of tables has so far."""

    def run(self) -> None:
        table: _Tokens = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._assignment(table)
            self._skip(_BLANK)

    def _header(self) -> _Tokens:
        start = self._at
        is_list = self._text.startswith("[[", start)
        self._at += 2 if is_list else 1
        names = list(self._names())
        self._at += 2 if is_list else 1
        span = Span(start, self._at)
        tokens: _Tokens = ()
        for name, key in names:
            tokens = (*self._inside(tokens), name)
            self._spots.setdefault(tokens, _Spot(key, span))
        if not is_list:
            self._spots[tokens] = _Spot(names[-1][1], span)
        else:
            self._lists[tokens] = self._lists.get(tokens, -1) + 1
            tokens = self._inside(tokens)
            self._spots[tokens] = _Spot(None, span)
        return tokens

    def _inside(self, tokens: _Tokens) -> _Tokens:
        """Where keys below these tokens go: of a list of tables, into the last."""
        return (*tokens, str(self._lists[tokens])) if tokens in self._lists else tokens

    def _assignment(self, table: _Tokens) -> None:
        first = self._at
        keys = []
        for name, key in self._names():
            table = (*table, name)
            keys.append((table, key))
        self._skip(_ASSIGN)
        self._value(table)
        value = self._spots[table].value
        for tokens, key in keys[:-1]:
            self._spots.setdefault(tokens, _Spot(key, Span(first, value.end)))
        self._spots[table] = _Spot(keys[-1][1], value)

    def _names(self) -> Iterator[tuple[str, Span]]:
        """The parts of a dotted key, which ends where the next character is none of it."""
        while True:
            self._skip(_DOT)
            self._skip(_BLANK)
            match = _KEY.match(self._text, self._at)
            if match is None:
                return
            self._at = match.end()
            yield _unquoted(match.group()), Span(*match.span())
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return

    def _value(self, tokens: _Tokens) -> None:
        """Reads one value, and notes it and everything in it."""
        start, first = self._at, self._text[self._at]
        if first == "[":
            self._items(tokens)
        elif first == "{":
            self._members(tokens)
        else:
            match = _VALUE.match(self._text, start)
            self._at = start + len(match.group().rstrip()) if match else start + 1
        self._spots[tokens] = _Spot(None, Span(start, self._at))

    def _items(self, tokens: _Tokens) -> None:
        number = 0
        while self._more("]"):
            self._value((*tokens, str(number)))
            number += 1

    def _members(self, tokens: _Tokens) -> None:
        while self._more("}"):
            self._assignment(tokens)

    def _more(self, closing: str) -> bool:
        """Whether another element follows; steps over the opening bracket or comma, or over the closing bracket."""
        self._skip(_BLANK)
        if self._text[self._at] != closing:
            self._at += 1
            self._skip(_BLANK)
        if self._text[self._at] != closing:
            return True
        self._at += 1
        return False

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at


def _unquoted(key: str) -> str:
    if key[0] not in "\"'":
        return key
    return next(iter(tomllib.loads(f"{key}=0")))

"""JSON text to values, noticing everything that two parsers could read differently.

A guard that reads one value where its peer reads another guards nothing. So each place where real parsers disagree
(repeated keys, NaN, lone surrogates, numbers beyond a double ...) becomes a `WireFault`, and every reading that a
repeated key hides is kept beside the main one. It never raises and never recurses with its input: nesting is measured
before the parser sees the text, and what lies deeper than `MAX_DEPTH` is kept as the text it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import accumulate, count, islice
from operator import sub
from typing import TypeAlias

from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.values import NamedTuple

MAX_DEPTH = 512
"""Levels of arrays and objects in one message: far beyond any honest schema, within every parser's own limit."""

MAX_VALUES = 100_000
"""Values of one message that a guard reads one by one, in seconds at most: a hundred times what an honest one holds."""

_CUTTABLE = 1 << 20
_READINGS = 4
_FAULTS = 100


class Ambiguity(StrEnum):
    """Everything the strict parser may object to; the list is closed."""

    TOO_LONG = "too long"
    NOT_UTF8 = "invalid UTF-8"
    BYTE_ORDER_MARK = "byte order mark"
    NOT_JSON = "not JSON"
    TOO_DEEP = "nested too deep"
    DUPLICATE_KEY = "duplicate key"
    CASE_VARIANT_KEY = "key in another spelling"
    LONE_SURROGATE = "lone surrogate"
    NOT_A_NUMBER = "NaN or Infinity"
    OVERFLOW = "number beyond a double"
    LOSSY_NUMBER = "number that loses digits"
    NOT_AN_OBJECT = "not an object"
    BATCH = "batch"
    BAD_VERSION = "jsonrpc is not 2.0"
    BAD_ID = "id is neither a string nor an integer"
    BAD_SHAPE = "neither request, notification nor response"


class WireFault(NamedTuple):
    """One objection to one message."""

    kind: Ambiguity
    pointer: str = ""
    """JSON pointer of the value, or of the object's member; empty when it concerns the whole message."""
    detail: str = ""
    """The key, number or parser message behind it; hostile text, to be shown only through `core.display`."""


class Parsed(NamedTuple):
    """What a text says to a parser that takes the last of repeated keys, and what else it could say."""

    value: JsonValue = None
    faults: tuple[WireFault, ...] = ()
    readings: tuple[JsonValue, ...] = ()
    """The whole document once for each earlier occurrence of repeated keys: what a first-wins parser sees."""


_Pairs: TypeAlias = list[tuple[str, JsonValue]]
_Repeated: TypeAlias = list[tuple[dict[str, JsonValue], str]]


def parse(data: bytes) -> Parsed:
    """The values in `data`, best effort: undecodable bytes become U+FFFD, numbers beyond a double stay text."""
    plain = _unambiguous(data)
    if plain is not None:
        return Parsed(plain)
    faults: list[WireFault] = []
    text = _shallow(_decoded(data, faults), data, faults)
    if text is None:
        return Parsed(None, tuple(faults))
    repeated: _Repeated = []
    hooks = _NumberHooks(faults)
    try:
        value = hooks.loads(text, _last_wins(repeated))
    except ValueError as error:
        return Parsed(None, (*faults, WireFault(Ambiguity.NOT_JSON, detail=str(error))))
    faults.extend(_repetitions(value, repeated))
    if _ESCAPED_SURROGATE.search(text):
        faults.extend(_surrogates(value))
    return Parsed(value, tuple(faults[:_FAULTS]), tuple(_other_readings(text, repeated)))


def _unambiguous(data: bytes) -> JsonValue:
    """The value of a text that an encoder writes in the very same way, as nearly every peer's is: then no key was
    repeated, no number rounded and no white space skipped, and all of it was found out in C. None for any other."""
    encoder = _ENCODERS[b'": ' in data, b"\\u" in data]
    try:
        text = data.rstrip(b"\r\n").decode()
        if _exceeds(data, MAX_DEPTH) or _LONG_NUMBER.search(text) or _ESCAPED_SURROGATE.search(text):
            return None
        value: JsonValue = json.loads(text)
        return value if encoder.encode(value) == text else None
    except ValueError:
        return None


_LONG_NUMBER = re.compile("[0-9]{16}")
_ENCODERS = {
    (spaced, escaping): json.JSONEncoder(
        ensure_ascii=escaping, separators=(", ", ": ") if spaced else (",", ":"), allow_nan=False
    )
    for spaced in (False, True)
    for escaping in (False, True)
}
"""By whether there is space behind a colon and whether anything is escaped by its number."""


def _decoded(data: bytes, faults: list[WireFault]) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        faults.append(WireFault(Ambiguity.NOT_UTF8, detail=f"byte 0x{data[error.start]:02x} at offset {error.start}"))
        text = data.decode(errors="replace")
    if text.startswith("\ufeff"):
        faults.append(WireFault(Ambiguity.BYTE_ORDER_MARK))
        text = text[1:]
    return text


_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_QUOTED = re.compile(rb'"[^"]*+"?')
_UNIFORM = bytes.maketrans(b"{}", b"[]")
_IRRELEVANT = bytes(set(range(256)) - set(b'[]{}"'))


def _shallow(text: str, data: bytes, faults: list[WireFault]) -> str | None:
    """`text` with every subtree below `MAX_DEPTH` turned into a string of its source; None when it cannot be."""
    if not _exceeds(data, MAX_DEPTH):
        return text
    cut = _cut(text) if len(data) <= _CUTTABLE else ""
    faults.append(WireFault(Ambiguity.TOO_DEEP, detail=f"more than {MAX_DEPTH} levels"))
    return cut if cut and not _exceeds(cut.encode(errors="replace"), MAX_DEPTH) else None


def _exceeds(data: bytes, limit: int) -> bool:
    """Whether brackets nest deeper than `limit`; linear, and all in C.

    A quote flips between inside and outside of strings, so an adjacent pair may go whatever it belongs to. An opening
    bracket is one less than 92 and a closing one is one more, so the sum of n brackets is 92n minus the depth.
    """
    if b"\\" in data:
        data = data.replace(rb"\\", b"").replace(rb"\"", b"")
    brackets = data.translate(_UNIFORM, _IRRELEVANT).replace(b'""', b"")
    if len(brackets) <= limit:
        return False
    if b'"' in brackets:
        brackets = _QUOTED.sub(b"", brackets)
    return max(map(sub, count(92, 92), accumulate(brackets)), default=0) > limit


def crowded(data: bytes) -> bool:
    """Whether a text holds more than `MAX_VALUES` arrays, objects and further members; linear, and all in C."""
    if len(data) <= MAX_VALUES or _separators(data) <= MAX_VALUES:
        return False
    return _separators(_QUOTED.sub(b"", data.replace(rb"\\", b"").replace(rb"\"", b""))) > MAX_VALUES


def _separators(data: bytes) -> int:
    return sum(map(data.count, (b",", b"[", b"{")))


def _cut(text: str) -> str:
    """Replaces each deepest allowed subtree by a JSON string that holds its source text."""
    pieces: list[str] = []
    depth = kept = start = 0
    for token in _TOKEN.finditer(text):
        char = token[0]
        if char in "[{":
            depth += 1
            if depth == MAX_DEPTH:
                start = token.start()
        elif char in "]}":
            if depth == MAX_DEPTH:
                pieces += (text[kept:start], json.dumps(text[start : token.end()]))
                kept = token.end()
            depth -= 1
    return "".join((*pieces, text[kept:]))


class _NumberHooks:
    """The parser's number callbacks; they record what a double cannot hold."""

    def __init__(self, faults: list[WireFault]) -> None:
        self._faults = faults

    def loads(self, text: str, pairs: Callable[[_Pairs], JsonValue]) -> JsonValue:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        )
        return value

    def _note(self, kind: Ambiguity, digits: str) -> None:
        if len(self._faults) < _FAULTS:
            self._faults.append(WireFault(kind, detail=digits[:40]))

    def _integer(self, digits: str) -> JsonValue:
        if len(digits) <= 15:  # noqa: PLR2004 - every integer of fifteen digits is exact in a double
            return int(digits)
        if float(digits) in (float("inf"), float("-inf")):
            self._note(Ambiguity.OVERFLOW, digits)
            return digits
        if abs(int(digits)) > 1 << 53:
            self._note(Ambiguity.LOSSY_NUMBER, digits)
        return int(digits)

    def _float(self, digits: str) -> JsonValue:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            self._note(Ambiguity.OVERFLOW, digits)
            return digits
        if value == 0 and digits.lower().partition("e")[0].strip("-0."):
            self._note(Ambiguity.LOSSY_NUMBER, digits)
        return value

    def _constant(self, name: str) -> JsonValue:
        self._note(Ambiguity.NOT_A_NUMBER, name)
        return name


def _last_wins(repeated: _Repeated) -> Callable[[_Pairs], JsonValue]:
    def build(pairs: _Pairs) -> JsonValue:
        members = dict(pairs)
        if len(members) != len(pairs):
            repeated.extend((members, key) for key in _repeated_keys(pairs))
        return members

    return build


def _repeated_keys(pairs: _Pairs) -> Iterator[str]:
    """Each repeated key once for every earlier occurrence."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            yield key
        seen.add(key)


def _nth_wins(index: int) -> Callable[[_Pairs], JsonValue]:
    def build(pairs: _Pairs) -> JsonValue:
        members: dict[str, JsonValue] = {}
        counts: dict[str, int] = {}
        for key, value in pairs:
            if counts.setdefault(key, 0) <= index:
                members[key] = value
            counts[key] += 1
        return members

    return build


def _other_readings(text: str, repeated: _Repeated) -> Iterator[JsonValue]:
    """The document read with the first, second ... occurrence of each repeated key; at most `_READINGS` of them."""
    times: dict[tuple[int, str], int] = {}
    for members, key in repeated:
        times[id(members), key] = times.get((id(members), key), 0) + 1
    for index in range(min(max(times.values(), default=0), _READINGS)):
        yield _NumberHooks([]).loads(text, _nth_wins(index))


def _repetitions(value: JsonValue, repeated: _Repeated) -> Iterator[WireFault]:
    """A fault for each repeated key. One inside a hidden value has no pointer in the main reading, so it gets none."""
    if not repeated:
        return
    wanted = {id(members) for members, _ in repeated}
    found = {id(item): pointer for pointer, item in walk(value) if id(item) in wanted}
    once = {(id(members), key): None for members, key in repeated}
    for where, key in islice(once, _FAULTS):
        yield WireFault(Ambiguity.DUPLICATE_KEY, found[where] + pointer_to(key) if where in found else "", key)


def _surrogates(value: JsonValue) -> Iterator[WireFault]:
    for pointer, item in walk(value):
        if isinstance(item, str) and _unpaired(item):
            yield WireFault(Ambiguity.LONE_SURROGATE, pointer)
        elif isinstance(item, dict):
            for key in item:
                if _unpaired(key):
                    yield WireFault(Ambiguity.LONE_SURROGATE, pointer)


def _unpaired(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def walk(root: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Every value of a document with its JSON pointer, parents first, in document order; iterative."""
    stack: list[tuple[str, JsonValue]] = [("", root)]
    while stack:
        pointer, value = stack.pop()
        yield pointer, value
        if isinstance(value, dict):
            stack.extend((pointer + pointer_to(key), item) for key, item in reversed(list(value.items())))
        elif isinstance(value, list):
            stack.extend((f"{pointer}/{index}", item) for index, item in reversed(list(enumerate(value))))

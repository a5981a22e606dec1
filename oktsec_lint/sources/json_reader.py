"""JSON as values, with positions found only when somebody asks for one.

The standard parser gives the values at the speed of C; a position is found by scanning the text again, which happens
only for findings. Where the standard parser cannot answer (nesting beyond its recursion, duplicate keys, numbers or
escapes that parsers disagree about) our own iterative one does, and says what is ambiguous instead of raising.
Never accepts NaN, never recurses on what it reads.
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue

from .document import SURROGATE, Anomaly, Document, error_at
from .json_tree import JsonNode, JsonTree

MAX_SIZE = 64 << 20
"""Characters; a snapshot of a whole registry is smaller."""

_SURROGATE_ESCAPE = r"\\u[dD][89a-fA-F]"
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)'
_COMMENT = rf"(?s:{_STRING}|//[^\r\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z))"
_TRAILING_COMMA = rf"(?s:{_STRING}|,(?=[ \t\r\n]*[\]}}]))"
_LEADING = r"(?:\s|//[^\r\n]*|/\*(?:[^*]|\*(?!/))*\*/)*"
_NOT_A_BREAK = r"[^\r\n]"


def read_json(path: str, text: str, *, comments: bool = False) -> Document:
    """The document in a JSON text. Raises SourceError, at the very character, for everything that is not JSON.

    `comments` accepts what editors' own files hold besides: `//` and `/* */` comments and trailing commas.
    """
    if len(text) > MAX_SIZE:
        raise SourceError(f"larger than {MAX_SIZE:,} characters", path=path)
    strict = _blank_comments(path, text) if comments else text
    value, anomalies = parse(path, strict)
    tree = JsonTree(strict)
    return Document(path, text, JsonNode(tree, tree.start(), value), anomalies)


def parse(path: str, text: str) -> tuple[JsonValue, tuple[Anomaly, ...]]:
    """A strict JSON text as a value, and everything in it that parsers read differently. Raises SourceError."""
    try:
        value: JsonValue = _FAST.decode(text)
        if not _has_lone_surrogate(text, value):
            return value, ()
    except json.JSONDecodeError as broken:
        message = f"not valid JSON: {broken.msg[:1].lower()}{broken.msg[1:]}"
        raise error_at(path, text, broken.pos, message) from None
    except (ValueError, RecursionError):
        pass
    from .json_walk import NotJsonError, walk

    try:
        return walk(text)
    except NotJsonError as broken:
        raise error_at(path, text, broken.offset, f"not valid JSON: {broken.message}") from None


def first_reading(text: str) -> JsonValue:
    """What a parser sees that takes the first of duplicate keys. Only for texts that `parse` accepted."""
    from .json_walk import walk

    return walk(text, first_wins=True)[0]


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError
    return result


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError
    return value


def _refuse(_word: str) -> NoReturn:
    """`NaN` and `Infinity` are words of the standard parser, not of JSON."""
    raise ValueError


_FAST = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse)
"""A ValueError that is no JSONDecodeError means: the slower parser has something to say about this text."""


def _has_lone_surrogate(text: str, value: JsonValue) -> bool:
    """Whether half a character is left after the escapes were paired."""
    if not text.isascii() and re.search(SURROGATE, text):
        return True
    if "\\u" not in text or re.search(_SURROGATE_ESCAPE, text) is None:
        return False
    return re.search(SURROGATE, json.dumps(value, ensure_ascii=False)) is not None


def looks_like_json(text: str) -> bool:
    """Whether a text begins as an object or a list, after what comments there are."""
    start = re.match(_LEADING, text)
    return start is not None and text[start.end() : start.end() + 1] in ("{", "[")


def _blank_comments(path: str, text: str) -> str:
    """The same text, offset for offset, with blanks for comments and trailing commas. Raises SourceError for a comment
    of which readers disagree where it ends."""
    if "\r" in text or not text.isascii():
        _refuse_odd_ends(path, text)
    return re.sub(_TRAILING_COMMA, _blank, re.sub(_COMMENT, _blank, text))


def _refuse_odd_ends(path: str, text: str) -> None:
    """Some clients' readers end a comment at a carriage return of its own or at a line separator, others do not: what
    follows would be a server for the one and nothing for the other."""
    for match in re.finditer(_COMMENT, text):
        if match.group().startswith("//"):
            end = match.end()
            odd = re.search("[\u2028\u2029]", match.group())
            if odd is not None or (text.startswith("\r", end) and not text.startswith("\r\n", end)):
                at = match.start() + odd.start() if odd is not None else end
                message = "a comment that some readers end here and others at the end of the line"
                raise error_at(path, text, at, message, hint="end the line with a line feed")


def _blank(match: re.Match[str]) -> str:
    found = match.group()
    return found if found.startswith('"') else re.sub(_NOT_A_BREAK, " ", found)

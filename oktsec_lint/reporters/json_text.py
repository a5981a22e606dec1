"""JSON that is safe wherever it is printed: pure ASCII, no control character, no CI command, no lone surrogate.

The standard encoder does most of it. Two things it leaves: half a surrogate pair is written as an escape that strict
readers refuse, and `##[error]` inside a string would be obeyed by a CI log. Indenting is done here and only down to a
depth, because the standard encoder indents everything, in pure Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from oktsec_lint.core.model import JsonValue

_encode = json.JSONEncoder(ensure_ascii=True, separators=(", ", ": ")).encode
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def compact(value: JsonValue) -> str:
    """One line."""
    return inert(_encode(_paired(value)))


def laid_out(value: JsonValue, depth: int) -> str:
    """Containers down to `depth` get a line per member; what lies deeper is one line. Ends with a line feed."""
    return inert("".join((*_lines(_paired(value), depth, "\n"), "\n")))


def _lines(value: JsonValue, depth: int, margin: str) -> Iterator[str]:
    if depth == 0 or not value or not isinstance(value, dict | list):
        yield _encode(value)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    for name, item in _members(value):
        yield f"{opening}{margin}  {name}"
        opening = ","
        yield from _lines(item, depth - 1, f"{margin}  ")
    yield f"{margin}{closing}"


def _members(value: list[JsonValue] | dict[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        yield from ((f"{_encode(key)}: ", item) for key, item in value.items())
    else:
        yield from (("", item) for item in value)


def _paired(value: JsonValue) -> JsonValue:
    """`value` with each lone surrogate spelled out as `\\u{d800}`; the value itself when it has none."""
    if isinstance(value, str):
        return _paired_text(value)
    if isinstance(value, list):
        return [_paired(item) for item in value]
    if isinstance(value, dict):
        return {_paired_text(key): _paired(item) for key, item in value.items()}
    return value


def _paired_text(text: str) -> str:
    return text if text.isascii() else _LONE_SURROGATE.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match.group()):x}}}"


def inert(text: str) -> str:
    """JSON text with no CI command in it, and the same value."""
    return text.replace("##", "#\\u0023")

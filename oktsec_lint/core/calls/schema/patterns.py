"""The regular expressions of schemas (ECMA-262) as RE2 has them.

What RE2 does not know (looking around, back references, repetitions beyond a thousand) stays unchecked: Python's `re`
knows some of it, and takes exponential time for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import re2

from oktsec_lint.core.matchers import MAX_PATTERN
from oktsec_lint.core.model import JsonValue

_SPACES = "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
"""What `\\s` is in ECMA-262."""
_DIGITS = 4
"""Of `\\u0041`."""


def compiled(pattern: JsonValue) -> Callable[[str], bool] | None:
    """Whether a text holds a match; None for what is no pattern, or none that RE2 knows."""
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
        return None
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        regexp: Any = re2.compile("".join(_translated(pattern)).encode(), options)
    except (re2.error, UnicodeEncodeError):
        return None
    search = regexp.search
    return lambda text: search(text.encode("utf-8", "replace")) is not None


def _translated(pattern: str) -> Iterator[str]:
    """The pattern with the escapes that RE2 reads otherwise, or not at all, in its own spelling."""
    at, inside = 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            source, at = _escape(pattern, at + 1, inside=inside)
            yield source
            continue
        inside = (inside or char == "[") and not (inside and char == "]")
        yield char
        at += 1


def _escape(pattern: str, at: int, *, inside: bool) -> tuple[str, int]:
    """The escape whose letter stands at `at`, and where the next character begins."""
    letter = pattern[at : at + 1]
    if letter == "s":
        return _SPACES if inside else f"[{_SPACES}]", at + 1
    if letter == "S" and not inside:
        return f"[^{_SPACES}]", at + 1
    if letter == "u" and pattern[at + 1 : at + 2] == "{":
        return "\\x", at + 1
    digits = pattern[at + 1 : at + 1 + _DIGITS]
    if letter == "u" and len(digits) == _DIGITS and all(digit in "0123456789abcdefABCDEF" for digit in digits):
        return f"\\x{{{digits}}}", at + 1 + _DIGITS
    return f"\\{letter}", at + 1

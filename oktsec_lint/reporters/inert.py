"""Text of strangers for terminals and CI logs: visible (`core.display`), ASCII where asked, and never a command.

CI log readers obey `::error::` where a line starts with it (GitHub) and `##[error]`, `##vso[...]`, `##teamcity[...]`
anywhere (GitHub, Azure, TeamCity), so one character of each is spelled out. Everything is done a character at a time,
because a caret line has to know how many columns each original character takes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from oktsec_lint.core.display import visible_char

_COMMAND = re.compile(r"(?:(?<=\s)|^):(?=:)|#(?=#\w*\[)")
_ALPHABET = 4096
"""Characters whose appearance is remembered; a report seldom has more different ones."""
_ELLIPSIS = ("...", "…")


def cells(text: str, *, unicode: bool = True) -> Sequence[str]:
    """What is shown for each character of `text`; joined, it holds no control, no bidi and no CI command.

    A text that is harmless as it is comes back itself: a string is the sequence of its characters.
    """
    if _is_plain(text):
        return text
    parts = list(map(_visible if unicode else _ascii_char, text))
    for match in _COMMAND.finditer(text) if _may_command(text) else ():
        parts[match.start()] = _spelled(match.group())
    return parts


def shown(text: str, *, unicode: bool = True, limit: int = 500) -> str:
    """`text` on one line, cut to `limit` source characters."""
    more = len(text) - limit
    if more > 0:
        return f"{shown(text[:limit], unicode=unicode, limit=limit)}{ellipsis(unicode=unicode)} {more:,} more"
    return text if _is_plain(text) else joined(cells(text, unicode=unicode))


def joined(parts: Sequence[str]) -> str:
    return parts if isinstance(parts, str) else "".join(parts)


def ellipsis(*, unicode: bool = True) -> str:
    return _ELLIPSIS[unicode]


def columns(text: str) -> int:
    """Terminal columns of visible text: wide East Asian characters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not _may_command(text)


def _may_command(text: str) -> bool:
    return "::" in text or "##" in text


@lru_cache(_ALPHABET)
def _visible(char: str) -> str:
    return visible_char(char)


@lru_cache(_ALPHABET)
def _columns_of(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    # conjoining Hangul vowels and finals are drawn into the syllable before them
    if unicodedata.category(char) in {"Mn", "Me"} or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff":
        return 0
    return 1


def _ascii_char(char: str) -> str:
    if char == "\n":
        return "\\n"
    plain = visible_char(char)
    return plain if plain.isascii() else _spelled(char)


def _spelled(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"

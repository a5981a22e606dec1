"""The one way text that came from a server or a config reaches a person: made visible, made inert, cut.

Terminal escapes, bidirectional controls, invisible and unassigned characters are written as `\\u{202e}`; line breaks
as `⏎`. What a format adds on top (Markdown, workflow commands, SARIF links) is escaped by that format's reporter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2800")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_hidden(char: str) -> bool:
    """Whether a reader would not see this character as itself (controls, format and private characters, odd spaces)."""
    if " " <= char <= "~":
        return False
    if unicodedata.category(char) in _HIDDEN_CATEGORIES or char in _INVISIBLE_LETTERS:
        return True
    return char.isspace() or is_variation_selector(char)


def is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or char in "\u180b\u180c\u180d\u180f"


def visible_char(char: str) -> str:
    if char == "\n":
        return "⏎"
    if char == "\t":
        return " "
    return f"\\u{{{ord(char):x}}}" if is_hidden(char) else char


def visible(text: str, limit: int = 500) -> str:
    """`text` on one line, every hidden character spelled out, cut to about `limit` source characters."""
    shown = text[:limit]
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(map(visible_char, shown))
    more = len(text) - limit
    return f"{shown}… {more:,} more" if more > 0 else shown


def quoted(name: str, limit: int = 80) -> str:
    """A name as part of a sentence: visible, short, between backquotes."""
    return f"`{visible(name, limit)}`"


def listed(names: Sequence[str], limit: int = 5) -> str:
    """Names as part of a sentence: at most `limit` of them quoted, then how many more."""
    shown = ", ".join(map(quoted, names[:limit]))
    return f"{shown} and {len(names) - limit:,} more" if len(names) > limit else shown

"""One character at a time: what it is read as, and whether anybody sees it.

Two tables for `str.translate`, filled as characters are met. `PLAIN` is for the folded reading; `BARE` only takes away
what hides words, and keeps capitals and line breaks. Look-alike letters are left alone by both: what becomes of them
depends on their word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from .confusables import PUNCTUATION, STRONG, WEAK

LOOKALIKES = {**WEAK, **STRONG}
_KEPT_CODE_POINTS = 20_000
_LATIN_MARKS = ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F))
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
_BLANK_BRAILLE = "\u2800"


class _Folding(dict[int, str]):
    """Code point to its folded form, worked out when first met: a table for `str.translate`.

    Look-alike letters are left alone, capitals included: what becomes of them depends on their word.
    """

    def __missing__(self, code_point: int) -> str:
        plain = _fold_char(chr(code_point))
        if len(self) < _KEPT_CODE_POINTS:
            self[code_point] = plain
        return plain


class _Baring(dict[int, str]):
    """Code point to the plain character it stands for; line breaks, capitals and look-alikes are left alone."""

    def __missing__(self, code_point: int) -> str:
        char = chr(code_point)
        bare = _bare_char(char)
        if len(self) < _KEPT_CODE_POINTS:
            self[code_point] = bare
        return bare


def _bare_char(char: str) -> str:
    if char.isascii() or char in LOOKALIKES:
        return "" if is_invisible(char) else char
    if is_invisible(char):
        return ""
    plain = unicodedata.normalize("NFKC", char)
    return plain if plain.isascii() else PUNCTUATION.get(char, char)


def _fold_char(char: str) -> str:
    if is_invisible(char):
        return ""
    if char.isspace() or char == _BLANK_BRAILLE:
        return " "
    if char.isascii() or char in LOOKALIKES or char in PUNCTUATION:
        return PUNCTUATION.get(char, char)
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not _is_latin_mark(part))
    return "".join(map(_small, unicodedata.normalize("NFC", bare)))


def _small(char: str) -> str:
    return char if char in LOOKALIKES else PUNCTUATION.get(char) or char.casefold().lower()


def _is_latin_mark(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _LATIN_MARKS)


def holds_invisible(text: str) -> bool:
    """Whether an ASCII text holds a control character beside white space."""
    return not text.isprintable() and re.search("[\x00-\x08\x0e-\x1f\x7f]", text) is not None


def is_invisible(char: str) -> bool:
    """Whether a reader sees nothing where this character stands (white space aside)."""
    if char < " " or char == "\x7f":
        return not char.isspace()
    if char < "\x7f" or char.isspace():
        return False
    if unicodedata.category(char) in _INVISIBLE_CATEGORIES or char in _INVISIBLE_LETTERS:
        return True
    return "\u180b" <= char <= "\u180f" or "\ufe00" <= char <= "\ufe0f" or "\U000e0000" <= char <= "\U000e0fff"


def beyond_ascii(text: str) -> str:
    """The characters of a text that are not ASCII, in order: one pass over its bytes."""
    return _without(text, _ASCII)


def _without(text: str, ascii_bytes: bytes) -> str:
    return text.encode("utf-8", "surrogatepass").translate(None, ascii_bytes).decode("utf-8", "surrogatepass")


_ASCII = bytes(range(0x80))
_PRINTABLE = bytes(range(0x20, 0x7F))
_FEW = 12
"""Different characters up to which replacing one after the other beats `str.translate`."""


def rewritten(text: str, table: Mapping[int, str]) -> str:
    """`text.translate(table)` for a table that leaves printable ASCII alone; most texts have little else."""
    if text.isascii():
        return text.translate(table)
    odd = set(_without(text, _PRINTABLE))
    changed = {char: table[ord(char)] for char in odd}
    changed = {char: new for char, new in changed.items() if new != char}
    if len(changed) > _FEW or not changed.keys().isdisjoint("".join(changed.values())):
        return text.translate(table)
    for char, new in changed.items():
        text = text.replace(char, new)
    return text


PLAIN = _Folding()
BARE = _Baring()

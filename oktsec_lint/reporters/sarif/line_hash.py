"""The `primaryLocationLineHash` that GitHub identifies an alert by, computed as its upload action computes it.

The action warns on every result whose value differs from its own, so the algorithm is followed to the letter: for each
line, a polynomial hash (base 37, modulo 2**64) of the next 100 UTF-16 units from the line's start on, spaces and tabs
skipped, every line break one LF, the end of file one 0xFFFF and zeros after it; then `:` and how many lines up to this
one have that hash.

Equal windows have equal hashes, so lines are counted by window and only the wanted lines are hashed: a 10 MB snapshot
costs a slice a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_WINDOW = 100
_BASE = 37
_MODULUS = 1 << 64
_END_OF_FILE = "\uffff"
_LAST_BMP = 0xFFFF


def line_hashes(text: str, wanted: Iterable[int]) -> dict[int, str]:
    """1-based line number to hash, for those of the `wanted` lines that the text has."""
    numbers = frozenset(wanted)
    units = _normalised(text)
    seen: Counter[str] = Counter()
    hashes: dict[int, str] = {}
    start = 0
    for number in range(1, max(numbers, default=0) + 1):
        window = units[start : start + _WINDOW]
        seen[window] += 1
        if number in numbers:
            hashes[number] = f"{_hash(window):x}:{seen[window]}"
        start = units.find("\n", start) + 1
        if start == 0:
            break
    return hashes


def _normalised(text: str) -> str:
    """One character per UTF-16 unit, white space dropped, the end marked."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    if not kept.isascii() and max(kept) > chr(_LAST_BMP):
        kept = "".join(map(_units, kept))
    return kept + _END_OF_FILE


def _units(char: str) -> str:
    code = ord(char) - _LAST_BMP - 1
    return char if code < 0 else chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))


def _hash(window: str) -> int:
    value = 0
    for unit in window.ljust(_WINDOW, "\0"):
        value = (value * _BASE + ord(unit)) % _MODULUS
    return value

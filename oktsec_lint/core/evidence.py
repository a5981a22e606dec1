"""A span as evidence: the very characters, their line, and a mask over every secret among them.

Masks keep the length of what they cover, so offsets and carets stay right.
"""

from __future__ import annotations

from typing import TypeAlias

from .findings import Evidence
from .values import NamedTuple

Secrets: TypeAlias = tuple[tuple[int, int], ...]
"""Character spans that must not be shown in the clear."""

_TEXT = 200
_CONTEXT = 400
_BEFORE = 160
_MASK = "*"
_PLAIN = 80
_HINT = 4
"""Characters of a long secret that stay readable, enough to say which one it is."""
_LONG_SECRET = 16


class Spot(NamedTuple):
    """A match in original characters."""

    start: int
    end: int
    note: str = ""
    plain: str = ""
    """What the characters say once they are decoded; shown only where no secret is among them."""


def shown(text: str, spot: Spot, secrets: Secrets = ()) -> Evidence:
    """The evidence for one spot of `text`."""
    first, last = _context(text, spot.start)
    return Evidence(
        start=spot.start,
        end=spot.end,
        text=_masked(text, spot.start, min(spot.end, spot.start + _TEXT), secrets),
        context=_masked(text, first, last, secrets),
        context_start=first,
        line=text.count("\n", 0, spot.start) + 1,
        note=_note(spot, text[spot.start : spot.end], secrets),
    )


def masked(text: str, secrets: Secrets) -> str:
    """The whole text, with a mask over every secret."""
    return _masked(text, 0, len(text), secrets)


def _note(spot: Spot, original: str, secrets: Secrets) -> str:
    said = " ".join(spot.plain.split())
    if not said or said in original.lower() or any(start < spot.end and spot.start < end for start, end in secrets):
        return spot.note
    return f"{spot.note}: {said[:_PLAIN]}{'...' if len(said) > _PLAIN else ''}"


def _context(text: str, offset: int) -> tuple[int, int]:
    """The part of the line around `offset` that is shown."""
    line_start = text.rfind("\n", 0, offset) + 1
    line_end = text.find("\n", offset)
    first = line_start if offset - line_start <= _BEFORE else offset - _BEFORE
    return first, min(len(text) if line_end < 0 else line_end, first + _CONTEXT)


def _masked(text: str, first: int, last: int, secrets: Secrets) -> str:
    chars = text[first:last]
    for start, end in secrets:
        clear = start + (_HINT if end - start >= _LONG_SECRET else 0)
        low, high = max(clear, first) - first, min(end, last) - first
        if low < high:
            chars = chars[:low] + _MASK * (high - low) + chars[high:]
    return chars
